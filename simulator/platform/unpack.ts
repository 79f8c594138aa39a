/**
 * From the bytes of a message to the body of a batch: encodings none, gzip and zstd.
 * The bytes themselves say which one it is; what the sender declares must not contradict them.
 * Never more than `maxBytes` come out, whatever goes in.
 */
import { createHash } from "node:crypto";
import { gunzipSync, zstdDecompressSync } from "node:zlib";

export type Encoding = "none" | "gzip" | "zstd";
export interface Opened {
  body: Buffer;
  encoding: Encoding;
  id: string;
}
export type Unpacked = Opened | { fault: "encoding" | "bomb" };

/** @param declared what the sender calls the encoding; undefined: says nothing */
export function unpack(payload: Uint8Array, maxBytes: number, declared?: string): Unpacked {
  const encoding = encodingOf(payload);
  if (declared !== undefined && named(declared) !== encoding) return { fault: "encoding" };
  if (encoding === "none") {
    return payload.byteLength > maxBytes ? { fault: "bomb" } : opened(Buffer.from(payload), encoding);
  }
  try {
    const inflate = encoding === "gzip" ? gunzipSync : zstdDecompressSync;
    return opened(inflate(payload, { maxOutputLength: maxBytes }), encoding);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : "";
    return { fault: code === "ERR_BUFFER_TOO_LARGE" ? "bomb" : "encoding" };
  }
}

/** Batch id: hex SHA-256 over the uncompressed body (R8). */
export function batchId(body: Uint8Array): string {
  return createHash("sha256").update(body).digest("hex");
}

function opened(body: Buffer, encoding: Encoding): Opened {
  return { body, encoding, id: batchId(body) };
}

/** RFC 1952 and RFC 8878 magic numbers; JSON begins with neither. */
function encodingOf(payload: Uint8Array): Encoding {
  const [a, b, c, d] = payload;
  if (a === 0x1f && b === 0x8b) return "gzip";
  if (a === 0x28 && b === 0xb5 && c === 0x2f && d === 0xfd) return "zstd";
  return "none";
}

function named(declared: string): string {
  return declared === "" || declared === "identity" ? "none" : declared;
}
