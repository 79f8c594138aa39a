/** `check DEVICE` as it is typed. */
import { afterEach, describe, expect, it } from "vitest";
import { columns } from "../../../config/load/print-problem.ts";
import { type SchoolFolder, schoolFolder, schoolSection } from "../../scenario/school-folder.ts";
import { typed } from "./typed.ts";

const undo: (() => void)[] = [];
afterEach(() => {
  for (const step of undo.splice(0)) step();
});

const type = (...words: string[]) => typed(words);

const devices = `links: { broker: { kind: mqtt-broker, listen: "127.0.0.1:0" } }
devices:
  101-air:
    profile: mqtt-air-json
    via: broker
    user: u101
    password: secret:d101
    space: 101
    points:
      pm1: off
      co2: { offset: -35, why: x }
  102-air: { profile: mqtt-air-json, via: broker, user: u102, password: secret:d101, space: 102, mount: 后墙 }
`;

function school(listed = devices, more = "", files: Record<string, string> = {}): SchoolFolder {
  const folder = schoolFolder(
    {
      "school.yaml": `${schoolSection}\nbuffer: { folder: "$DATA", quota: 1GB, diskFloor: 1MB }\ndefaults: { period: 60s, points: { co2: { deadband: 20 } } }\n${more}`,
      "devices.yaml": listed,
      ...files,
    },
    { d101: "hunter2" },
  );
  undo.push(() => folder.remove());
  return folder;
}

describe("check DEVICE", () => {
  it("shows each value with its source, in columns, and what to type next", async () => {
    const { config } = school();
    const { code, out, text, err } = await type("check", "101-air", "--config", config, "--lang", "en");
    expect([code, err]).toEqual([0, []]);
    expect(out[0]).toMatch(/^configuration .* revision [0-9a-f]{8}$/);
    expect(text).toMatch(/^via +broker +device devices\.yaml:5$/m);
    expect(text).toMatch(/^password +secret:d101 +device devices\.yaml:7$/m);
    expect(text).toMatch(/^stage +on +built in$/m);
    expect(text).toMatch(/^co2 {2}Carbon dioxide \(ppm\)\n {2}period +60s +defaults school\.yaml:\d+$/m);
    expect(text).toMatch(/^ {2}deadband +20 +defaults school\.yaml:\d+$/m);
    expect(text).toMatch(/^ {2}maxSilence +600s +catalogue$/m);
    expect(text).toMatch(/^ {2}offset +-35 +device devices\.yaml:11$/m);
    expect(text).toMatch(/^pm1 .*\n {2}off +true +device devices\.yaml:10\npm25 /m);
    expect(text).not.toMatch(/scale|hunter2/);
    expect(out.at(-1)).toContain("Next: campus-edge check");
  });

  it("keeps its columns below each other in Chinese as well", async () => {
    const { out } = await type("check", "102-air", "--config", school().config);
    const rows = out.filter((line) => /(设备|缺省|目录|内置|来自)( \S+:\d+)?$/.test(line));
    expect(rows.some((line) => line.includes("后墙"))).toBe(true);
    const starts = rows.map((line) => columns(line.replace(/(设备|缺省|目录|内置|来自)( \S+:\d+)?$/, "")));
    expect(new Set(starts).size).toBe(1);
    expect(out.at(-1)).toContain("下一步：campus-edge check");
  });

  it("gives the same as data", async () => {
    const { config } = school();
    const { code, out } = await type("check", "101-air", "--config", config, "--json");
    expect([code, out.length]).toEqual([0, 1]);
    const data = JSON.parse(out[0] ?? "");
    expect(data).toMatchObject({ folder: config, device: "101-air", problems: [], errorsElsewhere: 0 });
    expect(data.revision).toMatch(/^[0-9a-f]{8}$/);
    expect(data.values).toContainEqual({
      name: "offset",
      point: "co2",
      value: "-35",
      unit: "ppm",
      from: [{ layer: "device", file: "devices.yaml", line: 11 }],
    });
    expect(out[0]).not.toContain("hunter2");
  });

  it("explains a sound device although another is broken, and says so", async () => {
    const { config } = school(devices.replace("space: 102", "space: 999"));
    const sound = await type("check", "101-air", "--config", config, "--lang", "en");
    expect(sound.code).toBe(1);
    expect(sound.text).toContain("user");
    expect(sound.text).not.toContain("999");
    expect(sound.out.at(-1)).toContain("101-air has no error; 1 elsewhere");
    const broken = await type("check", "102-air", "--config", config, "--lang", "en");
    expect(broken.code).toBe(1);
    expect(broken.text).toMatch(/devices\.yaml:12:\d+ error: there is no room "999"/);
    expect(broken.text).not.toContain("built in");
    expect(broken.out.at(-1)).toContain("once the errors above are mended");
    const data = JSON.parse((await type("check", "102-air", "--config", config, "--json")).out[0] ?? "");
    expect(data).toMatchObject({ values: null, problems: [{ code: "unknown-space" }], errorsElsewhere: 0 });
  });

  it("shows what stops a device when it stands elsewhere: its profile lies in a file that cannot be read", async () => {
    const own = { "profiles/own.yaml": "profile: own\nbad: [\n" };
    const { config } = school(devices.replace("profile: mqtt-air-json\n", "profile: own\n"), "", own);
    const { code, text } = await type("check", "101-air", "--config", config, "--lang", "en");
    expect(code).toBe(1);
    expect(text).toMatch(/^profiles\/own\.yaml:\d+:\d+ error/m);
  });

  it("asks whether another device was meant, and ends with 2", async () => {
    const { config } = school();
    const { code, out, err } = await type("check", "101-ari", "--config", config, "--lang", "en");
    expect([code, out]).toEqual([2, []]);
    expect(err).toEqual(['campus-edge: there is no device "101-ari"; did you mean "101-air"?']);
    const zh = await type("check", "没有", "--config", config);
    expect(zh.err.join()).toContain("可用的设备：101-air, 102-air");
    const json = await type("check", "101-ari", "--config", config, "--json");
    expect(JSON.parse(json.out[0] ?? "").error.fix.en).toContain("101-air");
  });

  it("says that errors may hide a device that it does not find", async () => {
    const { config } = school(devices, "links: { x: [ }\n");
    const { code, err } = await type("check", "103-air", "--config", config, "--lang", "en");
    expect(code).toBe(2);
    expect(err.at(-1)).toContain("it may be missing because of them");
  });

  it("ends with 2 where there is no folder, and shows why", async () => {
    const { code, text } = await type("check", "101-air", "--config", "/nowhere/at/all", "--lang", "en");
    expect(code).toBe(2);
    expect(text).toContain("cannot be opened");
  });

  it("shows no control character that somebody wrote into a note", async () => {
    const { config } = school(devices.replace("mount: 后墙", 'mount: "a\\e[31mred\\nforged"'));
    const { text } = await type("check", "102-air", "--config", config);
    expect(text).toContain("mount");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
    expect(text).not.toMatch(/[\x00-\x09\x0b-\x1f]/);
    expect(text.split("\n").filter((line) => line.startsWith("forged"))).toEqual([]);
  });
});
