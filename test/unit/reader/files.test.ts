/** Readers in the files of a school: what loads, and what is refused, in the words that a technician gets. */
import { describe, expect, it } from "vitest";
import { loadPlan } from "../../../config/load/index.ts";
import { kinds } from "../../../drivers/registry.ts";
import { meaningOf } from "../../../edge/cli/vector-meaning.ts";
import { folderOf, nowMs, school } from "../config/school-folder.ts";

const load = (files: Record<string, string>) =>
  loadPlan(folderOf({ "school.yaml": school, ...files }), kinds, [], { env: {}, nowMs, meaning: meaningOf });
const told = (files: Record<string, string>, lang: "zh" | "en" = "en") =>
  load(files)
    .problems.filter(({ code }) => code !== "no-uplink" && code !== "no-devices")
    .map(({ severity, what, fix }) => `${severity}: ${what[lang]}; ${fix[lang]}`);
const hung = (...devices: string[]) => ({
  "d.yaml": `links: { gate: { kind: reader, device: /dev/ttyS1 } }\ndevices:\n${devices.map((one, index) => `  r${index}: { ${one}, via: gate, space: 101 }\n`).join("")}`,
});
const own = (more: string, points = "card: {}") => ({
  "profiles/own.yaml": `profile: own
text: { zh: 自写, en: own }
proof: simulated
driver: reader
points: { ${points} }
${more}`,
});

describe("a reader", () => {
  it("loads with its model and its port; its point is personal, and nothing is polled", () => {
    const { plan, problems } = load(hung("profile: rdm6300"));
    expect(problems.filter(({ severity }) => severity === "error")).toEqual([]);
    const [link] = plan?.links ?? [];
    if (link === undefined) throw new Error("no link");
    expect(link.settings).toEqual({ device: "/dev/ttyS1", baud: 9600, format: "8N1" });
    expect(link.points.get("r0")?.points.get("card")).toMatchObject({
      kind: "event",
      level: 4,
      type: "text",
    });
    const kind = kinds.find((one) => one.kind === "reader");
    expect(kind?.plan(link.settings, [...link.devices])).toEqual([]);
    expect(kind?.speaks).toBe(true);
  });

  it("of Wiegand must be told its form and its bits", () => {
    expect(told(hung("profile: wiegand-26-34")).join("\n")).toMatch(/form/);
    expect(told(hung("profile: wiegand-26-34, with: { form: hex }")).join("\n")).toMatch(/bits/);
    expect(told(hung("profile: wiegand-26-34, with: { form: hex, bits: 26 }"))).toEqual([]);
    expect(told(hung("profile: wiegand-26-34, with: { form: facility, bits: 34 }")).join("\n")).toContain(
      "facility, 3 and 5 digits, is of 26 bits alone",
    );
  });

  it("is alone on its line", () => {
    expect(told(hung("profile: rdm6300", "profile: gm65"))).toEqual([
      "error: this line has r0 already: nobody could tell which of them has read, so there can be one on a line; give r1 a link of its own",
    ]);
  });

  it("of one's own is told what does not fit", () => {
    expect(told(own("form: rdm6300\n"))).toEqual([]);
    expect(told(own("form: rdm6300\nend: CR\n"))[0]).toContain("frames of rdm6300 end by themselves");
    expect(told(own("form: text\nkeep: 3\n", "qr: {}"))[0]).toContain("a text is digested whole");
    expect(told(own("end: CR\n"), "zh")[0]).toContain("form");
    expect(told(own("form: hex\n", "co2: {}"))[0]).toContain("a reader gives a digest, which is a text");
    expect(told({ ...own("form: hex\n", "card: {}, qr: {}"), ...hung("profile: own") }, "zh")).toEqual([
      "error: r0 的一次读取会记到 2 个测点：card、qr; 型号里只留一个：刷卡写 card，扫码写 qr",
    ]);
  });

  it("has vectors that are told when they are wrong", () => {
    const vector = (hex: string, card = "D41B81") =>
      told(own(`form: hex\nbits: 26\nvectors: [{ bytes: "${hex}", expect: { card: ${card} } }]\n`)).join(
        "\n",
      );
    expect(vector("44 34 31 42 38 31 0D")).toBe("");
    expect(vector("44 34 31 42 38 31")).toContain("a scan without its end was dropped");
    expect(vector("44 34 31 42 38 31 0D 44 0D")).toContain("these are not the bytes of one scan");
    expect(vector("44 34 31 42 38 32 0D")).toContain("card should be D41B81");
  });
});
