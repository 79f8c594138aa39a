/** An answer over HTTP, and the ways in which it leaves or does not. */
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Clock } from "../../config/schema/context.ts";

export interface HttpAnswer {
  status: number;
  headers?: Readonly<Record<string, string>>;
  body: Uint8Array;
  /** Default whole. half: announced whole, cut in the middle; cut: not a byte; never: the connection stays and says nothing. */
  leaving?: "whole" | "half" | "cut" | "never";
  /** Waits so long first. */
  afterMs?: number;
  /** Sends byte by byte with so much time between. */
  trickleMs?: number;
  /** Called once: whether all of it was put on the wire. */
  left?(whole: boolean): void;
}

/** JSON, as every honest answer is. */
export function jsonAnswer(status: number, value: object, headers: Record<string, string> = {}): HttpAnswer {
  const body = Buffer.from(JSON.stringify(value));
  return { status, headers: { "content-type": "application/json", ...headers }, body };
}

/** Why a request is refused, in one word. */
export function faultAnswer(status: number, fault: string, headers: Record<string, string> = {}): HttpAnswer {
  return jsonAnswer(status, { fault }, headers);
}

export const neverAnswer: HttpAnswer = { status: 0, body: Buffer.alloc(0), leaving: "never" };

/** Puts an answer on the wire. Never rejects; after the signal nothing more is written. */
export async function give(
  answer: HttpAnswer,
  response: ServerResponse,
  socket: Socket,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const whole = await put(answer, response, socket, clock, signal).catch(() => false);
  answer.left?.(whole);
}

async function put(
  answer: HttpAnswer,
  response: ServerResponse,
  socket: Socket,
  clock: Clock,
  signal: AbortSignal,
): Promise<boolean> {
  const { status, headers, body, leaving = "whole", afterMs = 0, trickleMs = 0 } = answer;
  if (leaving === "never") return false;
  if (afterMs > 0) await clock.sleep(afterMs, signal);
  if (leaving === "cut") socket.destroy();
  if (socket.destroyed) return false;
  response.writeHead(status, { ...headers, "content-length": body.byteLength });
  if (leaving === "half") {
    response.write(body.subarray(0, body.byteLength >> 1), () => socket.destroy());
    return false;
  }
  if (trickleMs > 0) {
    for (const byte of body) {
      response.write(Uint8Array.of(byte));
      await clock.sleep(trickleMs, signal);
      if (socket.destroyed) return false;
    }
    response.end();
  } else response.end(body);
  return true;
}
