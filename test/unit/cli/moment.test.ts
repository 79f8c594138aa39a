import { expect, it } from "vitest";
import { historyCsv } from "../../../edge/cli/history-lines.ts";
import { dateTime, momentFrom } from "../../../edge/cli/moment.ts";

const now = Date.parse("2026-11-02T10:00:00+08:00");

it.each([
  ["2026-10-31", "2026-10-31 00:00:00", "2026-11-01 00:00:00"],
  ["2026-10-31 08:00", "2026-10-31 08:00:00", "2026-10-31 08:00:00"],
  ["2026-10-31T08:00:30", "2026-10-31 08:00:30", "2026-10-31 08:00:30"],
  ["10-31 08:00", "2026-10-31 08:00:00", "2026-10-31 08:00:00"],
  ["12-31", "2025-12-31 00:00:00", "2026-01-01 00:00:00"],
  ["08:00", "2026-11-02 08:00:00", "2026-11-02 08:00:00"],
  ["3h", "2026-11-02 07:00:00", "2026-11-02 07:00:00"],
  ["2d", "2026-10-31 10:00:00", "2026-10-31 10:00:00"],
])("%s is a moment of China Standard Time", (typed, from, to) => {
  expect(dateTime(momentFrom(typed, now) ?? 0)).toBe(from);
  expect(dateTime(momentFrom(typed, now, true) ?? 0)).toBe(to);
});

it.each(["", "yesterday", "2026-13-01", "2026-02-30", "25:00", "10-31 8", "3", "2026", "1e9d", "-1h"])(
  "%j is none",
  (typed) => {
    expect(momentFrom(typed, now)).toBeNull();
  },
);

it("what a device said is no formula in a spreadsheet", () => {
  const value = { point: "text", time: 0, received: 0, timeQuality: 0, quality: 0 };
  const cells = (text: string) => historyCsv("d", [{ ...value, value: text }], "en")[1];
  expect(cells('=HYPERLINK("x")')).toBe(`1970-01-01 08:00:00,d,text,"'=HYPERLINK(""x"")",,0,good`);
  expect(cells("a,b")).toContain('"a,b"');
  expect(historyCsv("d", [{ ...value, value: -3 }], "en")[1]).toContain(",-3,");
});
