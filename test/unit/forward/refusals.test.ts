import { afterEach, describe, expect, it } from "vitest";
import { UplinkError } from "../../../gateway/contract/index.ts";
import { closeWorlds, rowsOf, type Sent, values, newWorld as world } from "./world.ts";

afterEach(closeWorlds);

describe("a forwarder whose batches are refused", () => {
  const never = (code: string) => new UplinkError(code, "never", "refused");

  it("makes batches smaller until they fit, and larger again slowly", async () => {
    const w = await world();
    await w.fill(900);
    let limit = 100;
    const session = w.session(20, (sent) => {
      if (sent.slice.rows.length > limit) {
        sent.answer({ batch: sent.batch.id, taken: 0, rejected: [], next: null, at: null, tooLarge: true });
      } else w.take(sent);
    });
    void w.serve(session);
    await w.until(() => w.waiting === 0, "all is delivered");
    expect(w.of("kept")[0]).toMatchObject({ code: "too-large" });
    expect(w.journal.status()).toMatchObject({ strayReceipts: 0 });
    limit = 1000;
    for (let n = 0; n < 30; n++) await w.fill(300, 10_000 + n * 300);
    await w.until(() => w.waiting === 0, "all is delivered");
    const sizes = session.sent.map((sent) => sent.slice.rows.length).slice(-40);
    expect(Math.max(...sizes)).toBeGreaterThan(150);
    expect(w.platform.conflicts + w.platform.malformed).toBe(0);
  });

  it("heeds a session that ends over a batch which is too large, and says so only then", async () => {
    const w = await world();
    await w.fill(500);
    const first = w.session();
    first.stubborn = true;
    const served = w.serve(first);
    await w.quiet();
    const sent = first.open.find((one) => one.slice.rows.length > 0) as Sent;
    first.end(new Error("packet too large"));
    await served;
    sent.answer({ batch: sent.batch.id, taken: 0, rejected: [], next: null, at: null, tooLarge: true });
    await w.quiet();
    const second = w.answering();
    void w.serve(second);
    await w.until(() => w.waiting === 0, "all is delivered");
    expect(Math.max(...second.sent.map((one) => one.slice.rows.length))).toBeLessThan(300);
    expect(w.of("stray")).toEqual([]);
  });

  it("quarantines the one record that is too large for ever, and everything else goes on", async () => {
    const w = await world();
    await w.fill(300);
    const session = w.session(20, (sent) => {
      if (values(sent.slice).includes(123)) {
        sent.answer({ batch: sent.batch.id, taken: 0, rejected: [], next: null, at: null, tooLarge: true });
      } else w.take(sent);
    });
    void w.serve(session);
    await w.until(() => w.waiting === 0, "all but one is delivered");
    expect(w.journal.status().accounts.at(-1)).toMatchObject({ delivered: 300, quarantined: 1 });
    expect(w.of("stopped")).toEqual([]);
    expect(w.log.lines.filter((line) => line.level === "warn")).toMatchObject([
      { fields: { code: "too-large" } },
    ]);
  });

  it("isolates the record that a whole-batch refusal is about, without one in the lane of backlog hurting live", async () => {
    const w = await world();
    await w.fill(3000);
    const session = w.session(20, (sent) => {
      if (values(sent.slice).includes(1234)) sent.fail(never("bad-request"));
      else w.take(sent);
    });
    void w.serve(session);
    await w.until(() => w.waiting === 0, "all but one is delivered");
    const accounts = w.journal.status().accounts;
    expect(accounts[0]).toMatchObject({ delivered: 3000, quarantined: 1 });
    expect(w.platform.falseGaps + w.platform.malformed + w.platform.conflicts).toBe(0);
  });

  it("stops when every batch is refused, even one without rows, and quarantines nothing", async () => {
    const w = await world();
    await w.fill(300);
    const session = w.session(20, (sent) => sent.fail(never("bad-request")));
    void w.serve(session);
    await w.until(() => w.forwarder.stopped !== null, "it stops");
    expect(w.of("stopped")).toEqual([{ what: "stopped", code: "bad-request" }]);
    expect(w.journal.status().accounts.at(-1)).toMatchObject({ quarantined: 0, delivered: 0, waiting: 301 });
  });

  it("stops when every record is refused as a whole batch, having quarantined three", async () => {
    const w = await world();
    await w.fill(300);
    const session = w.session(20, (sent) => {
      if (sent.slice.rows.length > 0) sent.fail(never("bad-request"));
      else w.take(sent);
    });
    void w.serve(session);
    await w.until(() => w.forwarder.stopped !== null, "it stops");
    expect(w.of("stopped")).toEqual([{ what: "stopped", code: "bad-request" }]);
    expect(w.journal.status().accounts.at(-1)?.quarantined).toBeGreaterThanOrEqual(3);
    expect(w.journal.status().accounts.at(-1)?.quarantined).toBeLessThanOrEqual(6);
  });

  it("delivers a record that was set aside when it is retried and fits by then", async () => {
    const w = await world();
    await w.fill(30);
    let small = true;
    const session = w.session(20, (sent) => {
      if (small && values(sent.slice).includes(12)) sent.fail(never("bad-request"));
      else w.take(sent);
    });
    void w.serve(session);
    await w.until(() => w.waiting === 0, "all but one is delivered");
    await w.pass(500);
    expect(await w.journal.retry("province", "bad-request")).toBe(1);
    await w.pass(20_000);
    // Refused three times alone, it is quarantined once more.
    expect(w.journal.status().accounts.at(-1)).toMatchObject({ delivered: 30, quarantined: 1 });
    small = false;
    expect(await w.journal.retry("province")).toBe(1);
    await w.pass(5000);
    expect(w.journal.status().accounts.at(-1)).toMatchObject({ delivered: 31, quarantined: 0 });
    expect(w.of("stopped")).toEqual([]);
  });

  it("does not cut batches for a wrong credential", async () => {
    const w = await world();
    await w.fill(300);
    const session = w.session(20, (sent) => sent.fail(never("unauthorized")));
    void w.serve(session);
    await w.pass(20_000);
    expect(new Set(rowsOf(session.sent).map((sent) => sent.batch)).size).toBe(1);
    expect(w.waiting).toBe(301);
  });

  it("stops after three batches that were mostly rejected with one code, keeps, and goes on when told", async () => {
    const w = await world();
    let angry = false;
    const session = w.session(20, (sent) => w.take(sent, () => (angry ? "wrong-school" : null)));
    void w.serve(session);
    await w.until(() => w.waiting === 0, "the opening is delivered");
    angry = true;
    for (let n = 0; n < 6; n++) {
      w.put(n);
      await w.pass(2000);
    }
    expect(w.forwarder.stopped).toBe("wrong-school");
    expect(w.of("stopped")).toEqual([{ what: "stopped", code: "wrong-school" }]);
    expect(w.journal.status().accounts.at(-1)).toMatchObject({ quarantined: 3, waiting: 3 });
    const { sleeps } = w;
    const batches = session.sent.length;
    await w.pass(600_000, 10_000);
    expect({ sleeps: w.sleeps - sleeps, batches: session.sent.length - batches }).toEqual({
      sleeps: 0,
      batches: 0,
    });
    angry = false;
    w.forwarder.resume();
    await w.until(() => w.waiting === 0, "the rest is delivered");
    expect(w.journal.status().accounts.at(-1)).toMatchObject({ quarantined: 3, delivered: 4 });
  });

  it("begins fresh after a restart", async () => {
    const w = await world();
    await w.fill(3);
    const session = w.session(20, (sent) => w.take(sent, () => "wrong-school"));
    void w.serve(session);
    for (let n = 0; n < 4; n++) {
      w.put(n);
      await w.pass(2000);
    }
    expect(w.forwarder.stopped).toBe("wrong-school");
    await w.forwarder.stop();
    w.forwarder = w.newForwarder();
    void w.serve(w.answering());
    await w.until(() => w.waiting === 0, "the rest is delivered");
  });
});
