import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deviceStatus } from "../../../edge/cli/device-status.ts";
import { statusScreen } from "../../../edge/cli/screen.ts";
import { columnsAtMost, wrap } from "../../../edge/cli/wrap.ts";
import { fault, openJournal } from "../health/world.ts";
import { airs, statusOf, threeFloors } from "./school-status.ts";

const screen = (school: ReturnType<typeof threeFloors>, lang: "zh" | "en" = "zh", width?: number) =>
  statusScreen(statusOf(school), lang, width).join("\n");

/** Rooms 201 to 204 fall silent, the platform's uplink breaks and room 101 sends rubbish. */
async function ill() {
  const school = threeFloors();
  const well = airs.filter((id) => !id.startsWith("2"));
  await school.periods(2, ...well);
  school.health.uplink("district", { what: "closed", code: "unreachable", retry: "later", detail: "" });
  for (let n = 0; n < 6; n += 1) {
    await school.periods(1, ...well);
    school.health.fault("101-air", fault("mqtt.json"));
  }
  return school;
}

describe("the screen of a school", () => {
  it("that is well says so first, shows every room, and who confirmed when", async () => {
    const school = threeFloors();
    await school.clock.advance(4000);
    expect(screen(school).split("\n")).toEqual([
      "云溪镇中心小学 gw1   08:00 时钟已同步 · 运行=文件 37f2a0b1",
      "● 没有要处理的事",
      "3F ■■◇◇",
      "2F ■■■■",
      "1F ■■■■",
      "■好  ◇未装/送修",
      "设备 10/11 好 · 坏 0 · 部分 0 · 未知 0 · 停用 1",
      "broker ● 10/11",
      "province ● 4 秒前确认 · 已确认 0 · 等待 0 · 无丢失",
      "district ● 4 秒前确认 · 已确认 0 · 等待 0 · 无丢失",
    ]);
  });

  it("says of an uplink outside its hours when it goes on, which is nothing to do", async () => {
    const school = threeFloors();
    await school.clock.advance(4000);
    school.health.uplink("province", { what: "waits", use: "18:07", backlog: null });
    const records = { opens: "01:02", records: 5200 };
    school.health.uplink("district", { what: "waits", use: null, backlog: records });
    const lines = screen(school).split("\n");
    expect(lines[1]).toBe("● 没有要处理的事");
    expect(lines.slice(-4)).toEqual([
      "province □ 4 秒前确认 · 已确认 0 · 等待 0 · 无丢失",
      "  E520 province 没到联系时间, 18:07 起再送; 报警照送, 数据在本机",
      "district ● 4 秒前确认 · 已确认 0 · 等待 0 · 无丢失",
      "  E521 district 断开时存下的 5200 条旧数据 01:02 起补送; 新数据和报警照送",
    ]);
  });

  it("tells one line per cause, with how many it hits, and marks the rooms", async () => {
    const lines = screen(await ill()).split("\n");
    expect(lines[1]).toBe("● 有 3 件事要处理，影响 5 间");
    const told = lines.filter((line) => /^\d /.test(line));
    expect(told).toHaveLength(3);
    expect(told.find((line) => line.includes("E116"))).toMatch(/▲ E116 201-air、202-air、203-air 等 4 台/);
    expect(lines).toContain("2F ▲▲▲▲");
    expect(lines).toContain("1F ◆■■■ 101");
    expect(lines.join("\n")).toContain("下一步");
    expect(lines.find((line) => line.startsWith("district"))).toMatch(/▲ 断 6 分钟/);
  });

  it("folds all devices of a link that is down into the link", async () => {
    const school = threeFloors();
    school.health.link("broker", { what: "closed", code: "EADDRINUSE", retry: "later" });
    const lines = screen(school).split("\n");
    expect(lines[1]).toBe("● 有 1 件事要处理，影响 10 间");
    expect(lines.filter((line) => line.includes("E110"))).toEqual([]);
    expect(lines.some((line) => line.startsWith("1 ▲ E102 broker"))).toBe(true);
  });

  it("says how long the disk lasts, of how much, while an uplink is away", async () => {
    const school = threeFloors();
    const account = (waiting: number) => [
      { uplink: "district", delivered: 5, withheld: 0, quarantined: 0, lost: 0, waiting },
    ];
    school.health.journal(openJournal({ stored: 0, bytes: 0, accounts: account(0) }));
    school.health.uplink("district", { what: "closed", code: "unreachable", retry: "later", detail: "" });
    await school.periods(180, ...airs);
    school.health.journal(openJournal({ stored: 40_500, bytes: 0, accounts: account(4100) }));
    expect(screen(school)).toContain(
      "district ▲ 断 3 小时 · 已存 0.1/132 天 · 已确认 5 · 等待 4100 · 无丢失",
    );
    expect(screen(school, "en")).toContain("district ▲ down for 3 h · 0.1/132 days stored");
  });

  it("says when the files are not what runs, and what the clock is worth", () => {
    const school = threeFloors();
    school.health.configuration({ running: "37f2", files: "9c01", problems: [] });
    school.health.clock({ known: true, quality: 1 });
    expect(screen(school)).toContain("时钟为估计 · 运行 37f2 ≠ 文件 9c01");
    school.health.clock({ known: false, quality: 2 });
    expect(screen(school, "en")).toContain("clock unknown · running 37f2 ≠ files 9c01");
  });

  it("shows a device that should be back as a matter, and not one before its date", async () => {
    const school = threeFloors({ until: Date.parse("2026-09-02T00:00+08:00") });
    expect(screen(school)).toContain("没有要处理的事");
    await school.clock.advance(3 * 86_400_000);
    for (const id of airs) school.say(id);
    const text = screen(school);
    expect(text).toContain("E118 304-cam");
    expect(text).toMatch(/3F ■■◇▲ 304/);
  });

  it.each([40, 56, 80])(
    "never is wider than %d columns, in both languages, whatever is wrong",
    async (width) => {
      const school = await ill();
      school.health.journal(openJournal({ state: "store-down", fault: "ENOSPC" }));
      school.health.device("broker", {
        what: "listening",
        host: "fd12:3456:789a:bcde:f012:3456:789a:bcde",
        port: 8883,
      });
      for (const lang of ["zh", "en"] as const)
        for (const line of statusScreen(statusOf(school), lang, width))
          expect(columnsAtMost(line), line).toBeLessThanOrEqual(width);
    },
  );

  it("takes a width that is none for one between 40 and 80", () => {
    const status = statusOf(threeFloors());
    expect(statusScreen(status, "zh", 1)).toEqual(statusScreen(status, "zh", 40));
    expect(statusScreen(status, "zh", 500)).toEqual(statusScreen(status, "zh", 80));
  });
});

