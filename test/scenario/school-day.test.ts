import { expect, it } from "vitest";
import { roomWorld } from "../../simulator/scenes/room-world.ts";
import type { SceneFile } from "../../simulator/scenes/scene-schema.ts";
import { LoggedWorld, pointOf, toStore } from "./told.ts";
import { sceneNamed, VirtualSchool } from "./virtual-school.ts";

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

    const got = new Map<string, number[]>();
    for (const { kind, device, point, value, quality } of school.platform.records()) {
      if (kind !== "measurement" && kind !== "counter") continue;
      expect(quality & 128, `${device}/${point} is simulated`).toBe(128);
      const key = `${device}/${point}`;
      got.set(key, [...(got.get(key) ?? []), value as number]);
    }
    const totals: Record<string, number> = {};
    for (const { id, model } of school.school.devices) {
      const emissions = school.school.sensors.get(id)?.device.emissions;
      for (const [point, name, of = (value: number) => value] of pointsOf[model] ?? []) {
        const said =
          emissions?.map(({ timeMs: at, values }) => ({ at, value: values[name] as number })) ??
          world.said(id, name).map(({ at, value }) => ({ at, value: of(value) }));
        // One that is polled is there with its first answer, one that connects before it says anything.
        const upAt = emissions === undefined ? undefined : morning;
        const wanted = toStore(said, pointOf(school.plan, id, point), upAt);
        const key = `${id}/${point}`;
        expect(got.get(key)?.length, `${key}: how many`).toBe(wanted.length);
        got.get(key)?.forEach((value, at) => {
          expect(value, `${key}: record ${at + 1}`).toBeCloseTo(wanted[at] as number, 3);
        });
        totals[point] = (totals[point] ?? 0) + wanted.length;
      }
    }
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

/** Points of a model, what they are called in the simulator's own words, and what a register makes of them. */
const pointsOf: Record<string, readonly (readonly [string, string, ((value: number) => number)?])[]> = {
  "jxct-air-board": ["co2", "temperature", "humidity", "pm25", "pm10"].map((name) => [name, name]),
  "mqtt-air": ["co2", "temperature", "humidity", "pm25"].map((name) => [name, name]),
  "chint-ddsu666": [
    ["voltage", "voltage", Math.fround],
    ["power", "power", (watts) => Math.fround(watts / 1000) * 1000],
    ["energy", "energyImport", (wh) => Math.fround(wh / 1000)],
  ],
  "acrel-adw300": [["energy", "energyImport", (wh) => Math.floor(Math.round(wh) / 10) / 100]],
};
