import { afterEach, expect, it } from "vitest";
import { Schedule } from "../../../edge/forward/index.ts";
import { UplinkError } from "../../../gateway/contract/index.ts";
import { closeWorlds, newWorld, values } from "./world.ts";

afterEach(closeWorlds);

it.each(["a platform whose back end was down (502)", "a platform that asked for an hour's patience"])(
  "has live data there in five seconds after %s, though its session never ended",
  async (how) => {
    const world = await newWorld();
    const hour = 3_600_000;
    let down = true;
    let freeAt = 0;
    const arrived = new Map<number, number>();
    // As in "has live data in five": one queue, 500 rows a second and 50 ms a batch.
    const session = world.session(4, (sent) => {
      if (down && how.includes("502")) sent.fail(new UplinkError("busy", "later", "the platform is busy"));
      else if (down)
        sent.answer({
          batch: sent.batch.id,
          taken: 0,
          rejected: [],
          next: null,
          at: null,
          retryAfterMs: hour,
        });
      else {
        const now = world.clock.monotonicMs();
        freeAt = Math.max(freeAt, now) + 50 + sent.slice.rows.length * 2;
        void world.clock.sleep(freeAt - now, new AbortController().signal).then(() => {
          if (!sent.open) return;
          world.take(sent);
          for (const value of values(sent.slice)) arrived.set(value, world.clock.monotonicMs());
        });
      }
    });
    void world.serve(session);
    await world.pass(1000);
    // What comes in within two hours at a typical school.
    for (let n = 0; n < 15; n++) {
      await world.fill(2000, 1 + n * 2000);
      await world.pass(240_000, 10_000);
    }
    down = false;
    const asked = session.sent.length;
    for (let n = 0; n < 80 && session.sent.length === asked; n++) await world.pass(60_000, 10_000);
    const born = world.clock.monotonicMs();
    world.put(77_777);
    await world.until(() => arrived.has(77_777), "the new row is there", 300_000);
    expect((arrived.get(77_777) ?? 0) - born).toBeLessThanOrEqual(5000);
  },
  120_000,
);

it("keeps the pace of backlog when a platform's back end (502) is up again after two hours", async () => {
  const backlog = { recordsPerS: 100, bytesPerS: 1e6 };
  const world = await newWorld({ pace: new Schedule({ backlog }, { wallMs: () => null, share: 0 }) });
  let down = true;
  const session = world.session(4, (sent) => {
    if (down) sent.fail(new UplinkError("busy", "later", "the platform is busy"));
    else world.take(sent);
  });
  void world.serve(session);
  for (let n = 0; n < 15; n++) {
    await world.fill(2000, 1 + n * 2000);
    await world.pass(480_000, 10_000);
  }
  down = false;
  await world.pass(50_000, 500);
  expect(30_000 - world.waiting).toBeLessThanOrEqual(50 * 100 + 2000);
}, 120_000);