describe("lines that fit", () => {
  it("hold every character of the text in its order, blanks at breaks aside, within the width", () => {
    const text = fc.string({
      unit: fc.constantFrom("a", "中", "文", " ", "，", "。", "■", "b", "-"),
      maxLength: 200,
    });
    fc.assert(
      fc.property(
        text,
        fc.integer({ min: 10, max: 80 }),
        fc.integer({ min: 0, max: 6 }),
        (whole, width, indent) => {
          const lines = wrap(whole, width, indent);
          for (const line of lines) expect(columnsAtMost(line)).toBeLessThanOrEqual(width);
          expect(lines.join("").replaceAll(" ", "")).toBe(whole.replaceAll(" ", ""));
        },
      ),
    );
  });

  it("break between Chinese characters and between words, and let no full stop begin a line", () => {
    expect(wrap("多半断电或网线松。看灯", 17)).toEqual(["多半断电或网线", "松。看灯"]);
    expect(wrap("one two three", 8, 2)).toEqual(["one two", "  three"]);
  });
});

describe("the screen of a device", () => {
  it("shows how it is, why, and what each point said last", async () => {
    const school = await ill();
    const status = statusOf(school);
    const device = status.devices.find(({ id }) => id === "101-air");
    if (device === undefined) throw new Error("no device");
    const { values } = school.health.lastValues({ level: 4, words: true });
    const own = values.filter((value) => value.device === "101-air");
    const zh = deviceStatus(device, status, own, "zh").join("\n");
    expect(zh).toMatch(/^101-air ◆ 部分 · 101 · p · broker · 0 秒前有消息/);
    expect(zh).toContain("E203 101-air");
    expect(zh).toMatch(/co2 二氧化碳\s+600 1\s+0 秒\s+好/);
    expect(deviceStatus(device, status, own, "en").join("\n")).toMatch(
      /co2 Carbon dioxide\s+600 1\s+0 s\s+good/,
    );
  });

  it("that is off says why and until when", () => {
    const status = statusOf(threeFloors());
    const device = status.devices.find(({ id }) => id === "304-cam");
    if (device === undefined) throw new Error("no device");
    const text = deviceStatus(device, status, [], "zh").join("\n");
    expect(text).toContain("停用：返厂 RMA 20931，应在 2026-10-31 恢复");
    expect(text).not.toContain("没有来过消息");
  });
});
