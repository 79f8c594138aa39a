import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ActionPlan, DevicePoints, LinkPlan } from "../../../config/schema/plan.ts";
import {
  type DevicePlan,
  type Driver,
  type Fault,
  type Job,
  type Message,
  NotStored,
  type Session,
} from "../../../drivers/contract/index.ts";
import type { Way } from "../../../edge/agent/intake.ts";
import { type KeptLink, keepLink } from "../../../edge/agent/links.ts";
import type { LinkFact } from "../../../edge/health/index.ts";
import { driverContext } from "../../driver-context.ts";
import { FakeClock, recordingLog } from "../../fake-clock.ts";

/** A link whose devices are of a version each, and are read every second. */
function plan(devices: Record<string, number>): LinkPlan {
  const ids = Object.entries(devices);
  return {
    id: "rs1",
    kind: "fake",
    settings: {},
    simulated: false,
    devices: ids.map(([id, version]) => ({ id, address: { version } }) as unknown as DevicePlan),
    points: new Map(ids.map(([id]) => [id, { device: id } as unknown as DevicePoints])),
  };
}

const version = ({ address }: DevicePlan) => (address as { version: number }).version;

let clock: FakeClock;
let log: ReturnType<typeof recordingLog>;
let heard: { device: string; way: Way | undefined; at: number }[];
let ups: string[];
let facts: string[];
let linkFacts: LinkFact[];
let sessions: string[];
/** `device version` of every turn. */
let asked: { what: string; at: number }[];
let act: (job: Job, signal: AbortSignal) => Promise<Fault[]>;
let onUpdate: () => Promise<void>;
let updatable: boolean;
let deadlineMs: number;
let broken: boolean;
let store: () => Promise<void>;
let end: (fault: Fault | null) => void;
/** Whatever must never happen. */
let wrong: string[];
let link: KeptLink;

const answers =
  (ms = 20) =>
  async (_: Job, signal: AbortSignal): Promise<Fault[]> => {
    await clock.sleep(ms, signal);
    return [];
  };

const driver = {
  kind: {
    line: () => "one",
    plan: (_: unknown, devices: DevicePlan[]): Job[] => {
      if (broken) throw new Error("no plan");
      return devices.map((device) => ({
        ...{ device: device.id, line: "one", points: ["co2"], everyMs: 1000, deadlineMs },
        ...{ txBytes: 8, rxBytes: 9, body: version(device) },
      }));
    },
  },
  async open(): Promise<Session> {
    sessions.push("open");
    const { promise: ended, resolve } = Promise.withResolvers<Fault | null>();
    end = resolve;
    let turns = 0;
    return {
      ended,
      async run(job, signal) {
        turns += 1;
        if (turns > 1) wrong.push(`${job.device} was asked during another turn`);
        asked.push({ what: `${job.device}${job.body}`, at: clock.monotonicMs() });
        try {
          const faults = await act(job, signal);
          const samples = faults.length === 0 ? [{ point: "co2", raw: 1 }] : [];
          return { reading: { device: job.device, samples, faults } };
        } finally {
          turns -= 1;
        }
      },
      async command({ action }) {
        asked.push({ what: action, at: clock.monotonicMs() });
        return { state: "done", readBack: [] };
      },
      ...(updatable
        ? {
            async update(devices: DevicePlan[]) {
              if (turns > 0) wrong.push("the session was told during a turn");
              sessions.push(`update ${devices.map((device) => `${device.id}${version(device)}`).join(" ")}`);
              await onUpdate();
            },
          }
        : {}),
      async close() {
        sessions.push("close");
        resolve(null);
      },
    };
  },
} as unknown as Driver;

beforeEach(() => {
  clock = new FakeClock();
  log = recordingLog();
  [heard, ups, facts, linkFacts, sessions, asked, wrong] = [[], [], [], [], [], [], []];
  act = answers();
  onUpdate = async () => {};
  store = async () => {};
  [updatable, broken, deadlineMs] = [true, false, 200];
});
afterEach(async () => {
  const stopping = link.stop();
  await clock.advance(3000);
  await stopping;
  expect(wrong).toEqual([]);
  expect(clock.sleeping).toBe(0);
});

async function kept(devices: Record<string, number>): Promise<KeptLink> {
  link = keepLink(plan(devices), {
    openDriver: async () => driver,
    context: driverContext(clock, { log }),
    intake: {
      deliver: async ({ readings }: Message, way?: Way) => {
        for (const { device } of readings) heard.push({ device, way, at: clock.monotonicMs() });
        await store();
      },
      up: (device) => void ups.push(device),
    },
    health: { device: () => {}, link: (_, fact) => void linkFacts.push(fact) },
    random: () => 0,
    onFact: (_, fact) => void facts.push("device" in fact ? `${fact.what} ${fact.device}` : fact.what),
  });
  await pass(0);
  return link;
}

