import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formats } from "../../../drivers/line/pace.ts";
import { blocksOf, hullOf, type Span, type Terms } from "../../../drivers/modbus/blocks.ts";
import { exchangeMs, silenceMs } from "../../../drivers/modbus/pace.ts";
import { wholeMs } from "../../../drivers/modbus/patience.ts";
import type { Read } from "../../../drivers/modbus/pdu.ts";
import {
  type ModbusJob,
  marginMs,
  planDevice,
  type Route,
  turnaroundMs,
} from "../../../drivers/modbus/plan.ts";
import { modbusRtuKind, modbusTcpKind } from "../../../drivers/modbus/schema.ts";
import { split } from "../../../drivers/modbus/split.ts";
import { device, type Written } from "./bytes.ts";

const slow = { baud: 9600, format: "8N1" } as const;
const rtu: Route = { line: "serial:/dev/ttyS1", unit: 1, pace: slow };
const tcp: Route = { line: "tcp:10.0.0.1:502", unit: 1 };
const registers = (...addresses: number[]) =>
  Object.fromEntries(addresses.map((address) => [`r${address}`, { address: String(address) }]));
const asked = (jobs: readonly ModbusJob[]) =>
  jobs.map(({ body: { request } }) => `${request.fc}:${request.address}+${request.count}`);
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

describe("the time of an exchange", () => {
  it("of n registers is that of 20 + 2n characters, whatever the format", () => {
    for (const format of formats)
      for (const baud of [1200, 4800, 9600, 19_200])
        for (const count of [1, 2, 10, 125]) {
          const bits = format === "8N1" ? 10 : 11;
          const wanted = ((20 + 2 * count) * bits * 1000) / baud;
          expect(exchangeMs({ kind: "read", fc: 3, address: 0, count }, { baud, format })).toBeCloseTo(
            wanted,
            9,
          );
        }
  });
  it("above 19,200 baud has the fixed silence of 1.75 ms twice", () => {
    expect(silenceMs({ baud: 115_200, format: "8N1" })).toBe(1.75);
    const ms = exchangeMs({ kind: "read", fc: 4, address: 0, count: 2 }, { baud: 115_200, format: "8E1" });
    expect(ms).toBeCloseTo((17 * 11 * 1000) / 115_200 + 3.5, 9);
  });
  it("of bits is that of the bytes that they fill", () => {
    const ms = exchangeMs({ kind: "read", fc: 1, address: 0, count: 9 }, slow);
    expect(ms).toBeCloseTo((22 * 10 * 1000) / 9600, 9);
  });
});

