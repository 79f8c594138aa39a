import { afterEach, describe, expect, it } from "vitest";
import { Schedule } from "../../../edge/forward/index.ts";
import { alarm, closeWorlds, values, newWorld as world } from "./world.ts";

afterEach(closeWorlds);

describe("a forwarder with a long backlog", () => {
  it("begins a new epoch when more than 1,000 rows wait at reconnect, and not again within a minute", async () => {
    const w = await world();
    await w.fill(1500);
    const old = w.journal.status().epoch;
    const first = w.session();
    const served = w.serve(first);
    await w.pass(500);
    expect(w.journal.status().epoch).not.toBe(old);
    expect(first.sent.map((sent) => sent.slice.lane)).toContain("backlog");
    first.end(new Error("gone"));
    expect(await served).toMatchObject({ why: "ended", error: { message: "gone" } });
    await w.fill(1500, 2000);
    const epoch = w.journal.status().epoch;
    void w.serve(w.answering());
    await w.until(() => w.waiting === 0, "all is delivered");
    expect(w.journal.status().epoch).toBe(epoch);
  });

  it("begins no epoch after another for a platform that takes connections and never answers, and one when it does", async () => {
    const w = await world();
    const epochs = () => new Set(w.journal.status().accounts.map(({ epoch }) => epoch)).size;
    for (let n = 1; n <= 4; n++) {
      await w.fill(1500, n * 2000);
      const dead = w.session();
      const served = w.serve(dead);
      await w.pass(500);
      dead.end(new Error("gone"));
      await served;
      await w.pass(70_000);
    }
    expect(epochs()).toBe(2);
    const { epoch } = w.journal.status();
    void w.serve(w.answering());
    await w.until(() => w.waiting === 0, "all is delivered");
    expect(epochs()).toBe(3);
    expect(w.journal.status().epoch).not.toBe(epoch);
  });

  it("has alarms there in two seconds and live data in five, while a slow platform takes weeks of backlog", async () => {
    const w = await world();
    await w.fill(30_000);
    // One queue, 500 rows a second and 50 ms a batch: what is sent waits behind what was sent before.
    let freeAt = 0;
    const arrived = new Map<number, number>();
    const session = w.session(20, (sent) => {
      const now = w.clock.monotonicMs();
      freeAt = Math.max(freeAt, now) + 50 + sent.slice.rows.length * 2;
      void w.clock.sleep(freeAt - now, new AbortController().signal).then(() => {
        if (!sent.open) return;
        w.take(sent);
        for (const value of values(sent.slice))
          if (!arrived.has(value)) arrived.set(value, w.clock.monotonicMs());
      });
    });
    void w.serve(session);
    await w.pass(3000);
    const born = new Map<number, number>();
    let worstLive = 0;
    let worstEarly = 0;
    for (let n = 0; n < 120; n++) {
      born.set(100_000 + n, w.clock.monotonicMs());
      w.put(100_000 + n, n % 20 === 7 ? alarm : {});
      await w.pass(250);
    }
    await w.pass(6000);
    for (const [value, at] of born) {
      const age = (arrived.get(value) ?? Number.POSITIVE_INFINITY) - at;
      if ((value - 100_000) % 20 === 7) worstEarly = Math.max(worstEarly, age);
      else worstLive = Math.max(worstLive, age);
    }
    const drained = [...arrived.keys()].filter((value) => value < 100_000).length;
    console.log(`live at most ${worstLive} ms, alarms ${worstEarly} ms old; backlog ${drained} rows in 39 s`);
    expect(worstLive).toBeLessThanOrEqual(5000);
    expect(worstEarly).toBeLessThanOrEqual(2000);
    // 39 s at 500 rows a second: most of what the platform can take is used.
    expect(drained).toBeGreaterThan(9000);
  });

  it("obeys the window in all lanes together, keeps a place for live, and starves no lane with a window of one", async () => {
    for (const window of [1, 2, 3, 20]) {
      const w = await world();
      await w.fill(6000);
      const session = w.answering(window, 400);
      void w.serve(session);
      await w.pass(2000);
      const at = w.clock.monotonicMs();
      for (let n = 0; n < 40; n++) {
        w.put(50_000 + n, n === 20 ? alarm : {});
        await w.pass(250);
      }
      expect(session.most, `window ${window}`).toBeLessThanOrEqual(window);
      const first = (value: number) =>
        session.sent.find((sent) => values(sent.slice).includes(value))?.at ?? 1e12;
      for (let n = 0; n < 36; n++) expect(first(50_000 + n) - (at + 250 * n), `row ${n}`).toBeLessThan(4000);
      await w.until(() => w.waiting === 0, `all is delivered with a window of ${window}`);
    }
  });

  it("has at most four batches a lane in flight, of 200 to 1,000 rows", async () => {
    const w = await world();
    await w.fill(12_000);
    const session = w.answering(20, 100);
    void w.serve(session);
    let most = 0;
    for (let n = 0; n < 200 && w.waiting > 0; n++) {
      await w.pass(50);
      most = Math.max(most, session.open.filter((sent) => sent.slice.lane === "backlog").length);
    }
    await w.until(() => w.waiting === 0, "all is delivered");
    expect(most).toBe(4);
    const sizes = session.sent
      .filter((sent) => sent.slice.lane === "backlog")
      .map((sent) => sent.slice.rows.length);
    expect(Math.max(...sizes)).toBe(1000);
    expect(Math.min(...sizes.slice(1, -1))).toBeGreaterThanOrEqual(200);
  });

  it("paces backlog by records and bytes a second, and live not", async () => {
    const backlog = { recordsPerS: 100, bytesPerS: 1e6 };
    const w = await world({ pace: new Schedule({ backlog }, { wallMs: () => null, share: 0 }) });
    await w.fill(3000);
    const session = w.answering();
    void w.serve(session);
    await w.pass(9900);
    const sent = session.sent
      .filter((one) => one.slice.lane === "backlog")
      .reduce((sum, one) => sum + one.slice.rows.length, 0);
    expect(sent).toBeGreaterThanOrEqual(990);
    // The first batch does not wait.
    expect(sent).toBeLessThanOrEqual(990 + 500);
    w.put(77_777);
    await w.pass(1500);
    expect(session.sent.some((one) => values(one.slice).includes(77_777))).toBe(true);
    expect(w.of("stalled")).toEqual([]);
  });
});
