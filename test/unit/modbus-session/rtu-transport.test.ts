import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { withCrc16 } from "../../../drivers/codec/crc16.ts";
import type { Outcome } from "../../../drivers/modbus/outcome.ts";
import type { Read } from "../../../drivers/modbus/pdu.ts";
import { RtuTransport } from "../../../drivers/modbus/rtu-transport.ts";
import { Wire } from "../line/wire.ts";
import { answerOf, dataOf, exceptionOf, good, type Reaction, slaves, type Taken } from "./slaves.ts";

const never = new AbortController().signal;
const needs = { answerMs: 100, pauseMs: 0 };

const read = (address: number, count: number, code: Read["fc"] = 3): Read => ({
  kind: "read",
  fc: code,
  address,
  count,
});

/** @param sinceMs how long ago the line was taken over */
async function opened(way: "port" | "network" = "port", sinceMs = 31_000) {
  const wire = new Wire();
  const line = wire.line();
  const transport = new RtuTransport(line, wire.clock, { baud: 9600, format: "8N1" }, way);
  await wire.clock.advance(sinceMs);
  const ask = (unit: number, request: Read) => wire.passing(transport.ask(unit, request, needs, never), 4);
  return { wire, line, transport, ask };
}

const right = (unit: number, { fc: code, address, count }: Read) => ({
  data: dataOf({ unit, fc: code, address, count }),
});
const plain = (outcome: Outcome) => ("data" in outcome ? { data: [...outcome.data] } : outcome);

it("reads registers and bits", async () => {
  const { wire, ask } = await opened();
  slaves(wire, good(20));
  for (const request of [read(0, 1), read(7, 125), read(3, 10, 4), read(0, 17, 1), read(9, 2000, 2)]) {
    expect(plain(await ask(5, request))).toEqual(right(5, request));
  }
});

it("lets whoever asks meanwhile wait", async () => {
  const { wire, transport } = await opened();
  const { requests } = slaves(wire, good(20));
  const all = [1, 2, 3].map((unit) => transport.ask(unit, read(unit, 2), needs, never));
  const outcomes = await wire.passing(Promise.all(all));
  expect(outcomes.map(plain)).toEqual([1, 2, 3].map((unit) => right(unit, read(unit, 2))));
  expect(requests.map(({ unit }) => unit)).toEqual([1, 2, 3]);
});

