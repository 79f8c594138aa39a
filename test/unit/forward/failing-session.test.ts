import { afterEach, describe, expect, it } from "vitest";
import { UplinkError } from "../../../gateway/contract/index.ts";
import { draft } from "../../suites/journal.ts";
import { alarm, closeWorlds, rowsOf, type Sent, values, newWorld as world } from "./world.ts";

afterEach(closeWorlds);

describe("a forwarder on a session that does not work", () => {
  it("sends the same bytes after a time-out, with twice the patience, and takes one receipt", async () => {
    const w = await world();
    await w.fill(3);
    const session = w.session();
    void w.serve(session);
    await w.quiet();
    const [claim] = session.open;
    w.take(claim as Sent);
    await w.pass(30_500);
    const sent = rowsOf(session.sent);
    expect(sent).toHaveLength(2);
    expect(sent[1]?.batch).toBe(sent[0]?.batch);
    expect(Number(sent[1]?.at) - Number(sent[0]?.at)).toBe(30_000);
    expect(w.of("kept")).toMatchObject([{ code: "timeout" }]);
    // The first one's answer comes after all: nobody waits for that sending any more.
    w.take(sent[1] as Sent);
    await w.until(() => w.waiting === 0, "all is delivered");
    expect(w.journal.status().strayReceipts).toBe(0);
  });

  it("ignores a receipt for a sending that was given up", async () => {
    const w = await world();
    const session = w.session();
    session.stubborn = true;
    void w.serve(session);
    await w.quiet();
    w.take(session.open[0] as Sent);
    await w.pass(30_000);
    const [first, again] = rowsOf(session.sent) as [Sent, Sent];
    first.answer(w.receipt(first));
    await w.pass(1000);
    expect(w.of("stray")).toEqual([{ what: "stray", code: "late" }]);
    expect(w.waiting).toBe(1);
    expect(w.forwarder.inFlight).toBe(1);
    w.take(again);
    await w.until(() => w.waiting === 0, "the second receipt settles");
    expect(w.journal.status()).toMatchObject({ strayReceipts: 0 });
  });

  it("takes no receipt for what a refusal in another lane of the same epoch gave back", async () => {
    const w = await world();
    const first = w.session();
    const served = w.serve(first);
    await w.quiet();
    w.take(first.open[0] as Sent);
    await w.fill(1500);
    await w.quiet();
    first.end(new Error("gone"));
    await served;
    await w.fill(500, 2000);
    const old = w.journal.status().epoch;
    const second = w.session(20, (sent) => {
      if (sent.slice.range !== undefined && sent.slice.range[1] < sent.slice.range[0]) w.take(sent);
    });
    void w.serve(second);
    await w.until(
      () => second.open.some((sent) => sent.slice.lane === "backlog" && sent.slice.rows.length > 0),
      "the rest of the old epoch goes as backlog",
    );
    const live = second.open.find(
      (sent) => sent.slice.lane === "live" && sent.slice.rows.length === 1000,
    ) as Sent;
    expect(live.slice.epoch).toBe(old);
    const backlog = second.open.find(
      (sent) => sent.slice.lane === "backlog" && sent.slice.rows.length > 0,
    ) as Sent;
    expect(backlog.slice.epoch).toBe(old);
    live.answer({ batch: live.batch.id, taken: 0, rejected: [], next: null, at: null, tooLarge: true });
    await w.quiet();
    expect(backlog.open).toBe(false);
    while (w.waiting > 0) {
      for (const sent of second.open) w.take(sent);
      await w.pass(50);
    }
    expect(w.of("stray")).toEqual([]);
    expect(w.journal.status().strayReceipts).toBe(0);
  });

  it("sends the same bytes over the next session", async () => {
    const w = await world();
    await w.fill(3);
    const first = w.session();
    const served = w.serve(first);
    await w.quiet();
    const lost = first.open.map((sent) => sent.batch);
    expect(lost.length).toBeGreaterThan(1);
    first.end(new Error("gone"));
    await served;
    expect(first.open).toEqual([]);
    const second = w.answering();
    void w.serve(second);
    await w.until(() => w.waiting === 0, "all is delivered");
    for (const batch of lost) expect(second.sent.filter((sent) => sent.batch === batch)).toHaveLength(1);
    expect(w.journal.status().strayReceipts).toBe(0);
  });

  it("keeps everything when sending throws, waits with that lane alone, and reports it once", async () => {
    const w = await world();
    await w.fill(1500);
    let broken = true;
    const session = w.session(20, (sent) => {
      if (broken && sent.slice.lane === "backlog") sent.fail(new UplinkError("unavailable", "later", "503"));
      else w.take(sent);
    });
    void w.serve(session);
    await w.pass(10_000);
    expect(w.journal.status().accounts.at(-1)).toMatchObject({ waiting: 0 });
    expect(w.journal.status().accounts[0]).toMatchObject({ waiting: 1501, delivered: 0 });
    const kept = w.of("kept").length;
    // 0.75, 1.5, 3, 6 s: the fourth wait is under way.
    expect(kept).toBe(4);
    expect(w.of("kept")[0]).toEqual({ what: "kept", lane: "backlog", code: "unavailable", detail: "503" });
    broken = false;
    await w.until(() => w.waiting === 0, "all is delivered");
    expect(w.of("stalled")).toEqual([]);
  });

  it("waits at most half a minute between tries, for days, without calling it a stall", async () => {
    const w = await world();
    const session = w.session(20, (sent) => sent.fail(new Error("no")));
    void w.serve(session);
    await w.pass(1_200_000, 1000);
    expect(session.sent.length).toBeGreaterThan(40);
    expect(session.sent.length).toBeLessThan(120);
    expect(w.of("stalled")).toEqual([]);
    expect(w.of("kept")[0]).toMatchObject({ code: "send-failed", detail: "no" });
  });

  it("survives a session whose send throws at once", async () => {
    const w = await world();
    const session = w.session();
    session.send = () => {
      throw new Error("broken");
    };
    const served = w.serve(session);
    await w.pass(3000);
    expect(w.of("kept").length).toBeGreaterThan(1);
    session.end(null);
    expect(await served).toEqual({ why: "ended", recycle: false });
  });

  it("obeys retryAfterMs in every lane but early", async () => {
    const w = await world();
    await w.fill(3);
    let busy = true;
    const session = w.session(20, (sent) => {
      if (busy && sent.slice.lane !== "early" && sent.slice.rows.length > 0) {
        sent.answer({
          batch: sent.batch.id,
          taken: 0,
          rejected: [],
          next: null,
          at: null,
          retryAfterMs: 120_000,
        });
      } else w.take(sent);
    });
    void w.serve(session);
    await w.pass(1000);
    busy = false;
    const before = session.sent.length;
    await w.pass(60_000, 500);
    w.journal.append([draft(99, alarm)], [], "now").catch(() => {});
    await w.pass(50_000, 500);
    expect(session.sent.slice(before).map((sent) => sent.slice.lane)).toEqual(["early"]);
    await w.pass(12_000, 500);
    expect(w.waiting).toBe(0);
    expect(w.of("stalled")).toEqual([]);
    expect(w.journal.status().strayReceipts).toBe(0);
  });

  it("does not take `not now` for a confirmation of a claim without rows", async () => {
    const w = await world({
      filter: { id: "province", accepts: (series) => series.point !== "co2", start: "oldest" },
    });
    let busy = false;
    const session = w.session(20, (sent) => {
      if (busy) {
        sent.answer({
          batch: sent.batch.id,
          taken: 0,
          rejected: [],
          next: null,
          at: null,
          retryAfterMs: 1000,
        });
      } else w.take(sent);
    });
    void w.serve(session);
    await w.until(() => w.waiting === 0, "the opening is delivered");
    await w.fill(10);
    busy = true;
    await w.pass(70_000, 500);
    expect(w.of("kept")[0]).toMatchObject({ code: "retry-after" });
    expect(w.of("paused")[0]).toEqual({ what: "paused", forMs: 1000 });
    expect(w.waiting).toBe(10);
    busy = false;
    await w.pass(40_000, 500);
    expect(w.waiting).toBe(0);
  });

  it("reports a stall after 60 s without a receipt and asks for a new session, then for new batches", async () => {
    const w = await world();
    const mute = w.session();
    const served = w.serve(mute);
    await w.pass(59_900, 100);
    expect(w.of("stalled")).toEqual([]);
    await w.pass(200);
    expect(await served).toEqual({ why: "stalled", recycle: true });
    expect(w.of("stalled")).toEqual([{ what: "stalled", forMs: 60_000, times: 1 }]);
    expect(mute.open).toEqual([]);
    const second = w.session();
    const again = w.serve(second);
    await w.pass(60_100, 100);
    expect(await again).toMatchObject({ recycle: true });
    const old = new Set([...mute.sent, ...second.sent].map((sent) => sent.batch.id));
    const third = w.answering();
    void w.serve(third);
    await w.until(() => w.waiting === 0, "all is delivered");
    expect(third.sent.some((sent) => old.has(sent.batch.id))).toBe(false);
  });

  it("is not stalled while receipts come for others", async () => {
    const w = await world();
    const session = w.session(20, (sent) => {
      if (!values(sent.slice).includes(1)) w.take(sent);
    });
    void w.serve(session);
    for (let n = 0; n < 40; n++) {
      w.put(n);
      await w.pass(3000, 500);
    }
    expect(w.of("stalled")).toEqual([]);
    const same = session.sent.filter((sent) => values(sent.slice).includes(1));
    // 30 s, then 60 s, then 120 s.
    expect(same.map((sent) => Math.round((sent.at - (same[0] as Sent).at) / 1000))).toEqual([0, 30, 90]);
    expect(new Set(same.map((sent) => sent.batch)).size).toBe(1);
  });

  it("takes a receipt that does not add up for none, and reads again", async () => {
    const w = await world();
    await w.fill(3);
    let lies = 2;
    const session = w.session(20, (sent) => {
      if (sent.slice.rows.length > 0 && lies-- > 0) sent.answer({ ...w.receipt(sent), taken: 1 });
      else w.take(sent);
    });
    void w.serve(session);
    await w.until(() => w.waiting === 0, "all is delivered");
    expect(w.of("stray")).toEqual([
      { what: "stray", code: "unusable" },
      { what: "stray", code: "unusable" },
    ]);
    expect(w.of("kept").map(({ code }) => code)).toContain("receipt");
    expect(w.journal.status().accounts.at(-1)).toMatchObject({ delivered: 4 });
  });
});
