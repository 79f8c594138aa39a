import { describe, expect, it } from "vitest";
import { fault, openJournal, plan, School } from "./world.ts";

const empty = (uplinks?: Parameters<typeof plan>[1]) => plan({ broker: {} }, uplinks);
const account = (more = {}) => ({
  uplink: "province",
  ...{ delivered: 0, withheld: 0, quarantined: 0, lost: 0, waiting: 0 },
  ...more,
});

describe("the gateway", () => {
  it("is well, and says what it runs since when", async () => {
    const school = School.well(empty());
    school.health.configuration({ running: "37f2", files: "37f2", problems: [] });
    await school.clock.advance(90_000);
    expect(school.status).toMatchObject({
      state: "ok",
      revision: { running: "37f2", files: "37f2", problems: 0 },
      clock: { known: true, quality: 0 },
      started: school.minutesAgo(1.5),
      uptimeMs: 90_000,
      reasons: [],
    });
  });

  it("has patience with its clock for half a minute after the start, and none later", async () => {
    const fresh = new School(empty());
    fresh.health.journal(openJournal());
    await fresh.clock.advance(30_000);
    expect(fresh.reasons).toEqual([]);
    await fresh.clock.advance(1);
    expect(fresh.reasons).toEqual(["E001 gw1"]);
    fresh.health.clock({ known: true, quality: 0 });
    expect(fresh.reasons).toEqual([]);
    await fresh.clock.advance(60_000);
    fresh.health.clock({ known: false, quality: 2 });
    expect(fresh.reasons).toEqual(["E001 gw1"]);
  });

  it("is down while its store cannot write, since it could not, and well again after", async () => {
    const school = School.well(empty());
    school.health.journal(openJournal({ state: "store-down", fault: "ENOSPC" }));
    await school.clock.advance(60_000);
    school.health.journal(openJournal({ state: "store-down", fault: "ENOSPC" }));
    expect(school.status).toMatchObject({
      state: "down",
      journal: { state: "store-down", fault: "ENOSPC" },
      reasons: [{ code: "E002", state: "down", since: school.minutesAgo(1), facts: { fault: "ENOSPC" } }],
    });
    school.health.journal(openJournal());
    expect(school.status.state).toBe("ok");
  });

  it("is degraded while the disk is slow or nearly full", () => {
    const school = School.well(empty());
    school.health.journal(openJournal({ busy: true, disk: { freeBytes: 2.1e9, floorBytes: 2e9 } }));
    expect(school.reasons).toEqual(["E003 gw1", "E004 gw1"]);
    expect(school.status.reasons[1]?.facts).toEqual({ freeMB: 2100, floorMB: 2000 });
    expect(school.status.state).toBe("degraded");
    school.health.journal(openJournal({ disk: { freeBytes: 2.5e9, floorBytes: 2e9 } }));
    expect(school.reasons).toEqual([]);
  });

  it("tells for a day what had to make room and what could not be read", async () => {
    const school = School.well(empty());
    const lost = (quota: number, unreadable: number) =>
      school.health.journal(openJournal({ lost: { quota, unreadable }, accounts: [account({ lost: 12 })] }));
    lost(5, 0);
    lost(12, 0);
    lost(12, 3);
    expect(school.status.reasons).toMatchObject([
      { code: "E005", facts: { count: 12 } },
      { code: "E021", facts: { count: 3 } },
    ]);
    expect(school.status.uplinks[0]?.lost).toBe(12);
    await school.clock.advance(86_400_001);
    expect(school.reasons).toEqual([]);
  });

  it("tells for a day that its file was damaged or gone, and how far the old one was read", async () => {
    const school = School.well(empty());
    school.health.journal(openJournal({ broken: "damaged", salvaging: 0.426 }));
    expect(school.status.reasons).toMatchObject([{ code: "E020", facts: { percent: 42 } }]);
    school.health.journal(openJournal({ broken: "damaged" }));
    expect(school.status.reasons).toMatchObject([{ code: "E020", facts: { percent: null } }]);
    await school.clock.advance(86_400_001);
    school.health.journal(openJournal({ broken: "damaged" }));
    expect(school.reasons).toEqual([]);
    const other = School.well(empty());
    other.health.journal(openJournal({ broken: "file-lost" }));
    expect(other.reasons).toEqual(["E022 gw1"]);
  });

  it("says that no command is done while nobody could write it down", () => {
    const school = School.well(empty());
    school.health.audit(false);
    expect(school.reasons).toEqual(["E023 gw1"]);
    school.health.audit(true);
    expect(school.reasons).toEqual([]);
  });

  it("says that a bad configuration was not taken, and where its first mistake is", () => {
    const school = School.well(empty());
    const problems = [
      { file: "rooms.yaml", line: 21 },
      { file: "rooms.yaml", line: 30 },
    ];
    school.health.configuration({ running: "37f2", files: "9c01", problems });
    expect(school.status).toMatchObject({
      revision: { running: "37f2", files: "9c01", problems: 2 },
      reasons: [{ code: "E011", facts: { count: 2, place: "rooms.yaml:21" } }],
    });
  });

  it("is alive and ready when journal and links are, whatever uplinks do", () => {
    const school = new School(empty());
    expect(school.health.alive()).toBe(false);
    expect(school.health.ready()).toEqual({ ready: false, why: ["journal: opening", "broker: opening"] });
    school.health.journal(openJournal());
    school.health.link("broker", { what: "closed", code: "EADDRINUSE", retry: "later" });
    expect(school.health.alive()).toBe(true);
    expect(school.health.ready().why).toEqual([expect.stringMatching(/^E102 broker 打不开/)]);
    school.health.link("broker", { what: "open" });
    school.health.uplink("province", { what: "closed", code: "unreachable", retry: "later", detail: "" });
    expect(school.health.ready()).toEqual({ ready: true, why: [] });
    school.health.journal(openJournal({ state: "store-down", fault: "EIO" }));
    expect(school.health.alive()).toBe(true);
    expect(school.health.ready().why).toEqual([expect.stringMatching(/^E002 .*EIO/)]);
    school.health.journal(openJournal({ state: "closed" }));
    expect(school.health.alive()).toBe(false);
  });

  it("moves all its times with a corrected clock, and loses no duration by it", async () => {
    const school = School.well(empty());
    school.health.link("broker", { what: "closed", code: "EADDRINUSE", retry: "later" });
    await school.clock.advance(60_000);
    school.clock.step(-20 * 365 * 86_400_000);
    expect(school.status.reasons[0]?.since).toBe(school.minutesAgo(1));
    expect(school.status.uptimeMs).toBe(60_000);
  });
});