describe("a late answer", () => {
  it("never becomes another point's value: 1,000 of them", async () => {
    const { wire, ask } = await opened();
    // Every third answer comes after its time.
    slaves(wire, (taken, nth) => ({ ms: nth % 3 === 0 ? 170 : 20, bytes: answerOf(taken) }));
    let [wrong, late, values] = [0, 0, 0];
    for (let nth = 0; late < 1000; nth++) {
      const request = read(nth % 50, 2);
      const outcome = await ask(1 + (nth % 2), request);
      if ("fault" in outcome) late += 1;
      if (!("data" in outcome)) continue;
      values += 1;
      if (outcome.data.join() !== right(1 + (nth % 2), request).data.join()) wrong += 1;
    }
    expect(wrong).toBe(0);
    expect(values).toBeGreaterThan(500);
  });

  it("never becomes a wrong value of anyone, whatever devices do, and ends when they are well", async () => {
    const action = fc.record({
      unit: fc.constantFrom(1, 2),
      request: fc.oneof(
        { weight: 3, arbitrary: fc.integer({ min: 0, max: 40 }).map((address) => read(address, 2)) },
        { weight: 1, arbitrary: fc.integer({ min: 0, max: 40 }).map((address) => read(address, 1)) },
        { weight: 1, arbitrary: fc.integer({ min: 0, max: 40 }).map((address) => read(address, 8, 1)) },
        { weight: 1, arbitrary: fc.integer({ min: 0, max: 40 }).map((address) => read(address, 2, 4)) },
      ),
      restMs: fc.constantFrom(0, 0, 30, 400),
      abortMs: fc.constantFrom(0, 0, 0, 0, 20, 150, 300),
    });
    const reaction = fc.record({
      kind: fc.constantFrom("good", "good", "good", "good", "nothing", "refuses"),
      ms: fc.constantFrom(5, 20, 90, 160, 260, 420, 900),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(action, { minLength: 2, maxLength: 25 }),
        fc.array(reaction, { minLength: 2, maxLength: 60 }),
        async (actions, reactions) => {
          const { wire, line, ask, transport } = await opened();
          const healthy = { kind: "good", ms: 20 };
          let well = false;
          const refused = new Set<Taken>();
          const { requests } = slaves(wire, (taken, nth): Reaction => {
            const { kind, ms } = (well ? undefined : reactions[nth % reactions.length]) ?? healthy;
            if (kind === "nothing") return null;
            if (kind === "refuses") refused.add(taken);
            return { ms, bytes: kind === "refuses" ? exceptionOf(taken, 2) : answerOf(taken) };
          });
          for (const { unit, request, restMs, abortMs } of actions) {
            const from = requests.length;
            if (abortMs > 0) {
              const abort = new AbortController();
              const asked = transport.ask(unit, request, needs, abort.signal).catch(() => {});
              await wire.clock.advance(abortMs);
              abort.abort(new Error("given up"));
              await asked;
            } else {
              const outcome = await ask(unit, request);
              if ("data" in outcome) expect(plain(outcome)).toEqual(right(unit, request));
              if ("refusal" in outcome) {
                const own = { unit, fc: request.fc, address: request.address, count: request.count };
                const why = requests.slice(from).filter((taken) => refused.has(taken));
                expect(why).toContainEqual(own);
              }
            }
            await wire.clock.advance(restMs);
          }
          well = true;
          // What is on its way arrives.
          for (const { unit, request } of actions.slice(0, 4)) {
            for (let time = 0; time < 12; time++) await ask(unit, request);
            expect(plain(await ask(unit, request))).toEqual(right(unit, request));
          }
          await line.close();
        },
      ),
      { numRuns: 150 },
    );
  });

  it("spoils no other device's turn", async () => {
    const { wire, ask } = await opened();
    // It comes while another is asked.
    slaves(wire, (taken) => ({ ms: taken.unit === 1 ? 200 : 60, bytes: answerOf(taken) }));
    expect(await ask(1, read(0, 2))).toEqual({ fault: "modbus.silent" });
    expect(plain(await ask(2, read(0, 2)))).toEqual(right(2, read(0, 2)));
  });

  it("costs one short request, and nothing when the next request differs", async () => {
    const { wire, ask } = await opened();
    const { requests } = slaves(wire, (taken, nth) =>
      nth === 0 ? null : { ms: 20, bytes: answerOf(taken) },
    );
    expect(await ask(1, read(0, 10))).toEqual({ fault: "modbus.silent" });
    expect(plain(await ask(1, read(30, 10)))).toEqual(right(1, read(30, 10)));
    expect(requests.slice(1).map(({ address, count }) => [address, count])).toEqual([
      [30, 2],
      [30, 10],
    ]);
    expect(plain(await ask(1, read(0, 10)))).toEqual(right(1, read(0, 10)));
    expect(requests).toHaveLength(4);
  });

  it("is told apart by another size that differs: nothing else is asked", async () => {
    const { wire, ask } = await opened();
    const { requests } = slaves(wire, (taken, nth) => ({ ms: nth === 0 ? 170 : 60, bytes: answerOf(taken) }));
    expect(await ask(1, read(0, 10))).toEqual({ fault: "modbus.silent" });
    expect(plain(await ask(1, read(30, 4)))).toEqual(right(1, read(30, 4)));
    expect(requests).toHaveLength(2);
  });

  it("is not waited for by a device with one register: it is asked for two, or by the other function", async () => {
    const { wire, ask } = await opened();
    const answers = (taken: Taken) =>
      taken.fc === 4 ? exceptionOf(taken, 1) : taken.count > 1 ? exceptionOf(taken, 2) : answerOf(taken);
    const { requests } = slaves(wire, (taken, nth) => (nth === 0 ? null : { ms: 20, bytes: answers(taken) }));
    expect(await ask(1, read(9, 1))).toEqual({ fault: "modbus.silent" });
    expect(plain(await ask(1, read(9, 1)))).toEqual(right(1, read(9, 1)));
    expect(requests.map(({ fc: code, count }) => [code, count])).toEqual([
      [3, 1],
      [3, 2],
      [4, 1],
      [3, 1],
    ]);
  });

  it("is not waited for by a meter that refuses half a value", async () => {
    for (const count of [2, 4, 20]) {
      const { wire, ask } = await opened();
      slaves(wire, (taken, nth) => {
        const bytes = taken.count % 2 === 1 ? exceptionOf(taken, 3) : answerOf(taken);
        return nth === 0 ? null : { ms: 20, bytes };
      });
      expect(await ask(1, read(0, count))).toEqual({ fault: "modbus.silent" });
      expect(plain(await ask(1, read(0, count)))).toEqual(right(1, read(0, count)));
    }
  });

  it("cannot come any more after 30 s: a device that answers nothing else is read again", async () => {
    const { wire, ask } = await opened();
    const { requests } = slaves(wire, (taken, nth) =>
      nth === 0 || taken.count !== 1 || taken.fc !== 3 ? null : { ms: 20, bytes: answerOf(taken) },
    );
    await ask(1, read(9, 1));
    expect(await ask(1, read(9, 1))).toEqual({ fault: "modbus.silent" });
    await wire.clock.advance(31_000);
    const { length } = requests;
    expect(plain(await ask(1, read(9, 1)))).toEqual(right(1, read(9, 1)));
    expect(requests).toHaveLength(length + 1);
  });

  it("may come much later where a request may lie in a stalled connection", async () => {
    const { wire, line, transport, ask } = await opened("network");
    const { requests } = slaves(wire, (taken, nth) =>
      nth === 0 || taken.count !== 1 || taken.fc !== 3 ? null : { ms: 20, bytes: answerOf(taken) },
    );
    await ask(1, read(9, 1));
    await wire.clock.advance(31_000);
    expect(await ask(1, read(9, 1))).toEqual({ fault: "modbus.silent" });
    // Made anew, nothing lies in the old one.
    transport.renew(line);
    await wire.clock.advance(31_000);
    const { length } = requests;
    expect(plain(await ask(1, read(9, 1)))).toEqual(right(1, read(9, 1)));
    expect(requests).toHaveLength(length + 1);
  });

  it("of a device that is slow anyway costs its next turn one more answer", async () => {
    const { wire, transport } = await opened();
    slaves(wire, (taken, nth) => (nth === 0 ? null : { ms: 380, bytes: answerOf(taken) }));
    const outcomes: unknown[] = [];
    for (let turn = 0; turn < 3; turn++)
      outcomes.push(
        plain(await wire.passing(transport.ask(1, read(turn, 2), { answerMs: 400, pauseMs: 0 }, never), 4)),
      );
    expect(outcomes).toEqual([{ fault: "modbus.silent" }, right(1, read(1, 2)), right(1, read(2, 2))]);
  });

  it("is no refusal of another request", async () => {
    const { wire, ask } = await opened();
    const { requests } = slaves(wire, (taken, nth) =>
      nth === 0 ? { ms: 200, bytes: exceptionOf(taken, 2) } : { ms: 60, bytes: answerOf(taken) },
    );
    expect(await ask(1, read(0, 10))).toEqual({ fault: "modbus.silent" });
    expect(plain(await ask(1, read(30, 4)))).toEqual(right(1, read(30, 4)));
    expect(requests.length).toBeGreaterThan(2);
    expect(plain(await ask(1, read(30, 4)))).toEqual(right(1, read(30, 4)));
  });
});