describe("a plan", () => {
  it("reads 3,000 registers in a row with 24 requests", () => {
    for (const way of [rtu, tcp]) {
      const jobs = planDevice(device("m", registers(...upTo(3000))), way);
      expect(jobs).toHaveLength(24);
      expect(new Set(jobs.flatMap(({ points }) => points)).size).toBe(3000);
      expect(jobs.every(({ body }) => body.request.count <= 125)).toBe(true);
    }
  });

  it("bridges a gap while that is cheaper than another request: 10 + turnaround / (2 · bits / baud)", () => {
    const most = 10 + turnaroundMs / ((2 * 10 * 1000) / 9600);
    for (let gap = 0; gap < 30; gap++) {
      const jobs = planDevice(device("m", registers(0, gap + 1)), rtu);
      expect(jobs.length, `${gap}`).toBe(gap < most ? 1 : 2);
    }
  });

  it("bridges any gap on TCP up to the longest answer", () => {
    expect(asked(planDevice(device("m", registers(0, 124)), tcp))).toEqual(["3:0+125"]);
    expect(asked(planDevice(device("m", registers(0, 125)), tcp))).toEqual(["3:0+1", "3:125+1"]);
    // Two requests in any case: then the shorter ones.
    expect(asked(planDevice(device("m", registers(0, 100, 130)), tcp))).toEqual(["3:0+1", "3:100+31"]);
  });

  it("keeps to the device's longest answer and widest gap", () => {
    const far = registers(0, 2, 4, 8);
    expect(asked(planDevice(device("m", far, { maxGap: 0 }), rtu))).toEqual([
      "3:0+1",
      "3:2+1",
      "3:4+1",
      "3:8+1",
    ]);
    expect(asked(planDevice(device("m", far, { maxGap: 1 }), rtu))).toEqual(["3:0+5", "3:8+1"]);
    expect(asked(planDevice(device("m", far, { maxGap: 3 }), rtu))).toEqual(["3:0+9"]);
    expect(asked(planDevice(device("m", registers(...upTo(10)), { maxRegisters: 4 }), rtu))).toHaveLength(3);
    const coils = Object.fromEntries(upTo(100).map((n) => [`c${n}`, { address: String(n), fc: "1" }]));
    expect(asked(planDevice(device("m", coils, { maxRegisters: 4 }), rtu))).toHaveLength(2);
    expect(asked(planDevice(device("m", coils), rtu))).toEqual(["1:0+100"]);
  });

  it("never asks for what its own request could be taken for: three bytes of bits from 0x03xx", () => {
    const coils = (from: number, count: number) =>
      Object.fromEntries(
        [from, from + count - 1].map((at) => [`c${at}`, { address: String(at), fc: "1", type: "bool" }]),
      );
    for (const [from, count, most] of [
      [0x0300, 16, 16],
      [0x0300, 17, 25],
      [0x03ff, 24, 25],
      [0x0300, 25, 25],
      [0x0400, 17, 17],
    ] as const)
      expect(asked(planDevice(device("m", coils(from, count)), rtu))).toEqual([`1:${from}+${most}`]);
  });

  it("gives a device the time that the school says, in place of its model's", () => {
    const meter = device("m", registers(0), { answer: "200ms" });
    const patient = { ...meter, address: { ...meter.address, answer: 2_000 } };
    const [usual] = planDevice(meter, rtu);
    const [own] = planDevice(patient, rtu);
    expect([usual?.body.answerMs, own?.body.answerMs]).toEqual([200, 2_000]);
    expect((own?.deadlineMs ?? 0) - (usual?.deadlineMs ?? 0)).toBe(1_800);
  });

  it("does not call a gap what another period reads: those registers exist", () => {
    const mixed = device(
      "m",
      {
        a: { at: { address: "0" }, everyMs: 1000 },
        b: { at: { address: "1" }, everyMs: 60_000 },
        c: { at: { address: "2" }, everyMs: 1000 },
      },
      { maxGap: 0 },
    );
    expect(planDevice(mixed, rtu).map(({ points, everyMs }) => [points, everyMs])).toEqual([
      [["a", "c"], 1000],
      [["b"], 60_000],
    ]);
  });

  it("does call a gap what only another function reads", () => {
    const points = { ...registers(0, 2), other: { address: "1", fc: "4" } };
    expect(asked(planDevice(device("m", points, { maxGap: 0 }), rtu))).toEqual(["3:0+1", "3:2+1", "4:1+1"]);
  });

  it("never merges functions, periods or devices", () => {
    const points = (...written: [string, Written, number][]) =>
      Object.fromEntries(written.map(([id, at, everyMs]) => [id, { at, everyMs }]));
    const one = device(
      "one",
      points(
        ["a", { address: "0" }, 1000],
        ["b", { address: "1", fc: "4" }, 1000],
        ["c", { address: "2" }, 2000],
        ["d", { address: "3" }, 1000],
        ["e", { address: "0", type: "bool" }, 1000],
      ),
    );
    const jobs = modbusRtuKind.plan({ device: "/dev/ttyS1", ...slow }, [one, { ...one, id: "two" }] as never);
    expect(jobs.map((job) => [job.device, job.points, job.everyMs])).toEqual(
      ["one", "two"].flatMap((id) => [
        [id, ["a", "d"], 1000],
        [id, ["b"], 1000],
        [id, ["c"], 2000],
        [id, ["e"], 1000],
      ]),
    );
  });

  it("says what the supervisor needs: line, bytes, deadline, and where each point is", () => {
    const points = { t: { address: "10", type: "float32" }, h: { address: "9" } };
    const meter = device("m", points, { unit: 7, answer: "200ms", pause: "50ms" });
    const request: Read = { kind: "read", fc: 3, address: 9, count: 3 };
    const [job, ...more] = modbusRtuKind.plan({ host: "fd12::1", port: 4001, ...slow }, [meter] as never);
    expect(more).toEqual([]);
    expect(job).toEqual({
      device: "m",
      line: "tcp:[fd12::1]:4001",
      points: ["t", "h"],
      everyMs: 1000,
      deadlineMs: Math.ceil(wholeMs(request, 200, slow, "network") + 50),
      txBytes: 8,
      rxBytes: 11,
      body: {
        unit: 7,
        request,
        points: [
          { id: "t", at: 1, place: { fc: 3, address: 10, count: 2, type: "float32", order: "ABCD" } },
          { id: "h", at: 0, place: { fc: 3, address: 9, count: 1, type: "uint16", order: "AB" } },
        ],
        answerMs: 200,
        pauseMs: 50,
      },
    });
    const tcpDevice = { ...meter, address: { host: "10.0.0.9", unit: 7 } };
    expect(modbusTcpKind.plan({ port: 502 }, [tcpDevice] as never)).toMatchObject([
      { line: "tcp:10.0.0.9:502", txBytes: 12, rxBytes: 15, deadlineMs: 200 + 50 + marginMs },
    ]);
    expect(modbusTcpKind.line({ port: 502 }, { host: "fe80::1", port: 5020, unit: 1 })).toBe(
      "tcp:[fe80::1]:5020",
    );
  });
});

