import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import type { DevicePoints, PointPlan } from "../../../config/schema/plan.ts";
import type { Key, Message } from "../../../drivers/contract/index.ts";
import { createIntake } from "../../../edge/agent/intake.ts";
import type { ValueFact } from "../../../edge/health/index.ts";
import { type Journal, openJournal } from "../../../edge/journal/index.ts";
import { createCounters } from "../../../edge/normalize/counters.ts";
import { FakeClock, recordingLog } from "../../fake-clock.ts";
import { memoryFolder } from "../../memory-folder.ts";
import { plainRow } from "../../plain-row.ts";
import { everything, plenty, stored } from "../../suites/journal.ts";

const undo: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const co2: PointPlan = {
  id: "co2",
  kind: "measurement",
  type: "number",
  unit: "[ppm]",
  level: 2,
  scale: 1,
  offset: 0,
  sentinels: [],
  warmUpMs: 0,
  everyMs: 60_000,
  deadband: { abs: 20 },
  maxSilenceMs: 600_000,
};

const device = (id: string): DevicePoints => ({
  device: id,
  profile: "air",
  space: "X-101",
  simulated: false,
  stage: "on",
  buffered: false,
  points: new Map([["co2", co2]]),
});

async function world(journalOptions: { maxBytes?: number } = {}) {
  const clock = new FakeClock();
  const folder = mkdtempSync(join(memoryFolder, "ce-intake-"));
  undo.push(() => rmSync(folder, { recursive: true, force: true }));
  const options = { folder, gateway: "gw1", encoder: { row: plainRow }, clock, log: recordingLog() };
  const journal = await openJournal({ ...options, ...journalOptions, uplinks: [everything()] });
  undo.push(() => journal.close());
  const heard: { device: string; values: ValueFact[] }[] = [];
  const faults: string[] = [];
  const intake = createIntake({
    journal,
    clock,
    devices: new Map(["a", "b"].map((id) => [id, device(id)])),
    wallMs: () => clock.wallMs(),
    values: (id, values) => void heard.push({ device: id, values }),
    fault: (_id, fault) => void faults.push(fault.code),
  });
  return {
    clock,
    journal,
    intake,
    heard,
    faults,
    deliver: (message: Message) => stored(clock, intake.deliver(message)),
  };
}

const reading = (id: string, value: number) => ({
  device: id,
  samples: [{ point: "co2", raw: value }],
  faults: [],
});
const key = (id: string, value: string): Key => ({ slot: `d/${id}`, value, rule: "once", device: id });

/** Every row but the opening: device and value. */
async function rows(journal: Journal): Promise<string[]> {
  const slice = await journal.read("province", "live", plenty);
  return (slice?.rows ?? []).slice(1).map(({ text, series }) => {
    const known = slice?.series.get(series);
    return `${known?.device}/${known?.point} ${(JSON.parse(text) as unknown[])[3]}`;
  });
}

it("stores what is new in a message of a bridge, and leaves out the readings that were here before", async () => {
  const { deliver, journal, heard } = await world();
  const message = (b: number, seq: string): Message => ({
    readings: [reading("a", 400), reading("b", b)],
    keys: [key("a", "1/1"), key("b", seq)],
  });
  await deliver(message(500, "1/1"));
  await deliver(message(550, "1/2"));
  await deliver(message(600, "1/3"));
  await deliver(message(600, "1/3"));
  expect(await rows(journal)).toEqual(["a/co2 400", "b/co2 500", "b/co2 550", "b/co2 600"]);
  expect(journal.status().repeated).toBe(1);
  expect(heard.map(({ device: id, values }) => `${id} ${values[0]?.value}`)).toEqual([
    "a 400",
    "b 500",
    "b 550",
    "b 600",
  ]);
});

it("takes a packet that is sent again for one repeat, whatever devices it speaks for", async () => {
  const { deliver, journal } = await world();
  const packet = (rule: "set" | "last"): Message => ({
    readings: [reading("a", 400), reading("b", 500)],
    keys: [{ slot: "q1/c/7", value: "same", rule }],
  });
  await deliver(packet("set"));
  await deliver(packet("last"));
  expect(await rows(journal)).toEqual(["a/co2 400", "b/co2 500"]);
});

it("acknowledges what the storing rule does not select, and stores it no more", async () => {
  const { deliver, journal } = await world();
  await deliver({ readings: [reading("a", 400)], keys: [] });
  await deliver({ readings: [reading("a", 410)], keys: [] });
  await deliver({ readings: [reading("a", 421)], keys: [] });
  expect(await rows(journal)).toEqual(["a/co2 400", "a/co2 421"]);
});

