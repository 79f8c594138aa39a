/** Documents that are made to hurt their reader. Pure; each is a normal one with something in it. */
import { type Answer, headOf } from "./answer.ts";

/** Inside the body, in front of what was said. */
const within = (text: string, more: string) => text.replace(/<(?:[\w-]+:)?Body>/, (body) => body + more);
/** A document type in front of the root. */
const typed = (text: string, root: string, declarations: string) =>
  text.replace(/<(?![?!])/, `<!DOCTYPE ${root} [${declarations}]><`);

/** Ten entities, each ten times the one before it: 10^10 letters. */
export function bomb(text: string): string {
  const entities = Array.from({ length: 10 }, (_, level) => {
    const inside = level === 0 ? "ha" : `&e${level - 1};`.repeat(10);
    return `<!ENTITY e${level} "${inside}">`;
  });
  return within(typed(text, "bomb", entities.join("")), "&e9;");
}

/** @param from where a reader that obeys would fetch it */
export const externalEntity = (text: string, from: string): string =>
  within(
    typed(text, "x", `<!ENTITY % all SYSTEM "${from}/all.dtd"> %all; <!ENTITY one SYSTEM "${from}/one">`),
    "&one;",
  );

export const nested = (text: string, depth: number): string =>
  within(text, "<n>".repeat(depth) + "</n>".repeat(depth));

const filler = "<p>0123456789</p>";
export const huge = (text: string, bytes: number): string =>
  within(text, filler.repeat(Math.ceil(bytes / filler.length)));

export function* endless(answer: Answer): Generator<Uint8Array> {
  yield Buffer.from(headOf(answer, "Connection: close"));
  yield answer.body.subarray(0, answer.body.length >> 1);
  const part = Buffer.from(filler.repeat(1000));
  for (;;) yield part;
}

export function* headerFlood(answer: Answer, lines: number): Generator<Uint8Array> {
  const head = headOf(answer, `Content-Length: ${answer.body.length}`);
  yield Buffer.from(head.slice(0, -2));
  const atOnce = 100;
  for (let line = 0; line < lines; line += atOnce)
    yield Buffer.from(
      Array.from({ length: Math.min(atOnce, lines - line) }, (_, at) => `X-${line + at}: filler\r\n`).join(
        "",
      ),
    );
  yield Buffer.from("\r\n");
  yield answer.body;
}

/** @param wrong `short`: a chunk says less than it has */
export function chunked(answer: Answer, wrong: "long" | "short" | "nonsense"): Uint8Array {
  const { length } = answer.body;
  const said = { long: (length + 100).toString(16), short: (length >> 1).toString(16), nonsense: "zz" }[
    wrong
  ];
  return Buffer.concat([
    Buffer.from(`${headOf(answer, "Transfer-Encoding: chunked")}${said}\r\n`),
    answer.body,
    Buffer.from("\r\n0\r\n\r\n"),
  ]);
}
