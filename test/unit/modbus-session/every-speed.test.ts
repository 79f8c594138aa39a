import { expect, it } from "vitest";
import { characterMs, type Pace } from "../../../drivers/line/pace.ts";
import { silenceMs } from "../../../drivers/modbus/pace.ts";
import { planDevice } from "../../../drivers/modbus/plan.ts";
import { RtuTransport } from "../../../drivers/modbus/rtu-transport.ts";
import { Wire } from "../line/wire.ts";
import { device } from "../modbus/bytes.ts";
import { answerOf, dataOf, slaves } from "./slaves.ts";

const never = new AbortController().signal;
/** What the bus gives a turn, in deadlines of its job. */
const exchanges = 3;

it.each([1200, 2400, 4800, 9600, 19_200, 115_200])(
  "a device that needs nearly all of its time is read at %i baud, on a port and behind a serial server",
  async (baud) => {
    const pace: Pace = { baud, format: "8E1" };
    for (const way of ["port", "network"] as const)
      for (const count of [1, 2, 20, 125])
        for (const answerMs of [100, 1_000, 10_000]) {
          const wire = new Wire();
          const line = wire.line({ characterMs: characterMs(pace), silenceMs: silenceMs(pace) });
          const transport = new RtuTransport(line, wire.clock, pace, way);
          slaves(wire, (taken) => {
            const bytes = answerOf(taken);
            const begin = 8 * characterMs(pace) + 0.95 * answerMs;
            // A serial server waits until it has all of it.
            if (way === "network")
              return { ms: Math.floor(begin + bytes.length * characterMs(pace) + 100), bytes };
            // An adapter hands over every 16 ms what has come.
            let from = 0;
            for (let ms = begin + 16; from < bytes.length; ms += 16) {
              const to = Math.min(bytes.length, Math.floor((ms - begin) / characterMs(pace)));
              if (to > from) wire.say(bytes.slice(from, to), Math.floor(ms));
              from = to;
            }
            return null;
          });
          const points = Object.fromEntries([0, count - 1].map((at) => [`r${at}`, { address: String(at) }]));
          const all = device("m", points, { answer: `${answerMs}ms` });
          const [job, ...more] = planDevice(all, { line: "l", unit: 1, pace, way, turnaroundMs: 10_000 });
          if (job === undefined || more.length > 0) throw new Error("one job");
          const { request } = job.body;
          const seen: unknown[] = [];
          for (let turn = 0; turn < 4; turn++) {
            const from = wire.clock.monotonicMs();
            const outcome = await wire.passing(
              transport.ask(1, request, { answerMs, pauseMs: 0 }, never),
              answerMs / 25,
            );
            expect(wire.clock.monotonicMs() - from).toBeLessThanOrEqual(exchanges * job.deadlineMs);
            seen.push("data" in outcome ? [...outcome.data] : outcome);
          }
          const right = dataOf({ unit: 1, fc: 3, address: 0, count: request.count });
          // The first turn may be spent on what was before.
          const name = `${way}, ${count} registers, ${answerMs} ms`;
          expect(seen.slice(1), name).toEqual([right, right, right]);
        }
  },
);