describe("strangers", () => {
  const knock = (school: School, client: string, code = "mqtt.network") =>
    school.health.device("broker", {
      what: "refused",
      client,
      address: "fd12:30::9c",
      fault: fault(code, { layer: "access" }),
    });

  it("are noticed without harm to the link, the most stubborn named, for an hour", async () => {
    const school = School.well(empty());
    for (let n = 0; n < 12; n += 1) knock(school, "esp-7f21");
    knock(school, "esp-1");
    expect(school.states("links")).toEqual({ broker: "ok" });
    expect(school.status.state).toBe("ok");
    expect(school.status.reasons).toMatchObject([
      {
        ...{ code: "E401", state: "ok", subject: "broker" },
        facts: { client: "esp-7f21", address: "fd12:30::9c", times: 12, strangers: 2 },
      },
    ]);
    expect(school.status.counters.refused).toBe(13);
    await school.clock.advance(3_600_001);
    expect(school.reasons).toEqual([]);
    expect(school.status.strangers).toHaveLength(2);
  });

  it("fill a ring of 64 and no more memory, whatever they call themselves", () => {
    const school = School.well(empty());
    for (let n = 0; n < 10_000; n += 1) knock(school, `${"x".repeat(5000)}${n}`, `mqtt.${n}`);
    expect(school.status.strangers).toHaveLength(64);
    expect(Object.keys(school.status.counters.faults).length).toBeLessThanOrEqual(65);
    for (let n = 0; n < 100; n += 1) knock(school, `n${n}`);
    expect(school.status.strangers.map(({ client }) => client)).toEqual(
      Array.from({ length: 64 }, (_, n) => `n${99 - n}`),
    );
  });

  it("cannot write on a screen by their names", () => {
    const school = School.well(empty());
    knock(school, "\u001b[31mred\u202e\u0000\n{since}[");
    expect(school.status.strangers[0]?.client).toBe("[31mred {since}[");
  });

  it("that take all connections degrade the link", () => {
    const school = School.well(empty());
    knock(school, "esp-1", "mqtt.full");
    expect(school.states("links")).toEqual({ broker: "degraded E403" });
  });
});

describe("counters", () => {
  it("count what was measured, kept and stored, and what nobody planned", () => {
    const school = School.well(plan({ broker: { a: {} } }));
    const value = { point: "co2", quality: 0, value: 1, time: null };
    school.health.values("a", [
      { ...value, kept: true },
      { ...value, kept: false },
    ]);
    school.health.values("ghost", [{ ...value, kept: true }]);
    school.health.fault("ghost", fault("mqtt.json"));
    school.health.uplink("ghost", { what: "stray", code: "late" });
    school.health.link("ghost", { what: "open" });
    school.up("ghost");
    school.health.journal(openJournal({ stored: 7, repeated: 3 }));
    expect(school.status.counters).toEqual({
      ...{ measured: 3, kept: 2, stored: 7, repeated: 3, refused: 0, unplanned: 5 },
      faults: { "mqtt.json": 1 },
    });
  });
});

describe("a new plan", () => {
  it("keeps what is known of ids that stay and forgets the others", async () => {
    const school = School.well(plan({ broker: { a: {}, b: {} } }));
    school.up("a");
    school.say("a");
    school.health.uplink("province", { what: "settled", taken: 1, rejected: 0, lane: "live" });
    school.health.adopt(plan({ broker: { a: {}, c: {} } }, [{}, { id: "district" }]));
    expect(school.states("devices")).toEqual({ a: "ok", c: "unknown" });
    expect(school.states("uplinks")).toEqual({ province: "ok", district: "unknown" });
    expect(school.status.uplinks[0]?.lastReceipt).toBe(school.clock.wallMs());
  });
});
