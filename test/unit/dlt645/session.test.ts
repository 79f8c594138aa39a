/** Meters on a line in memory: what they answer, sooner or later, and what becomes of it. */
import { describe, expect, it } from "vitest";
import type { Reading } from "../../../drivers/contract/index.ts";
import type { DltDevice, DltLink } from "../../../drivers/dlt645/schema.ts";
import { DltSession } from "../../../drivers/dlt645/session.ts";
import { characterMs } from "../../../drivers/line/pace.ts";
import { Wire } from "../line/wire.ts";
import {
  type Asked,
  answer,
  device,
  energy,
  frame,
  jobsOf,
  link,
  low,
  meter,
  parse,
  phase,
  refusal,
  voltage,
  wake,
  world,
} from "./meters.ts";

const never = new AbortController().signal;
const other = "000021081301";

type Reaction = { ms: number; bytes: readonly number[] } | null;
const soon = (bytes: readonly number[]): Reaction => ({ ms: 60, bytes: [...wake, ...bytes] });

async function opened(
  devices: DltDevice[],
  react: (asked: Asked, nth: number) => Reaction,
  of: DltLink = link,
) {
  const wire = new Wire();
  const line = wire.line({ characterMs: characterMs(of), silenceMs: 20 });
  const { context } = world(wire.clock);
  const asked: Asked[] = [];
  wire.onSent = (sent) => {
    const one = parse(sent);
    if (one === null) throw new Error("no request");
    asked.push(one);
    const reaction = react(one, asked.length - 1);
    if (reaction !== null) wire.say(reaction.bytes, reaction.ms + sent.length * characterMs(of));
  };
  const session = await DltSession.open(of, context, never, async () => line);
  const jobs = jobsOf(devices, of);
  const run = async (nth = 0): Promise<Reading> => {
    const job = jobs[nth];
    if (job === undefined) throw new Error("no such job");
    return (await wire.passing(session.run(job, never), 5)).reading;
  };
  return { wire, line, session, jobs, run, asked };
}

const codes = ({ faults }: Reading) => faults.map(({ code }) => code);
const raws = ({ samples }: Reading) => samples.map(({ raw }) => raw);
/** What meters say when they are well. */
const good = ({ di, meter: of }: Asked) => soon(answer(di, [di === "00010000" ? "00123456" : "2205"], of));

const one = () => [device("m", { voltage, energy })];

describe("a reading", () => {
  it("is of the meter that was asked, one identifier a turn", async () => {
    const { run, asked } = await opened(
      [device("m", { voltage, energy }), device("n", { voltage }, { meter: other })],
      good,
    );
    expect([await run(0), await run(1), await run(2)].map(raws)).toEqual([[220.5], [1234.56], [220.5]]);
    expect(asked).toEqual([
      { meter, control: 0x11, di: "02010100" },
      { meter, control: 0x11, di: "00010000" },
      { meter: other, control: 0x11, di: "02010100" },
    ]);
  });

  it("takes one answer for all the points of a block, those of absent phases without a value or a fault", async () => {
    const points = { a: phase(1), b: phase(2), c: phase(3) };
    const { run, asked } = await opened([device("m", points)], ({ di }) =>
      soon(answer(di, ["2205", "FFFF", "2301"])),
    );
    expect(await run()).toEqual({
      device: "m",
      samples: [
        { point: "a", raw: 220.5 },
        { point: "b", raw: null },
        { point: "c", raw: 230.1 },
      ],
      faults: [],
    });
    expect(asked).toHaveLength(1);
  });

  it("has a fault for the item that a short block lacks", async () => {
    const { run } = await opened([device("m", { a: phase(1), c: phase(3) })], ({ di }) =>
      soon(answer(di, ["2205"])),
    );
    expect(await run()).toMatchObject({
      samples: [{ point: "a", raw: 220.5 }],
      faults: [{ code: "dlt645.item", point: "c" }],
    });
  });

  it("comes from a meter that rests within its answer", async () => {
    const { wire, run } = await opened(one(), () => null);
    const said = answer("02010100", ["2205"]);
    const usual = wire.onSent;
    wire.onSent = (sent) => {
      usual(sent);
      for (const [at, byte] of said.entries()) wire.say([byte], 400 + at * 60);
    };
    expect(raws(await run())).toEqual([220.5]);
  });

  it("comes from a slow meter whose device says so", async () => {
    const late: (asked: Asked) => Reaction = ({ di }) => ({ ms: 2500, bytes: answer(di, ["2205"]) });
    const slow = await opened([device("m", { voltage }, { answer: "3s" })], late);
    expect(raws(await slow.run())).toEqual([220.5]);
    const usual = await opened([device("m", { voltage })], late);
    expect(codes(await usual.run())).toEqual(["dlt645.silent"]);
  });
});

