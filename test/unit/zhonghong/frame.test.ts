import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { controls } from "../../../drivers/zhonghong/fields.ts";
import {
  controlRequest,
  findRepeats,
  findStatus,
  readRequest,
  statusRequest,
} from "../../../drivers/zhonghong/frame.ts";
import { judgeStatus } from "../../../drivers/zhonghong/judge.ts";
import { type Six, sealed, statusOf, statusOfAll } from "./gateway.ts";

const byte = fc.integer({ min: 0, max: 255 });
const unit = fc.record({
  outdoor: fc.integer({ min: 0, max: 254 }),
  indoor: fc.integer({ min: 0, max: 254 }),
});
const sixBytes = fc.tuple(byte, byte, byte, byte, byte, byte);
const named = ([power, setpoint, mode, fan, temperature, error]: Six) => ({
  status: { power, setpoint, mode, fan, temperature, error },
});

describe("a request", () => {
  it("is gateway, function, value, one unit and the sum", () => {
    expect([...statusRequest(1, { outdoor: 1, indoor: 3 })]).toEqual([1, 0x50, 1, 1, 1, 3, 0x57]);
    const frames = [1, 26, 8, 4].map((value, index) => {
      const control = controls[index];
      if (control === undefined) throw new Error("no control");
      return [...controlRequest(2, { outdoor: 1, indoor: 3 }, control, value)];
    });
    expect(frames).toEqual([
      [2, 0x31, 1, 1, 1, 3, 0x39],
      [2, 0x32, 26, 1, 1, 3, 0x53],
      [2, 0x33, 8, 1, 1, 3, 0x42],
      [2, 0x34, 4, 1, 1, 3, 0x3f],
    ]);
  });

  it("is read back as what was asked", () => {
    fc.assert(
      fc.property(byte, unit, (gateway, asked) => {
        expect(readRequest(statusRequest(gateway, asked))).toEqual({ gateway, unit: asked });
      }),
    );
    expect(readRequest(Uint8Array.from([1, 0x50, 1, 1, 1, 3, 0x58]))).toBeNull();
    expect(readRequest(Uint8Array.from(sealed(1, 0x31, 1, 1, 1, 3)))).toBeNull();
    expect(readRequest(Uint8Array.from(sealed(1, 0x50, 1, 1, 1)))).toBeNull();
  });
});

describe("a status", () => {
  it("is what its ten bytes say, whatever comes before it", () => {
    fc.assert(
      fc.property(
        byte,
        unit,
        sixBytes,
        fc.array(fc.constantFrom(0, 0x50, 0xff), { maxLength: 20 }),
        (gateway, of, values, noise) => {
          const frame = statusOf(of.outdoor, of.indoor, values, gateway);
          const found = findStatus(gateway, of, Uint8Array.from([...noise, ...frame]));
          // Zeros may be the beginning of a frame of gateway 0.
          if (gateway !== 0 || noise.length === 0) expect(found).toEqual(named(values));
        },
      ),
    );
  });

  it("is that of its own unit, not of another that is said before it", () => {
    const mine = statusOf(1, 3, [1, 26, 1, 2, 28, 0]);
    const others = [
      ...statusOf(1, 4, [0, 30, 8, 1, 15, 9]),
      ...statusOf(2, 3, [0, 30, 8, 1, 15, 9]),
      ...statusOf(1, 3, [0, 30, 8, 1, 15, 9], 2),
      ...statusOfAll([1, 4, [0, 30, 8, 1, 15, 9]], [2, 3, [0, 30, 8, 1, 15, 9]]),
      ...sealed(1, 0x31, 1, 1, 1, 3),
    ];
    expect(findStatus(1, { outdoor: 1, indoor: 3 }, Uint8Array.from(others))).toMatchObject({ more: 15 });
    expect(findStatus(1, { outdoor: 1, indoor: 3 }, Uint8Array.from([...others, ...mine]))).toEqual(
      named([1, 26, 1, 2, 28, 0]),
    );
  });

  it("that is damaged is none, and may still be followed by a whole one", () => {
    const of = { outdoor: 1, indoor: 3 };
    const frame = statusOf(1, 3, [1, 26, 1, 2, 28, 0]);
    for (let at = 0; at < frame.length; at++)
      for (let bit = 0; bit < 8; bit++) {
        const torn = Uint8Array.from(frame);
        torn[at] = (torn[at] ?? 0) ^ (1 << bit);
        expect(findStatus(1, of, torn)).not.toHaveProperty("status");
        const twice = Uint8Array.from([...torn, ...frame]);
        expect(findStatus(1, of, twice)).toEqual(named([1, 26, 1, 2, 28, 0]));
      }
  });

  it("that is cut off wants the bytes that are missing", () => {
    const frame = statusOf(1, 3, [1, 26, 1, 2, 28, 0]);
    for (let cut = 0; cut < frame.length; cut++)
      expect(findStatus(1, { outdoor: 1, indoor: 3 }, Uint8Array.from(frame.slice(0, cut)))).toEqual({
        more: 15 - cut,
        skipped: 0,
        isDamaged: false,
      });
  });

  it("without a unit says that it is not there", () => {
    expect(findStatus(1, { outdoor: 1, indoor: 3 }, Uint8Array.from(sealed(1, 0x50, 1, 0)))).toEqual({
      absent: true,
    });
  });

  it("comes of no bytes that do not hold it, and nothing is thrown", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(byte, fc.constantFrom(1, 3, 0x50)), { maxLength: 64 }),
        fc.boolean(),
        (bytes, isSerial) => {
          const received = Uint8Array.from(bytes);
          const of = { outdoor: 1, indoor: 3 };
          const verdict = judgeStatus({ gateway: 1, unit: of }, received, isSerial);
          if (!("answer" in verdict) || !("status" in verdict.answer)) return;
          const { power, setpoint, mode, fan, temperature, error } = verdict.answer.status;
          const head = [1, 0x50, 1, 1, 1, 3, power, setpoint, mode, fan, temperature, error].join();
          expect(bytes.join()).toContain(head);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

it("a frame is counted as often as it comes whole", () => {
  const frame = Uint8Array.from(sealed(1, 0x31, 1, 1, 1, 3));
  const said = [9, ...frame, 9, 9, ...frame, ...frame.slice(0, 4)];
  expect(findRepeats(frame, Uint8Array.from(said))).toEqual({ times: 2, more: 3, skipped: 17 });
  expect(findRepeats(frame, new Uint8Array())).toEqual({ times: 0, more: 7, skipped: 0 });
});
