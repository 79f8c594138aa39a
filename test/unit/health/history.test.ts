import { expect, it } from "vitest";
import { sayReason } from "../../../config/catalogue/reasons.ts";
import { statusSchema } from "../../../config/schema/status.ts";
import { historyLine } from "../../../edge/cli/screen.ts";
import { plan, School } from "./world.ts";

const minuteMs = 60_000;
const extent = { oldest: 1_788_000_000_000, newest: 1_790_000_000_000, records: 7_000, bytes: 12_345_678 };
const school = (more: object = {}) => School.well(plan({ broker: { a: {} } }, [], more));
const told = (of: School) => {
  const status = statusSchema.parse(of.health.status());
  return { history: status.history, codes: status.reasons.map(({ code, state }) => [code, state]) };
};

it("the status says how far the local history goes", () => {
  const of = school();
  expect(told(of).history).toBeUndefined();
  of.health.history({ what: "open", extent: { ...extent, records: 1 } });
  of.health.history({ what: "stored", extent });
  const { history, codes } = told(of);
  expect(history).toEqual({ state: "open", ...extent, quotaBytes: 2e9 });
  expect(codes).toEqual([]);
  if (history === undefined) throw new Error("no history");
  expect(historyLine(history, "zh")).toBe("本机历史 23 天 · 7000 条 · 13 MB");
  expect(historyLine({ ...history, state: "closed" }, "en")).toBe(
    "local history 23 d · 7000 records · 13 MB · not being written now",
  );
});

it("one that cannot be written is told after a minute, and nothing is down for it", async () => {
  const of = school();
  of.health.history({ what: "closed", code: "SQLITE_FULL" });
  await of.clock.advance(minuteMs - 1000);
  expect(told(of).codes).toEqual([]);
  expect(told(of).history).toMatchObject({ state: "closed", oldest: null, records: 0 });
  await of.clock.advance(1000);
  of.health.history({ what: "closed", code: "SQLITE_IOERR" });
  expect(told(of).codes).toContainEqual(["E540", "degraded"]);
  expect(of.health.ready().ready).toBe(true);
  of.health.history({ what: "stored", extent });
  expect(told(of).codes).not.toContainEqual(["E540", "degraded"]);
});

it("one that began anew stays in view for a day, as a notice", async () => {
  const of = school();
  of.health.history({ what: "anew" });
  of.health.history({ what: "open", extent });
  expect(told(of).codes).toEqual([["E541", "ok"]]);
  const [reason] = of.health.status().reasons;
  if (reason === undefined) throw new Error("no reason");
  expect(sayReason(reason, "zh").line).toContain("history.sqlite.broken");
  await of.clock.advance(25 * 60 * minuteMs);
  expect(told(of).codes).not.toContainEqual(["E541", "ok"]);
});

it("a gateway without one says nothing of it", () => {
  const of = plan({ broker: { a: {} } }, []);
  of.buffer = { ...of.buffer, history: null };
  expect(told(School.well(of)).history).toBeUndefined();
});
