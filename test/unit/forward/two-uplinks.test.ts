/**
 * Uplinks of one school share a journal and nothing else: one that hangs costs the others nothing.
 */
import { afterEach, expect, it } from "vitest";
import { Forwarder } from "../../../edge/forward/index.ts";
import { everything } from "../../suites/journal.ts";
import { ModelPlatform } from "../journal/model-platform.ts";
import { alarm, closeWorlds, newWorld, type ScriptedSession, type Sent, values } from "./world.ts";

afterEach(closeWorlds);

type Other = (session: ScriptedSession, sent: Sent, platform: ModelPlatform) => void;

/** When each value reached the platform of one uplink, in virtual ms since it was measured, beside another uplink. */
async function latencies(other: Other | null): Promise<{ ages: number[]; left: number }> {
  const w = await newWorld({
    ...(other === null ? {} : { beside: { ...everything(), id: "district" } }),
  });
  await w.fill(2500);
  const arrived = new Map<number, number>();
  const session = w.session(20, (sent) => {
    void w.clock.sleep(50, new AbortController().signal).then(() => {
      if (!sent.open) return;
      w.take(sent);
      for (const value of values(sent.slice))
        if (!arrived.has(value)) arrived.set(value, w.clock.monotonicMs());
    });
  });
  void w.serve(session);
  const stop = new AbortController();
  const platform = new ModelPlatform();
  const second = new Forwarder({
    uplink: "district",
    journal: w.journal,
    encoder: w.encoder,
    clock: w.clock,
    log: w.log,
    random: () => 0.5,
    report: () => {},
  });
  const served = (async () => {
    while (other !== null && !stop.signal.aborted) {
      const bad: ScriptedSession = w.session(20, (sent) => other(bad, sent, platform));
      await second.serve(bad, stop.signal);
      await w.clock.sleep(1000, stop.signal).catch(() => {});
    }
  })();
  await w.pass(3000);
  const born = new Map<number, number>();
  for (let n = 0; n < 240; n++) {
    born.set(100_000 + n, w.clock.monotonicMs());
    w.put(100_000 + n, n % 20 === 7 ? alarm : {});
    await w.pass(500);
  }
  await w.pass(5000);
  stop.abort();
  await second.stop();
  await served;
  const { accounts } = w.journal.status();
  const left = accounts.reduce((sum, { uplink, waiting }) => sum + (uplink === "province" ? waiting : 0), 0);
  return { ages: [...born].map(([value, at]) => (arrived.get(value) ?? Number.NaN) - at), left };
}

it("one uplink that hangs, refuses, lies or loses its session changes no other's latency by a millisecond", async () => {
  const alone = await latencies(null);
  expect(alone.left).toBe(0);
  expect(Math.max(...alone.ages)).toBeLessThan(2000);
  const others: Record<string, Other> = {
    "hangs for ever": () => {},
    "throws at everything": (_, sent) => sent.fail(new Error("no")),
    "loses its session at each batch": (session) => session.end(new Error("gone")),
    "rejects every record": (_, sent, platform) => {
      const receipt = platform.accept(sent.slice, sent.batch.id, () => "schema");
      if (receipt !== null) sent.answer(receipt);
    },
  };
  for (const [name, other] of Object.entries(others)) {
    const { ages, left } = await latencies(other);
    expect(left, name).toBe(0);
    expect(ages, name).toEqual(alone.ages);
  }
});
