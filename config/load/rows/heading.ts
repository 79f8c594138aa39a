/**
 * Headings of a table's columns, as people write them.
 */

/** A heading without what does not matter: full width, upper case, blanks. */
export const headingOf = (written: string): string =>
  written.normalize("NFKC").replace(/\s+/g, "").toLowerCase();

/** Columns that every table may have, and the row's key that each stands for. */
export const fixedHeadings: readonly (readonly [heading: string, key: string])[] = [
  ["去掉", "remove"],
  ["remove", "remove"],
  ["状态", "stage"],
  ["stage", "stage"],
  ["原因", "why"],
  ["why", "why"],
  ["到期", "until"],
  ["until", "until"],
];

/** What people call parameters with the usual names, where no parameter of the template is called so. */
export const customaryHeadings: Readonly<Record<string, readonly string[]>> = {
  room: ["房间", "房间号", "教室"],
  n: ["序号"],
  line: ["线路"],
};