describe("frames that follow", () => {
  const points = { a: phase(1), b: phase(2), c: phase(3) };
  const split = ({ control, di, seq = 0 }: Asked): Reaction => {
    if (control === 0x11) return soon(frame(meter, 0xb1, [...low(di), ...low("2205")]));
    return soon(frame(meter, seq < 3 ? 0xb2 : 0x92, [...low(di), ...low(`229${seq}`), seq]));
  };

  it("are asked for until all points have their items, and no longer", async () => {
    const { run, asked } = await opened([device("m", points)], split);
    expect(raws(await run())).toEqual([220.5, 229.1, 229.2]);
    expect(asked.map(({ control, seq }) => [control, seq])).toEqual([
      [0x11, undefined],
      [0x12, 1],
      [0x12, 2],
    ]);
  });

  it("are asked for three times a turn at most", async () => {
    const { run, asked } = await opened(
      [device("m", { a: phase(1), z: phase(60) })],
      ({ control, di, seq = 0 }) =>
        control === 0x11
          ? split({ meter, control, di })
          : soon(frame(meter, 0xb2, [...low(di), ...low("2291"), seq])),
    );
    expect(await run()).toMatchObject({
      samples: [{ point: "a" }],
      faults: [{ code: "dlt645.item", point: "z" }],
    });
    expect(asked).toHaveLength(4);
  });

  it("give nothing at all when one of them does not come", async () => {
    const { run } = await opened([device("m", points)], (asked) => (asked.seq === 2 ? null : split(asked)));
    expect(await run()).toMatchObject({ samples: [], faults: [{ code: "dlt645.silent" }] });
  });

  it("are told when the meter announced and refuses them", async () => {
    const { run } = await opened([device("m", points)], (asked) =>
      asked.control === 0x12 ? soon(refusal(2, meter, 0xd2)) : split(asked),
    );
    expect(await run()).toMatchObject({
      samples: [],
      faults: [{ code: "dlt645.following", layer: "device" }],
    });
  });

  it("of what is no block are more than was asked for", async () => {
    const { run, asked } = await opened(one(), ({ di }) => soon(answer(di, ["2205"], meter, 0xb1)));
    expect(await run()).toMatchObject({ samples: [], faults: [{ code: "dlt645.length", point: "voltage" }] });
    expect(asked).toHaveLength(1);
  });
});

describe("what is no answer is no value, and the next is right again:", () => {
  it.each([
    ["another identifier", answer("02010200", ["2205"]), "dlt645.identifier"],
    ["another meter", answer("02010100", ["2205"], other), "dlt645.meter"],
    ["a wrong sum", [...answer("02010100", ["2205"]).slice(0, -2), 0, 0x16], "dlt645.checksum"],
    ["half of it", answer("02010100", ["2205"]).slice(0, 13), "dlt645.short"],
    ["noise", [1, 2, 3], "dlt645.noise"],
    ["other digits", answer("02010100", ["22F5"]), "dlt645.digits"],
    ["more data", answer("02010100", ["002205"]), "dlt645.length"],
    ["DL/T 645-1997", frame(meter, 0x81, [0x10, 0x90, 0x11, 0x22]), "dlt645.old-standard"],
    ["no such data", refusal(2), "dlt645.no-data"],
    ["no right", refusal(4), "dlt645.no-right"],
    ["another reason", refusal(1), "dlt645.refused"],
    ["another master", frame(other, 0x11, low("00010000")), "dlt645.second-master"],
    ["wake-ups without end", Array<number>(2000).fill(0xfe), "dlt645.short"],
  ] as const)("%s", async (_, said, code) => {
    const { run } = await opened(one(), (asked, nth) => (nth === 0 ? soon(said) : good(asked)));
    const first = await run();
    expect(first.samples).toEqual([]);
    expect(codes(first)).toEqual([code]);
    expect(raws(await run())).toEqual([220.5]);
    expect(raws(await run(1))).toEqual([1234.56]);
  });

  it("cut off at every place", async () => {
    const whole = answer("02010100", ["2205"]);
    const { run } = await opened(one(), (asked, nth) =>
      nth % 2 === 0 ? { ms: 60, bytes: whole.slice(0, nth / 2) } : good(asked),
    );
    for (let cut = 0; cut < whole.length; cut++) {
      expect((await run()).samples).toEqual([]);
      expect(raws(await run(1))).toEqual([1234.56]);
    }
    expect(raws(await run())).toEqual([220.5]);
  });

  it("names the number of the meter for whoever goes there", async () => {
    const { run } = await opened(one(), () => null);
    expect((await run()).faults).toMatchObject([
      { code: "dlt645.silent", layer: "answer", facts: { unit: meter } },
    ]);
  });
});

