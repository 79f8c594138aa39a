/**
 * Where a value lies in a JSON document: `a.b`, `SDS0X1."PM2.5"`, `sensors.0.value`, `DS18B20*.Temperature`.
 * Segments are separated by dots; one that has a dot itself is quoted, with \" and \\ inside. In a pattern an
 * unquoted segment may end with `*`: the first member whose name begins so and that leads to a value.
 */

const maxSegments = 32;

/** Where a value may lie: each segment is a name, or how one begins. */
export type Pattern = readonly (string | { begins: string })[];

function parse(text: string): { name: string; quoted: boolean }[] | null {
  const segments: { name: string; quoted: boolean }[] = [];
  let at = 0;
  for (;;) {
    const rest = text.slice(at);
    const quoted = /^"((?:[^"\\]|\\["\\])+)"/.exec(rest);
    const plain = /^[^."\\]+/.exec(rest);
    const found = quoted ?? plain;
    if (found === null) return null;
    const name = quoted?.[1] === undefined ? found[0] : quoted[1].replace(/\\(["\\])/g, "$1");
    segments.push({ name, quoted: quoted !== null });
    at += found[0].length;
    if (at === text.length) return segments.length <= maxSegments ? segments : null;
    if (text[at] !== ".") return null;
    at += 1;
  }
}

/** The segments of a path; null when it is not one. */
export const parsePath = (text: string): readonly string[] | null =>
  parse(text)?.map(({ name }) => name) ?? null;

/** The segments of a pattern; null when it is not one. */
export const parsePattern = (text: string): Pattern | null =>
  parse(text)?.map(({ name, quoted }) =>
    !quoted && name.endsWith("*") ? { begins: name.slice(0, -1) } : name,
  ) ?? null;

/** A path as people write it. */
export function printPath(segments: readonly string[]): string {
  return segments
    .map((segment) => (/[."\\]/.test(segment) ? `"${segment.replace(/["\\]/g, "\\$&")}"` : segment))
    .join(".");
}

/** The value at a path, by own members and array positions only; undefined when there is none. */
export function lookUp(document: unknown, segments: Pattern): unknown {
  let here = document;
  for (const [index, segment] of segments.entries()) {
    if (typeof here !== "object" || here === null) return undefined;
    if (typeof segment !== "string") return firstOf(here, segment.begins, segments.slice(index + 1));
    if (Array.isArray(here)) {
      if (!/^\d{1,6}$/.test(segment)) return undefined;
      here = here[Number(segment)];
    } else {
      if (!Object.hasOwn(here, segment)) return undefined;
      here = (here as Record<string, unknown>)[segment];
    }
  }
  return here;
}

function firstOf(members: object, begins: string, rest: Pattern): unknown {
  if (Array.isArray(members)) return undefined;
  for (const [name, member] of Object.entries(members)) {
    const found = name.startsWith(begins) ? lookUp(member, rest) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}
