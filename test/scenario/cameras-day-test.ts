/** A day of cameras: what is taken is true, what is wrong is said, and whoever is back is known as it is. */
import { expect } from "vitest";
import { CameraDay, minuteMs, secondMs, type Watched } from "./cameras-day.ts";
import { type Trouble, troubles } from "./cameras-troubles.ts";

/** Until everything that ended is over for the gateway as well: a minute's rest, a minute's poll, and some. */
const settledMs = 3 * minuteMs;
/** Until what began is noticed. */
const noticedMs = 4 * minuteMs;

/** What the gateway knows of each is what is so. */
function expectWell(day: CameraDay, when: string): void {
  const known = ({ id, isUp, polled: { faults, values } }: Watched) => ({
    ...{ id, isUp, faults: faults.map(({ code }) => code) },
    ...{ motion: values.motion, tamper: values.tamper, firmware: values.device_firmware },
  });
  const is = ({ id, camera: { state, maker } }: Watched) => ({
    ...{ id, isUp: true, faults: [] },
    motion: state.motion,
    tamper: maker.topics.some(({ subject }) => subject === "tamper") ? state.tamper : undefined,
    firmware: state.firmware,
  });
  expect(day.watched.map(known), when).toEqual(day.watched.map(is));
  for (const { id, polled } of day.watched)
    expect(day.now - polled.at, `${id} ${when}`).toBeLessThanOrEqual(minuteMs + 15 * secondMs);
}

/** Events come, and not only polls. */
async function expectEvents(day: CameraDay, when: string): Promise<void> {
  const from = day.now;
  for (const one of day.watched) await day.see(one, { motion: !one.camera.state.motion });
  await day.quiet(2 * secondMs);
  for (const { id, known, camera } of day.watched) {
    expect(known.get("motion"), `${id} ${when}`).toMatchObject({ raw: camera.state.motion });
    expect(known.get("motion")?.at, `${id} ${when}`).toBeGreaterThanOrEqual(from);
  }
}

/** Nothing was taken that never was so, and no camera was tried too often. */
function expectHonest(day: CameraDay, when: string): void {
  expect(day.wrong, when).toEqual([]);
  for (const one of day.watched) {
    const { login } = one.camera;
    expect(login.wrong - one.wrongBefore, `wrong logins at ${one.id} ${when}`).toBeLessThanOrEqual(3);
    expect(login.locks, one.id).toBe(0);
    one.wrongBefore = login.wrong;
  }
}

interface Underway {
  trouble: Trouble;
  cameras: readonly Watched[];
  end: () => Promise<void>;
}

/** What is said of those who are in trouble, and that nothing of them is taken. */
function expectSaid({ trouble, cameras }: Underway, since: number, when: string): void {
  const { says } = trouble;
  if (says === null) return;
  for (const [index, one] of cameras.entries()) {
    const { faults, values, at } = one.polled;
    const [fault] = faults;
    const said = { isUp: one.isUp, polledAt: at, code: fault?.code, facts: fault?.facts };
    expect(said, `${one.id} ${when}`).toMatchObject(says(one, cameras[1 - index]));
    if (at >= since) expect(values, `${one.id} ${when}`).toEqual({});
    for (const [point, { at: taken }] of one.known)
      expect(taken, `${point} of ${one.id} ${when}`).toBeLessThan(since);
  }
}

/** @returns how often each happened */
export async function camerasDay(seed: number, count: number, lastsMs: number): Promise<Map<string, number>> {
  const day = new CameraDay(seed);
  const happened = new Map<string, number>();
  try {
    await day.start(count);
    await day.quiet(settledMs);
    expectWell(day, "at the start");
    for (const until = day.now + lastsMs; day.now < until; ) {
      // Each camera is in one trouble at a time, and passwords are changed alone: whoever is away hears nothing of it.
      const free = day.watched.map((one) => ({ one, at: day.chance() })).sort((a, b) => a.at - b.at);
      const underway: Underway[] = [];
      for (let more = day.draw(1, 3); more > 0; more--) {
        const trouble = troubles[day.draw(0, troubles.length - 1)] as Trouble;
        const cameras = free.splice(0, trouble.takes).map(({ one }) => one);
        if (cameras.length < trouble.takes) break;
        underway.push({ trouble, cameras, end: await trouble.begin(day, cameras) });
        happened.set(trouble.name, (happened.get(trouble.name) ?? 0) + 1);
      }
      const when = `with ${underway.map(({ trouble, cameras }) => `${cameras.map(({ id }) => id)} ${trouble.name}`).join(", ")}, seed ${seed}`;
      const since = day.now + noticedMs;
      await day.pass(noticedMs);
      await day.pass(day.draw(2, 60) * minuteMs);
      for (const one of underway) expectSaid(one, since, when);
      expectHonest(day, when);
      for (const { end } of underway) await end();
      await day.quiet(settledMs);
      expectWell(day, `after ${when}`);
      await expectEvents(day, `after ${when}`);
      expectHonest(day, `after ${when}`);
    }
    return happened;
  } finally {
    await day.stop();
    expect(day.clock.sleeping).toBe(0);
  }
}
