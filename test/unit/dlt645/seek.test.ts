/** A search for meters on a line in memory, and on a simulated one. */
import { Duplex } from "node:stream";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Found } from "../../../drivers/contract/index.ts";
import { type DltLink, type DltSeek, dltKind } from "../../../drivers/dlt645/schema.ts";
import { DltSession } from "../../../drivers/dlt645/session.ts";
import { lineFault } from "../../../drivers/line/faults.ts";
import { characterMs } from "../../../drivers/line/pace.ts";
import { StreamLine } from "../../../drivers/line/stream-line.ts";
import { Questions } from "../../../edge/search/questions.ts";
import { ofOnePhase } from "../../../simulator/dlt645/items.ts";
import { Meter645 } from "../../../simulator/dlt645/meter.ts";
import { StationLine } from "../../../simulator/links/station-line.ts";
import { FakeClock } from "../../fake-clock.ts";
import { Wire } from "../line/wire.ts";
import {
  type Asked,
  answer,
  device,
  frame,
  jobsOf,
  link,
  low,
  meter,
  parse,
  refusal,
  voltage,
  wake,
  world,
} from "./meters.ts";

const never = new AbortController().signal;
const timing = { characterMs: characterMs(link), silenceMs: 20 };
const other = "000021081301";
const seeks = (of: DltLink = link) => (dltKind.seeks?.(of, []) ?? []) as DltSeek[];
const at = (number: string) => ({ address: { meter: number }, told: {} });
const unread = (code: string) => ({ address: {}, told: {}, fault: expect.objectContaining({ code }) });

type Said = { ms: number; bytes: readonly number[] }[];
const numberOf = (of: string): number[] => frame(of, 0x93, low(of));
/** Meters that answer to their number, and to what is short of it. */
const meters =
  (...numbers: string[]) =>
  ({ meter: wanted, control }: Asked): Said =>
    numbers
      .filter((number) => [...wanted].every((digit, nth) => digit === "A" || digit === number[nth]))
      .map((number, nth) => ({
        ms: 50 + 150 * nth,
        bytes: [...wake, ...(control === 0x13 ? numberOf(number) : answer("00010000", ["00123456"], number))],
      }));

async function opened(react: (asked: Asked) => Said) {
  const wire = new Wire();
  const asked: Asked[] = [];
  wire.onSent = (sent) => {
    const one = parse(sent);
    if (one === null) throw new Error("no request");
    asked.push(one);
    for (const { ms, bytes } of react(one)) wire.say(bytes, ms + sent.length * timing.characterMs);
  };
  const { context } = world(wire.clock);
  const session = await DltSession.open(link, context, never, async () => wire.line(timing));
  const search = async (...digits: string[]): Promise<Found[]> => {
    const found: Found[] = [];
    const questions = new Questions(seeks().filter(({ body }) => digits.includes(body.digits)));
    for (let seek = questions.next(); seek !== null; seek = questions.next())
      found.push(...questions.heard(await wire.passing(session.seek(seek, never), 5)));
    return found.map(({ further: _, ...one }) => one);
  };
  return { wire, asked, session, search };
}

