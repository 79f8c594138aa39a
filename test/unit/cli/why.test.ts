import { describe, expect, it } from "vitest";
import { type Why, whyLines } from "../../../edge/cli/why-lines.ts";
import { fault, openJournal } from "../health/world.ts";
import { airs, statusOf, threeFloors } from "./school-status.ts";

const why = (school: ReturnType<typeof threeFloors>, subject?: string, lang: "zh" | "en" = "zh"): Why =>
  whyLines(statusOf(school), subject, lang);
const lines = (told: Why): string[] => {
  if (told.found !== "matter") throw new Error(`${told.found}: ${JSON.stringify(told)}`);
  return told.lines;
};

/** The sensor of room 302 is gone for an hour. */
async function gone() {
  const school = threeFloors();
  await school.periods(14, ...airs);
  school.down("302-air");
  await school.periods(60, ...airs.filter((id) => id !== "302-air"));
  return school;
}

describe("why", () => {
  it("tells the worst in at most eight lines that need nothing else: school, room, code, since, cause, action, part, contact", async () => {
    expect(lines(why(await gone()))).toEqual([
      "学校：云溪镇中心小学 gw1",
      "房间：302",
      "代码：E115",
      "起：08:14（1 小时）",
      "原因：302-air 断开了, 08:14 起。多半断电或离开网络",
      "下一步：看设备灯和网线 (或无线信号); 断电重启一次",
      "带：备件 p（JX2409-0117，总务处柜子）",
      "联系：总务处 8021",
    ]);
    expect(lines(why(await gone(), undefined, "en"))).toEqual([
      "school: 云溪镇中心小学 gw1",
      "room: 302",
      "code: E115",
      "since: 08:14 (1 h)",
      "cause: 302-air is gone, since 08:14. Probably power or network",
      "next: Look at its light and cable (or signal); switch it off and on once",
      "bring: spare p (JX2409-0117, 总务处柜子)",
      "contact: 总务处 8021",
    ]);
  });

  it("says so when all is well", () => {
    expect(why(threeFloors())).toEqual({
      found: "well",
      line: "云溪镇中心小学 gw1：没有要处理的事（08:00）",
    });
  });

  it("prefers what explains the rest, and counts it", async () => {
    const school = await gone();
    school.health.link("broker", { what: "closed", code: "EADDRINUSE", retry: "later" });
    const told = lines(why(school));
    expect(told).toContain("代码：E102");
    expect(told.join("\n")).toContain("10 台");
    expect(told.find((line) => line.startsWith("房间"))).toBe("房间：101、102、103、104、201、202 等 10 间");
    expect(told.find((line) => line.startsWith("带"))).toBeUndefined();
    // Asked about a device, it tells what must be mended.
    expect(lines(why(school, "302-air"))).toContain("代码：E102");
  });

  it("counts what hangs on a bridge that is gone", async () => {
    const school = threeFloors({ devices: { "104-z2m": {}, "103-door": { via: "104-z2m" } } });
    const all = [...airs, "104-z2m", "103-door"];
    for (const id of all.slice(-2)) school.up(id);
    await school.periods(2, ...all);
    for (const id of all.slice(-2)) school.down(id);
    await school.periods(6, ...airs);
    const told = lines(why(school)).join("\n");
    expect(told).toContain("104-z2m 断开了");
    expect(told).toContain("它后面还有 1 台");
    expect(told).toContain("房间：103、104");
    expect(lines(why(school, "103-door")).join("\n")).toContain("104-z2m 断开了");
  });

  it.each([
    ["302-air", "E115"],
    ["302", "E115"],
    ["E115", "E115"],
  ])("answers about %s with %s", async (subject, code) => {
    expect(lines(why(await gone(), subject))).toContain(`代码：${code}`);
  });

  it("answers about uplink, gateway and point", async () => {
    const school = threeFloors();
    school.health.uplink("district", { what: "closed", code: "unreachable", retry: "later", detail: "" });
    school.health.journal(openJournal({ busy: true }));
    school.health.fault("101-air", fault("mqtt.type", { point: "co2" }));
    expect(lines(why(school, "district"))).toContain("代码：E503");
    expect(lines(why(school, "gw1"))).toContain("代码：E003");
    expect(lines(why(school, "101-air/co2"))).toContain("代码：E215");
    expect(lines(why(school, "101-air"))).toContain("代码：E215");
  });

  it("says of what is well that it is, of what is off why, of what is new that it is too early, and of a code that it is not the case", async () => {
    const school = await gone();
    const line = (subject: string) => {
      const told = why(school, subject);
      return told.found === "well" ? told.line : JSON.stringify(told);
    };
    expect(line("101-air")).toBe("101-air 正常，0 秒前有消息");
    expect(line("101")).toBe("101 正常");
    expect(line("broker")).toBe("broker 正常");
    expect(line("province")).toBe("province 正常");
    expect(line("gw1")).toBe("gw1 正常");
    expect(line("304-cam")).toBe("304-cam 停用：返厂 RMA 20931，应在 2026-10-31 恢复");
    expect(line("E501")).toContain("现在没有 E501");
  });

  it("tells of a device on trial what is so, although nobody is alarmed by it", async () => {
    const school = threeFloors({ devices: { "204-new": { stage: "trial" } } });
    await school.periods(10, ...airs);
    expect(why(school).found).toBe("well");
    expect(lines(why(school, "204-new"))).toContain("代码：E114");
  });

  it.each([
    ["302-iar", "302-air"],
    ["brokre", "broker"],
    ["provinc", "province"],
    ["303-cam", "304-cam"],
  ])("asks about %s whether %s was meant", (subject, near) => {
    const told = why(threeFloors(), subject, "en");
    expect(told).toMatchObject({
      found: "nothing",
      fix: { en: `did you mean ${near}?`, zh: `是不是 ${near}？` },
    });
  });

  it("knows nothing of a word that is like none, however long", () => {
    const told = why(threeFloors(), "x".repeat(100_000));
    expect(told.found).toBe("nothing");
    expect(JSON.stringify(told).length).toBeLessThan(1000);
    for (const odd of ["__proto__", "constructor", "", "/", "302-air/"])
      expect(why(threeFloors(), odd)).toBeDefined();
  });

  it("says of an uplink that is well why it sends nothing just now", () => {
    const school = threeFloors();
    school.health.uplink("province", { what: "waits", use: "18:07", backlog: null });
    school.health.uplink("district", { what: "paused", forMs: 300_000 });
    expect(why(school, "province")).toEqual({
      found: "well",
      line: "E520 province 没到联系时间, 18:07 起再送; 报警照送, 数据在本机",
    });
    expect(why(school, "district", "en")).toEqual({
      found: "well",
      line: "E522 district asks us to wait, since 08:00, for 5 more min; alarms are sent all the same, data stay here",
    });
  });

  it("never takes more than eight lines, each of them one line, whatever is wrong", async () => {
    const school = await gone();
    school.health.fault("101-air", fault("strange\ncode", { detail: "a\nb\u001b[2J" }));
    school.health.uplink("district", { what: "stopped", code: "schema" });
    school.health.journal(openJournal({ state: "store-down", fault: "EIO\n" }));
    const status = statusOf(school);
    for (const { subject, code } of status.reasons)
      for (const word of [subject, code])
        for (const lang of ["zh", "en"] as const) {
          const told = whyLines(status, word, lang);
          if (told.found !== "matter") continue;
          expect(told.lines.length).toBeLessThanOrEqual(8);
          for (const line of told.lines) expect(line).not.toMatch(/\p{Cc}/u);
        }
  });
});
