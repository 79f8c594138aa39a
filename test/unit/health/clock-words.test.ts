import { describe, expect, it } from "vitest";
import { sayReason } from "../../../config/catalogue/reasons.ts";
import { UplinkError } from "../../../gateway/contract/index.ts";
import { socketFault } from "../../../gateway/uplink/socket-fault.ts";
import { openJournal, plan, School } from "./world.ts";

const [minute, day] = [60_000, 86_400_000];
const said = (s: School, code: string, lang: "zh" | "en" = "zh") => {
  const reason = s.status.reasons.find((one) => one.code === code);
  return reason === undefined ? null : sayReason(reason, lang, s.status.at).line;
};
const school = () => School.well(plan({ broker: {} }));
const known = { known: true, quality: 0, source: "system" } as const;

describe("what a technician hears of the clock", () => {
  it("is nothing while it is synchronised, nor while it is the one that the files call right", () => {
    const s = school();
    s.health.clock(known);
    expect(s.reasons).toEqual([]);
    s.health.clock({ known: true, quality: 1, source: "configuration" });
    expect(s.reasons).toEqual([]);
    expect(s.status.clock).toMatchObject({ known: true, quality: 1 });
  });

  it("tells a time that comes from the platform from one whose time server was lost", async () => {
    const s = school();
    s.health.clock({ known: true, quality: 1, source: "platform" });
    expect(s.reasons).toEqual(["E009 gw1"]);
    await s.clock.advance(minute);
    s.health.clock({ known: true, quality: 1, source: "nobody" });
    expect(s.reasons).toEqual(["E013 gw1"]);
    expect(s.status.reasons[0]).toMatchObject({ since: s.clock.wallMs(), state: "ok" });
    expect(said(s, "E013")).toContain("对时断了");
    s.health.clock(known);
    expect(s.reasons).toEqual([]);
  });

  it("says by how much a platform's clock is off, which is only a notice while ours is synchronised", async () => {
    const s = school();
    s.health.clock({ ...known, platformAheadMs: 3 * day });
    await s.clock.advance(minute);
    s.health.clock({ ...known, platformAheadMs: 3 * day });
    expect(s.status.reasons).toMatchObject([
      { code: "E012", state: "ok", since: s.minutesAgo(1), facts: { ahead: 4320 } },
    ]);
    expect(said(s, "E012")).toContain("平台的时间比网关快 4320 分钟");
    expect(said(s, "E012", "en")).toContain("is 4320 minutes ahead of the gateway's");
    s.health.clock({ known: true, quality: 1, source: "configuration", platformAheadMs: -90 * minute });
    expect(s.status.reasons).toMatchObject([{ code: "E012", state: "degraded", facts: { behind: 90 } }]);
    expect(said(s, "E012", "en")).toContain("is 90 minutes behind the gateway's");
    s.health.clock({ ...known, platformAheadMs: null });
    expect(s.reasons).toEqual([]);
  });

  it("says that a clock shows what cannot be, instead of asking for patience", async () => {
    const s = new School(plan({ broker: {} }));
    s.health.journal(openJournal());
    s.health.clock({ known: false, quality: 2, source: "nobody", absurdMs: 3 * 3_600_000 });
    await s.clock.advance(2 * minute);
    expect(s.status.reasons).toMatchObject([
      { code: "E014", state: "degraded", facts: { shows: "1970-01-01" } },
    ]);
    expect(said(s, "E014")).toContain("显示 1970-01-01, 不可能");
    s.health.clock(known);
    expect(s.reasons).toEqual([]);
  });

  it("is the cause when a certificate is not valid yet, and only then", () => {
    const s = school();
    const refused = (code: string) => {
      const fault = socketFault(Object.assign(new Error(code), { code }), "handshake", "broker");
      expect(fault).toBeInstanceOf(UplinkError);
      expect(fault.retry).toBe("later");
      s.health.uplink("province", {
        what: "closed",
        code: fault.code,
        retry: fault.retry,
        detail: fault.message,
      });
      return s.states("uplinks").province;
    };
    expect(refused("CERT_NOT_YET_VALID")).toBe("down E015");
    expect(said(s, "E015")).toContain("多半是网关的时钟落后了");
    expect(refused("CERT_HAS_EXPIRED")).toBe("down E504");
    expect(refused("DEPTH_ZERO_SELF_SIGNED_CERT")).toBe("down E504");
  });
});