it("stores the next value of a point whose last one the store refused", async () => {
  const { deliver, journal } = await world({ maxPendingBytes: 1 } as object);
  await deliver({ readings: [reading("a", 400)], keys: [] });
  const waiting = deliver({ readings: [reading("b", 500)], keys: [] });
  await expect(deliver({ readings: [reading("a", 800)], keys: [] })).rejects.toMatchObject({ code: "busy" });
  await waiting;
  await deliver({ readings: [reading("a", 801)], keys: [] });
  expect(await rows(journal)).toEqual(["a/co2 400", "b/co2 500", "a/co2 801"]);
});

it("stores one fault event a device and minute, counts the others, and tells them at the end", async () => {
  const { clock, deliver, intake, journal, faults } = await world();
  const bad = {
    device: "a",
    samples: [],
    faults: [{ code: "mqtt.json", layer: "frame", retry: "later", detail: "no JSON" } as const],
  };
  for (let n = 0; n < 3; n++) await deliver({ readings: [bad], keys: [] });
  expect(faults).toHaveLength(3);
  await stored(clock, intake.tellFaults("due"));
  expect(await rows(journal)).toEqual(['a/fault {"code":"mqtt.json","count":1}']);
  await stored(clock, intake.tellFaults("all"));
  expect(
    (await journal.read("province", "live", plenty))?.rows.map(
      ({ text }) => (JSON.parse(text) as unknown[])[3],
    ),
  ).toEqual(['{"code":"mqtt.json","count":2}']);
});

it("judges by the new plan from one message to the next, and forgets only what means something else now", async () => {
  const { deliver, journal, intake } = await world();
  const of = (id: string, more: Partial<PointPlan>, space = "X-101") => ({
    ...device(id),
    space,
    points: new Map([["co2", { ...co2, ...more }]]),
  });
  await deliver({ readings: [reading("a", 400), reading("b", 500)], keys: [] });
  intake.adopt(
    new Map([
      ["a", of("a", { scale: 2 })],
      ["b", of("b", {})],
      ["c", of("c", {})],
    ]),
  );
  await deliver({ readings: [reading("a", 200), reading("b", 501), reading("c", 600)], keys: [] });
  intake.adopt(
    new Map([
      ["a", of("a", { scale: 2, deadband: { abs: 1 } })],
      ["b", of("b", {}, "X-102")],
    ]),
  );
  await deliver({ readings: [reading("a", 201), reading("b", 501), reading("c", 700)], keys: [] });
  expect(await rows(journal)).toEqual([
    "a/co2 400",
    "b/co2 500",
    "a/co2 400",
    "c/co2 600",
    "a/co2 402",
    "b/co2 501",
  ]);
});

it("tells the faults that were counted of a device before it goes", async () => {
  const { clock, deliver, intake, journal } = await world();
  const bad = {
    device: "a",
    samples: [],
    faults: [{ code: "mqtt.json", layer: "frame", retry: "later", detail: "no JSON" } as const],
  };
  for (let n = 0; n < 3; n++) await deliver({ readings: [bad], keys: [] });
  intake.adopt(new Map([["b", device("b")]]));
  // A key that overwrites another waits for its commit, and so for all before it.
  void journal.append([], [{ slot: "x", value: "y", rule: "set" }], "now");
  await stored(clock, journal.append([], [{ slot: "x", value: "z", rule: "set" }], "now"));
  expect(await rows(journal)).toEqual([
    'a/fault {"code":"mqtt.json","count":1}',
    'a/fault {"code":"mqtt.json","count":2}',
  ]);
});

it("tells what became of a counter although the store refused the message that showed it, and once", async () => {
  const { clock, journal, deliver } = await world({ maxPendingBytes: 1 } as object);
  const counters = createCounters(new Map(), () => {});
  const energy: PointPlan = {
    ...co2,
    ...{ id: "energy", kind: "counter", unit: "kW.h" },
    counter: { ratio: 1, noise: 0.02, perHour: 2000, display: { unit: "kWh", factor: 1 } },
  };
  const meter = { ...device("m"), points: new Map([["energy", energy]]) };
  const intake = createIntake({
    ...{ journal, clock, counters, wallMs: () => clock.wallMs(), values: () => {}, fault: () => {} },
    devices: new Map([["m", meter]]),
  });
  const shows = (raw: number): Message => ({
    readings: [{ device: "m", samples: [{ point: "energy", raw }], faults: [] }],
    keys: [],
  });
  await stored(clock, intake.deliver(shows(500)));
  const waiting = deliver({ readings: [reading("b", 500)], keys: [] });
  await expect(intake.deliver(shows(3))).rejects.toMatchObject({ code: "busy" });
  await waiting;
  await stored(clock, intake.deliver(shows(3)));
  await stored(clock, intake.deliver(shows(4)));
  expect((await rows(journal)).filter((row) => row.startsWith("m/counter"))).toEqual([
    'm/counter {"point":"energy","what":"fell","from":500,"to":3}',
  ]);
});
