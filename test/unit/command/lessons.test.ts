import { describe, expect, it } from "vitest";
import { isLesson } from "../../../edge/command/lessons.ts";
import { loadFiles, planOf, school } from "../config/school-folder.ts";

const timetable = (lines: string) => ({ "timetable.yaml": `timetable:\n${lines}` });
const usual = `  terms: { a: { from: 2026-09-01, to: 2027-01-22 } }
  periods: { 1: "08:10-08:50", 2: "09:05-09:45" }
  off: [{ from: 2026-10-01, to: 2026-10-07 }, { day: 2026-11-02, why: 运动会 }]
  on: [{ day: 2026-10-10, as: 3 }, { day: 2027-02-01, as: 7 }]
`;
const at = (local: string) => Date.parse(`${local}+08:00`);

describe("a timetable", () => {
  const plan = planOf(timetable(usual)).timetable;
  if (plan === undefined) throw new Error("there is one");

  it.each([
    ["2026-11-25T08:10:00", true],
    ["2026-11-25T08:09:59", false],
    ["2026-11-25T08:49:59", true],
    ["2026-11-25T08:50:00", false],
    ["2026-11-28T08:30:00", false], // Saturday
    ["2026-08-31T08:30:00", false],
    ["2026-09-01T08:30:00", true],
    ["2027-01-22T09:30:00", true],
    ["2027-01-25T09:30:00", false],
    ["2026-10-01T08:30:00", false],
    ["2026-10-07T08:30:00", false],
    ["2026-10-08T08:30:00", true],
    ["2026-10-10T08:30:00", true], // a Saturday with a Wednesday's lessons
    ["2026-11-02T08:30:00", false],
    ["2027-02-01T08:30:00", false], // as a Sunday
  ])("knows that at %s there is a lesson: %s", (local, lesson) => {
    expect(isLesson(plan, at(local))).toBe(lesson);
  });

  it.each([
    [usual.replace("08:10-08:50", "8.10"), "08:10-08:50"],
    [usual.replace("08:10-08:50", "23:00-01:00"), "08:10-08:50"],
    [usual.replace("2026-09-01", "2026-09-31"), "2026-09-31"],
    [usual.replace("from: 2026-09-01", "from: 2027-09-01"), "turn them round"],
    [usual.replace("as: 3", "as: 8"), "1 to 7"],
    [`${usual}  weekdays: [mon]\n`, "[1..5]"],
    [`${usual}  weekday: [1..5]\n`, "weekdays"],
    [usual.replace(/ {2}periods.*\n/, ""), "periods"],
    ["  - 1\n", "name: content"],
  ])("is told what is wrong with it: %s", (lines, told) => {
    const { plan: none, problems } = loadFiles({ "school.yaml": school, ...timetable(lines) });
    expect(none).toBeNull();
    const errors = problems.filter(({ severity }) => severity === "error");
    expect(errors.map(({ what, fix }) => `${what.en} ${fix.en}`).join("\n")).toContain(told);
  });
});
