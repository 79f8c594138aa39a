import { createHmac, randomBytes } from "node:crypto";
import { chmodSync, closeSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";

const keyBytes = 32;

/**
 * Keyed digests of identities (cards, codes): stable for this school, not reversible without its key.
 * The key is made once and lives in the data folder, readable by us alone.
 * @param folder data folder, which exists
 * @returns a function from identity to 32 hex digits of HMAC-SHA-256
 * @throws when the key file is there and damaged: a new key would make every known identity a stranger
 */
export function openDigest(folder: string): (identity: string) => string {
  const file = join(folder, "digest.key");
  const key = readKey(file) ?? makeKey(file);
  return (identity) => createHmac("sha256", key).update(identity, "utf8").digest("hex").slice(0, 32);
}

function readKey(file: string): Buffer | null {
  let key: Buffer;
  try {
    key = readFileSync(file);
    // Copied or restored by hand: for nobody but us again.
    chmodSync(file, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  // A power cut between making and writing the file; nothing was digested with it.
  if (key.length === 0) return null;
  if (key.length !== keyBytes)
    throw new Error(`${file} is damaged: ${key.length} bytes instead of ${keyBytes}`);
  return key;
}

function makeKey(file: string): Buffer {
  const key = randomBytes(keyBytes);
  const handle = openSync(file, "w", 0o600);
  try {
    writeSync(handle, key);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  return key;
}
