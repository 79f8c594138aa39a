import { describe, expect, it } from "vitest";
import { openJournal, plan, School } from "./world.ts";

const school = (uplink = {}, devices = {}) => School.well(plan({ broker: devices }, [uplink]));
const uplink = (of: School) => of.states("uplinks").province;
const settled = (of: School, taken = 10, rejected = 0) =>
  of.health.uplink("province", { what: "settled", taken, rejected, lane: "live" });
const kept = (of: School, code: string) =>
  of.health.uplink("province", { what: "kept", lane: "live", code, detail: "nothing was handed over" });
const closed = (of: School, code: string, detail = "") =>
  of.health.uplink("province", { what: "closed", code, retry: "later", detail });
const accounts = (more: object) => [
  {
    uplink: "province",
    ...{ delivered: 0, withheld: 0, quarantined: 0, lost: 0, waiting: 0 },
    ...more,
  },
];

describe("an uplink", () => {
  it("is unknown while it connects for the first time, then ok", () => {
    const s = new School(plan({}));
    s.health.uplink("province", { what: "connecting" });
    expect(uplink(s)).toBe("unknown");
    s.health.uplink("province", { what: "open", confirms: "broker" });
    expect(uplink(s)).toBe("ok");
    expect(s.status.uplinks[0]).toMatchObject({ confirms: "broker", lastReceipt: null });
  });

  it.each([
    ["unreachable", "the broker cannot be reached (ENOTFOUND): check url", "E502"],
    ["unreachable", "", "E503"],
    ["ECONNREFUSED", "", "E503"],
    ["tls", "", "E504"],
    [
      "tls",
      "the platform's certificate is for another host (ERR_TLS_CERT_ALTNAME_INVALID): check url",
      "E524",
    ],
    ["credential", "", "E505"],
    ["not-authorised", "", "E505"],
    ["taken-over", "", "E513"],
    ["version", "", "E514"],
    ["secret", "", "E515"],
    ["EACCES", "", "E519"],
    ["something-new", "", "E519"],
    ["__proto__", "", "E519"],
  ])("that closes by %s (%s) is down with %s", (code, detail, row) => {
    const s = school();
    closed(s, code, detail);
    expect(uplink(s)).toBe(`down ${row}`);
  });

  it("is down since the first failure, through all attempts", async () => {
    const s = school();
    for (let n = 0; n < 5; n += 1) {
      closed(s, "unreachable");
      s.health.uplink("province", { what: "connecting" });
      await s.clock.advance(60_000);
    }
    expect(s.status.uplinks[0]).toMatchObject({ state: "down", since: s.minutesAgo(5) });
    s.health.uplink("province", { what: "open", confirms: "receipt" });
    expect(uplink(s)).toBe("ok");
  });

  it("that is connected but confirms nothing is degraded, then down, until a receipt comes", async () => {
    const s = school();
    // 6 GB of space, and 1.68 GB a day.
    s.health.journal(openJournal({ bytes: 0 }));
    await s.clock.advance(3_600_000);
    s.health.journal(openJournal({ bytes: 70e6 }));
    s.health.uplink("province", { what: "stalled", forMs: 60_000 });
    expect(uplink(s)).toBe("degraded E501");
    await s.clock.advance(34 * 60_000);
    s.health.uplink("province", { what: "stalled", forMs: 60_000 });
    expect(uplink(s)).toBe("down E501");
    expect(s.status.reasons[0]?.facts).toEqual({ minutes: 35, days: 3.5 });
    // A new connection is no receipt.
    closed(s, "lost");
    expect(uplink(s)).toBe("down E503");
    s.health.uplink("province", { what: "open", confirms: "receipt" });
    expect(uplink(s)).toBe("down E501");
    settled(s);
    expect(uplink(s)).toBe("ok");
    expect(s.status.uplinks[0]?.lastReceipt).toBe(s.clock.wallMs());
  });

  it("that stalls three times in a row is down; the closing that we do for it is no outage, another one is", () => {
    const s = school();
    const stalled = (times: number) => {
      s.health.uplink("province", { what: "stalled", forMs: 60_000, times });
      closed(s, "stalled");
      s.health.uplink("province", { what: "connecting" });
      return uplink(s);
    };
    expect([stalled(1), stalled(2), stalled(3)]).toEqual(["degraded E501", "degraded E501", "down E501"]);
    closed(s, "unreachable");
    expect(uplink(s)).toBe("down E503");
  });

  it("outside its hours is off, says until when, and what was no fault yet does not become one", async () => {
    const s = school();
    const waits = (use: string | null) => s.health.uplink("province", { what: "waits", use, backlog: null });
    s.health.uplink("province", { what: "stalled", forMs: 60_000, times: 2 });
    s.health.uplink("province", { what: "kept", lane: "live", code: "timeout", detail: "" });
    waits("18:07");
    expect(uplink(s)).toBe("off");
    expect(s.reasons).toEqual(["E520 province"]);
    expect(s.status.reasons[0]?.facts).toMatchObject({ at: "18:07" });
    await s.clock.advance(3 * 3_600_000);
    expect(uplink(s)).toBe("off");
    expect(s.status.state).toBe("ok");
    // An alarm is being sent: whether that works is told, hours or not.
    closed(s, "unreachable");
    expect(uplink(s)).toBe("down E503");
    s.health.uplink("province", { what: "open", confirms: "receipt" });
    expect(uplink(s)).toBe("ok");
    waits(null);
    expect(s.reasons).toEqual([]);
  });

  it("that is down when its hours end stays down, so that its alarm is over only when it works", () => {
    const s = school();
    s.health.uplink("province", { what: "stalled", forMs: 60_000, times: 3 });
    s.health.uplink("province", { what: "waits", use: "18:07", backlog: null });
    expect(uplink(s)).toBe("down E501");
  });

  it("whose backlog waits for its hours is well and says so", () => {
    const s = school();
    s.health.uplink("province", { what: "waits", use: null, backlog: { opens: "18:07", records: 52_000 } });
    expect(uplink(s)).toBe("ok");
    expect(s.reasons).toEqual(["E521 province"]);
    expect(s.status.reasons[0]).toMatchObject({ state: "ok", facts: { at: "18:07", count: 52_000 } });
    s.health.uplink("province", { what: "waits", use: null, backlog: null });
    expect(s.reasons).toEqual([]);
  });

  it("that rejects records is degraded as long as they are quarantined", async () => {
    const s = school();
    settled(s, 5, 5);
    expect(uplink(s)).toBe("degraded E506");
    s.health.journal(openJournal({ accounts: accounts({ quarantined: 5, delivered: 5 }) }));
    await s.clock.advance(86_400_000);
    expect(uplink(s)).toBe("degraded E506");
    expect(s.status.reasons[0]?.facts).toEqual({ count: 5 });
    s.health.journal(openJournal({ accounts: accounts({ delivered: 10 }) }));
    expect(uplink(s)).toBe("ok");
  });

  it("that was stopped stays down through reconnects, until most of a batch is taken", () => {
    const s = school();
    s.health.uplink("province", { what: "stopped", code: "schema" });
    closed(s, "recycled");
    s.health.uplink("province", { what: "open", confirms: "receipt" });
    expect(uplink(s)).toBe("down E507");
    settled(s, 3, 7);
    expect(uplink(s)).toBe("down E507");
    settled(s, 10, 0);
    expect(uplink(s)).toBe("degraded E506");
  });

  it("without a subscriber is degraded at once; another kept batch only when it goes on", async () => {
    const s = school();
    kept(s, "no-subscriber");
    expect(uplink(s)).toBe("degraded E508");
    settled(s);
    kept(s, "too-large");
    kept(s, "retry-after");
    expect(uplink(s)).toBe("ok");
    await s.clock.advance(60_000);
    expect(uplink(s)).toBe("degraded E512");
    settled(s);
    expect(uplink(s)).toBe("ok");
    kept(s, "retry-after");
    await s.clock.advance(600_000);
    expect(uplink(s)).toBe("ok");
  });

  it("that asks to wait says for how long, and is degraded when it keeps asking", async () => {
    const s = school();
    const asks = (forMs: number) => {
      kept(s, "retry-after");
      s.health.uplink("province", { what: "paused", forMs });
    };
    asks(30_000);
    expect(s.reasons).toEqual([]);
    asks(300_000);
    expect([uplink(s), ...s.reasons]).toEqual(["ok", "E522 province"]);
    expect(s.status.reasons[0]?.facts).toMatchObject({ minutes: 5 });
    // Each time it has waited it is told to wait again.
    for (let n = 0; n < 3; n++) {
      await s.clock.advance(310_000);
      asks(300_000);
    }
    expect(uplink(s)).toBe("degraded E522");
    expect(s.status.uplinks[0]?.since).toBe(s.clock.wallMs() - 930_000);
    // An alarm that was taken ends nothing.
    s.health.uplink("province", { what: "settled", taken: 1, rejected: 0, lane: "early" });
    expect(uplink(s)).toBe("degraded E522");
    await s.clock.advance(301_000);
    settled(s);
    expect([uplink(s), ...s.reasons]).toEqual(["ok"]);
  });

  it("that takes everything and asks for a moment each time is well", async () => {
    const s = school();
    for (let n = 0; n < 100; n++) {
      s.health.uplink("province", { what: "paused", forMs: 5000 });
      settled(s);
      await s.clock.advance(6000);
    }
    expect([uplink(s), ...s.reasons]).toEqual(["ok"]);
    s.health.uplink("province", { what: "paused", forMs: 86_400_000 });
    settled(s);
    expect(uplink(s)).toBe("degraded E522");
    closed(s, "unreachable");
    expect(s.reasons).toEqual(["E503 province"]);
    s.health.uplink("province", { what: "open", confirms: "receipt" });
    expect(uplink(s)).toBe("degraded E522");
    // Somebody said to go on.
    s.health.uplink("province", { what: "paused", forMs: 0 });
    expect(uplink(s)).toBe("ok");
  });

  it("whose receipts do not fit is degraded after a minute", async () => {
    const s = school();
    kept(s, "receipt");
    expect(uplink(s)).toBe("ok");
    await s.clock.advance(60_000);
    expect(uplink(s)).toBe("degraded E523");
    settled(s);
    expect(uplink(s)).toBe("ok");
  });

  it("that withholds simulated data says so without being ill", () => {
    const withheld = openJournal({ accounts: accounts({ withheld: 9 }) });
    const s = school({}, { a: { simulated: true } });
    s.health.journal(withheld);
    expect(uplink(s)).toBe("ok");
    expect(s.reasons).toContain("E509 province");
    for (const other of [school({ accepts: "any" }, { a: { simulated: true } }), school({}, { a: {} })]) {
      other.health.journal(withheld);
      expect(other.reasons).toEqual([]);
    }
  });

  it("sums its fates over all epochs, and leaves out what no plan names", () => {
    const s = school();
    const both = [
      ...accounts({ delivered: 5, waiting: 2 }),
      ...accounts({ delivered: 7, lost: 1 }),
      { ...accounts({ delivered: 99 })[0], uplink: "removed" },
    ];
    s.health.journal(openJournal({ accounts: both as ReturnType<typeof accounts> }));
    expect(s.status.uplinks).toMatchObject([
      { id: "province", delivered: 12, waiting: 2, lost: 1, withheld: 0, quarantined: 0 },
    ]);
    s.health.uplink("province", { what: "stray", code: "late" });
    expect(s.status.uplinks[0]?.strays).toBe(1);
  });
});
