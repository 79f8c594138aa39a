/** A search of an RS-485 line in memory: who is found, and who is not. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hasCrc16, withCrc16 } from "../../../drivers/codec/crc16.ts";
import type { Found } from "../../../drivers/contract/index.ts";
import { RtuSession } from "../../../drivers/modbus/rtu-session.ts";
import {
  type ModbusSeek,
  modbusRtuKind,
  profileSchema,
  type RtuLink,
} from "../../../drivers/modbus/schema.ts";
import { Wire } from "../line/wire.ts";
import { answerOf, exceptionOf, parse, type Taken } from "./slaves.ts";
import { only, rtuDevice, rtuJobs, world } from "./world.ts";

const never = new AbortController().signal;
const link: RtuLink = { device: "/dev/ttyS9", baud: 9600, format: "8N1" };
const sentMs = (8 * 10_000) / 9600;
type Written = Record<string, string | { [key: string]: string }>;
const profile = (written: Written = {}) => profileSchema.parse(written);
const delivered = (unit: number, more: Written = {}) => profile({ factory: { unit: String(unit) }, ...more });
const seeks = (profiles = [profile()], of: RtuLink = link) =>
  (modbusRtuKind.seeks?.(of, profiles) ?? []) as ModbusSeek[];
const others = (of: RtuLink, written: Written[]) =>
  modbusRtuKind.otherSettings?.(
    of,
    written.map((factory) => profile({ factory } as Written)),
  );

/** A line on which `react` says what comes of a request; ms are from its end. */
async function line(react: (taken: Taken) => { ms: number; bytes: readonly number[] }[], of: RtuLink = link) {
  const wire = new Wire();
  const asked: Taken[] = [];
  wire.onSent = (bytes) => {
    const taken = parse(bytes);
    if (taken === null) throw new Error("no request");
    asked.push(taken);
    for (const { ms, bytes: said } of react(taken)) wire.say(said, ms + sentMs);
  };
  let opened = 0;
  const session = await RtuSession.open(of, { ...world().context, clock: wire.clock }, never, async () => {
    opened += 1;
    return wire.line();
  });
  const search = async (units: readonly number[], profiles = [profile()]): Promise<Found[]> => {
    const found: Found[] = [];
    const all = seeks(profiles, of).toSorted((a, b) => a.body.unit - b.body.unit);
    for (const unit of units) {
      const seek = all[unit - 1];
      if (seek === undefined) throw new Error("no such unit");
      found.push(...(await wire.passing(session.seek(seek, never), 2)));
    }
    return found;
  };
  return { wire, asked, session, search, opened: () => opened };
}

const at = (unit: number, code?: string) =>
  code === undefined
    ? { address: { unit }, told: {} }
    : { address: { unit }, told: {}, fault: expect.objectContaining({ code }) };
const good =
  (units: readonly number[], ms = 20) =>
  (taken: Taken) =>
    units.includes(taken.unit) ? [{ ms, bytes: answerOf(taken) }] : [];
const request = (unit: number, address = 0, count = 1) => [
  ...withCrc16(Uint8Array.of(unit, 3, address >>> 8, address & 0xff, 0, count)),
];

describe("whom a search asks", () => {
  it("is not asked again where only the stop bits differ: one device would be found as two", () => {
    const paces = (of: RtuLink) =>
      others(of, [{ baud: "9600", format: "8N1" }])?.map(({ baud, format }) => `${baud} ${format}`);
    expect(paces({ ...link, format: "8N2" })).not.toContain("9600 8N1");
    expect(paces({ ...link, format: "8E1" })).toContain("9600 8N1");
    expect(paces({ ...link, baud: 4800 })).toContain("9600 8N1");
  });

  it("is each unit once, those with which most models are delivered first", () => {
    const units = seeks([delivered(7), delivered(3), delivered(7), profile(), delivered(254)]).map(
      ({ address }) => address.unit,
    );
    expect(units.slice(0, 5)).toEqual([7, 3, 1, 2, 4]);
    expect(units.toSorted((a, b) => Number(a) - Number(b))).toEqual(
      Array.from({ length: 247 }, (_, index) => index + 1),
    );
  });

  it("takes 76 s at 9600 baud at most, and longer the slower the line", () => {
    const whole = (of: RtuLink) => seeks([], of).reduce((sum, { deadlineMs }) => sum + deadlineMs, 0);
    expect(whole(link) / 1000).toBeCloseTo(76, 0);
    expect(whole({ ...link, baud: 1200 })).toBeGreaterThan(whole(link) + 247 * 100);
  });

  it("is asked by the functions of the models that are delivered with it, and by no others", () => {
    const [first, second] = seeks([
      delivered(1),
      delivered(1, { fc: "4" }),
      delivered(1, { fc: "4" }),
      delivered(1, { fc: "1" }),
    ]);
    expect(first?.body.reads.map((read) => read.fc)).toEqual([3, 4, 1]);
    expect(second?.body.reads.map((read) => read.fc)).toEqual([3]);
  });

  it("is a line at other settings afterwards, but not behind a serial server", () => {
    const written = [{ baud: "9600" }, { baud: "4800" }, { baud: "19200", format: "8E1" }, { baud: "4800" }];
    expect(others(link, written)).toEqual(
      ["4800 8N1", "19200 8E1", "19200 8N1", "2400 8N1", "38400 8N1", "115200 8N1"].map((pace) => {
        const [baud, format] = pace.split(" ");
        return { ...link, baud: Number(baud), format };
      }),
    );
    expect(others({ host: "10.0.0.9", port: 4001, baud: 9600, format: "8N1" }, written)).toEqual([]);
  });
});

