import fc from "fast-check";
import { expect, it } from "vitest";
import { withCrc16 } from "../../../drivers/codec/crc16.ts";
import type { Read } from "../../../drivers/modbus/pdu.ts";
import { RtuTransport } from "../../../drivers/modbus/rtu-transport.ts";
import { Wire } from "../line/wire.ts";
import { answerOf, dataOf, exceptionOf, parse, type Taken } from "./slaves.ts";

const never = new AbortController().signal;
const needs = { answerMs: 100, pauseMs: 0 };

const request = fc
  .record({
    unit: fc.constantFrom(1, 2),
    address: fc.integer({ min: 0, max: 40 }),
    count: fc.constantFrom(1, 2, 2, 4, 10),
  })
  .map((asked): Taken => ({ fc: 3, ...asked }));
const frameOf = ({ unit, fc: code, address, count }: Taken) =>
  withCrc16(Uint8Array.of(unit, code, address >>> 8, address & 0xff, count >>> 8, count & 0xff));
const readOf = ({ address, count }: Taken): Read => ({ kind: "read", fc: 3, address, count });

const reaction = fc.record({
  kind: fc.constantFrom("good", "good", "good", "good", "good", "nothing", "refuses"),
  ms: fc.constantFrom(5, 15, 20, 40, 90, 160, 260, 420, 900),
});

it("gives nobody a value of something else, whatever was asked before and whoever asks meanwhile", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        way: fc.constantFrom<"port" | "network">("port", "network"),
        before: fc.option(request, { nil: null }),
        actions: fc.array(fc.record({ asked: request, restMs: fc.constantFrom(0, 0, 10, 60, 400) }), {
          minLength: 2,
          maxLength: 25,
        }),
        others: fc.array(fc.record({ asked: request, atMs: fc.integer({ min: 1, max: 3_000 }) }), {
          maxLength: 4,
        }),
        reactions: fc.array(reaction, { minLength: 2, maxLength: 60 }),
      }),
      async ({ way, before, actions, others, reactions }) => {
        const wire = new Wire();
        const line = wire.line();
        const transport = new RtuTransport(line, wire.clock, { baud: 9600, format: "8N1" }, way);
        const busyUntil = new Map<number, number>();
        let nth = 0;
        /** A device takes its requests in their order and answers each at most once. */
        const react = (taken: Taken) => {
          const { kind, ms } = reactions[nth++ % reactions.length] ?? { kind: "good", ms: 20 };
          if (kind === "nothing") return;
          const now = wire.clock.monotonicMs();
          const at = Math.max(now + ms, (busyUntil.get(taken.unit) ?? 0) + 5);
          busyUntil.set(taken.unit, at);
          wire.say(kind === "refuses" ? exceptionOf(taken, 2) : answerOf(taken), at - now);
        };
        wire.onSent = (bytes) => {
          const taken = parse(bytes);
          if (taken !== null) react(taken);
        };
        if (before !== null) react(before);
        for (const { asked, atMs } of others)
          void wire.clock.sleep(atMs, never).then(() => {
            wire.say(frameOf(asked));
            react(asked);
          });
        for (const { asked, restMs } of actions) {
          const outcome = await wire.passing(transport.ask(asked.unit, readOf(asked), needs, never), 4);
          if ("data" in outcome) expect([...outcome.data]).toEqual(dataOf(asked));
          await wire.clock.advance(restMs);
        }
        await line.close();
        await wire.clock.advance(4_000);
      },
    ),
    { numRuns: Number(process.env.RUNS ?? 200) },
  );
});
