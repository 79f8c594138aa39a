/** Serial sensors in the files of a school: what loads, and what is refused, in the words that a technician gets. */
import { describe, expect, it } from "vitest";
import { loadPlan } from "../../../config/load/index.ts";
import { kinds } from "../../../drivers/registry.ts";
import type { SerialJob } from "../../../drivers/serial/plan.ts";
import { meaningOf } from "../../../edge/cli/vector-meaning.ts";
import { folderOf, nowMs, school } from "../config/school-folder.ts";
import { bytes } from "./sensors.ts";

const load = (files: Record<string, string>) =>
  loadPlan(folderOf({ "school.yaml": school, ...files }), kinds, [], {
    env: {},
    nowMs,
    meaning: meaningOf,
  });
const told = (files: Record<string, string>, lang: "zh" | "en" = "en") =>
  load(files)
    .problems.filter(({ code }) => code !== "no-uplink" && code !== "no-devices")
    .map(({ severity, what, fix }) => `${severity}: ${what[lang]}; ${fix[lang]}`);

const own = (more: string, points = "co2: { at: 2, type: uint16 }") => ({
  "profiles/own.yaml": `profile: own
text: { zh: 自写, en: own }
proof: simulated
driver: serial
points: { ${points} }
${more}`,
});
const sound = "start: FF 86\nlength: 9\nchecksum: { kind: negsum8, from: 1 }\n";

describe("a sensor on a serial line", () => {
  it("loads with no more than its model and its port, and its job says what goes over the line", () => {
    const { plan, problems } = load({
      "d.yaml":
        "links: { pm: { kind: serial, device: /dev/ttyS1 } }\ndevices: { air: { profile: mh-z19b, via: pm, space: 101 } }\n",
    });
    expect(problems.filter(({ severity }) => severity === "error")).toEqual([]);
    const [link] = plan?.links ?? [];
    const kind = kinds.find((one) => one.kind === "serial");
    if (kind === undefined || link === undefined) throw new Error("nothing to plan");
    const [job, ...others] = kind.plan(link.settings, [...link.devices]) as SerialJob[];
    expect(others).toEqual([]);
    expect(job).toMatchObject({ device: "air", line: "serial:/dev/ttyS1", txBytes: 9, rxBytes: 9 });
    expect(job?.points).toEqual(["co2", "device_temperature"]);
    expect(job?.body.ask).toEqual([...bytes("FF 01 86 00 00 00 00 00 79")]);
    // 500 ms to answer, the bytes at 960 a second, and what adapters add.
    expect(job?.deadlineMs).toBeGreaterThan(500 + 19);
    expect(job?.deadlineMs).toBeLessThan(800);
  });

  it("loads behind a serial server", () => {
    const files = {
      "d.yaml":
        "links: { pm: { kind: serial, via: ss1, port: 4001, mode: transparent } }\ndevices: { ss1: { profile: serial-server, host: 192.0.2.1, space: 101 }, air: { profile: sds011, via: pm, space: 101 } }\n",
    };
    expect(told(files)).toEqual([]);
    expect(load(files).plan?.links[0]?.settings).toEqual({
      baud: 9600,
      format: "8N1",
      host: "192.0.2.1",
      port: 4001,
    });
  });

  it("is alone there", () => {
    const files = {
      "d.yaml":
        "links: { pm: { kind: serial, device: /dev/ttyUSB0, baud: 4800 } }\ndevices: { a: { profile: sds011, via: pm }, b: { profile: sds011, via: pm } }\n",
    };
    expect(told(files).filter((line) => line.startsWith("error"))).toEqual([
      "error: this line has a already: such sensors have no address, so there can be one on a line; give b a link of its own",
    ]);
    const warned = told(files, "zh").filter((line) => line.startsWith("warning"));
    expect(warned).toContain(
      "warning: a 出厂是 9600 8N1，这条线是 4800 8N1; 线路写 baud: 9600, format: 8N1（串口服务器网页上也一样）",
    );
    expect(warned.some((line) => line.includes("/dev/ttyUSB0 重启或重插后可能变成另一条线"))).toBe(true);
  });
});

describe("a model of one's own", () => {
  it("is right with start, length, checksum and points", () => {
    expect(told(own(sound))).toEqual([]);
  });

  it.each([
    ["start: FG\nlength: 9\nchecksum: none\n", '"FG" is not 1 to 16 bytes in hexadecimal'],
    ["start: FF 86\nlength: 9\nchecksum: { kind: negsum8, from: 8 }\n", "is over itself"],
    ["start: FF 86\nlength: 9\nchecksum: { kind: sum8, from: 1, at: 12 }\n", "not within the frame"],
    ["start: FF 86\nlength: 2\nchecksum: { kind: sum8 }\n", "the shortest frame needs 3 bytes"],
    [
      "start: FF 86\nlength: { at: 2, add: 4, min: 20, max: 10 }\nchecksum: { kind: sum8 }\n",
      "max is below min",
    ],
    [`ask: FF 86 00 00 00 00 00 00 7A\n${sound}`, "the request reads as a frame of an answer"],
    ["start: FF 86\nlength: 9\n", "checksum"],
  ])("is told what does not fit: %j", (more, what) => {
    expect(told(own(more)).join("\n")).toContain(what);
  });

  it.each([
    ["co2: { at: 2, type: int16, order: ABCD }", "order ABCD does not fit a int16"],
    ["co2: { at: 2, order: AB }", "order AB does not fit a uint8"],
    ["co2: { at: 2, bits: 0..9 }", "a uint8 has no bit 9"],
    ["co2: { at: 2, type: float32, bits: 0..1 }", "a float32 has no bit 1"],
    ["switch: { at: 2, bit: 1, bits: 0..1 }", "bit and bits do not go together"],
    [
      "switch: { at: 2 }",
      "the catalogue has switch as true or false, and this reads a number; write bit: NUMBER",
    ],
    ["co2: { at: 2, bit: 1 }", "the catalogue has co2 as a number, and this reads true or false"],
  ])("is told which point cannot be: %s", (points, what) => {
    expect(told(own(sound, points)).join("\n")).toContain(what);
  });

  it("with a point beyond the frame is told where it hangs", () => {
    const files = {
      ...own(sound, "co2: { at: 8, type: uint16 }"),
      "d.yaml":
        "links: { pm: { kind: serial, device: /dev/ttyS1 } }\ndevices: { air: { profile: own, via: pm } }\n",
    };
    expect(told(files).join("\n")).toContain(
      "the point co2 ends at byte 9, and the longest frame has 9 (counted from 0)",
    );
  });

  it("with a vector that is wrong is told what would be right", () => {
    const vector = (hex: string, more = "") =>
      told(own(`${sound}vectors: [{ ${more}bytes: "${hex}", expect: { co2: 636 } }]\n`)).join("\n");
    expect(vector("FF 86 02 7C 42 00 00 00 BA")).toBe("");
    expect(vector("FF 86 02 7C 42 00 00 00 BB")).toContain("of these bytes it is 0xBA");
    expect(vector("FF 86 02 7C")).toContain("a frame began but did not finish");
    expect(vector("FF 86 02 7C 42 00 00 00 BA 00")).toContain(
      "write the frame alone: FF 86 02 7C 42 00 00 00 BA",
    );
    expect(vector("FF 86 02 7D 42 00 00 00 B9")).toContain(
      "co2 should be 636 ppm, and this profile reads 637 ppm",
    );
    expect(vector("FF 86 02 7C 42 00 00 00 BA", 'asked: "01 02", ')).toContain("remove asked");
  });
});
