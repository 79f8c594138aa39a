import { afterEach, describe, expect, it } from "vitest";
import { UplinkError } from "../../../gateway/contract/index.ts";
import { draft } from "../../suites/journal.ts";
import { alarm, closeWorlds, newWorld, rowsOf, type Sent, values, type World } from "./world.ts";

afterEach(closeWorlds);

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
/** A world begins at 08:00 in China. */
const startClock = 8 * 60;
const lanesOf = (sent: readonly Sent[]) => [...new Set(sent.map(({ slice }) => slice.lane))].sort();
const rows = (sent: readonly Sent[], lane: string) =>
  sent.reduce((sum, one) => sum + (one.slice.lane === lane ? one.slice.rows.length : 0), 0);

/** More than a thousand rows wait, so that a new epoch begins and they are backlog. */
async function withBacklog(n: number, schedule: NonNullable<Parameters<World["open"]>[0]>["schedule"]) {
  const w = await newWorld(schedule === undefined ? {} : { schedule });
  await w.fill(n);
  return w;
}

describe("backlog outside its window", () => {
  it("waits with nothing timed but the opening, while live data and alarms flow", async () => {
    const window = [{ from: startClock + 120, to: startClock + 180 }];
    const w = await withBacklog(3000, { backlog: { window } });
    const session = w.answering();
    void w.serve(session);
    await w.pass(2 * second);
    expect(rows(session.sent, "backlog")).toBe(0);
    // Where the platform stands in the old epoch is asked all the same.
    expect(session.sent.some(({ slice }) => slice.lane === "backlog")).toBe(true);
    w.put(10_001);
    w.put(10_002, alarm);
    await w.pass(3 * second);
    const seen = rowsOf(session.sent).flatMap(({ slice }) => values(slice));
    expect(seen).toContain(10_001);
    expect(seen.filter((value) => value === 10_002)).toHaveLength(2);
    const { sleeps } = w;
    const sent = session.sent.length;
    await w.pass(59 * minute, 10 * second);
    // The hourly claims and what leads to them; not a sleep more.
    expect(w.sleeps - sleeps).toBeLessThanOrEqual(2);
    expect(session.sent.length - sent).toBeLessThanOrEqual(4);
    await w.pass(61 * minute, 10 * second);
    await w.until(() => w.waiting === 0, "all is delivered in the window");
    const first = session.sent.find(({ slice }) => slice.lane === "backlog" && slice.rows.length > 0) as Sent;
    expect(w.clock.wallMs() - (w.clock.monotonicMs() - first.at)).toBe(Date.UTC(2026, 8, 1, 2));
    expect(w.of("stalled")).toEqual([]);
  });

  it("stops at the end of it and goes on at the next", async () => {
    const window = [{ from: startClock + 1, to: startClock + 2 }];
    const w = await withBacklog(3000, { backlog: { window, recordsPerS: 20 } });
    const session = w.answering();
    void w.serve(session);
    await w.pass(3 * minute, second);
    const day = rows(session.sent, "backlog");
    expect(day).toBeGreaterThanOrEqual(1000);
    expect(day).toBeLessThanOrEqual(1200 + 600);
    await w.pass(23 * hour, 10 * minute);
    expect(rows(session.sent, "backlog")).toBe(day);
    await w.pass(hour, minute);
    expect(rows(session.sent, "backlog")).toBeGreaterThan(day + 1000);
  });

  it("is sent at any time while nobody knows the time, and waits as soon as it is known", async () => {
    const window = [{ from: startClock + 120, to: startClock + 180 }];
    const w = await newWorld({ schedule: { backlog: { window, recordsPerS: 100 } } });
    w.clockKnown = false;
    await w.fill(3000);
    const session = w.answering();
    void w.serve(session);
    await w.pass(10 * second);
    const before = rows(session.sent, "backlog");
    expect(before).toBeGreaterThan(500);
    w.clockKnown = true;
    w.forwarder.paced();
    await w.pass(minute, second);
    expect(rows(session.sent, "backlog")).toBe(before);
    // A step of the clock into the window.
    w.clock.step(2 * hour);
    w.forwarder.paced();
    await w.pass(minute, second);
    expect(rows(session.sent, "backlog")).toBe(3001);
  });
});

