import { expect, it } from "vitest";
import { OutageWorld } from "./outage-world.ts";

const daysAway = Number(process.env.CE_OUTAGE_DAYS ?? 7);

it(`serves one platform as ever while another is away for ${daysAway} days, and then that one too: each has every record once`, async () => {
  const world = await new OutageWorld().open({ province: "good", district: "good" }, 2);
  const { load } = world;
  try {
    world.connect("province");
    const away = daysAway * 86_400;
    let most = 0;
    for (let second = 0; second < away; second += 120) {
      // Two seconds of two minutes: a week of a whole school would take minutes.
      load.second(second, 3600);
      load.second(second + 60, 3600);
      for (const ms of [1500, 1500, 117_000]) await world.advance(ms);
      if (second > 600) most = Math.max(most, world.waiting("province"));
    }
    // What the last two minutes brought, and no more.
    expect(most).toBeLessThan(10);
    expect(world.waiting("district")).toBeGreaterThan(daysAway * 1440 * 4);
    const ages = [...world.line("province").ages.live];
    world.connect("district");
    for (let tick = 0; tick === 0 || (world.waiting("district") > 0 && tick < 20_000); tick++)
      await world.advance(100);
    for (const uplink of ["province", "district"]) {
      const line = world.line(uplink);
      expect(line.compare(load.values)).toEqual({ lost: 0, wrong: 0 });
      expect(line.stored).toBe(load.values.length);
    }
    const late = ages.sort((a, b) => a - b);
    expect(late[Math.floor(late.length * 0.99)]).toBeLessThan(5000);
    console.log(
      `two platforms, one away for ${daysAway} days: ${load.values.length} records at each; age of live at the other meanwhile ${Math.round(late[late.length >> 1] ?? 0)} ms, at most ${Math.round(late.at(-1) ?? 0)} ms`,
    );
  } finally {
    await world.close();
  }
}, 600_000);
