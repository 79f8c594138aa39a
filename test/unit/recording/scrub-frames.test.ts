/** Tries to get what stands beside a frame, in a damaged one or in a part that nobody explains into a recording. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LineEntry } from "../../../config/schema/recording.ts";
import { bytesOf } from "../../../config/schema/recording.ts";
import type { Scrubber, ScrubberContext } from "../../../drivers/contract/index.ts";
import { serialDriver } from "../../../drivers/serial/index.ts";
import { zhonghongDriver } from "../../../drivers/zhonghong/index.ts";
import { mhz, mhzAsked, pms, sds, sensor } from "../serial/sensors.ts";
import { asked, device, linkTo, sealed, statusOf, statusOfAll } from "../zhonghong/gateway.ts";

type Make = (context: ScrubberContext) => Scrubber | undefined;
const serialLink = { device: "/dev/ttyS4", baud: 9600, format: "8N1" as const };
const ofSensor =
  (model: Parameters<typeof sensor>[0]): Make =>
  (context) =>
    serialDriver.scrubber?.(serialLink, [sensor(model)], context);
const ofGateway: Make = (context) => zhonghongDriver.scrubber?.(linkTo(9999), [device("a", 3)], context);

/** What is kept of these pieces, said after `request`. */
function kept(make: Make, request: Iterable<number> | null, ...pieces: Iterable<number>[]): number[] {
  const entries: LineEntry[] = [];
  const scrubber = make({
    key: new Uint8Array(32).fill(7),
    secret: () => new Uint8Array(),
    wallMs: () => 0,
    words: new Set(),
    take: (entry) => void entries.push(entry as LineEntry),
  });
  if (request !== null) scrubber?.bytes?.(0, "line", "tx", Uint8Array.from(request));
  for (const [at, piece] of pieces.entries())
    scrubber?.bytes?.(10 * at, "line", "rx", Uint8Array.from(piece));
  scrubber?.flush();
  return entries.filter(({ way }) => way === "rx").flatMap((entry) => [...bytesOf(entry)]);
}

const canary = [0xe3, 0x08, 0x6c, 0xed];
const text = [...Buffer.from("62E3086CED wangxiaoming")];
const has = (bytes: readonly number[], part: readonly number[]) =>
  Buffer.from(bytes).includes(Buffer.from(part));

const worlds: [string, Make, readonly number[] | null, readonly number[]][] = [
  ["of a gateway", ofGateway, asked(1, 3), statusOf(1, 3, [1, 19, 1, 2, 23, 0])],
  ["of a sensor that is asked", ofSensor("mhz"), [...mhzAsked], [...mhz(636)]],
  ["of a sensor that speaks by itself", ofSensor("pms"), null, [...pms(1, 2, 3, 4, 70, 84)]],
  ["of a sensor with an end", ofSensor("sds"), null, [...sds(70, 84)]],
];

describe("a recording", () => {
  it.each(worlds)(
    "%s is as long, and has nothing of what stands around a frame",
    (_, make, request, frame) => {
      const noise = fc.uint8Array({ maxLength: 30 });
      fc.assert(
        fc.property(noise, noise, fc.nat(40), fc.constantFrom(canary, text), (front, behind, cut, slip) => {
          const said = [...front, ...slip, ...frame.slice(0, cut), ...slip, ...frame, ...behind, ...slip];
          const made = kept(make, request, said.slice(0, 25), said.slice(25));
          expect(made).toHaveLength(said.length);
          expect(has(made, slip)).toBe(false);
        }),
      );
    },
  );

  it("of a status has no bytes that nobody explains, and the sum fits", () => {
    const unknown = (...units: [number, number][]) =>
      sealed(1, 0x50, 0xff, units.length, ...units.flatMap(([a, b]) => [1, 3, 1, 19, 1, 2, 23, 0, a, b]));
    expect(kept(ofGateway, null, unknown([0xe3, 0x08], [0x6c, 0xed]))).toEqual(
      statusOfAll([1, 3, [1, 19, 1, 2, 23, 0]], [1, 3, [1, 19, 1, 2, 23, 0]]),
    );
  });

  it("of a damaged or torn status has its head alone, and the sum is wrong", () => {
    const status = statusOf(1, 3, [0xe3, 0x08, 0x6c, 0xed, 1, 2]);
    const damaged = [...status.slice(0, -1), ((status.at(-1) ?? 0) + 7) % 256];
    const head = [1, 0x50, 1, 1, 1, 3];
    const sum = head.reduce((all, byte) => all + byte, 0);
    expect(kept(ofGateway, asked(1, 3), damaged)).toEqual([...head, ...Array(8).fill(0), sum + 1]);
    expect(kept(ofGateway, asked(1, 3), status.slice(0, 9))).toEqual([...head, 0, 0, 0]);
  });

  it("of a sensor's frame has what points name, and not its number", () => {
    const frame = sds(70, 84);
    const made = kept(ofSensor("sds"), null, frame);
    const sum = [70, 0, 84, 0].reduce((all, byte) => all + byte, 0);
    expect(made).toEqual([0xaa, 0xc0, 70, 0, 84, 0, 0, 0, sum, 0xab]);
  });

  it("of a sensor's frame that is damaged or torn has no value, and is wrong in the same way", () => {
    const frame = [...sds(0xe308, 0x6ced)];
    const wrong = frame.with(8, ((frame[8] ?? 0) + 9) % 256);
    expect(kept(ofSensor("sds"), null, wrong)).toEqual([0xaa, 0xc0, 0, 0, 0, 0, 0, 0, 1, 0xab]);
    expect(kept(ofSensor("sds"), null, frame.with(9, 0x41))).toEqual([0xaa, 0xc0, 0, 0, 0, 0, 0, 0, 1, 0x55]);
    expect(kept(ofSensor("sds"), null, frame.slice(0, 5))).toEqual([0xaa, 0xc0, 0, 0, 0]);
    expect(kept(ofSensor("sds"), null, frame.slice(0, 1))).toEqual([0xaa]);
  });

  it("of one that never ends has its beginning in pieces, and tells what is left out", () => {
    const made = kept(ofSensor("pms"), null, Array(700).fill(0x41), Array(700).fill(0x41), pms(1, 2, 3));
    expect(made.slice(0, 1024)).toEqual(Array(1024).fill(0x55));
    expect(made.slice(1024)).toEqual([...pms(0, 0, 0)]);
  });
});
