/**
 * Contact windows and the pace of backlog: what is written, what the plan has, and what `check` says it means.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { contactWords } from "../../../config/load/contact-words.ts";
import { inBoth, joined } from "../../../config/load/shape/contact-window.ts";
import type { DailyRange } from "../../../config/schema/plan.ts";
import { loadFiles, planOf } from "./school-folder.ts";

const uplink = (more: string) => {
  const [plan] = planOf({ "uplinks.yaml": `uplinks: { u: { kind: post, url: x${more} } }\n` }).uplinks;
  if (plan === undefined) throw new Error("no uplink");
  return plan;
};

describe("a contact window", () => {
  it.each([
    ['"18:00-07:00"', [{ from: 1080, to: 1860 }]],
    ["18:00-07:00", [{ from: 1080, to: 1860 }]],
    ['"7:30 - 8:15"', [{ from: 450, to: 495 }]],
    ['"18:00-24:00"', [{ from: 1080, to: 1440 }]],
    [
      '"18:00-07:00, 12:00-13:00"',
      [
        { from: 720, to: 780 },
        { from: 1080, to: 1860 },
      ],
    ],
    [
      "[12:00-13:00, 18:00-07:00]",
      [
        { from: 720, to: 780 },
        { from: 1080, to: 1860 },
      ],
    ],
    // Touching and overlapping ones are one, so that nothing closes and opens in between.
    ["[18:00-24:00, 00:00-07:00]", [{ from: 1080, to: 1860 }]],
    ["[18:00-07:00, 06:00-08:00]", [{ from: 1080, to: 1920 }]],
  ])("%s", (written, window) => {
    expect(uplink(`, window: ${written}`).window).toEqual(window);
  });

  it.each(['"00:00-24:00"', "[06:00-18:00, 17:00-06:30]"])("of the whole day is none: %s", (written) => {
    expect(uplink(`, window: ${written}`)).not.toHaveProperty("window");
  });
});

describe("the pace of backlog", () => {
  it.each([
    ["", { recordsPerS: 1500 }],
    ["rate: 256kbit/s", { bytesPerS: 32_000 }],
    ["rate: 2 Mbit/s", { bytesPerS: 250_000 }],
    ["rate: 30kB/s", { bytesPerS: 30_000 }],
    ["rate: 800 records/s", { recordsPerS: 800 }],
    ["rate: [256kbit/s, 800 records/s]", { bytesPerS: 32_000, recordsPerS: 800 }],
    ['rate: "256kbit/s, 800 records/s"', { bytesPerS: 32_000, recordsPerS: 800 }],
    ['window: "01:00-05:00"', { recordsPerS: 1500, window: [{ from: 60, to: 300 }] }],
  ])("%s", (written, backlog) => {
    expect(uplink(`, backlog: { ${written} }`).backlog).toEqual(backlog);
  });
});

describe("what check says of it", () => {
  it.each([
    ["", null],
    [
      ', window: "18:00-07:00"',
      "每天只在 18:00 到次日 07:00 联系平台，报警随时送|in contact with the platform from 18:00 to 07:00 the next day only, alarms at any time",
    ],
    [
      ', backlog: { rate: 256kbit/s, window: "01:00-05:00, 12:00-13:00" }',
      "断开时存下的旧数据 01:00 到 05:00、12:00 到 13:00 补送，最多占 256 kbit/s 带宽|records kept from before are sent from 01:00 to 05:00 and from 12:00 to 13:00, with at most 256 kbit/s of the line",
    ],
    [
      ", backlog: { rate: 50 records/s }",
      "断开时存下的旧数据补送，每秒最多 50 条|records kept from before are sent, at most 50 a second",
    ],
  ])("%s", (written, words) => {
    const said = contactWords(uplink(written));
    expect(said && `${said.zh}|${said.en}`).toBe(words);
  });
});

it("a backlog window that only touches the uplink's is told, one that shares a minute is not", () => {
  const codes = (window: string, backlog: string) =>
    loadFiles({
      "uplinks.yaml": `uplinks: { u: { kind: post, url: x, window: "${window}", backlog: { window: "${backlog}" } } }\n`,
    })
      .problems.filter(({ severity }) => severity === "error")
      .map(({ code }) => code);
  expect(codes("08:00-17:00", "17:00-08:00")).toEqual(["backlog-never"]);
  expect(codes("08:00-17:00", "17:00-08:01")).toEqual([]);
  expect(codes("22:00-02:00", "01:00-05:00")).toEqual([]);
});

it("joining and overlapping agree with a look at every minute of the day", () => {
  const minute = fc.integer({ min: 0, max: 47 }).map((half) => half * 30);
  const range = fc
    .tuple(minute, fc.integer({ min: 1, max: 48 }))
    .map(([from, halves]): DailyRange => ({ from, to: from + halves * 30 }));
  const within = (ranges: readonly DailyRange[], at: number) =>
    ranges.some(({ from, to }) => (from <= at && at < to) || (from <= at + 1440 && at + 1440 < to));
  const some = fc.array(range, { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(some, some, (a, b) => {
      const one = joined(a);
      const both = inBoth(a, b);
      for (let at = 0; at < 1440; at += 30) {
        expect(within(one, at)).toBe(within(a, at));
        expect(within(both, at)).toBe(within(a, at) && within(b, at));
      }
      for (const ranges of [one, both])
        for (const [index, { from, to }] of ranges.entries()) {
          const next = ranges[index + 1]?.from ?? (ranges[0]?.from ?? 0) + 1440;
          expect(from >= 0 && from < 1440 && from < to).toBe(true);
          expect(ranges.length === 1 || to < next).toBe(true);
        }
    }),
  );
});
