import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import type { DevicePoints, PointPlan } from "../../../config/schema/plan.ts";
import { type Fault, type Message, NotStored } from "../../../drivers/contract/index.ts";
import { createIntake, type IntakeParts } from "../../../edge/agent/intake.ts";
import { openJournal, type Urgency } from "../../../edge/journal/index.ts";
import type { Draft } from "../../../gateway/contract/index.ts";
import { FakeClock, recordingLog } from "../../fake-clock.ts";
import { memoryFolder } from "../../memory-folder.ts";
import { plainRow } from "../../plain-row.ts";
import { everything, stored } from "../../suites/journal.ts";

const undo: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const point = (id: string, kind: PointPlan["kind"] = "measurement"): PointPlan => ({
  ...{ id, kind, type: "number", unit: "[ppm]", level: 2, scale: 1, offset: 0, sentinels: [], warmUpMs: 0 },
  ...{ everyMs: 1000, deadband: { abs: 20 }, maxSilenceMs: 600_000 },
});

const device: DevicePoints = {
  device: "a",
  profile: "air",
  space: "X-101",
  simulated: false,
  stage: "on",
  buffered: false,
  points: new Map([
    ["co2", point("co2")],
    ["smoke", point("smoke", "alarm")],
  ]),
};

const poll = (value: number, more: { point?: string; ageMs?: number; faults?: Fault[] } = {}): Message => {
  const { point = "co2", ageMs, faults = [] } = more;
  const sample = { point, raw: value, ...(ageMs === undefined ? {} : { ageMs }) };
  return { readings: [{ device: "a", samples: [sample], faults }], keys: [] };
};
const crc: Fault = { code: "modbus.crc", layer: "frame", retry: "later", detail: "" };

function world(journal: IntakeParts["journal"], clock = new FakeClock()) {
  const told: string[] = [];
  const intake = createIntake({
    journal,
    clock,
    devices: new Map([["a", device]]),
    wallMs: () => clock.wallMs(),
    values: (_, values) => void told.push(...values.map(({ value }) => `${value}`)),
    fault: (_, fault) => void told.push(fault.code),
    deviceClock: () => void told.push("clock"),
  });
  return { clock, told, intake };
}

/** A journal that notes what is asked of it, and refuses while told to. */
function noted() {
  const asked: { urgency: Urgency; drafts: readonly Draft[] }[] = [];
  const journal = {
    refuses: false,
    knows: () => false,
    append: async (drafts: readonly Draft[], _: unknown, urgency: Urgency) => {
      asked.push({ urgency, drafts });
      if (journal.refuses) throw new NotStored("store-down");
      return { repeated: false };
    },
  };
  return { journal, asked };
}

it("lets a poll wait for the polled group, a message of a device not, and an alarm for nothing", async () => {
  const { journal, asked } = noted();
  const { intake } = world(journal);
  await intake.deliver(poll(400), "polled");
  await intake.deliver(poll(500));
  await intake.deliver(poll(600), "again");
  await intake.deliver(poll(1, { point: "smoke" }), "polled");
  await intake.deliver(poll(700, { faults: [crc] }), "polled");
  expect(asked.map(({ urgency }) => urgency)).toEqual(["polled", "ack", "polled", "now", "now"]);
});

it("calls a poll kept only once its commit is on disk, which is the polled one", async () => {
  const folder = mkdtempSync(join(memoryFolder, "ce-polled-"));
  undo.push(() => rmSync(folder, { recursive: true, force: true }));
  const clock = new FakeClock();
  const options = { folder, gateway: "gw1", encoder: { row: plainRow }, clock, log: recordingLog() };
  const journal = await openJournal({ ...options, uplinks: [everything()] });
  undo.push(() => journal.close());
  const { intake } = world(journal, clock);
  const before = journal.status().commits;
  let kept = false;
  const delivered = intake.deliver(poll(400), "polled").then(() => {
    kept = true;
  });
  await clock.advance(900);
  expect([kept, journal.status().commits]).toEqual([false, before]);
  await stored(clock, delivered);
  expect([kept, journal.status().commits]).toEqual([true, before + 1]);
  expect(journal.status().head).toBe(2);
});

it("tells health what was read though the store refuses it, and the same reading only once", async () => {
  const { journal, asked } = noted();
  const { intake, told } = world(journal);
  journal.refuses = true;
  await expect(intake.deliver(poll(400, { faults: [crc] }), "polled")).rejects.toMatchObject({
    code: "store-down",
  });
  expect(told).toEqual(["400", "modbus.crc"]);
  for (let time = 0; time < 3; time++)
    await expect(intake.deliver(poll(400, { ageMs: 5000 }), "again")).rejects.toThrow(NotStored);
  expect(told).toHaveLength(2);
  journal.refuses = false;
  await intake.deliver(poll(400, { ageMs: 5000 }), "again");
  await intake.deliver(poll(401), "polled");
  expect(told).toEqual(["400", "modbus.crc", "401"]);
  const [last, after] = asked.slice(-2);
  expect(last?.drafts).toMatchObject([{ value: 400, quality: 0 }]);
  // Kept, so the next one that resembles it is not.
  expect(after?.drafts).toEqual([]);
});

it("gives a reading that waited for the store the time at which it was taken", async () => {
  const { journal, asked } = noted();
  const { intake, clock } = world(journal);
  await intake.deliver(poll(400, { ageMs: 60_000 }), "again");
  expect(asked[0]?.drafts[0]?.deviceTime).toBe(clock.wallMs() - 60_000);
});