describe("what is no answer", () => {
  const cases: [string, (taken: Taken) => readonly number[] | null, Outcome][] = [
    ["nothing", () => null, { fault: "modbus.silent" }],
    ["half of it", (taken) => answerOf(taken).slice(0, 6), { fault: "modbus.short" }],
    ["a wrong checksum", (taken) => answerOf(taken).with(-1, 0xa5), { fault: "modbus.crc" }],
    ["another unit's", (taken) => answerOf({ ...taken, unit: 9 }), { fault: "modbus.unit" }],
    ["another function's", (taken) => answerOf({ ...taken, fc: 4 }), { fault: "modbus.function" }],
    ["one with more registers", (taken) => answerOf({ ...taken, count: 3 }), { fault: "modbus.count" }],
    ["two at once", (taken) => [...answerOf(taken), ...answerOf(taken)], { fault: "modbus.glued" }],
    ["noise", () => [0xfe, 0x17, 0x80], { fault: "modbus.noise" }],
    [
      "our own request",
      ({ unit, fc: code, address, count }) => request(unit, code, address, count),
      { fault: "modbus.echo" },
    ],
    ["another master's request", () => request(9, 3, 0, 2), { fault: "modbus.second-master" }],
    ["illegal function", (taken) => exceptionOf(taken, 1), { refusal: "modbus.illegal-function" }],
    ["illegal address", (taken) => exceptionOf(taken, 2), { refusal: "modbus.illegal-address" }],
    ["busy", (taken) => exceptionOf(taken, 6), { refusal: "modbus.busy" }],
    [
      "an exception with a wrong checksum",
      (taken) => exceptionOf(taken, 2).with(-1, 0xa5),
      { fault: "modbus.crc" },
    ],
  ];

  it.each(cases)("%s has its name, and the next answer is right", async (_, says, expected) => {
    const { wire, ask } = await opened();
    slaves(wire, (taken, nth): Reaction => {
      const bytes = nth === 0 ? says(taken) : answerOf(taken);
      return bytes === null ? null : { ms: 30, bytes };
    });
    expect(await ask(1, read(0, 2))).toEqual(expected);
    expect(plain(await ask(1, read(4, 2)))).toEqual(right(1, read(4, 2)));
  });

  it("is endless noise, and the next answer is right when it is over", async () => {
    const { wire, ask } = await opened();
    const noise = new AbortController();
    wire.onSent = () => {
      const shout = async () => {
        for (;;) {
          wire.push(Uint8Array.of(0xfe, 0x33, 0x80));
          await wire.clock.sleep(3, noise.signal);
        }
      };
      void shout().catch(() => {});
    };
    expect(await ask(1, read(0, 2))).toEqual({ fault: "modbus.noise" });
    // Nothing is asked into it.
    expect(await ask(1, read(0, 2))).toEqual({ fault: "modbus.noise" });
    expect(wire.sent).toHaveLength(1);
    noise.abort();
    slaves(wire, good(30));
    expect(plain(await ask(1, read(4, 2)))).toEqual(right(1, read(4, 2)));
  });
});

