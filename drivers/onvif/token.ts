/**
 * WS-Security UsernameToken with a digest (OASIS, UsernameToken Profile 1.0, 3.1): of the password only
 * Base64(SHA-1(nonce + created + password)) is said. Pure.
 */
import { createHash } from "node:crypto";
import { escaped } from "./xml.ts";

const oasis = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss";

/**
 * @param nonce drawn anew each time
 * @param createdMs by the camera's own clock, ms UTC: it refuses what is old
 */
export function usernameToken(
  { user, password }: { user: string; password: Uint8Array },
  nonce: Uint8Array,
  createdMs: number,
): string {
  const created = new Date(createdMs).toISOString();
  const digest = createHash("sha1").update(nonce).update(created).update(password).digest("base64");
  return (
    `<w:Security xmlns:w="${oasis}-wssecurity-secext-1.0.xsd" xmlns:u="${oasis}-wssecurity-utility-1.0.xsd" s:mustUnderstand="1">` +
    `<w:UsernameToken><w:Username>${escaped(user)}</w:Username>` +
    `<w:Password Type="${oasis}-username-token-profile-1.0#PasswordDigest">${digest}</w:Password>` +
    `<w:Nonce EncodingType="${oasis}-soap-message-security-1.0#Base64Binary">${Buffer.from(nonce).toString("base64")}</w:Nonce>` +
    `<u:Created>${created}</u:Created></w:UsernameToken></w:Security>`
  );
}
