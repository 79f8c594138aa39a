import { expect, it } from "vitest";
import { at, dayMs, minuteMs, school, snapshot, wired } from "./room-world.ts";

it("computes a month of forty rooms in a minute or two, the same asked by minutes as asked once", () => {
  const from = at("2026-11-01T00:00");
  const to = from + 30 * dayMs;
  const plan = school({ classes: 32, seed: 40 });
  const forty = { ...plan, rooms: plan.rooms.slice(0, 40) };
  const took = (everyMs: number) => {
    const { model, sensors } = wired(forty, from);
    const begun = process.cpuUsage();
    for (let ms = from + everyMs; ms <= to; ms += everyMs) {
      model.advanceTo(ms);
      if (everyMs < dayMs) sensors[0]?.read();
    }
    model.advanceTo(to);
    const { user, system } = process.cpuUsage(begun);
    return { text: snapshot(model, sensors), seconds: (user + system) / 1e6 };
  };
  const once = took(30 * dayMs);
  const often = took(7 * minuteMs);
  console.log(
    `a month of 40 rooms with 320 sensor values: ${once.seconds.toFixed(1)} s, by minutes ${often.seconds.toFixed(1)} s`,
  );
  expect(often.text).toBe(once.text);
  expect(once.seconds).toBeLessThan(120);
});
