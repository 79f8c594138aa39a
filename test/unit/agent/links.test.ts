import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DevicePoints, LinkPlan } from "../../../config/schema/plan.ts";
import type {
  Deliver,
  DevicePlan,
  Driver,
  DriverContext,
  Message,
  Session,
} from "../../../drivers/contract/index.ts";
import { type KeptLink, keepLink } from "../../../edge/agent/links.ts";
import { driverContext } from "../../driver-context.ts";
import { FakeClock } from "../../fake-clock.ts";

/** A link whose devices are of a version each. */
function plan(devices: Record<string, number>): LinkPlan {
  const ids = Object.entries(devices);
  return {
    id: "line",
    kind: "fake",
    settings: {},
    simulated: false,
    devices: ids.map(([id, version]) => ({ id, address: { version } }) as unknown as DevicePlan),
    points: new Map(ids.map(([id]) => [id, { device: id } as unknown as DevicePoints])),
  };
}

const reading = (...devices: string[]): Message => ({
  readings: devices.map((device) => ({ device, samples: [], faults: [] })),
  keys: [],
});

let clock: FakeClock;
let heard: string[];
let facts: string[];
/** What each opened session was given, `open` first. */
let given: string[];
let deliver: Deliver;
let report: DriverContext["report"];
let onUpdate: ((version: string) => void | Promise<void>) | undefined;
let onOpen: (() => void) | undefined;
let end: (() => void) | undefined;
let warmedUp: string[] = [];
let link: KeptLink | null;

const shown = (devices: readonly DevicePlan[]) =>
  devices.map(({ id, address }) => `${id}${(address as { version: number }).version}`).join(" ");

const driver = {
  async open(_settings: unknown, devices: DevicePlan[], context: DriverContext): Promise<Session> {
    given.push(`open ${shown(devices)}`);
    report = context.report;
    onOpen?.();
    const { promise: ended, resolve } = Promise.withResolvers<null>();
    end = () => resolve(null);
    return {
      ended,
      async listen(to) {
        deliver = to;
      },
      again: () => void given.push("again"),
      ...(onUpdate === undefined
        ? {}
        : {
            async update(now: DevicePlan[]) {
              given.push(`update ${shown(now)}`);
              await onUpdate?.(shown(now));
            },
          }),
      async close() {
        given.push("close");
        resolve(null);
      },
    };
  },
} as unknown as Driver;

beforeEach(() => {
  clock = new FakeClock();
  heard = [];
  facts = [];
  given = [];
  onUpdate = () => {};
  onOpen = undefined;
  deliver = undefined as unknown as Deliver;
  link = null;
});
afterEach(async () => {
  await link?.stop();
});

function keepLinkOf(devices: Record<string, number>): KeptLink {
  link = keepLink(plan(devices), {
    openDriver: async () => driver,
    context: driverContext(clock),
    intake: {
      deliver: async ({ readings }) => void heard.push(readings.map(({ device }) => device).join("+")),
      up: (device) => void warmedUp.push(device),
    },
    health: { device: () => {}, link: () => {} },
    random: () => 0,
    onFact: (_id, fact) => void facts.push("device" in fact ? `${fact.what} ${fact.device}` : fact.what),
  });
  return link;
}

async function kept(devices: Record<string, number>): Promise<KeptLink> {
  const made = keepLinkOf(devices);
  await clock.advance(0);
  await clock.advance(0);
  return made;
}

