/** Text as older readers send it: two bytes for a Chinese character (GB 18030, the part that is GBK). */

let table: Map<string, readonly [number, number]> | null = null;

/** @throws RangeError for a character that is in neither ASCII nor GBK */
export function gbk(text: string): Uint8Array {
  table ??= built();
  const known = table;
  return Uint8Array.from(
    [...text].flatMap((char) => {
      const code = char.codePointAt(0) ?? 0;
      const pair = code < 0x80 ? [code] : known.get(char);
      if (pair === undefined) throw new RangeError(`${char} is not in GBK`);
      return pair;
    }),
  );
}

/** What the platform can read, the other way round. */
function built(): Map<string, readonly [number, number]> {
  const decoder = new TextDecoder("gbk");
  const pairs = new Map<string, readonly [number, number]>();
  for (let high = 0x81; high <= 0xfe; high += 1)
    for (let low = 0x40; low <= 0xfe; low += 1) {
      const text = decoder.decode(Uint8Array.of(high, low));
      if (low !== 0x7f && [...text].length === 1 && text !== "\ufffd" && !pairs.has(text))
        pairs.set(text, [high, low]);
    }
  return pairs;
}