/** What was just set going reaches its timer before time passes. */
async function pass(ms: number): Promise<void> {
  await clock.advance(0);
  await clock.advance(0);
  await clock.advance(ms);
}

function fresh(): void {
  heard.length = 0;
  facts.length = 0;
  asked.length = 0;
}

const turnsOf = (what: string) => asked.filter((each) => each.what === what).map(({ at }) => at);
const silence: Fault = { code: "x.silent", layer: "answer", retry: "later", detail: "" };

describe("a link that is polled", () => {
  it("hands each reading to intake as one message that nobody waits for, and begins warm-ups", async () => {
    await kept({ a: 1, b: 1 });
    await pass(10_000);
    expect(turnsOf("a1").length).toBeGreaterThanOrEqual(10);
    expect(asked.length - heard.length).toBeLessThanOrEqual(1);
    expect(new Set(heard.map(({ way }) => way))).toEqual(new Set(["polled"]));
    expect(ups.toSorted()).toEqual(["a", "b"]);
    expect(facts.toSorted()).toEqual(["up a", "up b"]);
    const [told] = linkFacts.filter((fact) => fact.what === "polled").slice(-1);
    expect(told).toMatchObject({ lines: [{ line: "one", cyclesMissed: 0, silent: [] }] });
  });

  it("tells that a device is down and up again", async () => {
    await kept({ a: 1, b: 1 });
    await pass(3000);
    fresh();
    act = async (job, signal) => (job.device === "a" ? [silence] : answers()(job, signal));
    await pass(10_000);
    act = answers();
    await pass(20_000);
    expect(facts).toEqual(["down a", "up a"]);
    expect(ups.filter((device) => device === "a")).toHaveLength(2);
  });

  it("is polled only while it is open, and goes on in the next session", async () => {
    await kept({ a: 1 });
    await pass(2000);
    end({ ...silence, code: "line.gone" });
    await pass(40);
    fresh();
    await pass(40);
    expect(asked).toEqual([]);
    await pass(5000);
    expect(sessions).toEqual(["open", "close", "open"]);
    expect(asked.length).toBeGreaterThanOrEqual(4);
    expect(facts).toEqual([]);
    // Nobody knows whether it had power meanwhile: its warm-up begins anew.
    expect(ups).toEqual(["a", "a"]);
  });

  it("is opened anew when a turn does not end", async () => {
    await kept({ a: 1, b: 1 });
    await pass(2000);
    act = (job, signal) => (job.device === "a" ? new Promise(() => {}) : answers()(job, signal));
    await pass(3000);
    act = answers();
    await pass(10_000);
    expect(sessions.slice(0, 3)).toEqual(["open", "close", "open"]);
    expect(linkFacts).toContainEqual(expect.objectContaining({ what: "closed", code: "hung" }));
    fresh();
    await pass(2000);
    expect(new Set(asked.map(({ what }) => what))).toEqual(new Set(["a1", "b1"]));
  });

  it("says nothing any more from the moment it is told to stop", async () => {
    await kept({ a: 1 });
    await pass(1010);
    fresh();
    const told = linkFacts.length;
    const stopping = link.stop();
    await pass(10_000);
    await stopping;
    expect([heard, facts, linkFacts.length]).toEqual([[], [], told]);
  });

  it("hands over again what the store refused", async () => {
    store = () => Promise.reject(new NotStored("store-down"));
    await kept({ a: 1 });
    await pass(10_000);
    expect(turnsOf("a1").length).toBeGreaterThanOrEqual(10);
    store = async () => {};
    await pass(2000);
    expect(heard.some(({ way }) => way === "again")).toBe(true);
  });
});