describe("a late answer", () => {
  it("of another identifier or meter is never taken: 300 of them", async () => {
    const devices = [device("m", { voltage, energy }), device("n", { voltage, energy }, { meter: other })];
    const wantedOf = ({ meter: of, di }: Asked) => (of === meter ? 1000 : 2000) + (di === "00010000" ? 1 : 2);
    const { run, asked } = await opened(devices, (question, nth) => {
      const digits = String(wantedOf(question)).padStart(question.di === "00010000" ? 8 : 4, "0");
      return { ms: nth % 3 === 0 ? 1300 : 40, bytes: answer(question.di, [digits], question.meter) };
    });
    let values = 0;
    for (let nth = 0; nth < 300; nth++) {
      const reading = await run(nth % 4);
      const wanted = asked.at(-1);
      if (wanted === undefined) throw new Error("nothing was asked");
      for (const raw of raws(reading)) {
        values += 1;
        expect(raw).toBe(wantedOf(wanted) / (wanted.di === "00010000" ? 100 : 10));
      }
    }
    expect(values).toBeGreaterThan(150);
  });

  it("that refuses is not taken for the refusal of another identifier", async () => {
    const { run } = await opened(one(), (_, nth) => ({
      ms: nth === 0 ? 1150 : 40,
      bytes: nth === 0 ? refusal(2) : answer("00010000", ["00123456"]),
    }));
    expect(codes(await run(0))).toEqual(["dlt645.silent"]);
    // The refusal of the first comes while the second is asked.
    expect(await run(1)).toMatchObject({ samples: [{ raw: 1234.56 }], faults: [] });
  });

  it("is believed as a refusal again when the meter has answered", async () => {
    const { run } = await opened(one(), (asked, nth) =>
      nth === 0 ? null : nth === 1 ? good(asked) : soon(refusal(2)),
    );
    expect(codes(await run())).toEqual(["dlt645.silent"]);
    expect(raws(await run())).toEqual([220.5]);
    expect(await run(1)).toMatchObject({
      faults: [{ code: "dlt645.no-data", point: "energy", retry: "never" }],
    });
  });

  it("is told as late where nothing else comes", async () => {
    const { wire, run } = await opened(one(), () => null);
    expect(codes(await run(0))).toEqual(["dlt645.silent"]);
    const usual = wire.onSent;
    wire.onSent = (sent) => {
      usual(sent);
      wire.say(answer("02010100", ["2205"]), 300);
    };
    expect(codes(await run(1))).toEqual(["dlt645.late"]);
  });
});

describe("an adapter that gives our requests back", () => {
  const echoing = async (react: (asked: Asked, nth: number) => Reaction) => {
    const made = await opened(one(), react);
    const usual = made.wire.onSent;
    made.wire.onSent = (sent) => {
      made.wire.say(sent);
      usual(sent);
    };
    return made;
  };

  it("does no harm", async () => {
    const { run } = await echoing(good);
    expect([await run(0), await run(1)].map(raws)).toEqual([[220.5], [1234.56]]);
  });

  it("is told where nothing else ever came, and then the silence of the meter", async () => {
    const { run } = await echoing((asked, nth) => (nth === 1 ? good(asked) : null));
    expect(codes(await run())).toEqual(["dlt645.echo"]);
    expect(raws(await run())).toEqual([220.5]);
    expect(codes(await run())).toEqual(["dlt645.silent"]);
  });
});

describe("another master", () => {
  it("may ask in between: only what it spoils is missing", async () => {
    const { wire, run } = await opened(one(), (asked, nth) => (nth === 1 ? soon([1, 2, 3, 4]) : good(asked)));
    wire.say([...frame(meter, 0x11, low("00010000")), ...answer("00010000", ["00999999"])]);
    await wire.clock.advance(500);
    expect(raws(await run())).toEqual([220.5]);
    expect(codes(await run())).toEqual(["dlt645.second-master"]);
    await wire.clock.advance(40_000);
    expect(raws(await run())).toEqual([220.5]);
  });
});

it("tells that the settings differ when nothing readable ever came", async () => {
  const { run } = await opened(one(), () => soon([0x9a, 0x33, 0xc1, 0x80, 0x11]));
  const told: (string | undefined)[] = [];
  for (let nth = 0; nth < 6; nth++) told.push(codes(await run())[0]);
  expect(told).toEqual([...Array<string>(4).fill("dlt645.noise"), "line.settings", "line.settings"]);
});

it("does not tell that of a line on which an answer was read before", async () => {
  const { run } = await opened(one(), (asked, nth) => (nth === 0 ? good(asked) : soon([0x9a, 0x33, 0xc1])));
  expect(raws(await run())).toEqual([220.5]);
  for (let nth = 0; nth < 8; nth++) expect(codes(await run())).toEqual(["dlt645.noise"]);
});

