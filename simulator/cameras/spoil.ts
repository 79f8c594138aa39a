/** Makes of a good answer what is wrong with it. */
import { gzipSync } from "node:zlib";
import type { Clock } from "../../config/schema/context.ts";
import { type Answer, type Delivery, wireOf } from "./answer.ts";
import type { Acting } from "./camera-faults.ts";
import * as hostile from "./hostile-documents.ts";
import type { HttpDigest } from "./http-digest.ts";

const megabyte = 1024 * 1024;

/** What is answered instead, whoever asks; null: nothing of that kind is wrong. */
export function instead(acting: Acting, digest: HttpDigest): Answer | null {
  const plain = { headers: [["Content-Type", "text/html"] as const] };
  const http = acting.get("http");
  if (http !== undefined) return { ...plain, status: http.status, body: Buffer.from(http.body ?? "") };
  const redirect = acting.get("redirect");
  if (redirect !== undefined)
    return { status: redirect.status ?? 302, headers: [["Location", redirect.to]], body: Buffer.from("") };
  const same = acting.get("same-challenge");
  const challenges =
    same !== undefined
      ? digest.challenge(false, same.nonce)
      : acting.get("always-stale") !== undefined
        ? digest.challenge(true)
        : acting.get("wants-basic") !== undefined
          ? [`Basic realm="${digest.realm}"`]
          : [];
  if (challenges.length === 0) return null;
  return {
    status: 401,
    headers: challenges.map((line) => ["WWW-Authenticate", line] as const),
    body: Buffer.from(""),
  };
}

/** @param good the answer as it should be @param signal gone with the connection */
export function spoil(good: Answer, acting: Acting, clock: Clock, signal: AbortSignal): Delivery {
  const answer = body(documents(good, acting), acting);
  if (acting.get("silent") !== undefined) return { wire: [], behind: "hold" };
  if (acting.get("endless") !== undefined) return { wire: hostile.endless(answer), behind: "end" };
  const flood = acting.get("header-flood");
  if (flood !== undefined)
    return { wire: hostile.headerFlood(answer, flood.lines ?? 200_000), behind: "end" };
  const chunked = acting.get("chunked");
  if (chunked !== undefined) return { wire: [hostile.chunked(answer, chunked.wrong)], behind: "end" };
  const glued = acting.get("glued");
  if (glued?.what === "answers")
    return { wire: [Buffer.concat([wireOf(answer), wireOf(answer)])], behind: "hold" };
  const wire = wireOf(answer, answer.body.length + (acting.get("content-length")?.by ?? 0));
  const cut = acting.get("cut");
  if (cut !== undefined) return { wire: [wire.subarray(0, cut.at)], behind: "tear" };
  const drip = acting.get("drip");
  if (drip !== undefined) return { wire: dripping(wire, drip.everyMs ?? 1000, clock, signal), behind: "end" };
  return acting.get("content-length") === undefined ? answer : { wire: [wire], behind: "end" };
}

/** What is wrong in its document. */
function documents(answer: Answer, acting: Acting): Answer {
  const text = Buffer.from(answer.body).toString("utf8");
  const spoiled = spoiledText(text, acting);
  return spoiled === text ? answer : { ...answer, body: Buffer.from(spoiled) };
}

/** @param most how deep and how large it becomes at most */
export function spoiledText(
  good: string,
  acting: Acting,
  most = { depth: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY },
): string {
  const external = acting.get("external-entity");
  const nested = acting.get("nested");
  const huge = acting.get("huge");
  let text = good;
  if (acting.get("bomb") !== undefined) text = hostile.bomb(text);
  if (external !== undefined) text = hostile.externalEntity(text, external.from);
  if (nested !== undefined) text = hostile.nested(text, Math.min(most.depth, nested.depth ?? 200_000));
  if (huge !== undefined) text = hostile.huge(text, Math.min(most.bytes, huge.bytes ?? 20 * megabyte));
  return text;
}

/** What is wrong with it as a body of HTTP. */
function body(answer: Answer, acting: Acting): Answer {
  let { headers, body: bytes } = answer;
  const truncated = acting.get("truncated");
  if (truncated !== undefined) bytes = bytes.subarray(0, truncated.bytes);
  if (acting.get("glued")?.what === "documents") bytes = Buffer.concat([bytes, bytes]);
  const type = acting.get("content-type")?.type;
  if (type !== undefined)
    headers = [...headers.filter(([name]) => name !== "Content-Type"), ["Content-Type", type]];
  const gzip = acting.get("gzip");
  if (gzip !== undefined) {
    bytes = gzipSync(Buffer.concat([bytes, Buffer.alloc(gzip.bytes ?? 0, " ")]));
    headers = [...headers, ["Content-Encoding", "gzip"]];
  }
  return { ...answer, headers, body: bytes };
}

async function* dripping(
  wire: Uint8Array,
  everyMs: number,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  for (const byte of wire) {
    yield Uint8Array.of(byte);
    await clock.sleep(everyMs, signal);
  }
}
