import fc from "fast-check";
import { expect, it } from "vitest";
import { encodings, pack, unpack } from "../../../gateway/encode/compression.ts";

it.each(encodings)("%s makes a body smaller and gives it back byte for byte", async (how) => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 50 }), async (piece) => {
      const body = Buffer.concat(Array.from({ length: 50 }, () => piece));
      const packed = await pack(body, how);
      expect(packed.encoding).toBe(body.length > 100 ? how : packed.encoding);
      expect(packed.bytes.length).toBeLessThanOrEqual(body.length);
      expect(Buffer.from((await unpack(packed, body.length)) ?? []).equals(body)).toBe(true);
    }),
    { numRuns: 50 },
  );
});

it.each(encodings)("%s leaves plain what would not become smaller", async (how) => {
  expect(await pack(Buffer.from("{}"), how)).toEqual({ bytes: Buffer.from("{}") });
});

it.each(encodings)("a small %s body that grows beyond the bound is refused", async (how) => {
  const bomb = await pack(Buffer.alloc(10_000_000), how);
  expect(bomb.bytes.length).toBeLessThan(20_000);
  expect(await unpack(bomb, 256 * 1024)).toBeNull();
});

it("damaged and oversized bodies are refused", async () => {
  for (const encoding of encodings)
    expect(await unpack({ bytes: Buffer.from("no"), encoding }, 100)).toBeNull();
  expect(await unpack({ bytes: Buffer.alloc(101) }, 100)).toBeNull();
  expect(await unpack({ bytes: Buffer.alloc(100) }, 100)).toHaveLength(100);
});
