import { afterEach, describe, expect, it } from "vitest";
import { draft } from "../../suites/journal.ts";
import { alarm, closeWorlds, values, newWorld as world } from "./world.ts";

afterEach(closeWorlds);

describe("a forwarder on a session that works", () => {
  it("asks with claims first, then delivers everything and reports it", async () => {
    const w = await world();
    await w.fill(5);
    const session = w.answering();
    void w.serve(session);
    await w.until(() => w.waiting === 0, "all is delivered");
    expect(session.sent[0]?.slice).toMatchObject({ lane: "live", range: [1, 0], rows: [] });
    expect(w.journal.status().accounts.at(-1)).toMatchObject({ head: 6, delivered: 6 });
    await w.pass(500);
    expect(w.of("settled").reduce((sum, fact) => sum + fact.taken, 0)).toBe(6);
    expect(w.of("settled").every((fact) => fact.bytes > 0)).toBe(true);
  });

  it("collects live rows for a second, and sends an alarm at once", async () => {
    const w = await world();
    const session = w.answering();
    void w.serve(session);
    await w.until(() => w.waiting === 0, "the opening is delivered");
    const before = session.sent.length;
    for (let n = 1; n <= 5; n++) {
      w.put(n);
      await w.pass(150);
    }
    expect(session.sent.length).toBe(before);
    w.journal.append([draft(99, alarm)], [], "now").catch(() => {});
    await w.quiet();
    const early = session.sent.slice(before);
    expect(early.map((sent) => [sent.slice.lane, values(sent.slice)])).toEqual([["early", [99]]]);
    await w.pass(1000);
    const live = session.sent.slice(before + 1);
    expect(live.map((sent) => [sent.slice.lane, values(sent.slice)])).toEqual([
      ["live", [1, 2, 3, 4, 5, 99]],
    ]);
  });

  it("sends the first live rows after a quiet second at once", async () => {
    const w = await world();
    const session = w.answering();
    void w.serve(session);
    await w.until(() => w.waiting === 0, "the opening is delivered");
    await w.pass(1000);
    const before = session.sent.length;
    const at = w.clock.monotonicMs();
    w.journal.append([draft(1)], [], "now").catch(() => {});
    await w.quiet();
    expect(session.sent[before]?.slice.rows).toHaveLength(1);
    expect(session.sent[before]?.at).toBe(at);
  });

  it("sends live rows before the second is over when a batch is full", async () => {
    const w = await world();
    const session = w.answering();
    void w.serve(session);
    await w.until(() => w.waiting === 0, "the opening is delivered");
    const before = session.sent.length;
    const at = w.clock.monotonicMs();
    w.journal
      .append(
        Array.from({ length: 1000 }, (_, n) => draft(n)),
        [],
        "now",
      )
      .catch(() => {});
    await w.quiet();
    expect(session.sent[before]?.slice.rows).toHaveLength(1000);
    expect(session.sent[before]?.at).toBe(at);
  });

  it("sends a hundred live rows at once, but not while two others are unanswered", async () => {
    const w = await world();
    const session = w.session();
    void w.serve(session);
    await w.quiet();
    for (const sent of session.open) w.take(sent);
    await w.until(() => w.waiting === 0, "the opening is delivered");
    const before = session.sent.length;
    const hundred = (from: number) => Array.from({ length: 100 }, (_, n) => draft(from + n));
    const put = async (from: number) => {
      w.journal.append(hundred(from), [], "now").catch(() => {});
      await w.quiet();
    };
    const sent = () => session.sent.slice(before).map(({ slice }) => slice.rows.length);
    await put(0);
    await put(100);
    expect(sent()).toEqual([100, 100]);
    await put(200);
    await put(300);
    expect(sent()).toEqual([100, 100]);
    await w.pass(1000);
    expect(sent()).toEqual([100, 100, 200]);
  });

  it("sets no timer but the hourly claim while there is nothing to send", async () => {
    const w = await world();
    const session = w.answering();
    void w.serve(session);
    await w.until(() => w.waiting === 0, "the opening is delivered");
    await w.pass(2000);
    const { sleeps } = w;
    const batches = session.sent.length;
    await w.pass(3_400_000, 20_000);
    expect({ sleeps: w.sleeps - sleeps, batches: session.sent.length - batches }).toEqual({
      sleeps: expect.toSatisfy((n: number) => n <= 1),
      batches: 0,
    });
    await w.pass(400_000, 20_000);
    expect(session.sent.slice(batches).map((sent) => sent.slice.range)).toEqual([[2, 1]]);
    // The claim's own deadline, and the next hour.
    expect(w.sleeps - sleeps).toBeLessThanOrEqual(4);
  });

  it("wakes a bounded number of times for many records, not once for each", async () => {
    const w = await world();
    const session = w.answering();
    void w.serve(session);
    await w.until(() => w.waiting === 0, "the opening is delivered");
    const { sleeps } = w;
    const batches = session.sent.length;
    for (let second = 0; second < 20; second++) {
      for (let n = 0; n < 100; n++) w.journal.append([draft(n)], [], "polled").catch(() => {});
      await w.pass(1000);
    }
    expect(session.sent.length - batches).toBeLessThanOrEqual(21);
    expect(w.sleeps - sleeps).toBeLessThanOrEqual(60);
  });

  it("claims what a filter withholds though nothing else happens", async () => {
    const w = await world({
      filter: { id: "province", accepts: (series) => series.point !== "co2", start: "oldest" },
    });
    const session = w.answering();
    void w.serve(session);
    await w.until(() => w.waiting === 0, "the opening is delivered");
    await w.fill(10);
    await w.pass(5000);
    expect(w.waiting).toBe(10);
    await w.pass(65_000, 500);
    expect(w.journal.status().accounts.at(-1)).toMatchObject({ waiting: 0, withheld: 10 });
  });

  it("reports the platform's clock with the time the answer took", async () => {
    const w = await world();
    const session = w.session(20, (sent) => {
      void w.clock.sleep(300, new AbortController().signal).then(() => {
        if (sent.open) sent.answer({ ...w.receipt(sent), at: 1_790_000_000_000 });
      });
    });
    void w.serve(session);
    await w.until(() => w.waiting === 0, "the opening is delivered");
    expect(w.of("platform-time")[0]).toEqual({ what: "platform-time", at: 1_790_000_000_000, rttMs: 300 });
  });

  it("sends quarantined rows again when they are to be retried, each once", async () => {
    const w = await world();
    await w.fill(450);
    let angry = true;
    const judge = (text: string) => (angry && Number(JSON.parse(text)[3]) % 3 === 0 ? "unit" : null);
    const session = w.session(20, (sent) => w.take(sent, judge));
    void w.serve(session);
    await w.until(() => w.waiting === 0, "all is judged");
    expect(w.journal.status().accounts.at(-1)).toMatchObject({ quarantined: 150, delivered: 301 });
    angry = false;
    await w.pass(500);
    await w.journal.retry("province");
    await w.until(() => w.journal.status().accounts.at(-1)?.quarantined === 0, "the retry is taken");
    await w.pass(3000);
    const retried = session.sent.filter((sent) => sent.slice.lane === "retry");
    expect(retried.flatMap((sent) => values(sent.slice))).toEqual(
      Array.from({ length: 150 }, (_, n) => (n + 1) * 3),
    );
    expect(w.journal.status()).toMatchObject({ strayReceipts: 0 });
    expect(w.journal.status().accounts.at(-1)).toMatchObject({ quarantined: 0, delivered: 451 });
  });

  it("gives more than one retry batch, none of them twice", async () => {
    const w = await world();
    await w.fill(700);
    let angry = true;
    const judge = (text: string) => (angry && Number(JSON.parse(text)[3]) % 10 > 5 ? "unit" : null);
    const session = w.session(20, (sent) => w.take(sent, judge));
    void w.serve(session);
    await w.until(() => w.waiting === 0, "all is judged");
    angry = false;
    await w.pass(500);
    await w.journal.retry("province");
    await w.until(() => w.journal.status().accounts.at(-1)?.quarantined === 0, "the retry is taken");
    await w.pass(3000);
    const retried = session.sent.filter((sent) => sent.slice.lane === "retry");
    expect(retried.map((sent) => sent.slice.rows.length)).toEqual([200, 80]);
    expect(w.journal.status().accounts.at(-1)).toMatchObject({ quarantined: 0, delivered: 701 });
  });

  it("goes back with the platform, and delivers again what it misses", async () => {
    const w = await world();
    await w.fill(50);
    const restore = w.platform.snapshot();
    const session = w.answering();
    void w.serve(session);
    await w.until(() => w.waiting === 0, "all is delivered");
    restore();
    await w.pass(3_700_000, 20_000);
    await w.until(
      () => w.waiting === 0 && w.platform.next(w.journal.status().epoch) === 52,
      "all is there again",
    );
  });
});
