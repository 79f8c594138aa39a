/** Whatever goes wrong and whenever: it is said where the device may be, and nobody else is written to. */
import fc from "fast-check";
import { expect, it } from "vitest";
import type { RtuLink } from "../../../drivers/modbus/schema.ts";
import { AssignWorld, fresh } from "./world.ts";

const link: RtuLink = { device: "/dev/simulated", baud: 9600, format: "8N1" };
const models = [
  { profile: "jxct-th", model: "jxct-th" },
  { profile: "renke-ws-n01:8", model: "renke-ws-n01-8" },
  { profile: "xy-md02", model: "xy-md02" },
  { profile: "md02-x100", model: "md02-x100" },
] as const;

/** At the nth look, 50 ms apart. */
const event = fc.record({
  at: fc.oneof(fc.nat(120), fc.nat(700)),
  what: fc.constantFrom("stop", "pull", "take back", "off", "on", "blink", "lose", "gain", "lie"),
});

it("each place where it is, or will be once it had no power, is named", async () => {
  const ends = new Set<string>();
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...models),
      fc.constantFrom("12", "12@4800", "1@4800"),
      fc.array(event, { maxLength: 4 }),
      fc.integer({ min: 0, max: 60 }),
      async ({ profile, model }, to, events, promptMs) => {
        const sensor = fresh(model);
        const neighbour = fresh("jxct-th", { unit: 5, baud: 9600 });
        const world = new AssignWorld([neighbour, sensor], { link });
        const before = { ...neighbour.saved };
        const stop = new AbortController();
        let [looks, prompts, blinkUntil] = [0, 0, Number.POSITIVE_INFINITY];
        const happen = {
          stop: () => stop.abort(),
          pull: () => world.pull(),
          "take back": () => world.takeBack(),
          off: () => sensor.powerOff(),
          on: () => sensor.powerOn(),
          blink() {
            sensor.powerOff();
            blinkUntil = looks + 5;
          },
          lose() {
            world.loses = () => true;
          },
          gain() {
            world.loses = () => false;
          },
          lie: () => void sensor.faults.add({ kind: "lying", code: 4, fc: 6 }),
        };
        world.onStep = ({ step }) => {
          looks += 1;
          for (const { at, what } of events) if (at === looks) happen[what]();
          if (looks >= blinkUntil) {
            sensor.powerOn();
            blinkUntil = Number.POSITIVE_INFINITY;
          }
          if (step.what !== "power") return;
          prompts += 1;
          if (prompts === 1 + promptMs) sensor.powerOff();
          if (prompts === 41 + promptMs) sensor.powerOn();
        };
        const started = await world.start({ profile, to });
        // What cannot be is refused before the line is touched.
        if (!("id" in started)) {
          expect(started.problems.length).toBeGreaterThan(0);
          expect(world.lent).toEqual([0, 0]);
          return;
        }
        await world.assignments.ask({ do: "stop", id: started.id });
        const end = await world.set({ profile, to }, stop.signal);
        ends.add(end.code);
        const own = sensor.baud ?? 0;
        const now = `${sensor.unit}@${own}`;
        const later = `${sensor.saved.unit}@${sensor.saved.baud ?? own}`;
        expect(end.places, `${end.code} ${now} ${later}`).toEqual(expect.arrayContaining([now, later]));
        if (end.code === "done") expect(end.places).toEqual([now]);
        expect(world.lent[0]).toBe(world.lent[1]);
        const { writes } = world;
        expect(writes.filter(({ unit }) => unit !== 1 && unit !== 12)).toEqual([]);
        expect(new Set(writes.map(({ pdu }) => pdu)).size).toBe(writes.length);
        expect(end.written.length).toBeGreaterThanOrEqual(writes.length);
        expect(neighbour.saved).toEqual(before);
        if (writes.length > 0) expect(world.entries[0]?.what).toBe("assign.begun");
        await world.close();
      },
    ),
    { numRuns: 150 },
  );
  expect([...ends]).toEqual(expect.arrayContaining(["done", "interrupted", "lost"]));
}, 120_000);