describe("outside the uplink's own window", () => {
  it("only alarms leave over a session, and no epoch begins for it", async () => {
    const window = [{ from: startClock + 60, to: startClock + 120 }];
    const w = await withBacklog(3000, { window, backlog: {} });
    expect(await w.forwarder.alarmsWait()).toBe(false);
    w.put(10_001, alarm);
    await w.pass(200);
    expect(await w.forwarder.alarmsWait()).toBe(true);
    const { epoch } = w.journal.status();
    const session = w.answering();
    void w.serve(session);
    await w.pass(5 * minute, second);
    expect(lanesOf(session.sent)).toEqual(["early"]);
    expect(session.sent.flatMap(({ slice }) => values(slice))).toEqual([10_001]);
    expect(w.journal.status().epoch).toBe(epoch);
    expect(w.forwarder.holdsAlarms).toBe(false);
    const { sleeps } = w;
    await w.pass(30 * minute, 10 * second);
    expect(w.sleeps - sleeps).toBeLessThanOrEqual(1);
    await w.pass(25 * minute + second, 10 * second);
    await w.until(() => w.waiting === 0, "everything goes when it opens");
    expect(w.of("stalled")).toEqual([]);
  });

  it("an alarm is read once and kept for the session that takes it", async () => {
    const window = [{ from: startClock + 60, to: startClock + 120 }];
    const w = await newWorld({ schedule: { window, backlog: {} } });
    w.put(1, alarm);
    await w.pass(200);
    expect(await w.forwarder.alarmsWait()).toBe(true);
    const first = w.session();
    const served = w.serve(first);
    await w.pass(second);
    expect(first.open).toHaveLength(1);
    first.end(new Error("gone"));
    await served;
    expect(await w.forwarder.alarmsWait()).toBe(true);
    const second_ = w.answering();
    void w.serve(second_);
    await w.pass(second);
    expect(second_.sent.map(({ batch }) => batch)).toEqual(first.sent.map(({ batch }) => batch));
    expect(await w.forwarder.alarmsWait()).toBe(false);
  });
});

describe("the pace of backlog", () => {
  it("counts bytes as they are on the wire", async () => {
    const sentWithin = async (wire: number | null) => {
      const w = await withBacklog(9000, { backlog: { bytesPerS: 1000 } });
      const session = w.answering();
      if (wire !== null) session.wireBytes = ({ bytes }) => bytes.byteLength / wire;
      void w.serve(session);
      await w.pass(30 * second);
      const before = session.sent
        .filter(({ slice }) => slice.lane === "backlog" && slice.rows.length > 0)
        .slice(0, -1)
        .reduce((sum, { batch }) => sum + batch.bytes.byteLength, 0);
      return before / 30_000;
    };
    // Compressed four times, four times as much leaves; without word from the session all of it counts.
    expect(await sentWithin(null)).toBeLessThanOrEqual(1);
    const four = await sentWithin(4);
    expect(four).toBeLessThanOrEqual(4);
    expect(four).toBeGreaterThan(2.5);
  });

  const slowed = async (slow: (sent: Sent) => void) => {
    const w = await withBacklog(30_000, { backlog: { recordsPerS: 40 } });
    let left = 1;
    const session = w.session(20, (sent) => {
      if (sent.slice.lane === "backlog" && sent.slice.rows.length > 0 && left-- > 0) slow(sent);
      else w.take(sent);
    });
    void w.serve(session);
    await w.pass(12 * minute, second);
    const sent = session.sent.filter(({ slice }) => slice.lane === "backlog" && slice.rows.length > 0);
    return sent.slice(1, -1).map(({ slice, at }, n) => {
      const next = sent[n + 2] as Sent;
      return (1000 * slice.rows.length) / (next.at - at);
    });
  };

  it.each<[string, (sent: Sent) => void]>([
    [
      "Retry-After",
      (sent) =>
        sent.answer({
          batch: sent.batch.id,
          taken: 0,
          rejected: [],
          next: null,
          at: null,
          retryAfterMs: 5000,
        }),
    ],
    ["a busy broker", (sent) => sent.fail(new UplinkError("quota", "later", "too much"))],
    ["a time-out", () => {}],
  ])("halves on %s, and is back after some minutes", async (_name, slow) => {
    const perS = await slowed(slow);
    expect(perS[0]).toBeGreaterThanOrEqual(20);
    expect(perS[0]).toBeLessThan(28);
    expect(perS.at(-1)).toBeGreaterThan(39);
    expect(Math.max(...perS)).toBeLessThanOrEqual(40.001);
  });

  it("leaves live data alone", async () => {
    const w = await withBacklog(5000, { backlog: { recordsPerS: 1 } });
    const session = w.answering();
    void w.serve(session);
    await w.pass(5 * second);
    w.journal
      .append(
        Array.from({ length: 3000 }, (_, n) => draft(10_000 + n)),
        [],
        "now",
      )
      .catch(() => {});
    await w.pass(3 * second);
    expect(rows(session.sent, "live")).toBeGreaterThanOrEqual(3000);
  });
});
