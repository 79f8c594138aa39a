import { afterEach, describe, expect, it } from "vitest";
import { alarm, closeWorlds, rowsOf, newWorld as world } from "./world.ts";

afterEach(closeWorlds);

const quarantined = (w: Awaited<ReturnType<typeof world>>) =>
  w.journal.status().accounts.reduce((sum, account) => sum + account.quarantined, 0);

describe("a platform that rejects every record with one code", () => {
  it("is asked with few records after the first batch, and stopped at the third", async () => {
    const w = await world();
    await w.fill(6000);
    const session = w.session(20, (sent) => w.take(sent, () => "schema"));
    void w.serve(session);
    await w.until(() => w.forwarder.stopped !== null, "it stops");
    await w.pass(1000);
    expect(w.of("stopped")).toEqual([{ what: "stopped", code: "schema" }]);
    const claims = rowsOf(session.sent).filter(({ slice }) => slice.range !== undefined);
    // Those that were on the wire together with the first are judged with it.
    const before = claims.filter(({ at }) => at === claims[0]?.at).length;
    expect(claims.slice(before).map(({ slice }) => slice.rows.length)).toEqual(
      claims.slice(before).map(() => 20),
    );
    expect(claims.length - before).toBeLessThanOrEqual(2);
    expect(quarantined(w)).toBeLessThanOrEqual(1000);
    expect(w.journal.status().strayReceipts).toBe(0);
  });

  it("risks one probe of twenty records after each resume, and nothing beside it", async () => {
    const w = await world();
    await w.fill(6000);
    const session = w.session(20, (sent) => {
      // A moment's silence, in which anything else would leave as well.
      void w.clock.sleep(3000, new AbortController().signal).then(() => {
        if (sent.open) w.take(sent, () => "schema");
      });
    });
    void w.serve(session);
    await w.until(() => w.forwarder.stopped !== null, "it stops");
    await w.pass(60_000, 500);
    for (let hour = 0; hour < 3; hour++) {
      const [sent, before] = [session.sent.length, quarantined(w)];
      w.put(10_000 + hour);
      w.put(20_000 + hour, alarm);
      await w.pass(500);
      w.forwarder.resume();
      await w.until(() => w.forwarder.stopped !== null, "it stops again");
      await w.pass(60_000, 500);
      const probes = rowsOf(session.sent.slice(sent));
      expect(probes).toHaveLength(1);
      expect(probes[0]?.slice.rows.length).toBeLessThanOrEqual(20);
      expect(quarantined(w) - before).toBeLessThanOrEqual(20);
    }
  });

  it("gets everything once it takes the probe", async () => {
    const w = await world();
    await w.fill(6000);
    let right = false;
    const session = w.session(20, (sent) => w.take(sent, () => (right ? null : "schema")));
    void w.serve(session);
    await w.until(() => w.forwarder.stopped !== null, "it stops");
    const lost = quarantined(w);
    right = true;
    w.forwarder.resume();
    await w.until(() => w.waiting === 0, "all that waited is delivered");
    expect(w.forwarder.stopped).toBeNull();
    expect(quarantined(w)).toBe(lost);
    const sizes = rowsOf(session.sent).map(({ slice }) => slice.rows.length);
    expect(Math.max(...sizes.slice(-20))).toBeGreaterThan(200);
  });

  it("is not doubted for one bad batch: the next good one ends it, and alarms do not wait meanwhile", async () => {
    const w = await world();
    await w.fill(900);
    let bad = true;
    const session = w.session(20, (sent) => {
      const now = bad && sent.slice.rows.length > 100;
      if (now) bad = false;
      if (sent.slice.lane === "early" || now || sent.slice.rows.length === 0)
        w.take(sent, () => (now ? "schema" : null));
    });
    void w.serve(session);
    await w.pass(2000);
    w.put(5000);
    await w.pass(2000);
    // The one in doubt has no answer yet; the alarm goes beside it.
    w.put(5001, alarm);
    await w.pass(500);
    expect(session.sent.at(-1)?.slice.lane).toBe("early");
    expect(session.open.filter(({ slice }) => slice.rows.length > 0)).toHaveLength(1);
    while (w.waiting > 0) {
      for (const sent of session.open) w.take(sent);
      await w.pass(500);
    }
    expect(w.of("stopped")).toEqual([]);
  });
});