describe("a link", () => {
  it("refuses what its plan does not name, whole, and passes the rest", async () => {
    await kept({ a: 1, b: 1 });
    await deliver(reading("a", "b"));
    await expect(deliver(reading("stranger"))).rejects.toMatchObject({ code: "busy" });
    await expect(deliver(reading("a", "stranger"))).rejects.toMatchObject({ code: "busy" });
    report({ what: "up", device: "stranger" });
    report({ what: "up", device: "a" });
    expect(heard).toEqual(["a+b"]);
    expect(facts).toEqual(["up a"]);
  });

  it("begins the warm-up of a device that came, not of one that may have been on for long", async () => {
    warmedUp = [];
    await kept({ a: 1, b: 1 });
    report({ what: "up", device: "a" });
    report({ what: "up", device: "b", running: true });
    expect(facts).toEqual(["up a", "up b"]);
    expect(warmedUp).toEqual(["a"]);
  });

  it("while its driver takes other devices passes what stays the same, and refuses what differs until it is settled", async () => {
    const of = await kept({ same: 1, other: 1, gone: 1 });
    const slow = Promise.withResolvers<void>();
    onUpdate = () => slow.promise;
    const next = plan({ same: 1, other: 2, come: 1 });
    const updating = of.update(next);
    const passing = async () => {
      await deliver(reading("same"));
      for (const device of ["other", "gone", "come"])
        await expect(deliver(reading("same", device)), device).rejects.toMatchObject({ code: "busy" });
    };
    await passing();
    report({ what: "up", device: "come" });
    slow.resolve();
    await updating;
    await passing();
    expect(facts).toEqual([]);
    of.settled(next);
    expect(facts).toEqual(["up come"]);
    await deliver(reading("same", "other", "come"));
    await expect(deliver(reading("gone"))).rejects.toMatchObject({ code: "busy" });
    expect(heard).toEqual(["same", "same", "same+other+come"]);
    expect(given).toEqual(["open same1 other1 gone1", "update same1 other2 come1"]);
  });

  it("has its old devices again when the driver does not take the new ones", async () => {
    const of = await kept({ a: 1 });
    const before = of.plan;
    onUpdate = (version) => {
      if (version === "a2 b1") throw new Error("no secret");
    };
    await expect(of.update(plan({ a: 2, b: 1 }))).rejects.toThrow("no secret");
    of.settled(before);
    await deliver(reading("a"));
    await expect(deliver(reading("b"))).rejects.toMatchObject({ code: "busy" });
    expect(given).toEqual(["open a1", "update a2 b1", "update a1"]);
  });

  it("is opened anew with its old devices when the driver takes neither, and passes nothing until then", async () => {
    const of = await kept({ a: 1, b: 1 });
    const before = of.plan;
    onUpdate = () => {
      throw new Error("broken");
    };
    await expect(of.update(plan({ a: 2, b: 1 }))).rejects.toThrow("broken");
    of.settled(before);
    await expect(deliver(reading("b"))).rejects.toMatchObject({ code: "busy" });
    await clock.advance(60_000);
    expect(given.slice(-2)).toEqual(["close", "open a1 b1"]);
    await deliver(reading("a", "b"));
    expect(heard).toEqual(["a+b"]);
  });

  it("does not wait for ever for a driver that takes too long", async () => {
    const of = await kept({ a: 1 });
    const before = of.plan;
    onUpdate = () => new Promise(() => {});
    const updating = of.update(plan({ a: 2 })).catch((error: Error) => error.message);
    for (let second = 0; second < 12; second++) await clock.advance(1000);
    expect(await updating).toContain("takes too long");
    of.settled(before);
    await clock.advance(60_000);
    expect(given.at(-1)).toBe("open a1");
  });

  it("that is given other devices while it opens, is opened with those", async () => {
    const next = plan({ a: 2 });
    let early: Promise<unknown> | undefined;
    onOpen = () => {
      onOpen = undefined;
      void link?.update(next);
      link?.settled(next);
      early = Promise.resolve();
    };
    await kept({ a: 1 });
    await early;
    await clock.advance(0);
    expect(given).toEqual(["open a1", "close", "open a2"]);
    await deliver(reading("a"));
    expect(heard).toEqual(["a"]);
  });

  it("has the newest devices in the end, whenever it is given them while it opens", async () => {
    for (let turns = 0; turns < 40; turns++) {
      given = [];
      heard = [];
      const of = keepLinkOf({ a: 1 });
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      const next = plan({ a: 2 });
      await of.update(next);
      of.settled(next);
      for (let time = 0; time < 4; time++) await clock.advance(60_000);
      expect(given.at(-1), `after ${turns} turns`).toMatch(/^(open|update) a2$/);
      await deliver(reading("a"));
      expect(heard).toEqual(["a"]);
      await of.stop();
    }
  });

  it("says whether its driver can be told, and is told at its next opening when it is closed", async () => {
    onUpdate = undefined;
    const of = await kept({ a: 1 });
    expect(of.updatable()).toBe(false);
    end?.();
    await clock.advance(0);
    expect(of.updatable()).toBe(true);
    const next = plan({ a: 2 });
    await of.update(next);
    of.settled(next);
    await clock.advance(60_000);
    expect(given).toEqual(["open a1", "close", "open a2"]);
  });

  it("whose devices are asked once more because a person says so, is not opened anew", async () => {
    const of = await kept({ a: 1 });
    of.kick();
    await clock.advance(0);
    expect(given).toEqual(["open a1", "again"]);
  });

  it("hears nothing of an earlier session that hangs on", async () => {
    await kept({ a: 1 });
    const [deliverBefore, reportBefore] = [deliver, report];
    end?.();
    await clock.advance(0);
    await clock.advance(60_000);
    expect(given).toEqual(["open a1", "close", "open a1"]);
    await expect(deliverBefore(reading("a"))).rejects.toMatchObject({ code: "busy" });
    reportBefore({ what: "up", device: "a" });
    await deliver(reading("a"));
    expect([heard, facts]).toEqual([["a"], []]);
  });

  it("passes nothing from the moment it is told to stop", async () => {
    const of = await kept({ a: 1 });
    const stopping = of.stop();
    await expect(deliver(reading("a"))).rejects.toMatchObject({ code: "busy" });
    report({ what: "down", device: "a", fault: { code: "x", layer: "line", retry: "later", detail: "" } });
    await stopping;
    expect(heard).toEqual([]);
    expect(facts).toEqual([]);
    expect(given.at(-1)).toBe("close");
  });
});