describe("a search for meters", () => {
  it("asks any of them for its number first, then by two digits, then at other speeds", () => {
    expect(seeks().map(({ body }) => body.digits)).toEqual([
      "",
      ...Array.from({ length: 100 }, (_, digits) => String(digits).padStart(2, "0")),
    ]);
    const others = (of: DltLink) => dltKind.otherSettings?.(of, []).map(({ baud, format }) => [baud, format]);
    expect(others(link)).toEqual([1200, 4800, 9600].map((baud) => [baud, "8E1"]));
    expect(others({ host: "10.0.0.9", port: 4001, baud: 2400, format: "8E1" })).toEqual([]);
  });

  it("finds the one that is alone, by its number, and keeps to its deadline", async () => {
    const { search, wire, asked } = await opened(meters(meter));
    const from = wire.clock.monotonicMs();
    expect(await search("")).toEqual([at(meter)]);
    expect(wire.clock.monotonicMs() - from).toBeLessThanOrEqual(seeks()[0]?.deadlineMs ?? 0);
    expect(await search("34", "35")).toEqual([at(meter)]);
    expect(asked.map(({ meter: wanted, control }) => [wanted, control])).toEqual([
      ["AAAAAAAAAAAA", 0x13],
      ["AAAAAAAAAA34", 0x11],
      ["AAAAAAAAAA35", 0x11],
    ]);
  });

  it("finds nobody in silence, by its own request that comes back, or by what another master asks", async () => {
    for (const react of [
      () => [],
      () => [{ ms: 5, bytes: [...wake, ...frame("AAAAAAAAAA34", 0x11, low("00010000"))] }],
      () => [{ ms: 5, bytes: [...wake, ...frame(other, 0x11, low("02010100"))] }],
    ])
      expect(await (await opened(react)).search("34")).toEqual([]);
  });

  it("tells that several answer, one after the other or at once", async () => {
    expect(await (await opened(meters(meter, other))).search("")).toEqual([
      at(meter),
      at(other),
      unread("dlt645.several"),
    ]);
    for (const bytes of [[0x68, 0x34, 0x52, 0x08, 0x61], numberOf(meter).with(11, 0x5a)])
      expect(await (await opened(() => [{ ms: 60, bytes }])).search("")).toEqual([unread("dlt645.several")]);
  });

  it("finds one that refuses what it is asked, and one of the old standard, which cannot be read", async () => {
    expect(await (await opened(() => [{ ms: 60, bytes: refusal(2) }])).search("34")).toEqual([at(meter)]);
    const old = await opened(() => [{ ms: 60, bytes: frame(meter, 0x81, low("9010")) }]);
    expect(await old.search("34")).toMatchObject([
      { address: { meter }, fault: { code: "dlt645.old-standard" } },
    ]);
  });

  it("tells those apart whose answers collide, by the digits above", async () => {
    const numbers = ["000021081234", "000021087734"];
    const { search, asked } = await opened((one) => {
      const said = meters(...numbers)(one);
      return said.length > 1 ? [{ ms: 60, bytes: numberOf(meter).with(11, 0x5a) }] : said;
    });
    expect(await search("34")).toEqual(numbers.map(at));
    expect(asked).toHaveLength(101);
  });

  it("looks into no more than two collisions of which nothing comes", async () => {
    const { search, asked } = await opened(() => [{ ms: 60, bytes: [0x68, 0x34, 0x52] }]);
    expect(await search("31", "32", "33", "34")).toEqual(
      Array.from({ length: 4 }, () => unread("dlt645.several")),
    );
    expect(asked).toHaveLength(4 + 200);
  });

  it("gives a late answer to its own meter", async () => {
    const { search } = await opened((one) =>
      one.meter.endsWith("34") ? [{ ms: 700, bytes: answer("00010000", ["00123456"]) }] : [],
    );
    expect(await search("34", "35", "36")).toEqual([at(meter)]);
  });

  it("lets nobody take a late refusal for one of what is asked next", async () => {
    const { search, session, wire } = await opened(({ di }) =>
      di === "00010000"
        ? [{ ms: 900, bytes: refusal(2) }]
        : [{ ms: 400, bytes: answer("02010100", ["2205"]) }],
    );
    await search("34");
    const [job] = jobsOf([device("m", { voltage })]);
    if (job === undefined) throw new Error("a job");
    const { reading } = await wire.passing(session.run(job, never), 5);
    expect(reading).toEqual({ device: "m", samples: [{ point: "voltage", raw: 220.5 }], faults: [] });
  });

  it("tells noise behind its own request, and noise beside another master's", async () => {
    const noisy = (asked: string) => () => [
      { ms: 5, bytes: [...frame(asked, 0x11, low("00010000")), 0x31, 0x32] },
    ];
    const codes = async (asked: string) =>
      (await (await opened(noisy(asked))).search("34")).map(({ fault }) => fault?.code);
    expect(await codes("AAAAAAAAAA34")).toEqual(["dlt645.several"]);
    expect(await codes(other)).toEqual(["dlt645.second-master"]);
  });

  it("finds nobody without a fault by anything but a right frame of that number", async () => {
    const some = fc.oneof(
      fc.uint8Array({ maxLength: 40 }).map((all) => [...all]),
      fc.constantFrom(numberOf(meter), answer("00010000", ["00123456"]), refusal(2, other)),
      fc
        .tuple(fc.integer({ min: 0, max: 17 }), fc.integer({ min: 1, max: 255 }))
        .map(([nth, flip]) => numberOf(meter).map((byte, index) => (index === nth ? byte ^ flip : byte))),
    );
    const said = fc.array(fc.record({ ms: fc.integer({ min: 1, max: 900 }), bytes: some }), { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(said, async (all) => {
        const { search, wire, session } = await opened((one) => (one.control === 0x13 ? all : []));
        const found = await search("");
        const heard = wire.traced.flatMap(({ way, bytes }) => (way === "rx" ? [...bytes] : []));
        for (const { address, fault } of found)
          if (fault === undefined) expect(numbersIn(heard)).toContain(address.meter);
        await session.close();
      }),
      { numRuns: Number(process.env.RUNS ?? 150) },
    );
  });
});

/** Numbers of all frames in these bytes whose sum is right. */
function numbersIn(heard: readonly number[]): string[] {
  return heard.flatMap((_, begin) => {
    const body = heard.slice(begin, begin + 10 + (heard[begin + 9] ?? 0));
    const sum = body.reduce((all, byte) => all + byte, 0) & 0xff;
    const isRight = body[0] === 0x68 && body[7] === 0x68 && heard[begin + body.length] === sum;
    return isRight ? [Buffer.from(body.slice(1, 7).reverse()).toString("hex")] : [];
  });
}

describe("a search of a simulated line", () => {
  it.each([1, 6])("finds its %i meters and no other", async (count) => {
    const clock = new FakeClock();
    const numbers = Array.from(
      { length: count },
      (_, nth) => `0000210812${String(13 * nth + 7).padStart(2, "0")}`,
    );
    const source = () =>
      ofOnePhase({
        voltage: 220.5,
        current: 1,
        power: 200,
        powerFactor: 0.9,
        frequency: 50,
        energyImport: 12,
      });
    const line = new StationLine({
      baud: 2400,
      format: "8E1",
      clock,
      stations: numbers.map((address) => new Meter645({ address, source, wallMs: () => 0 })),
    });
    const port = new (class extends Duplex {
      readonly #port = line.attach((bytes) => void this.push(bytes));
      override _read(): void {}
      override _write(chunk: Uint8Array, _: unknown, done: () => void): void {
        this.#port.send(chunk);
        done();
      }
    })();
    const session = await DltSession.open(
      link,
      world(clock).context,
      never,
      async () =>
        new StreamLine(port, {
          clock,
          timing,
          trace() {},
          lossOf: () => lineFault("line.gone"),
          free: async () => void port.destroy(),
        }),
    );
    const found: Found[] = [];
    const questions = new Questions(seeks());
    for (let seek = questions.next(); seek !== null; seek = questions.next()) {
      const sought = session.seek(seek, never);
      let open = true;
      void sought.finally(() => {
        open = false;
      });
      while (open) await clock.advance(5);
      found.push(...questions.heard(await sought));
    }
    const sure = found.filter(({ fault }) => fault === undefined).map(({ address }) => String(address.meter));
    expect([...new Set(sure)].sort()).toEqual(numbers);
    expect(found.some(({ fault }) => fault?.code === "dlt645.several")).toBe(count > 1);
    await session.close();
    line.close();
  });
});