describe("sharing spans out to requests", () => {
  const span = fc.record({ from: fc.nat(60), count: fc.integer({ min: 1, max: 12 }) });
  const terms = fc.record({
    most: fc.integer({ min: 12, max: 60 }),
    gap: fc.constantFrom(0, 1, 3, 10, Number.POSITIVE_INFINITY),
    request: fc.double({ min: 0, max: 40, noNaN: true }),
  });
  const costOf = (spans: readonly Span[], blocks: readonly number[][], { cost }: Terms) =>
    blocks.reduce((sum, block) => sum + cost(hullOf(block.flatMap((index) => spans[index] ?? [])).count), 0);

  /** Whether spans may share a request: short enough, and no gap of what nobody needs is too wide. */
  function fits(block: readonly Span[], all: readonly Span[], { most, gap }: Terms): boolean {
    const { from, count } = hullOf(block);
    if (block.length > 1 && count > most) return false;
    let unused = 0;
    for (let register = from; register < from + count; register++) {
      unused = all.some((each) => each.from <= register && register < each.from + each.count)
        ? 0
        : unused + 1;
      if (unused > gap) return false;
    }
    return true;
  }

  /** The least cost of all ways to divide them, in any order. */
  function cheapest(spans: readonly Span[], all: readonly Span[], terms: Terms): number {
    const [first, ...rest] = spans;
    if (first === undefined) return 0;
    let best = Number.POSITIVE_INFINITY;
    for (let chosen = 0; chosen < 2 ** rest.length; chosen++) {
      const block = [first, ...rest.filter((_, index) => (chosen >>> index) & 1)];
      if (!fits(block, all, terms)) continue;
      const left = rest.filter((_, index) => !((chosen >>> index) & 1));
      best = Math.min(best, terms.cost(hullOf(block).count) + cheapest(left, all, terms));
    }
    return best;
  }

  it("is as cheap as the cheapest of all ways, and keeps every limit", () => {
    fc.assert(
      fc.property(
        fc.array(span, { minLength: 1, maxLength: 7 }),
        fc.array(span, { maxLength: 3 }),
        terms,
        (spans, known, { most, gap, request }) => {
          const limits: Terms = { most, gap, cost: (count) => request + count };
          const all = [...spans, ...known];
          const blocks = blocksOf(spans, limits, known);
          expect(blocks.flat().toSorted((a, b) => a - b)).toEqual([...spans.keys()]);
          for (const block of blocks)
            expect(
              fits(
                block.flatMap((index) => spans[index] ?? []),
                all,
                limits,
              ),
            ).toBe(true);
          expect(costOf(spans, blocks, limits)).toBeCloseTo(cheapest(spans, all, limits), 6);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("gives a span that is too long a request of its own", () => {
    const limits: Terms = { most: 4, gap: 100, cost: (count) => 20 + count };
    expect(
      blocksOf(
        [
          { from: 3, count: 9 },
          { from: 0, count: 2 },
        ],
        limits,
      ),
    ).toEqual([[1], [0]]);
    expect(blocksOf([], limits)).toEqual([]);
  });
});

describe("a request that meets an illegal address", () => {
  const jobOf = (...addresses: number[]): ModbusJob => {
    const [job] = planDevice(device("m", registers(...addresses)), tcp);
    if (job === undefined) throw new Error("no job");
    return job;
  };

  it("is cut at the widest gap, else in the middle", () => {
    expect(asked(split(jobOf(0, 1, 5, 6, 9)))).toEqual(["3:0+2", "3:5+5"]);
    expect(asked(split(jobOf(0, 1, 2, 3)))).toEqual(["3:0+2", "3:2+2"]);
    const [left, right] = split(jobOf(10, 11, 19));
    expect(left).toMatchObject({
      points: ["r10", "r11"],
      rxBytes: 13,
      body: { request: { address: 10, count: 2 } },
    });
    expect(right).toMatchObject({
      points: ["r19"],
      rxBytes: 11,
      body: { request: { address: 19, count: 1 }, points: [{ id: "r19", at: 0 }] },
    });
  });

  it("is not cut when all its points lie at one place", () => {
    expect(split(jobOf(7))).toEqual([]);
    const bits = { a: { address: "3", bit: "0" }, b: { address: "3", bit: "1" } };
    const [job] = planDevice(device("m", bits), rtu);
    expect(job && split(job)).toEqual([]);
  });

  it("comes, cut again and again, to each place alone, with every point once", () => {
    const written = fc.tuple(fc.nat(60), fc.constantFrom("uint16", "float32", "uint64"));
    fc.assert(
      fc.property(fc.array(written, { minLength: 1, maxLength: 12 }), (list) => {
        const points = Object.fromEntries(
          list.map(([address, type], index) => [`p${index}`, { address: String(address), type }]),
        );
        const [job, ...others] = planDevice(device("m", points), tcp);
        if (job === undefined || others.length > 0) throw new Error("one job was meant");
        const whole = job.body.request;
        let rounds = 0;
        const leaves = (one: ModbusJob): ModbusJob[] => {
          rounds += 1;
          const parts = split(one);
          return parts.length === 0 ? [one] : parts.flatMap(leaves);
        };
        const found = leaves(job);
        expect(rounds).toBeLessThan(2 * list.length);
        expect(found.flatMap(({ points }) => points).toSorted()).toEqual(Object.keys(points).toSorted());
        for (const { body, points, rxBytes } of found) {
          expect(body.points.map(({ id }) => id)).toEqual(points);
          expect(rxBytes).toBe(9 + 2 * body.request.count);
          for (const { place, at } of body.points) {
            expect([at, place.count]).toEqual([0, body.request.count]);
            expect(body.request.address).toBe(place.address);
          }
        }
        expect(job.body.request).toBe(whole);
      }),
    );
  });
});