describe("while a polled link goes over to another plan", () => {
  it("what stays is polled at its phase, what differs is not before it is settled, and the session is told between two turns", async () => {
    await kept({ same: 1, other: 1, gone: 1 });
    await pass(5000);
    const before = turnsOf("same1")
      .map((at) => at % 1000)
      .at(-1);
    act = answers(100);
    await pass(40);
    fresh();
    const slow = Promise.withResolvers<void>();
    onUpdate = () => slow.promise;
    const next = plan({ same: 1, other: 2, come: 1 });
    const updating = link.update(next);
    await pass(1000);
    // The turn that was under way ended first; none began since.
    expect(sessions.at(-1)).toBe("update same1 other2 come1");
    expect(asked).toEqual([]);
    slow.resolve();
    await updating;
    act = answers();
    await pass(3000);
    expect(new Set(asked.map(({ what }) => what))).toEqual(new Set(["same1"]));
    expect(new Set(heard.map(({ device }) => device))).toEqual(new Set(["same"]));
    link.settled(next);
    fresh();
    await pass(3000);
    expect(new Set(asked.map(({ what }) => what))).toEqual(new Set(["same1", "other2", "come1"]));
    expect(
      turnsOf("same1")
        .map((at) => at % 1000)
        .at(-1),
    ).toBe(before);
    expect(facts).toEqual(["up come"]);
    expect(sessions).toHaveLength(2);
  });

  it("does not wait for a device that is silent for long", async () => {
    deadlineMs = 10_500;
    await kept({ same: 1, silent: 1 });
    await pass(3000);
    act = async (job, signal) => {
      if (job.device !== "silent") return answers()(job, signal);
      await clock.sleep(10_000, signal);
      return [silence];
    };
    await pass(1000);
    expect(asked.at(-1)?.what).toBe("silent1");
    fresh();
    const next = plan({ same: 1, silent: 1, come: 1 });
    const updating = link.update(next).then(() => "taken");
    await pass(1100);
    expect(await updating).toBe("taken");
    link.settled(next);
    expect(sessions.at(-1)).toBe("update same1 silent1 come1");
    await pass(60_000);
    expect(facts.slice(0, 1)).toEqual(["up come"]);
    expect(facts).not.toContain("down same");
    expect(turnsOf("same1").length).toBeGreaterThan(3);
    expect(sessions).toHaveLength(2);
  });

  it("has its old devices again when the driver does not take the new ones", async () => {
    await kept({ a: 1, b: 1 });
    const before = link.plan;
    await pass(3000);
    onUpdate = async () => {
      if (sessions.at(-1) === "update a2 c1") throw new Error("no");
    };
    const updating = link.update(plan({ a: 2, c: 1 })).catch((error: Error) => error.message);
    await pass(100);
    expect(await updating).toBe("no");
    link.settled(before);
    fresh();
    await pass(3000);
    expect(new Set(asked.map(({ what }) => what))).toEqual(new Set(["a1", "b1"]));
    expect(facts).toEqual([]);
    expect(sessions).toEqual(["open", "update a2 c1", "update a1 b1"]);
  });

  it("and a turn does not end, is opened anew with the new devices", async () => {
    await kept({ a: 1 });
    await pass(2000);
    act = () => new Promise(() => {});
    await pass(1000);
    const next = plan({ a: 2 });
    const updating = link.update(next);
    await pass(2000);
    act = answers();
    await updating;
    link.settled(next);
    await pass(5000);
    expect(sessions).toEqual(["open", "close", "open"]);
    expect(asked.at(-1)?.what).toBe("a2");
  });

  it("that is closed, is opened with it", async () => {
    await kept({ a: 1 });
    await pass(1000);
    end(null);
    await pass(10);
    const next = plan({ a: 2, b: 1 });
    await link.update(next);
    await pass(3000);
    // Open again, and not settled: neither is in both plans.
    expect(sessions).toEqual(["open", "close", "open"]);
    fresh();
    await pass(3000);
    expect(asked).toEqual([]);
    link.settled(next);
    await pass(2000);
    expect(new Set(asked.map(({ what }) => what))).toEqual(new Set(["a2", "b1"]));
  });

  it("whose jobs cannot be planned is closed and says so", async () => {
    await kept({ a: 1 });
    await pass(1000);
    broken = true;
    link.settled(plan({ a: 1 }));
    await pass(2000);
    expect(log.lines.filter(({ level }) => level === "error")).toHaveLength(1);
    expect(linkFacts).toContainEqual(expect.objectContaining({ what: "closed", code: "plan-failed" }));
    broken = false;
    fresh();
    await pass(70_000);
    expect(asked.length).toBeGreaterThan(0);
  });

  it("sends nothing of a command for which its turn came too late, and says so", async () => {
    const of = await kept({ a: 1 });
    const order = { req: "r", device: "a", action: "off", args: {} };
    const plan = { id: "off", withinMs: 1000, restMs: 0 } as ActionPlan;
    const late = () => {
      throw Object.assign(new Error("its turn came too late"), { code: "late" });
    };
    const { signal } = new AbortController();
    const refused = expect(of.command(order, plan, late, signal)).rejects.toMatchObject({ code: "late" });
    await pass(300);
    await refused;
    expect(asked.map(({ what }) => what)).not.toContain("off");
    const done = of.command(order, plan, () => {}, signal);
    await pass(300);
    expect(await done).toMatchObject({ state: "done" });
    expect(asked.map(({ what }) => what)).toContain("off");
  });
});
