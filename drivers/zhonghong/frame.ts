/**
 * Frames of a ZhongHong gateway, as bytes and back. Pure.
 *
 * gateway, function, control, count, then `count` times what the function carries, and the sum of all before modulo 256.
 * A status is asked for by the unit's two numbers and answered with ten bytes that begin with them; what is set has the
 * value in the place of `control`, and its answer is the request itself.
 */
import type { Control } from "./fields.ts";

export interface Unit {
  outdoor: number;
  indoor: number;
}

/** Bytes of a unit's status behind its two numbers; what the last two are nobody says. */
export interface Status {
  power: number;
  setpoint: number;
  mode: number;
  fan: number;
  temperature: number;
  error: number;
}

const statusFunction = 0x50;
const one = 0x01;
const functionOf: Readonly<Record<Control, number>> = {
  power: 0x31,
  temperature: 0x32,
  mode: 0x33,
  fan: 0x34,
};

export const controlFunctions: ReadonlySet<number> = new Set(Object.values(functionOf));

export const requestBytes = 7;
export const statusBytes = 15;

export const sumOf = (bytes: Uint8Array): number => bytes.reduce((sum, byte) => sum + byte, 0) & 0xff;

export const isSealed = (frame: Uint8Array): boolean =>
  frame.length > 1 && frame.at(-1) === sumOf(frame.subarray(0, -1));

const sealed = (...bytes: number[]): Uint8Array => Uint8Array.of(...bytes, sumOf(Uint8Array.from(bytes)));

export const statusRequest = (gateway: number, { outdoor, indoor }: Unit): Uint8Array =>
  sealed(gateway, statusFunction, one, 1, outdoor, indoor);

/** @param value 0 to 255 */
export const controlRequest = (
  gateway: number,
  { outdoor, indoor }: Unit,
  control: Control,
  value: number,
): Uint8Array => sealed(gateway, functionOf[control], value, 1, outdoor, indoor);

/** What a status request asks for; null: it is none, or damaged. */
export function readRequest(frame: Uint8Array): { gateway: number; unit: Unit } | null {
  const [gateway = 0, code, control, count, outdoor = 0, indoor = 0] = frame;
  if (frame.length !== requestBytes || !isSealed(frame)) return null;
  return code === statusFunction && control === one && count === 1
    ? { gateway, unit: { outdoor, indoor } }
    : null;
}

/** `absent`: the gateway answered, without the unit. `isDamaged`: an answer was there, its sum wrong. */
export type Found =
  | { status: Status }
  | { absent: true }
  | { more: number; skipped: number; isDamaged: boolean };

/**
 * The status of this unit in what has come since it was asked for. What the gateway says of others by itself, or too
 * late, has other numbers and is passed over. What is damaged may still be followed by a whole one.
 */
export function findStatus(gateway: number, { outdoor, indoor }: Unit, received: Uint8Array): Found {
  const head = Uint8Array.of(gateway, statusFunction, one, 1, outdoor, indoor);
  const empty = sealed(gateway, statusFunction, one, 0);
  let isDamaged = false;
  for (let at = 0; at < received.length; at++) {
    const rest = received.subarray(at);
    const isHead = begins(rest, head);
    if (isHead && rest.length >= statusBytes) {
      if (isSealed(rest.subarray(0, statusBytes))) return { status: statusOf(rest) };
      isDamaged = true;
    } else if (isHead) return { more: statusBytes - rest.length, skipped: at, isDamaged };
    else if (rest.length >= empty.length && begins(rest, empty)) return { absent: true };
  }
  return { more: statusBytes, skipped: received.length, isDamaged };
}

function statusOf(frame: Uint8Array): Status {
  const [, , , , , , power = 0, setpoint = 0, mode = 0, fan = 0, temperature = 0, error = 0] = frame;
  return { power, setpoint, mode, fan, temperature, error };
}

/** How often this whole frame is in what has come, and how many bytes are missing until it may be there once more. */
export function findRepeats(
  frame: Uint8Array,
  received: Uint8Array,
): { times: number; more: number; skipped: number } {
  let times = 0;
  for (let at = 0; at < received.length; at++) {
    const rest = received.subarray(at);
    if (!begins(rest, frame)) continue;
    if (rest.length < frame.length) return { times, more: frame.length - rest.length, skipped: at };
    times += 1;
    at += frame.length - 1;
  }
  return { times, more: frame.length, skipped: received.length };
}

/** Whether one is the beginning of the other. */
export const begins = (one: Uint8Array, other: Uint8Array): boolean =>
  one.subarray(0, other.length).every((byte, index) => byte === other[index]);
