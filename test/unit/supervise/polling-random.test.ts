import fc from "fast-check";
import { expect, it } from "vitest";
import type { Job } from "../../../config/schema/kind.ts";
import { NotStored } from "../../../drivers/contract/index.ts";
import { type Act, job, reading, World } from "./polled-world.ts";

const names = ["a", "b", "c", "d", "e"];
const lines = ["one", "two"];

const manner = fc.record({
  how: fc.constantFrom(
    "answers",
    "silent",
    "garbled",
    "throws",
    "ignores its signal",
    "obeys",
    "splits",
    "nonsense",
  ),
  ms: fc.nat(500),
});
type Manner = { how: string; ms: number };

const planned = fc.uniqueArray(
  fc.record({
    device: fc.constantFrom(...names),
    line: fc.constantFrom(...lines),
    everyMs: fc.constantFrom(200, 1000, 5000),
    points: fc.constantFrom<string[]>(["p"], ["p", "q"], ["p", "q", "r"]),
  }),
  { maxLength: 8, selector: ({ device, points }) => `${device} ${points}` },
);

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.nat(8_000) }) },
  fc.record({ do: fc.constant("become" as const), device: fc.constantFrom(...names), manner }),
  fc.record({ do: fc.constant("plan" as const), planned }),
  fc.record({ do: fc.constant("hold" as const), devices: fc.subarray(names) }),
  fc.record({ do: fc.constant("reopen" as const) }),
  fc.record({ do: fc.constant("pause" as const), ms: fc.nat(2_000) }),
  fc.record({ do: fc.constant("store" as const), takes: fc.boolean() }),
  fc.record({ do: fc.constant("command" as const), line: fc.constantFrom(...lines), ms: fc.nat(300) }),
  fc.record({ do: fc.constant("jump" as const), ms: fc.nat(100_000) }),
);

it("whatever devices, plans, stores and sessions do, turns never overlap on a line, every change is told once, and the counts add up", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), planned, async (steps, first) => {
      const world = new World();
      const acts: Record<string, (ms: number) => Act> = {
        answers: world.answers,
        silent: world.silent,
        garbled: (ms) => world.silent(ms, "modbus.crc", "frame"),
        throws: () => () => {
          throw new Error("x");
        },
        // It lets go in the end, but not when it is told to: a line may hang for it.
        "ignores its signal": (ms) => async (each) => {
          await world.clock.sleep(5 * ms, new AbortController().signal);
          return { reading: reading(each.device, ...each.points) };
        },
        obeys: () => (_, signal) =>
          new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
        splits: () => async (each) => ({
          reading: reading(each.device),
          instead: each.points.map((point) => ({ ...each, points: [point] })),
        }),
        nonsense: () => async () => ({ reading: 7, instead: [{}, null] }),
      };
      const become = (device: string, { how, ms }: Manner) => {
        const act = acts[how]?.(ms);
        if (act !== undefined) world.acts.set(device, act);
      };
      let plan: Job[] = [];
      const adopt = (next: typeof first) => {
        plan = next.map((each) => job(each.device, each));
        world.poller.adopt(plan);
      };
      adopt(first);
      world.start();
      /** A session that hangs is opened anew, as a link would. */
      const revive = async () => {
        let over = "";
        void world.ended.then((why) => {
          over = why;
        });
        await world.clock.advance(0);
        if (over === "hung") world.start();
      };
      for (const each of steps) {
        switch (each.do) {
          case "wait":
            for (let ms = 0; ms < each.ms; ms += 500) {
              await world.clock.advance(500);
              await revive();
            }
            break;
          case "jump":
            await world.clock.jump(each.ms);
            break;
          case "become":
            become(each.device, each.manner);
            break;
          case "plan":
            adopt(each.planned);
            break;
          case "hold":
            world.poller.hold(new Set(each.devices));
            break;
          case "reopen":
            await world.stop();
            world.start();
            break;
          case "pause":
            void world.poller.pause();
            await world.clock.advance(each.ms);
            world.poller.resume();
            break;
          case "store":
            world.store = each.takes ? async () => {} : () => Promise.reject(new NotStored("busy"));
            break;
          case "command":
            void world.poller
              .use(each.line, { device: "a", why: "command", deadlineMs: 200 }, (signal) =>
                world.clock.sleep(each.ms, signal),
              )
              .catch(() => {});
        }
      }
      expect(world.wrong).toEqual([]);
      // Up and down take turns, for as long as a device stays in the plan.
      for (const device of names) {
        const told = world.presence.filter((fact) => fact.device === device).map(({ what }) => what);
        const repeats = told.filter((what, index) => what === "down" && what === told[index - 1]);
        if (!steps.some((each) => each.do === "plan")) expect(repeats).toEqual([]);
      }
      for (const { reading: each } of world.readings) expect(names).toContain(each.device);

      // At rest: everybody answers, the store takes all, nothing is held.
      world.acts.clear();
      world.store = async () => {};
      adopt(first);
      for (let second = 0; second < 200; second++) {
        await world.clock.advance(1000);
        await revive();
      }
      const handed = world.readings.filter(({ way }) => way === "polled").length;
      const { kept, missed } = world.poller.counts;
      expect(kept + missed).toBe(handed);
      const silent = world.poller.figures().flatMap((line) => line.silent);
      expect(silent).toEqual([]);
      world.fresh();
      await world.clock.advance(10_000);
      for (const device of new Set(plan.map((each) => each.device)))
        expect(world.times(device)).not.toEqual([]);
      await world.stop();
      await world.clock.advance(10_000);
      expect(world.wrong).toEqual([]);
      expect(world.clock.sleeping).toBe(0);
    }),
    { numRuns: 60 },
  );
}, 60_000);
