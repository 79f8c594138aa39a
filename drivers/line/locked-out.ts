/**
 * Devices that refused our password. They lock out who tries often, so none is tried again with the same one.
 *
 * Holds: of a password only a digest with a key of this process.
 */
import { createHmac, randomBytes } from "node:crypto";

export class LockedOut {
  readonly #key = randomBytes(32);
  readonly #refused = new Map<string, string>();

  /** @param password null: there is none */
  has(device: string, password: Uint8Array | null): boolean {
    return this.#refused.get(device) === this.#print(password);
  }

  add(device: string, password: Uint8Array | null): void {
    this.#refused.set(device, this.#print(password));
  }

  retain(devices: ReadonlySet<string>): void {
    for (const device of this.#refused.keys()) if (!devices.has(device)) this.#refused.delete(device);
  }

  #print(password: Uint8Array | null): string {
    return password === null ? "none" : createHmac("sha256", this.#key).update(password).digest("base64");
  }
}
