/**
 * Whether a command from afar may be done: who signed it, what that key may ask for, and whether it is of now. Pure.
 *
 * Holds: nothing of the body is believed before its signature is right; no key, no command.
 */
import { createHash, createPublicKey, verify } from "node:crypto";
import {
  type Command,
  type CommandCode,
  commandSchema,
  maxCommandLifeMs,
  remoteCommandSchema,
} from "../../config/schema/command.ts";
import type { CommandKey } from "../../config/schema/plan.ts";

export interface Circumstances {
  school: string;
  gateway: string;
  /** Keys of the uplink that brought it. */
  keys: readonly CommandKey[];
  /** Wall ms UTC; null: the clock is not trusted. */
  now: number | null;
  /** It lay at the broker. */
  retained: boolean;
}

/** `req` of a refusal: null unless the signature was right. */
export type Authorised =
  | { command: Command; key: CommandKey }
  | { refused: CommandCode; req: string | null; key: string | null };

/** Clocks of others may be ahead by so much. */
const aheadMs = 30_000;
const mostBytes = 16_384;

export function authorise(
  raw: Uint8Array,
  { school, gateway, keys, now, retained }: Circumstances,
): Authorised {
  const refuse = (refused: CommandCode, req: string | null = null, key: string | null = null) => ({
    refused,
    req,
    key,
  });
  if (retained) return refuse("retained");
  const signed = raw.length > mostBytes ? null : read(raw, remoteCommandSchema);
  if (signed === null) return refuse("malformed");
  const key = keys.find(({ id }) => id === signed.key);
  if (key === undefined) return refuse("no-key");
  if (!isSigned(signed, key)) return refuse("signature", null, key.id);
  const command = read(Buffer.from(signed.body), commandSchema);
  if (command === null) return refuse("malformed", null, key.id);
  const { req, device, action, issued, expires } = command;
  const no = (code: CommandCode) => refuse(code, req, key.id);
  if (command.school !== school || command.gateway !== gateway) return no("not-ours");
  if (!mayDo(key, device, action)) return no("forbidden");
  if (now === null) return no("clock");
  if (expires <= issued || expires - issued > maxCommandLifeMs || issued > now + aheadMs)
    return no("malformed");
  if (expires <= now) return no("expired");
  return { command, key };
}

/** The same for the same key, under whatever id and at whatever uplink. */
export const signerOf = ({ key }: CommandKey): string =>
  createHash("sha256").update(key, "base64").digest("hex").slice(0, 16);

function read<T>(bytes: Uint8Array, schema: { parse(value: unknown): T }): T | null {
  try {
    return schema.parse(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)));
  } catch {
    return null;
  }
}

function isSigned({ body, sig }: { body: string; sig: string }, { key }: CommandKey): boolean {
  try {
    const signature = Buffer.from(sig, "base64");
    const known = createPublicKey({ key: Buffer.from(key, "base64"), format: "der", type: "spki" });
    return signature.length === 64 && verify(null, Buffer.from(body), known, signature);
  } catch {
    return false;
  }
}

/** `power-off`: of every device; `301-panel/power-off`: of one; `*` stands for any part of a name. */
function mayDo({ actions }: CommandKey, device: string, action: string): boolean {
  return actions.some((allowed) => {
    const slash = allowed.indexOf("/");
    const [devices, names] = slash < 0 ? ["*", allowed] : [allowed.slice(0, slash), allowed.slice(slash + 1)];
    return matches(devices, device) && matches(names, action);
  });
}

const matches = (pattern: string, name: string): boolean =>
  // The files let through small letters, digits, - and * alone.
  new RegExp(`^${pattern.replaceAll("*", ".*")}$`).test(name);
