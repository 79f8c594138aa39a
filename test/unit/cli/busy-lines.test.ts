import { expect, it } from "vitest";
import { statusScreen } from "../../../edge/cli/screen.ts";
import { columnsAtMost } from "../../../edge/cli/wrap.ts";
import { plan, School } from "../health/world.ts";
import { statusOf } from "./school-status.ts";

const links = ["rs1", "rs2", "dlt"];

/** A school with a broker and three polled links, so busy. */
function school(...busy: { busyShare: number | null; cyclesMissed: number }[]): School {
  const of = School.well(plan({ broker: {}, ...Object.fromEntries(links.map((id) => [id, {}])) }));
  for (const [index, each] of busy.entries())
    of.health.link(links[index] ?? "", {
      what: "polled",
      lines: [{ line: "one", ...each, recent: { answered: 1, faults: [] } }],
    });
  return of;
}

it("shows how busy each polled link is, in one line, and nothing where nothing is polled", () => {
  const lines = (of: School, lang: "zh" | "en" = "zh") => statusScreen(statusOf(of), lang);
  const idle = { busyShare: 0.06, cyclesMissed: 0 };
  expect(
    lines(school(idle, { busyShare: 0.0649, cyclesMissed: 0 }, { ...idle, busyShare: 0.02 })).at(-1),
  ).toBe("rs1 6 % · rs2 6 % · dlt 2 %");
  expect(lines(school()).some((line) => line.includes("%"))).toBe(false);
  // The first minute is not over.
  expect(lines(school({ busyShare: null, cyclesMissed: 0 })).at(-1)).toBe("rs1 –");
  expect(lines(school({ busyShare: null, cyclesMissed: 3 }), "en").at(-1)).toBe(
    "rs1 – (3 polls missed since the start)",
  );
  const full = school({ busyShare: 1, cyclesMissed: 12 });
  expect(lines(full).at(-1)).toBe("rs1 100 % (启动后漏 12 次)");
  expect(lines(full, "en").at(-1)).toBe("rs1 100 % (12 polls missed since the start)");
});

it.each([40, 56, 80])("keeps to %d columns", (width) => {
  const of = school(...links.map(() => ({ busyShare: 0.999, cyclesMissed: 1_234_567 })));
  for (const lang of ["zh", "en"] as const)
    for (const line of statusScreen(statusOf(of), lang, width))
      expect(columnsAtMost(line), line).toBeLessThanOrEqual(width);
});

it("gives both figures in the JSON, also to viewers", () => {
  const of = school({ busyShare: 0.25, cyclesMissed: 3 });
  const figures = { id: "rs1", busyShare: 0.25, cyclesMissed: 3 };
  expect(statusOf(of).links).toContainEqual(expect.objectContaining(figures));
  expect(of.health.status({ level: 2, words: false }).links).toContainEqual(expect.objectContaining(figures));
});
