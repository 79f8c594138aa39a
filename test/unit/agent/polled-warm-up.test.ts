/** What a polled device says in the first time after it came up, or after its line was opened anew. */
import { afterEach, beforeEach, expect, it } from "vitest";
import type { DevicePoints, LinkPlan, PointPlan } from "../../../config/schema/plan.ts";
import { Quality } from "../../../config/schema/vocabulary.ts";
import type { DevicePlan, Driver, Fault, Job, Session } from "../../../drivers/contract/index.ts";
import { createIntake } from "../../../edge/agent/intake.ts";
import { type KeptLink, keepLink } from "../../../edge/agent/links.ts";
import type { Draft } from "../../../gateway/contract/index.ts";
import { driverContext } from "../../driver-context.ts";
import { FakeClock } from "../../fake-clock.ts";

const point = (id: string, warmUpMs: number): PointPlan => ({
  ...{ id, kind: "measurement", type: "number", level: 2, scale: 1, offset: 0, sentinels: [], warmUpMs },
  ...{ everyMs: 1000, deadband: { abs: 0 }, maxSilenceMs: 1 },
});
const points: DevicePoints = {
  ...{ device: "air", profile: "air", space: "X-101", simulated: false, stage: "on", buffered: false },
  points: new Map([
    ["co2", point("co2", 20_000)],
    ["temperature", point("temperature", 0)],
  ]),
};
const plan: LinkPlan = {
  ...{ id: "rs1", kind: "fake", settings: {}, simulated: false },
  devices: [{ id: "air" } as unknown as DevicePlan],
  points: new Map([["air", points]]),
};

let clock: FakeClock;
let stored: Draft[];
let silent: boolean;
let value: number;
let lose: () => void;
let link: KeptLink;

const driver = {
  kind: {
    plan: (): Job[] => [
      {
        device: "air",
        line: "one",
        points: ["co2", "temperature"],
        everyMs: 1000,
        deadlineMs: 200,
        ...bytes,
      },
    ],
  },
  async open(): Promise<Session> {
    const { promise: ended, resolve } = Promise.withResolvers<Fault | null>();
    lose = () => resolve({ code: "line.gone", layer: "port", retry: "later", detail: "" });
    return {
      ended,
      async run(_, signal) {
        await clock.sleep(20, signal);
        const silence: Fault = { code: "x.silent", layer: "answer", retry: "later", detail: "" };
        if (silent) return { reading: { device: "air", samples: [], faults: [silence] } };
        const samples = ["co2", "temperature"].map((id) => ({ point: id, raw: value }));
        return { reading: { device: "air", samples, faults: [] } };
      },
      close: async () => resolve(null),
    };
  },
} as unknown as Driver;
const bytes = { txBytes: 8, rxBytes: 9, body: {} };

async function pass(seconds: number): Promise<void> {
  await clock.advance(0);
  await clock.advance(0);
  await clock.advance(seconds * 1000);
}

/** Qualities of what was stored since, in their order, each once. */
function qualities(id: string): number[] {
  const all = stored.filter(({ series }) => series.point === id).map(({ quality }) => quality);
  return all.filter((quality, at) => quality !== all[at - 1]);
}

beforeEach(async () => {
  clock = new FakeClock();
  [stored, silent, value] = [[], false, 7];
  const intake = createIntake({
    journal: {
      knows: () => false,
      append: async (drafts) => {
        stored.push(...drafts);
        return { repeated: false };
      },
    },
    clock,
    devices: plan.points,
    wallMs: () => clock.wallMs(),
    values() {},
    fault() {},
  });
  link = keepLink(plan, {
    openDriver: async () => driver,
    context: driverContext(clock),
    intake,
    health: { device() {}, link() {} },
    random: () => 0,
    onFact() {},
  });
  await pass(30);
  expect(qualities("co2")).toEqual([Quality.inaccurate, Quality.good]);
  stored.length = 0;
});
afterEach(async () => {
  const stopping = link.stop();
  await pass(3);
  await stopping;
});

it.each([
  [
    "was silent",
    async () => {
      silent = true;
      await pass(10);
      silent = false;
    },
  ],
  [
    "was silent twice",
    async () => {
      for (let time = 0; time < 2; time += 1) {
        silent = true;
        await pass(10);
        silent = false;
        await pass(time === 0 ? 30 : 0);
      }
      stored.length = 0;
    },
  ],
  ["was on a line that was lost and opened anew", async () => lose()],
])(
  "a device that %s says inaccurate values until it is warm, and accurate ones where it need not be",
  async (_, happen) => {
    value = 0;
    await happen();
    await pass(70);
    const co2 = stored.filter(({ series }) => series.point === "co2");
    const cold = co2.filter(({ quality }) => quality === Quality.inaccurate);
    expect(qualities("co2")).toEqual([Quality.inaccurate, Quality.good]);
    expect(cold.length).toBeGreaterThanOrEqual(19);
    expect(cold.length).toBeLessThanOrEqual(21);
    expect(cold[0]).toMatchObject({ value: 0 });
    expect(qualities("temperature")).toEqual([Quality.good]);
  },
);
