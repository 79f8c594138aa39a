import { expect, it } from "vitest";
import { roomWorld } from "../../simulator/scenes/room-world.ts";
import type { SceneFile } from "../../simulator/scenes/scene-schema.ts";
import { sceneNamed } from "./scene-named.ts";
import { LoggedWorld } from "./told.ts";
import { expectTotals } from "./totals.ts";
import { VirtualSchool } from "./virtual-school.ts";

/** Six in the morning of a Tuesday in the first term, in China. */
const morning = Date.UTC(2026, 8, 14, 22);
const hourMs = 3_600_000;

/** No period divides a longest silence: what is stored hangs on no millisecond. */
const withPeriods = (scene: SceneFile, everyMs: number): SceneFile => ({
  ...scene,
  faults: [],
  devices: scene.devices.map((device) => ({ ...device, every: everyMs })),
});

it("has all devices of forty rooms up within a minute of its first line", async () => {
  const scene = sceneNamed("primary-40");
  const school = new VirtualSchool({ ...scene, faults: [] }, morning);
  try {
    const begun = school.clock.monotonicMs();
    await school.start();
    const up = () => {
      const { ok, total } = school.agent.status().counts.devices;
      return ok === total;
    };
    expect(await school.until(up, 60_000 - (school.clock.monotonicMs() - begun))).toBe(true);
    const { total } = school.agent.status().counts.devices;
    console.log(`${total} devices of 40 rooms are up after ${school.clock.monotonicMs() - begun} ms`);
    // The Zigbee bridge is one as well.
    expect(total).toBe(school.school.devices.length + 1);
  } finally {
    await school.stop();
  }
}, 120_000);

it("says the same to the last bit by the same seed, and something else by another", async () => {
  const quarter = async (seed: number) => {
    const scene = sceneNamed("primary-12");
    const school = new VirtualSchool({ ...scene, school: { ...scene.school, seed } }, morning + 3 * hourMs);
    try {
      await school.start();
      await school.advance(hourMs / 4);
      return school.platform
        .records()
        .filter(({ device }) => device !== "gw1")
        .map(({ device, point, value, quality, time }) =>
          JSON.stringify([device, point, time, value, quality]),
        )
        .sort();
    } finally {
      await school.stop();
    }
  };
  const first = await quarter(1);
  expect(first.length).toBeGreaterThan(500);
  expect(await quarter(1)).toEqual(first);
  expect(await quarter(2)).not.toEqual(first);
}, 120_000);

it("gives the platform exactly what its devices said in a school day, as the storing rule selects it", async () => {
  let world!: LoggedWorld;
  const scene = withPeriods(sceneNamed("primary-12"), 110_000);
  const school = new VirtualSchool(scene, morning, (its, clock) => {
    world = new LoggedWorld(roomWorld(its, clock), clock, (where) =>
      typeof where === "number" ? `f${where}-main` : `${where}-meter`,
    );
    return world;
  });
  try {
    await school.start();
    for (let hour = 0; hour < 12; hour++) await school.advance(hourMs);
    const settled = () => {
      const [uplink] = school.agent.status().uplinks;
      return uplink?.waiting === 0;
    };
    // Nobody says anything any more, and all that was said arrives.
    await school.school.stop();
    expect(await school.until(settled, 120_000)).toBe(true);

    const totals = expectTotals(school, world, morning);
    const { measured, stored } = school.agent.status().counters;
    console.log(
      `a school day of 12 rooms: ${measured} measured, ${stored} stored; ${JSON.stringify(totals)}`,
    );
    const [uplink] = school.agent.status().uplinks;
    expect(uplink).toMatchObject({ lost: 0, quarantined: 0, waiting: 0 });
    expect(school.agent.status().reasons.filter(({ level }) => level === "gateway")).toEqual([]);
  } finally {
    await school.stop();
  }
}, 600_000);
