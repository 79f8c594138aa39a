/**
 * Ranges of rooms. Pure.
 */

/** Most rooms of one range. */
const maxRange = 1000;

/** `101..108` → 101 to 108, a single room → itself; null unless both ends have the same letters and as many digits. */
export function roomRange(word: string): string[] | null {
  const [low = "", high] = word.split("..");
  if (high === undefined) return [low];
  const [, lead, first] = /^(.*?)(\d+)$/.exec(low) ?? [];
  const [, otherLead, last] = /^(.*?)(\d+)$/.exec(high) ?? [];
  const count = Number(last) - Number(first) + 1;
  if (first === undefined || lead !== otherLead || first.length !== last?.length) return null;
  if (count < 1 || count > maxRange) return null;
  return Array.from(
    { length: count },
    (_, index) => `${lead}${String(Number(first) + index).padStart(first.length, "0")}`,
  );
}

/** The rooms of a range written from the larger to the smaller, in that order; null: it is none such. */
export function roomsBackwards(word: string): string[] | null {
  const [low, high] = word.split("..");
  const rooms = high === undefined ? null : roomRange(`${high}..${low}`);
  return rooms === null || rooms.length < 2 ? null : rooms.reverse();
}

/** What to say of a range that is none. */
export const noRange = (word: string) => ({
  what: { zh: `“${word}” 不是房间范围`, en: `"${word}" is not a range of rooms` },
  fix: {
    zh: "两端位数相同、小的在前，例如 101..108",
    en: "both ends have as many digits, the smaller first, such as 101..108",
  },
});
