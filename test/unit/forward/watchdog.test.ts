import { afterEach, describe, expect, it } from "vitest";
import { alarm, closeWorlds, rowsOf, type Sent, values, newWorld as world } from "./world.ts";

afterEach(closeWorlds);

const minute = 60_000;
const startClock = 8 * 60;
const notNow = (sent: Sent, retryAfterMs: number) =>
  sent.answer({ batch: sent.batch.id, taken: 0, rejected: [], next: null, at: null, retryAfterMs });

describe("the watchdog", () => {
  it("asks for another connection, then for other batches as well, then calls somebody, and begins anew after a receipt", async () => {
    const w = await world();
    await w.fill(3);
    const seen: string[][] = [];
    const hole = async () => {
      const session = w.session();
      const served = w.serve(session);
      await w.pass(60_500, 500);
      expect(await served).toEqual({ why: "stalled", recycle: true });
      seen.push(session.sent.map(({ batch }) => batch.id));
    };
    for (let n = 0; n < 4; n++) await hole();
    expect(w.of("stalled").map(({ times }) => times)).toEqual([1, 2, 3, 4]);
    expect(w.log.lines.filter(({ level }) => level === "error")).toHaveLength(2);
    const [first = [], second = [], third = []] = seen;
    expect(second).toEqual(expect.arrayContaining([...new Set(first)]));
    expect(third.filter((id) => second.includes(id))).toEqual([]);
    const well = w.answering();
    const served = w.serve(well);
    await w.until(() => w.waiting === 0, "all is delivered once the hole is gone");
    well.end(null);
    await served;
    w.put(9);
    await hole();
    expect(w.of("stalled").at(-1)?.times).toBe(1);
  });

  it("keeps an alarm for early sending through every step", async () => {
    const w = await world({ schedule: { window: [{ from: 0, to: 60 }], backlog: {} } });
    w.put(7, alarm);
    await w.pass(200);
    for (let n = 0; n < 4; n++) {
      const hole = w.session();
      const served = w.serve(hole);
      await w.pass(60_500, 500);
      expect((await served).why).toBe("stalled");
      expect(hole.sent.map(({ slice }) => values(slice))).toContainEqual([7]);
    }
    const session = w.answering();
    void w.serve(session);
    await w.pass(500);
    expect(session.sent.map(({ slice }) => [slice.lane, ...values(slice)])).toEqual([["early", 7]]);
  });

  it("does not bark while the platform asked for silence, at what it left unanswered before", async () => {
    const w = await world();
    let says: "taken" | "not now" = "taken";
    const session = w.session(20, (sent) => {
      if (values(sent.slice).includes(1)) return;
      if (says === "taken") w.take(sent);
      else notNow(sent, 10 * minute);
    });
    void w.serve(session);
    // Its third sending has two minutes of patience.
    for (let n = 0; n < 5; n++) {
      w.put(1 + n);
      await w.pass(20_000, 500);
    }
    says = "not now";
    w.put(9);
    await w.pass(5 * minute, 1000);
    expect(w.of("kept").filter(({ code }) => code === "retry-after")).not.toEqual([]);
    expect(w.of("stalled")).toEqual([]);
  });

  it("waits as long as a platform asks, but not when a person says to go on", async () => {
    const w = await world();
    let busy = true;
    const session = w.session(20, (sent) => {
      if (busy && sent.slice.rows.length > 0) notNow(sent, 24 * 60 * minute);
      else w.take(sent);
    });
    void w.serve(session);
    await w.fill(3);
    await w.pass(10 * minute, 5000);
    busy = false;
    await w.pass(60 * minute, 5000);
    expect(w.waiting).toBeGreaterThan(0);
    w.forwarder.resume();
    await w.until(() => w.waiting === 0, "all is delivered");
    expect(w.of("paused").at(-1)).toEqual({ what: "paused", forMs: 0 });
  });

  it("does not bark for backoff, pacing, or a closed window", async () => {
    const windows = [{ from: startClock + 1, to: startClock + 2 }];
    const w = await world({ schedule: { backlog: { window: windows, recordsPerS: 1 } } });
    await w.fill(3000);
    let busy = true;
    const session = w.session(20, (sent) => {
      if (busy && sent.slice.rows.length > 0) sent.fail(new Error("busy"));
      else w.take(sent);
    });
    void w.serve(session);
    await w.pass(20 * minute, 5000);
    busy = false;
    await w.pass(20 * minute, 5000);
    expect(w.of("stalled")).toEqual([]);
    expect(w.forwarder.inFlight).toBe(0);
  });

  it("barks within a minute at an alarm that has no receipt, also while everything else is silenced", async () => {
    const w = await world();
    await w.fill(3);
    const session = w.session(20, (sent) => {
      if (sent.slice.lane !== "early") notNow(sent, 3_600_000);
    });
    const served = w.serve(session);
    await w.pass(1000);
    w.put(7, alarm);
    await w.pass(61_000, 500);
    expect((await served).why).toBe("stalled");
    expect(rowsOf(session.sent).at(-1)?.slice.lane).toBe("early");
  });
});
