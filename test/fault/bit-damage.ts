/** Turns bits of a journal's file over, at random places of a kind. */
import type { Promised } from "./said.ts";
import { refusedWith } from "./working-journal.ts";

/**
 * Where: in the text of rows that are known then, in pages with records, anywhere, in the log of a killed process; or at
 * once in all places of that log that name an epoch; in the whole sector of the closed file that names them; in a
 * branch of the tree of records; or in some
 * places that say who refused a row.
 */
export type Where = "texts" | "pages" | "anywhere" | "log" | "names" | "sector" | "refused" | "branch";

const pageBytes = 4096;
const walHeaderBytes = 32;
const frameBytes = 24 + pageBytes;
/** What the padding of every row holds. */
const marker = ".".repeat(40);

/** Turns bits over. `texts`: rows whose text is changed for certain, `epoch/seq`. */
export function damage(
  bytes: Buffer,
  where: Where,
  promised: Promised,
  random: () => number,
): { flips: number; texts: Set<string> } {
  const below = (n: number) => Math.floor(random() * n);
  const texts = new Set<string>();
  const flip = (at: number) => {
    bytes[at] = (bytes[at] ?? 0) ^ (1 << below(8));
  };
  if (where === "texts") {
    const rows = [...promised.given].flatMap(([epoch, seqs]) =>
      [...seqs].map(([seq, text]) => ({ name: `${epoch}/${seq}` as string, text })),
    );
    for (let n = 1 + below(20); n > 0; n--) {
      const row = rows[below(rows.length)];
      if (row === undefined || texts.has(row.name)) continue;
      // Of a long one the part that lies in its page; and copies in free space, which nobody reads.
      const part = row.text.slice(0, 60);
      const offset = below(part.length);
      const bit = 1 << below(8);
      const places = placesOf(bytes, part).map((at) => at + offset);
      for (const at of places) bytes[at] = (bytes[at] ?? 0) ^ bit;
      if (places.length > 0) texts.add(row.name);
    }
    return { flips: texts.size, texts };
  }
  if (where === "branch") {
    // An inner page of a tree without rowids (2): its cells begin with the page that is below.
    for (let page = 0; page < bytes.length; page += pageBytes) {
      if (bytes[page] !== 2 || !bytes.subarray(page, page + pageBytes).includes(marker)) continue;
      const cells = bytes.readUInt16BE(page + 3);
      const cell = page + bytes.readUInt16BE(page + 12 + 2 * below(cells));
      bytes[cell + 3] = (bytes[cell + 3] ?? 0) ^ 1;
      return { flips: 1, texts };
    }
    throw new Error("the tree has no branch");
  }
  if (where === "sector") {
    const at = placesOf(bytes, promised.given.keys().next().value ?? "")[0] ?? 0;
    const page = at - (at % pageBytes);
    bytes.fill(0, page, page + pageBytes);
    return { flips: 1, texts };
  }
  if (where === "names" || where === "refused") {
    const places =
      where === "names"
        ? [...promised.given.keys()].flatMap((epoch) => placesOf(bytes, epoch))
        : // Who refused stands right before the seq and the code.
          placesOf(bytes, refusedWith)
            .slice(0, 3)
            .map((at) => at - 4);
    for (const at of places) flip(at);
    return { flips: places.length, texts };
  }
  const pages = Array.from(
    { length: Math.floor(bytes.length / pageBytes) },
    (_, page) => page * pageBytes,
  ).filter(
    (at) => where === "anywhere" || where === "log" || bytes.subarray(at, at + pageBytes).includes(marker),
  );
  const flips = 1 + below(8);
  // The last commit of a log may have been cut short by the power, for all anybody can tell: it was promised to nobody.
  const end = where === "log" ? lastCommit(bytes) : bytes.length;
  for (let n = 0; n < flips; n++) flip(((pages[below(pages.length)] ?? 0) + below(pageBytes)) % end);
  return { flips, texts };
}

function placesOf(bytes: Buffer, part: string): number[] {
  const places: number[] = [];
  for (let at = bytes.indexOf(part); at >= 0; at = bytes.indexOf(part, at + 1)) places.push(at);
  return places;
}

/** Where the last commit of a WAL begins: behind the frame that ends the one before. */
function lastCommit(wal: Buffer): number {
  const ends: number[] = [];
  for (let at = walHeaderBytes; at + frameBytes <= wal.length; at += frameBytes)
    if (wal.readUInt32BE(at + 4) !== 0) ends.push(at + frameBytes);
  return ends.at(-2) ?? walHeaderBytes;
}