it("lets whoever asks meanwhile wait", async () => {
  const { wire, session, jobs, asked } = await opened(one(), good);
  const all = Promise.all(jobs.map((job) => session.run(job, never)));
  const readings = await wire.passing(all, 5);
  expect(readings.map(({ reading }) => raws(reading))).toEqual([[220.5], [1234.56]]);
  expect(asked.map(({ di }) => di)).toEqual(["02010100", "00010000"]);
});

describe("a meter whose number is expected", () => {
  const expecting = (expect = meter) => [device("m", { voltage }, { expect, serial: "04000401" })];
  const showing = (number: string) => (asked: Asked) =>
    asked.di === "04000401" ? soon(answer(asked.di, [number])) : good(asked);

  it.each([meter, "21081234", "0000-2108 1234"])("is asked for it once, then read: %s", async (written) => {
    const { run, asked } = await opened(expecting(written), showing(meter));
    expect([await run(), await run()].map(raws)).toEqual([[220.5], [220.5]]);
    expect(asked.map(({ di }) => di)).toEqual(["04000401", "02010100", "02010100"]);
  });

  it("gives nothing when it shows another", async () => {
    const { run, asked } = await opened(expecting(), showing(other));
    expect(await run()).toEqual({
      device: "m",
      samples: [],
      faults: [
        expect.objectContaining({
          code: "dlt645.serial",
          layer: "access",
          facts: { unit: meter, expected: meter, found: other },
        }),
      ],
    });
    expect(asked.map(({ di }) => di)).toEqual(["04000401"]);
  });

  it.each([
    ["refuses it", refusal(2)],
    ["shows other digits", answer("04000401", ["0000210812F4"])],
    ["shows none", answer("04000401", ["FFFFFFFFFFFF"])],
    ["shows a longer one", answer("04000401", ["00000021081234"])],
    ["has more to show than one", answer("04000401", [meter], meter, 0xb1)],
  ] as const)("gives nothing when it %s", async (_, said) => {
    const { run } = await opened(expecting(), (asked) =>
      asked.di === "04000401" ? soon(said) : good(asked),
    );
    expect(await run()).toMatchObject({ samples: [], faults: [{ code: "dlt645.serial-missing" }] });
  });

  it("is asked again after it was silent: another may have taken its place", async () => {
    let number = meter;
    const { run, asked } = await opened(expecting(), (question, nth) =>
      nth === 2 ? null : showing(number)(question),
    );
    expect(raws(await run())).toEqual([220.5]);
    number = other;
    expect(codes(await run())).toEqual(["dlt645.silent"]);
    expect(await run()).toMatchObject({ samples: [], faults: [{ code: "dlt645.serial" }] });
    expect(asked).toHaveLength(4);
  });
});

describe("the address of whoever is there", () => {
  it("is read with the wildcard", async () => {
    const { wire, session, asked } = await opened([], () => soon(frame(meter, 0x93, low(meter))));
    expect(await wire.passing(session.readAddress(800, never), 5)).toEqual({ meter });
    expect(asked).toMatchObject([{ meter: "AAAAAAAAAAAA", control: 0x13 }]);
  });

  it("is none when two answer at once, or nobody", async () => {
    const both = frame(meter, 0x93, low(meter)).map(
      (byte, at) => byte & (frame(other, 0x93, low(other))[at] ?? 0xff),
    );
    const { wire, session } = await opened([], (_, nth) => (nth === 0 ? soon(both) : null));
    const ask = () => wire.passing(session.readAddress(800, never), 5);
    expect(await ask()).toMatchObject({ fault: { code: "dlt645.checksum" } });
    expect(await ask()).toMatchObject({ fault: { code: "dlt645.silent" } });
  });
});

describe("a serial server from which nothing comes", () => {
  const behind: DltLink = { host: "192.0.2.1", port: 4001, baud: 2400, format: "8E1" };

  it("ends the session after a minute and three requests", async () => {
    const { wire, session, run } = await opened(one(), () => null, behind);
    let ended: unknown = "not yet";
    void session.ended.then((fault) => {
      ended = fault;
    });
    for (let nth = 0; nth < 3; nth++) await run();
    expect(ended).toBe("not yet");
    await wire.clock.advance(61_000);
    await run();
    await wire.clock.advance(1);
    expect(ended).toMatchObject({ code: "line.gone", retry: "later" });
    await session.close();
  });

  it("ends nothing on a port of this machine, nor where somebody answers", async () => {
    for (const [of, react] of [
      [link, () => null],
      [behind, (asked: Asked, nth: number) => (nth % 2 === 0 ? null : good(asked))],
    ] as const) {
      const { wire, session, run } = await opened(one(), react, of);
      let ended = false;
      void session.ended.then(() => {
        ended = true;
      });
      for (let nth = 0; nth < 8; nth++) {
        await run();
        await wire.clock.advance(20_000);
      }
      expect(ended).toBe(false);
      await session.close();
    }
  });
});
