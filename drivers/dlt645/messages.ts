/**
 * What is asked of a meter and what it answers: functions 11 (read), 12 (following frames) and 13 (read address) of
 * DL/T 645-2007, §7. There are no others here, so that nothing can be written or switched. Pure.
 */
import type { Verdict } from "../line/line.ts";
import { addressBytes, aroundBytes, type Frame, frameBytes, hexOf, isRequest, scan } from "./frame.ts";
import { anyMeter, isMeterNumber } from "./scalars.ts";

export type Request =
  | { kind: "read"; meter: string; di: string }
  /** `frame`: 1 for the first that follows. */
  | { kind: "following"; meter: string; di: string; frame: number }
  | { kind: "address" };

export type Answer =
  /** `more`: other frames follow. */
  | { data: Uint8Array; more: boolean }
  /** The meter refuses, and why: a byte of bits. */
  | { error: number }
  | { meter: string };

const functions = { read: 0x11, following: 0x12, address: 0x13 } as const;
const reply = 0x80;
const refusal = 0xc0;
const more = 0x20;

/** Length of an identifier, and of the number of a following frame. */
export const diBytes = 4;
export const numberBytes = 1;

/** The identifier low byte first, as it stands in a frame. */
const diOf = (di: string) => addressBytes(di);

/** The request as it goes on the line. */
export function requestFrame(request: Request): Uint8Array {
  const control = functions[request.kind];
  switch (request.kind) {
    case "read":
      return frameBytes({ meter: request.meter, control, data: diOf(request.di) });
    case "following":
      return frameBytes({
        meter: request.meter,
        control,
        data: Uint8Array.of(...diOf(request.di), request.frame),
      });
    case "address":
      return frameBytes({ meter: anyMeter, control, data: new Uint8Array() });
  }
}

/** What this frame answers to the request; null: it is no answer to it, whatever else it is. */
export function answerIn(request: Request, { meter, control, data }: Frame): Answer | null {
  const own = functions[request.kind];
  if (request.kind === "address") {
    const said = hexOf(data);
    return control === (own | reply) && said === meter && isMeterNumber(said) ? { meter: said } : null;
  }
  if (meter !== request.meter) return null;
  if (control === (own | refusal)) return data.length === 1 ? { error: data[0] ?? 0 } : null;
  if (control !== (own | reply) && control !== (own | reply | more)) return null;
  const isMore = control === (own | reply | more);
  if (data.length < diBytes || hexOf(data.subarray(0, diBytes)) !== request.di) return null;
  if (request.kind === "read") return { data: data.slice(diBytes), more: isMore };
  const behind = data.length - numberBytes;
  return behind >= diBytes && data[behind] === request.frame
    ? { data: data.slice(diBytes, behind), more: isMore }
    : null;
}

/**
 * What has come in since the request: its answer, wherever it stands among echoes, late answers and what others say.
 * @param sure a refusal says not what it refuses: false where it may be one of an earlier request
 */
export function judge(request: Request, received: Uint8Array, sure = true): Verdict<Answer, never> {
  const { frames, open } = scan(received);
  for (const { frame } of frames) {
    const answer = answerIn(request, frame);
    if (answer !== null && (sure || !("error" in answer))) return { answer };
  }
  if (open !== null) return { more: open.missing, skipped: open.at };
  return { more: aroundBytes, skipped: received.length };
}

export type Silence =
  | "silent"
  | "echo"
  | "short"
  | "checksum"
  | "noise"
  | "meter"
  | "identifier"
  | "old-standard"
  | "second-master";

/** Function 01 of DL/T 645-1997: its answers, more of them, its refusals. */
const old: ReadonlySet<number> = new Set([0x81, 0xa1, 0xc1]);

/** Names what came instead of the answer, by all bytes until the line was quiet. */
export function diagnose(request: Request, received: Uint8Array): Silence {
  if (received.length === 0) return "silent";
  const { frames, damaged, open, noise } = scan(received);
  const others = frames.filter(({ frame }) => !isOwn(request, frame)).map(({ frame }) => frame);
  const own = others.filter(({ meter }) => request.kind !== "address" && meter === request.meter);
  if (own.some(({ control }) => old.has(control))) return "old-standard";
  if (others.some(isRequest)) return "second-master";
  if (own.length > 0) return "identifier";
  if (damaged.length > 0) return "checksum";
  if (others.length > 0) return "meter";
  if (open !== null) return "short";
  if (noise > 0) return "noise";
  return frames.length > 0 ? "echo" : "short";
}

/** Whether an adapter gives our request back. */
export function isOwn(request: Request, frame: Frame): boolean {
  return isRequest(frame) && Buffer.compare(frameBytes(frame), requestFrame(request)) === 0;
}

/** Requests of another master in bytes that nobody asked for. @param own what we asked last, late in coming back */
export const isForeign = (bytes: Uint8Array, own: Request | null): boolean =>
  scan(bytes).frames.some(({ frame }) => isRequest(frame) && (own === null || !isOwn(own, frame)));
