import { describe, expect, it } from "vitest";
import { printable, reasonFor, reasonRow, reasonRows, sayReason } from "../../../config/catalogue/reasons.ts";
import type { Reason } from "../../../config/schema/vocabulary.ts";
import { mqttFaults } from "../../../drivers/mqtt/faults.ts";

const reason = (code: string, more: Partial<Reason> = {}): Reason => ({
  level: "gateway",
  subject: "province",
  state: "degraded",
  code,
  since: Date.UTC(2026, 9, 12, 1, 14),
  facts: {},
  ...more,
});
/** 10:42 of the same day in China. */
const now = Date.UTC(2026, 9, 12, 2, 42);

describe("the catalogue of reasons", () => {
  it("has each code once, and says each in both languages with the same facts", () => {
    const codes = reasonRows.map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
    const facts = (text: string) => [...new Set(text.match(/\{\w+\}/g))].sort();
    for (const { code, cause, next } of reasonRows) {
      expect(code).toMatch(/^E\d{3}$/);
      expect(facts(cause.zh), code).toEqual(facts(cause.en));
      expect(facts(next.zh), code).toEqual(facts(next.en));
      for (const text of [cause.zh, next.zh]) expect(text, code).toMatch(/\p{Script=Han}/u);
      for (const text of [cause.en, next.en]) expect(text, code).not.toMatch(/\p{Script=Han}/u);
    }
  });

  it("keeps optional pieces in brackets whole", () => {
    for (const { code, cause, next } of reasonRows) {
      for (const text of [cause.zh, cause.en, next.zh, next.en]) {
        expect(text.replace(/\[[^[\]]*\{\w+\}[^[\]]*\]/g, ""), code).not.toMatch(/[[\]]/);
      }
    }
  });

  it("gives each foreign code one meaning on its side", () => {
    for (const side of [/^E[05]/, /^E[1-4]/]) {
      const means = reasonRows.filter(({ code }) => side.test(code)).flatMap((row) => row.means);
      expect(new Set(means).size).toBe(means.length);
    }
  });

  it("names no code of the MQTT driver that it does not have", () => {
    const own = new Set(Object.keys(mqttFaults));
    const named = new Set(reasonRows.flatMap((row) => row.means).filter((code) => code.startsWith("mqtt.")));
    expect([...named].filter((code) => !own.has(code))).toEqual([]);
  });

  it("takes a code that nobody foresaw for the general row, and does not mix the sides", () => {
    expect(reasonFor("mqtt.credential", "E119").code).toBe("E301");
    expect(reasonFor("mqtt.quantum", "E119").code).toBe("E119");
    expect(reasonFor(undefined, "E519").code).toBe("E519");
    expect(reasonFor("ECONNREFUSED", "E519").code).toBe("E503");
    expect(reasonFor("ECONNREFUSED", "E109").code).toBe("E109");
    expect(reasonFor("EACCES", "E519").code).toBe("E519");
    expect(reasonFor("toString", "E519").code).toBe("E519");
    expect(reasonRow("E999")).toBeUndefined();
  });
});

describe("a reason in words", () => {
  it("has code, subject, since and the next action, in the language asked for", () => {
    const silent = reason("E501", { facts: { minutes: 35, days: 141.2345 } });
    expect(sayReason(silent, "zh", now)).toEqual({
      line: "E501 province 已连接, 但 35 分钟没有确认; 数据在本机, 还能存 141.23 天",
      next: "不用到现场; 把本行发给区里或平台",
    });
    expect(sayReason(silent, "en", now).line).toBe(
      "E501 province is connected but has confirmed nothing for 35 minutes; data stay here, room for 141.23 days",
    );
  });

  it("leaves out the pieces whose facts are missing", () => {
    const line = sayReason(reason("E002", { facts: { fault: null }, since: 5 }), "zh", now).line;
    expect(line).toBe("E002 本机存不进数据。多半磁盘满或存储卡坏; 设备的数据暂不确认");
  });

  it.each([
    [now, "09:14 起"],
    [now + 86_400_000, "昨天 09:14 起"],
    [now + 3 * 86_400_000, "10-12 09:14 起"],
    [now - 86_400_000, "10-12 09:14 起"],
    [undefined, "10-12 09:14 起"],
  ])("says since when as seen from %s: %s", (seen, expected) => {
    expect(sayReason(reason("E519"), "zh", seen).line).toContain(expected);
  });

  it("says yesterday by the date in China, not by 24 hours", () => {
    const late = reason("E519", { since: Date.UTC(2026, 9, 12, 15, 59) });
    expect(sayReason(late, "en", Date.UTC(2026, 9, 12, 16, 1)).line).toContain("since yesterday 23:59");
  });

  it("lets no foreign text act as a template or on the screen", () => {
    const client = "\u001b[2J{since}\u202e[evil]";
    const line = sayReason(
      reason("E401", { facts: { client, address: "10.0.0.1", times: 2 } }),
      "en",
      now,
    ).line;
    expect(line).toContain("“[2J{since} [evil]”");
    expect(line).not.toMatch(/\p{Cc}|\u202e/u);
  });

  it("says a code without a row as it is", () => {
    expect(sayReason(reason("X1"), "en")).toEqual({
      line: "X1 province",
      next: "No text for this code; forward this line",
    });
  });
});

describe("foreign text", () => {
  it("is one line, visible, and short", () => {
    expect(printable("a\r\nb\tc\u200b\u2028d")).toBe("a b c d");
    expect(printable("x".repeat(1_000_000), 10)).toBe(`${"x".repeat(9)}…`);
    expect(printable("😀😀😀", 4)).toBe("😀…");
    expect(printable("\ud800a")).toBe("a");
  });
});