const request = (unit: number, code: number, address: number, count: number): number[] => [
  ...withCrc16(Uint8Array.of(unit, code, address >>> 8, address & 0xff, count >>> 8, count & 0xff)),
];

describe("an adapter that echoes", () => {
  const echo = ({ unit, fc: code, address, count }: Taken) => request(unit, code, address, count);

  it("does no harm, and a silent device behind it is silent", async () => {
    const { wire, ask } = await opened();
    slaves(wire, (taken) => ({
      ms: 20,
      bytes: [...echo(taken), ...(taken.unit === 9 ? [] : answerOf(taken))],
    }));
    expect(plain(await ask(1, read(0, 2)))).toEqual(right(1, read(0, 2)));
    expect(await ask(9, read(0, 2))).toEqual({ fault: "modbus.silent" });
    expect(plain(await ask(1, read(8, 2)))).toEqual(right(1, read(8, 2)));
  });
});

describe("what the bytes tell about the box between", () => {
  it("is in gateway mode when it answers with an MBAP header", async () => {
    const { wire, ask } = await opened();
    slaves(wire, ({ fc: code }) => ({ ms: 20, bytes: [1, 3, 0, 0, 0, 3, 0xc4, code | 0x80, 1] }));
    expect(await ask(1, read(0, 2))).toMatchObject({ sign: "line.gateway" });
  });

  it("packs too slowly when the rest of a right answer comes after a long rest", async () => {
    const { wire, ask } = await opened();
    wire.onSent = () => {
      const answer = answerOf({ unit: 1, fc: 3, address: 0, count: 2 });
      wire.say(answer.slice(0, 4), 20);
      wire.say(answer.slice(4), 100);
    };
    expect(await ask(1, read(0, 2))).toEqual({ fault: "modbus.short", sign: "line.packing" });
    // Short rests are tolerated.
    wire.onSent = () => {
      const answer = answerOf({ unit: 2, fc: 3, address: 0, count: 2 });
      wire.say(answer.slice(0, 4), 20);
      wire.say(answer.slice(4), 60);
    };
    expect(plain(await ask(2, read(0, 2)))).toEqual(right(2, read(0, 2)));
  });

  it("has other settings when answers come and not one was ever readable", async () => {
    const { wire, ask } = await opened();
    slaves(wire, (taken) => ({ ms: 20, bytes: answerOf(taken).map((byte) => byte ^ 0xa0) }));
    const seen: Outcome[] = [];
    for (let unit = 1; unit <= 6; unit++) seen.push(await ask(unit, read(0, 2)));
    expect(seen.slice(0, 4)).toEqual(Array(4).fill({ fault: "modbus.noise" }));
    expect(seen.slice(4)).toEqual(Array(2).fill({ fault: "modbus.noise", sign: "line.settings" }));
  });

  it("has the right settings when one answer was readable, whatever is wrong later", async () => {
    const { wire, ask } = await opened();
    slaves(wire, (taken, nth) => ({
      ms: 20,
      bytes: answerOf(taken).map((byte) => (nth === 0 ? byte : byte ^ 0xa0)),
    }));
    for (let unit = 1; unit <= 8; unit++) expect(await ask(unit, read(0, 2))).not.toHaveProperty("sign");
  });
});
