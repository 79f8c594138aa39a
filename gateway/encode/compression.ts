/**
 * Making a batch's body smaller for the wire, and large again within a bound.
 * Compression is asynchronous and may finish out of order: whoever needs an order awaits one before the next.
 */
import { promisify } from "node:util";
import { gunzip, gzip, zstdCompress, zstdDecompress } from "node:zlib";

export const encodings = ["gzip", "zstd"] as const;
export type Encoding = (typeof encodings)[number];

/** Bytes as they go on the wire; without `encoding` they are plain. */
export interface Packed {
  bytes: Uint8Array;
  encoding?: Encoding;
}

const compressors = { gzip: promisify(gzip), zstd: promisify(zstdCompress) };
const expanders = { gzip: promisify(gunzip), zstd: promisify(zstdDecompress) };

/** Compresses when it pays; what does not become smaller stays plain. */
export async function pack(bytes: Uint8Array, how: Encoding | "none"): Promise<Packed> {
  if (how === "none") return { bytes };
  const smaller = await compressors[how](bytes);
  return smaller.length < bytes.length ? { bytes: smaller, encoding: how } : { bytes };
}

/** The plain bytes, or null when they are damaged or would be more than `maxBytes`. */
export async function unpack({ bytes, encoding }: Packed, maxBytes: number): Promise<Uint8Array | null> {
  if (encoding === undefined) return bytes.length <= maxBytes ? bytes : null;
  try {
    return await expanders[encoding](bytes, { maxOutputLength: maxBytes });
  } catch {
    return null;
  }
}