describe("a search", () => {
  it("finds every unit that answers, by data or by an exception, and no other; it only reads", async () => {
    const { search, asked } = await line((taken) => [
      ...good([1, 5, 200, 247])(taken),
      ...(taken.unit === 6 ? [{ ms: 100, bytes: exceptionOf(taken, 2) }] : []),
    ]);
    const all = Array.from({ length: 247 }, (_, index) => index + 1);
    expect(await search(all)).toEqual([1, 5, 6, 200, 247].map((unit) => at(unit)));
    expect(asked.map(({ unit }) => unit)).toEqual(all);
    expect(new Set(asked.map(({ fc: code }) => code))).toEqual(new Set([3]));
  });

  it("keeps to its deadline, whoever is there", async () => {
    const { wire, session } = await line(good([2], 234));
    for (const seek of seeks().slice(0, 3)) {
      const from = wire.clock.monotonicMs();
      const found = await wire.passing(session.seek(seek, never));
      expect(found).toHaveLength(seek.address.unit === 2 ? 1 : 0);
      expect(wire.clock.monotonicMs() - from).toBeLessThanOrEqual(seek.deadlineMs);
    }
  });

  it("finds a device that is deaf to function 3 where its model is delivered", async () => {
    const deaf = (taken: Taken) => (taken.fc === 4 ? good([9])(taken) : []);
    const { search } = await line(deaf);
    expect(await search([9], [delivered(9, { fc: "4" })])).toEqual([at(9)]);
    const heard = await line(good([9]));
    expect(await heard.search([9], [delivered(9, { fc: "4" })])).toEqual([at(9)]);
    expect(heard.asked).toHaveLength(1);
    expect(await search([9], [delivered(9)])).toEqual([]);
  });

  it("lets a device rest between two questions, as its model needs it", async () => {
    const { search, wire } = await line(() => []);
    await search([9], [delivered(9, { fc: "4", pause: "1s" })]);
    const [first, second] = wire.sent;
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(1000);
  });

  it.each([
    ["in the turn of the next", 300],
    ["between the turns", 262],
    ["two turns later", 600],
  ])("never gives a late answer to another unit: it finds its own, %s", async (_, ms) => {
    const { search } = await line((taken) => [...good([4], ms)(taken), ...good([8])(taken)]);
    expect(await search([3, 4, 5, 6, 7, 8])).toEqual([at(4, "modbus.late"), at(8)]);
  });

  it("finds a late one once, and one that is slow at its first question by the second", async () => {
    const { search } = await line((taken) => (taken.fc === 3 ? good([4], 300)(taken) : []));
    expect(await search([4, 5], [delivered(4, { fc: "4" })])).toEqual([at(4, "modbus.late")]);
  });

  it("finds nobody by its own requests that an adapter gives back, and who is there all the same", async () => {
    const { search } = await line((taken) => [{ ms: 1, bytes: request(taken.unit) }, ...good([2])(taken)]);
    expect(await search([1, 2, 3])).toEqual([at(2)]);
  });

  it("finds nobody by a byte of a driver that is switched", async () => {
    const { search } = await line((taken) => [
      { ms: 1, bytes: [0] },
      ...good([2])(taken),
      { ms: 60, bytes: [0xff] },
    ]);
    expect(await search([1, 2, 3])).toEqual([at(2)]);
  });

  it("finds nobody by what another master asks and is answered", async () => {
    const { search } = await line((taken) => [
      { ms: 30, bytes: request(77, 16, 4) },
      { ms: 60, bytes: answerOf({ unit: 77, fc: 3, address: 16, count: 4 }) },
      ...good([2])(taken),
    ]);
    expect(await search([1, 2, 3])).toEqual([at(2, "modbus.second-master")]);
  });

  it("tells two devices with one unit, whether they answer one after the other or at once", async () => {
    const { search } = await line((taken) => {
      if (taken.unit === 2) return [...good([2], 20)(taken), { ms: 60, bytes: exceptionOf(taken, 2) }];
      if (taken.unit === 3) return [{ ms: 20, bytes: answerOf(taken).map((byte, nth) => byte & (nth * 53)) }];
      if (taken.unit === 4) return [{ ms: 20, bytes: [...answerOf(taken), 4, 3, 2] }];
      return [];
    });
    expect(await search([1, 2, 3, 4, 5])).toEqual([
      at(2, "modbus.twice"),
      { address: { unit: 3 }, told: {}, fault: expect.objectContaining({ layer: "frame" }) },
      at(4, "modbus.glued"),
    ]);
  });

  it("tells that another unit answers, that bytes are damaged, and that the speed may be another", async () => {
    const noise = [0x9c, 0x71, 0xe3, 0x1d, 0x80];
    const { search } = await line((taken) => {
      if (taken.unit === 1) return [{ ms: 20, bytes: answerOf({ ...taken, unit: 99 }) }];
      if (taken.unit === 2) return [{ ms: 20, bytes: answerOf(taken).with(3, 0x5a) }];
      return [{ ms: 20, bytes: noise }];
    });
    expect(await search([1, 2, 3, 4, 5, 6])).toEqual([
      at(1, "modbus.unit"),
      at(2, "modbus.crc"),
      ...[3, 4, 5].map((unit) => at(unit, "modbus.noise")),
      at(6, "line.settings"),
    ]);
  });

  it("leaves a serial server that is silent alone, however long it searches", async () => {
    const server: RtuLink = { host: "10.0.0.9", port: 4001, baud: 9600, format: "8N1" };
    const { search, opened, wire } = await line(() => [], server);
    expect(await search(Array.from({ length: 100 }, (_, index) => index + 1))).toEqual([]);
    expect(wire.clock.monotonicMs()).toBeGreaterThan(30_000);
    expect(opened()).toBe(1);
  });

  it("lets nobody take its late answer for a value", async () => {
    const { search, session, wire } = await line((taken) =>
      taken.address === 0 ? good([4], 300)(taken) : good([4], 120)(taken),
    );
    // Nobody knows who asked before, for half a minute.
    await wire.clock.advance(31_000);
    await search([4]);
    const job = only(rtuJobs(link, [rtuDevice("a", { x: { address: "7" } }, { unit: 4 })]));
    const { reading } = await wire.passing(session.run(job, never));
    expect(reading.samples).toEqual([{ point: "x", raw: (4 * 8191 + 3 * 4099 + 7 * 257) & 0xffff }]);
  });

  it("throws the reason when it is given up, and the next question is right again", async () => {
    const { session, wire, search } = await line(good([2], 100));
    const stop = new AbortController();
    const [, seek] = seeks();
    if (seek === undefined) throw new Error("a seek");
    const sought = session.seek(seek, stop.signal);
    await wire.clock.advance(50);
    stop.abort(new Error("given up"));
    await expect(sought).rejects.toThrow("given up");
    expect(await search([3, 2])).toContainEqual(at(2));
  });

  it("finds nobody without a fault by anything but a right answer of that unit", async () => {
    const someBytes = fc.oneof(
      fc.uint8Array({ maxLength: 40 }).map((all) => [...all]),
      fc.integer({ min: 1, max: 4 }).map((unit) => answerOf({ unit, fc: 3, address: 0, count: 1 })),
      fc.integer({ min: 1, max: 4 }).map((unit) => exceptionOf({ unit, fc: 3, address: 0, count: 1 }, 2)),
      fc.integer({ min: 1, max: 4 }).map((unit) => request(unit)),
      fc
        .tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 1, max: 255 }))
        .map(([nth, flip]) =>
          answerOf({ unit: 2, fc: 3, address: 0, count: 1 }).map((byte, index) =>
            index === nth ? byte ^ flip : byte,
          ),
        ),
    );
    const said = fc.array(fc.record({ ms: fc.integer({ min: 1, max: 500 }), bytes: someBytes }), {
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(fc.array(said, { minLength: 3, maxLength: 3 }), async (all) => {
        const { wire, search, session } = await line(({ unit }) => all[unit - 1] ?? []);
        const found = await search([1, 2, 3]);
        const heard = wire.traced.flatMap(({ way, bytes }) => (way === "rx" ? [...bytes] : []));
        for (const { address, fault } of found)
          if (fault === undefined) expect(hasRight(Number(address.unit), heard)).toBe(true);
        await session.close();
      }),
      { numRuns: Number(process.env.RUNS ?? 150) },
    );
  });
});

/** Whether an answer or an exception of this unit stands in these bytes, its checksum right. */
function hasRight(unit: number, heard: readonly number[]): boolean {
  const all = Uint8Array.from(heard);
  return heard.some((byte, index) => {
    const length = heard[index + 1] === 3 ? 7 : 5;
    return byte === unit && index + length <= all.length && hasCrc16(all.subarray(index, index + length));
  });
}
