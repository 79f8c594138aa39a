import { expect, it } from "vitest";
import { roomWorld } from "../../simulator/scenes/room-world.ts";
import { sceneNamed } from "./scene-named.ts";
import { LoggedWorld } from "./told.ts";
import { expectTotals } from "./totals.ts";
import { VirtualSchool } from "./virtual-school.ts";

/** The first of September, midnight in China. */
const first = Date.UTC(2026, 7, 31, 16);
const dayMs = 86_400_000;
const days = 30;
const points = ["co2", "temperature", "humidity", "pm25", "pm10", "voltage", "power", "energy"];
const defaults = `defaults: { points: { ${points.map((point) => `${point}: { maxSilence: 2000s }`).join(", ")} } }\n`;

it("gives the platform exactly what its devices said in a month", async () => {
  let world!: LoggedWorld;
  const scene = sceneNamed("primary-12");
  // No longest silence is a multiple of the period: what is stored hangs on no millisecond.
  const devices = scene.devices.map((device) => ({ ...device, every: 890_000 }));
  const school = new VirtualSchool(
    { ...scene, faults: [], devices },
    first,
    (its, clock) => {
      world = new LoggedWorld(roomWorld(its, clock), clock, (where) =>
        typeof where === "number" ? `f${where}-main` : `${where}-meter`,
      );
      return world;
    },
    { "defaults.yaml": defaults },
  );
  try {
    await school.start();
    for (let day = 1; day <= days; day++) {
      await school.advance(dayMs);
      const { measured, stored } = school.agent.status().counters;
      const [uplink] = school.agent.status().uplinks;
      console.log(`day ${day}: ${measured} measured, ${stored} stored, ${uplink?.delivered} confirmed`);
      expect(uplink).toMatchObject({ lost: 0, quarantined: 0 });
    }
    await school.school.stop();
    expect(await school.until(() => school.agent.status().uplinks[0]?.waiting === 0, 120_000)).toBe(true);
    const totals = expectTotals(school, world, first);
    console.log(`a month of 12 rooms: ${JSON.stringify(totals)}`);
    expect(school.agent.status().uplinks[0]).toMatchObject({ lost: 0, quarantined: 0, waiting: 0 });
  } finally {
    await school.stop();
  }
});
