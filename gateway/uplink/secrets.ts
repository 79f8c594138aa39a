/** Secrets as uplinks use them: read when a session opens, never kept in settings and never in a text. */
import type { SecretRef } from "../../config/schema/scalar.ts";
import { type UplinkContext, UplinkError } from "../contract/index.ts";

/** Bytes of a secret, if there is a reference. Throws an `UplinkError` when it cannot be read. */
export function optionalSecret(
  context: Pick<UplinkContext, "secret">,
  secret: SecretRef | undefined,
): Buffer | undefined {
  if (secret === undefined) return undefined;
  try {
    return Buffer.from(context.secret(secret.name));
  } catch (cause) {
    const detail = `the secret ${secret.name} cannot be read: store it first`;
    throw new UplinkError("secret", "never", detail, { cause });
  }
}

/** A password file usually ends with a line break that is no part of the password. */
export function withoutLineEnd(bytes: Buffer): Buffer {
  if (bytes.at(-1) !== 0x0a) return bytes;
  return bytes.subarray(0, bytes.at(-2) === 0x0d ? -2 : -1);
}
