import { describe, expect, it } from "vitest";
import { deviceStatus } from "../../../edge/cli/device-status.ts";
import { boxStatus, linkStatus } from "../../../edge/cli/link-status.ts";
import { statusScreen } from "../../../edge/cli/screen.ts";
import { whyLines } from "../../../edge/cli/why-lines.ts";
import { columnsAtMost } from "../../../edge/cli/wrap.ts";
import { airs, lines, rooms, silence, silenceTogether } from "../health/polled-school.ts";
import type { School } from "../health/world.ts";
import { statusOf } from "./school-status.ts";

const boxed = () =>
  lines(
    { rs1: airs.slice(0, 4), rs2: airs.slice(4) },
    { via: "ss1", mount: "一楼配电间", settings: { host: "192.168.10.21", port: 4001 } },
  );
const refuse = (school: School, code = "line.refused") =>
  school.health.link("rs1", { what: "closed", code, retry: "later", nextMs: 12_000 });
const why = (school: School, subject: string, lang: "zh" | "en" = "zh") => {
  const told = whyLines(statusOf(school), subject, lang);
  return told.found === "matter" ? told.lines.join("\n") : told.found === "well" ? told.line : "nothing";
};

describe("a device behind a cut cable", () => {
  it("sends to the cut, not to its own wires, and its old values are old", async () => {
    const school = lines({ rs1: airs }, { chain: rooms });
    await silenceTogether(school, airs.slice(4));
    const status = statusOf(school);
    const device = status.devices.find(({ id }) => id === "206-air");
    if (device === undefined) throw new Error("no device");
    const own = school.health
      .lastValues({ level: 4, words: true })
      .values.filter((value) => value.device === "206-air");
    const zh = deviceStatus(device, status, own, "zh").join("\n");
    expect(zh).toMatch(/E112 rs1 .*204 与 205 之间/);
    expect(zh.match(/下一步/g)).toHaveLength(1);
    expect(zh).toMatch(/下一步: 先查 204 后墙/);
    expect(zh).toMatch(/E113 206-air .*（由 rs1 引起）/);
    expect(zh).not.toContain("A/B");
    expect(zh).toMatch(/co2 .* 旧值/);
    expect(deviceStatus(device, status, own, "en", 200).join("\n")).toContain("(because of rs1)");
    expect(why(school, "206-air")).toContain("E112");
  });
});

describe("a link on the screen", () => {
  it("is not green while none of its devices is well", async () => {
    const one = lines({ rs1: airs.slice(0, 1) });
    await silence(one, airs.slice(0, 1));
    expect(statusOf(one).links[0]?.state).toBe("ok");
    expect(statusScreen(statusOf(one), "zh")).toContain("rs1 ▲ 0/1");
    const early = lines({ rs1: airs }, { mute: true });
    expect(statusScreen(statusOf(early), "zh")).toContain("rs1 … 0/8");
  });

  it("with one device that is well shares a line with its like, of which three are named", async () => {
    const alone = (count: number) =>
      lines(Object.fromEntries(airs.slice(0, count).map((id, at) => [`rs${at + 1}`, [id]])));
    const shown = (of: School, lang: "zh" | "en" = "zh") =>
      statusScreen(statusOf(of), lang).filter((line) => /^rs.* \d\/1/.test(line));
    expect(shown(alone(3))).toEqual(["rs1 ● 1/1", "rs2 ● 1/1", "rs3 ● 1/1"]);
    const many = alone(6);
    expect(shown(many)).toEqual(["rs1、rs2、rs3 等 6 条 ● 各 1/1"]);
    expect(shown(many, "en")).toEqual(["rs1, rs2, rs3 and 3 more ● 1/1 each"]);
    await silence(many, airs.slice(1, 2));
    expect(shown(many)).toEqual(["rs2 ▲ 0/1", "rs1、rs3、rs4 等 5 条 ● 各 1/1"]);
  });

  it("can be asked for, with its devices and why they are not well", async () => {
    const school = lines({ rs1: airs }, { chain: rooms });
    await silenceTogether(school, airs.slice(4));
    const status = statusOf(school);
    const [link] = status.links;
    if (link === undefined) throw new Error("no link");
    const zh = linkStatus(link, status, "zh");
    expect(zh[0]).toBe("rs1 ▲ 坏 · modbus-rtu · 设备 4/8 好 · 6 %");
    expect(zh.join("\n")).toMatch(/下一步: 先查 204 后墙/);
    expect(zh.find((text) => text.startsWith("206-air"))).toMatch(/206-air\s+▲ 坏 E113\s+206\s+8 分钟/);
  });
});

describe("a box that carries links", () => {
  it("is told with its place, its links and how they are, by status and by why", () => {
    const school = boxed();
    expect(why(school, "ss1")).toBe("ss1 (一楼配电间) 正常，带 rs1 ● 4/4 · rs2 ● 4/4");
    refuse(school);
    const status = statusOf(school);
    const [box] = status.boxes ?? [];
    if (box === undefined) throw new Error("no box");
    const zh = boxStatus(box, status, "zh");
    expect(zh[0]).toMatch(/^ss1 ● 好 · .*一楼配电间 · p$/);
    expect(zh).toContain("rs1 ▲ 0/4");
    expect(zh).toContain("rs2 ● 4/4 · 6 %");
    expect(zh.join("\n")).toMatch(/E120 rs1 .*\n?.*192\.168\.10\.21:4001/);
    expect(zh.filter((text) => /^20\d-air/.test(text))).toHaveLength(8);
    expect(why(school, "ss1")).toMatch(/代码：E120\n[\s\S]*一楼配电间[\s\S]*带 rs1 ▲ 0\/4 · rs2 ● 4\/4/);
    expect(why(school, "ss1", "en")).toMatch(/code: E120\n[\s\S]*carries rs1 ▲ 0\/4 · rs2 ● 4\/4/);
    expect(why(school, "ss1").split("\n").length).toBeLessThanOrEqual(8);
    expect(why(school, "ss")).toBe("nothing");
  });

  it("keeps to the width", () => {
    const school = boxed();
    refuse(school, "line.timeout");
    const status = statusOf(school);
    const [box] = status.boxes ?? [];
    if (box === undefined) throw new Error("no box");
    for (const lang of ["zh", "en"] as const)
      for (const text of boxStatus(box, status, lang, 40).filter((each) => !/-air|^设备|^device/.test(each)))
        expect(columnsAtMost(text), text).toBeLessThanOrEqual(40);
  });
});
