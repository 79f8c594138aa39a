/** Tries to get the number of a meter, or data of nobody's concern, through into a recording. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesOf, type LineEntry } from "../../../config/schema/recording.ts";
import { dltDriver } from "../../../drivers/dlt645/index.ts";
import { readVector } from "../../../drivers/dlt645/vector.ts";
import {
  answer,
  bytes,
  device,
  energy,
  frame,
  hex,
  link,
  low,
  meter,
  refusal,
  voltage,
  wake,
} from "./meters.ts";

const other = "000021081301";
const devices = [
  device(
    "main-1",
    { energy, voltage, number: { di: "04000402", format: "NNNNNNNNNNNN" } },
    { serial: "04000401" },
  ),
];

function recording() {
  const entries: LineEntry[] = [];
  const scrubber = dltDriver.scrubber?.(link, devices, {
    key: new Uint8Array(32).fill(7),
    secret: () => new Uint8Array(),
    wallMs: () => 0,
    words: new Set<string>(),
    take: (entry) => void entries.push(entry as LineEntry),
  });
  if (scrubber?.bytes === undefined) throw new Error("no scrubber");
  let at = 0;
  const say = (way: "tx" | "rx", said: readonly number[]) => {
    at += 10;
    scrubber.bytes?.(at, "serial:/dev/ttyS4", way, Uint8Array.from(said));
  };
  const heard = (...pieces: (readonly number[])[]) => {
    for (const piece of pieces) say("rx", piece);
    scrubber.flush();
    const kept = entries.splice(0);
    expect(kept.map((entry) => bytesOf(entry).length)).toEqual(pieces.map(({ length }) => length));
    return kept.flatMap((entry) => [...bytesOf(entry)]);
  };
  const asked = (said: readonly number[]) => {
    say("tx", said);
    return entries.splice(0).flatMap((entry) => [...bytesOf(entry)]);
  };
  return { scrubber, heard, asked };
}

const standIn = String(recording().scrubber.known("main-1")?.meter);

/** Whether three bytes of a number in a row are there, as they stand in a frame or in data. */
function shows(kept: readonly number[], number: string): boolean {
  const digits = low(number);
  const all = hex(kept);
  return [digits, digits.map((byte) => (byte + 0x33) & 0xff)].some((form) =>
    [0, 1, 2, 3].some((from) => {
      const part = form.slice(from, from + 3);
      return part.some((byte) => byte !== 0 && byte !== 0x33) && all.includes(hex(part));
    }),
  );
}

describe("the number of a meter", () => {
  it("is another one, the same in requests, answers and what the meter shows of itself", () => {
    const { heard, asked, scrubber } = recording();
    expect(standIn).toMatch(/^\d{12}$/);
    expect(standIn).not.toBe(meter);
    expect(scrubber.known("main-1")).toEqual({ line: 1, meter: standIn });
    expect(scrubber.known("nobody")).toBeNull();
    expect(hex(asked([...wake, ...frame(meter, 0x11, low("00010000"))]))).toBe(
      hex([...wake, ...frame(standIn, 0x11, low("00010000"))]),
    );
    expect(hex(heard([...wake, ...answer("04000401", [meter])]))).toBe(
      hex([...wake, ...answer("04000401", [standIn], standIn)]),
    );
    expect(hex(heard(answer("04000402", [meter])))).toBe(hex(answer("04000402", [standIn], standIn)));
    expect(hex(heard(frame(meter, 0x93, low(meter))))).toBe(hex(frame(standIn, 0x93, low(standIn))));
    expect(hex(heard(refusal(2)))).toBe(hex(refusal(2, standIn)));
  });

  it("of a neighbour is another one, too, and nobody's stays", () => {
    const { heard, asked } = recording();
    const kept = heard(answer("00010000", ["00123456"], other));
    expect(shows(kept, other)).toBe(false);
    expect(kept.slice(1, 7)).not.toEqual(low(standIn));
    const wildcard = [...wake, ...frame("AAAAAAAAAAAA", 0x13, [])];
    expect(hex(asked(wildcard))).toBe(hex(wildcard));
  });

  it("is not in what was cut off, damaged or torn, wherever it was", () => {
    const whole = answer("04000401", [meter]);
    for (let cut = 0; cut <= whole.length; cut++) {
      expect(shows(recording().heard(whole.slice(cut)), meter), `from ${cut}`).toBe(false);
      expect(shows(recording().heard(whole.slice(0, cut)), meter), `until ${cut}`).toBe(false);
      expect(shows(recording().heard([...whole.slice(0, cut), 0x55, ...whole.slice(cut)]), meter)).toBe(
        false,
      );
    }
  });

  it("is not in anything that a line may say", () => {
    const piece = fc.oneof(
      fc.constantFrom(
        answer("00010000", ["00123456"]),
        frame(meter, 0x14, [1, 2, 3, 4]),
        frame(meter, 0x81, [1, 2]),
        frame(meter, 0x93, low(meter)),
        answer("04000401", [meter], other),
        low(meter),
        [0x68, ...low(meter)],
        [...low(meter), 0x68, 0x91],
      ),
      fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 12 }),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(piece, fc.integer({ min: 0, max: 20 })), { maxLength: 8 }), (pieces) => {
        const said = pieces.map(([one, cut]) => one.slice(0, Math.max(1, one.length - cut)));
        const kept = recording().heard(...said);
        // By chance it may be there where it never was.
        const stood = hex(low(standIn));
        expect(shows(kept, meter) && !stood.includes(hex(low(meter).slice(0, 3)))).toBe(false);
      }),
    );
  });
});

describe("data", () => {
  const point = (id: string, source: Record<string, string>) => device("m", { [id]: source }).points;

  it("of points are kept, in however many pieces, with sums that fit", () => {
    const said = answer("00010000", ["00123456"]);
    for (const size of [1, 3, 50]) {
      const pieces = Array.from({ length: Math.ceil(said.length / size) }, (_, at) =>
        said.slice(at * size, (at + 1) * size),
      );
      const kept = Uint8Array.from(recording().heard(...pieces));
      expect(readVector({ id: "m", points: point("energy", energy) }, { said: kept })).toMatchObject({
        samples: [{ raw: 1234.56 }],
        faults: [],
      });
    }
  });

  it("have a wrong sum where they had one", () => {
    const said = answer("00010000", ["00123456"]);
    said[said.length - 2] = ((said.at(-2) ?? 0) + 1) & 0xff;
    const kept = recording().heard(said);
    const right = answer("00010000", ["00123456"], standIn);
    expect(kept.at(-2)).toBe(((right.at(-2) ?? 0) + 1) & 0xff);
  });

  it.each([
    ["that no point names", answer("02020100", ["001234"]), answer("02020100", ["000000"], standIn)],
    [
      "of a write, with its password",
      frame(meter, 0x14, [...low("04000101"), 2, 0x34, 0x12, 0]),
      frame(standIn, 0x14, Array<number>(8).fill(0)),
    ],
    ["of another standard", frame(meter, 0x81, [0x10, 0x90, 1, 2]), frame(standIn, 0x81, [0, 0, 0, 0])],
  ])("%s are zeros", (_, said, wanted) => expect(hex(recording().heard(said))).toBe(hex(wanted)));

  it("that are no frame show only how many bytes there were", () => {
    expect(hex(recording().heard([0xfe, 1, 0x41, 0x42, 0, 0xff, 0x43]))).toBe(
      hex(bytes("FE 55 55 55 00 FF 55")),
    );
  });
});

it("says how the line is set, and not where it is", () => {
  expect(recording().scrubber.settings).toEqual({ baud: 2400, format: "8E1", behind: "port" });
});
