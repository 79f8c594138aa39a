import fc from "fast-check";
import { expect, it } from "vitest";
import { LineError } from "../../../drivers/line/faults.ts";
import type { Exchanged, Verdict } from "../../../drivers/line/line.ts";
import { timing, Wire } from "./wire.ts";

const never = new AbortController().signal;
const limits = { firstMs: 100, betweenMs: 20 };
const request = [1, 2, 3, 4, 5, 6, 7, 8];
const requestMs = request.length * timing.characterMs;

/** An answer is 4 bytes, the first of them 1. */
function judge(received: Uint8Array): Verdict<number[], "wrong"> {
  if (received[0] !== 1) return { fault: "wrong" };
  if (received.length < 4) return { more: 4 - received.length };
  return received.length === 4 ? { answer: [...received] } : { fault: "wrong" };
}

type Outcome = Exchanged<number[], "wrong">;
const plain = (outcome: Outcome) =>
  "answer" in outcome ? outcome : { fault: outcome.fault, received: [...outcome.received] };

function opened() {
  const wire = new Wire();
  const line = wire.line();
  const ask = (signal = never) => line.exchange(Uint8Array.from(request), judge, limits, signal);
  return { wire, line, ask };
}

it("gives the answer, in however many pieces it comes", async () => {
  for (const pieces of [[4], [1, 3], [1, 1, 1, 1], [3, 1]]) {
    const { wire, line, ask } = opened();
    wire.onSent = () => {
      let from = 0;
      for (const [index, length] of pieces.entries()) {
        wire.say([1, 2, 3, 4].slice(from, from + length), 10 + 15 * index);
        from += length;
      }
    };
    expect(await wire.passing(ask())).toMatchObject({ answer: [1, 2, 3, 4] });
    expect(wire.clock.sleeping).toBe(0);
    await line.close();
  }
});

it("waits the legal silence before the first byte, also after it was opened", async () => {
  const { wire, ask } = opened();
  const begin = wire.clock.monotonicMs();
  wire.onSent = () => wire.say([1, 2, 3, 4], 30);
  await wire.passing(ask());
  const answeredAt = wire.clock.monotonicMs();
  await wire.passing(ask());
  expect(wire.sent[0]?.at).toBeGreaterThanOrEqual(begin + timing.silenceMs);
  expect(wire.sent[1]?.at).toBeGreaterThanOrEqual(answeredAt + timing.silenceMs - 1);
  expect(wire.sent[1]?.at).toBeLessThanOrEqual(answeredAt + timing.silenceMs + 1);
});

it("never breaks the silence, whatever chatters and whatever comes of the requests", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ atMs: fc.integer({ min: 1, max: 400 }), length: fc.integer({ min: 1, max: 9 }) })),
      fc.array(fc.integer({ min: 0, max: 130 }), { minLength: 1, maxLength: 4 }),
      async (chatter, answersAfter) => {
        const { wire, line, ask } = opened();
        const heard: number[] = [];
        wire.on("data", () => heard.push(wire.clock.monotonicMs()));
        for (const { atMs, length } of chatter) wire.say(new Uint8Array(length).fill(9), atMs);
        const sentBefore: number[] = [];
        wire.onSent = () => {
          const at = wire.clock.monotonicMs();
          const last = heard.at(-1) ?? 0;
          expect(at - last).toBeGreaterThanOrEqual(timing.silenceMs - 1e-9);
          const previous = sentBefore.at(-1);
          if (previous !== undefined)
            expect(at - previous).toBeGreaterThanOrEqual(requestMs + timing.silenceMs);
          sentBefore.push(at);
          const after = answersAfter[sentBefore.length - 1] ?? 0;
          if (after > 0) wire.say([1, 2, 3, 4], after);
        };
        for (const _ of answersAfter) await wire.passing(ask());
        await line.close();
      },
    ),
    { numRuns: 60 },
  );
});

it("calls it silent when the time for an answer is over, counted from the end of the request", async () => {
  const { wire, ask } = opened();
  const outcome = await wire.passing(ask());
  expect(plain(outcome)).toEqual({ fault: "silent", received: [] });
  const tookMs = wire.clock.monotonicMs() - (wire.sent[0]?.at ?? 0);
  expect(tookMs).toBeGreaterThanOrEqual(requestMs + limits.firstMs);
  expect(tookMs).toBeLessThanOrEqual(requestMs + limits.firstMs + 2);
  expect(wire.clock.sleeping).toBe(0);
});

it("tolerates rests inside an answer up to the bound, and calls it short beyond", async () => {
  const { wire, ask } = opened();
  wire.onSent = () => {
    wire.say([1, 2], 40);
    wire.say([3, 4], 40 + limits.betweenMs);
  };
  expect(await wire.passing(ask())).toMatchObject({ answer: [1, 2, 3, 4] });
  wire.onSent = () => wire.say([1, 2, 3], 40);
  expect(plain(await wire.passing(ask()))).toEqual({ fault: "short", received: [1, 2, 3] });
});

it("stays quiet after a wrong answer until a late one cannot come any more, and shows all that came", async () => {
  const { wire, line, ask } = opened();
  wire.onSent = () => {
    wire.say([9], 10);
    wire.say([1, 2, 3, 4], 90);
  };
  expect(plain(await wire.passing(ask()))).toEqual({ fault: "wrong", received: [9, 1, 2, 3, 4] });
  const tookMs = wire.clock.monotonicMs() - (wire.sent[0]?.at ?? 0);
  expect(tookMs).toBeGreaterThanOrEqual(requestMs + limits.firstMs);
  wire.onSent = () => wire.say([1, 5, 6, 7], 10);
  expect(await wire.passing(ask())).toMatchObject({ answer: [1, 5, 6, 7] });
  expect(line.strays).toBe(0);
});

it("throws away and counts what comes unasked", async () => {
  const { wire, line, ask } = opened();
  wire.say([1, 9, 9, 9]);
  await wire.clock.advance(1);
  wire.onSent = () => wire.say([1, 2, 3, 4], 10);
  expect(await wire.passing(ask())).toMatchObject({ answer: [1, 2, 3, 4] });
  expect(line.strays).toBe(4);
});

it("lets go at once when it is aborted, at any moment, and the next one never gets what comes then", async () => {
  for (let moment = 0; moment < 120; moment += 3) {
    const { wire, line, ask } = opened();
    const abort = new AbortController();
    wire.onSent = () => wire.say([1, 9, 9, 9], 100);
    const asked = ask(abort.signal);
    asked.catch(() => {});
    await wire.clock.advance(moment);
    const reason = new Error("given up");
    abort.abort(reason);
    await expect(asked).rejects.toBe(reason);
    wire.onSent = () => wire.say([1, 2, 3, 4], 30);
    expect(await wire.passing(ask()), `aborted after ${moment} ms`).toMatchObject({ answer: [1, 2, 3, 4] });
    await line.close();
    expect(wire.clock.sleeping).toBe(0);
  }
});

it("does not begin for a signal that is aborted already", async () => {
  const { wire, ask } = opened();
  await expect(ask(AbortSignal.abort(new Error("given up")))).rejects.toThrow("given up");
  expect(wire.sent).toEqual([]);
});

it("keeps 512 bytes of endless noise, asks nothing into it, and works when it is over", async () => {
  const { wire, line, ask } = opened();
  const noise = new AbortController();
  const chatter = async () => {
    for (;;) {
      await wire.clock.sleep(2, noise.signal);
      wire.push(new Uint8Array(2).fill(9));
    }
  };
  const chattering = chatter().catch(() => {});
  expect(plain(await wire.passing(ask()))).toEqual({ fault: "restless", received: [] });
  expect(wire.sent).toEqual([]);
  wire.onSent = () => {};
  noise.abort();
  await chattering;
  const loud = new AbortController();
  wire.onSent = () => {
    const shout = async () => {
      for (;;) {
        wire.push(new Uint8Array(10).fill(9));
        await wire.clock.sleep(2, loud.signal);
      }
    };
    void shout().catch(() => {});
  };
  const outcome = await wire.passing(ask());
  expect(outcome).toMatchObject({ fault: "wrong" });
  if ("received" in outcome) expect(outcome.received).toHaveLength(512);
  loud.abort();
  wire.onSent = () => wire.say([1, 2, 3, 4], 10);
  expect(await wire.passing(ask())).toMatchObject({ answer: [1, 2, 3, 4] });
  await line.close();
});

it("ends when far more comes than a wire can carry", async () => {
  const { wire, line } = opened();
  for (let time = 0; time < 40; time++) wire.push(new Uint8Array(1000));
  expect(await line.ended).toMatchObject({ code: "line.flood" });
  expect(wire.frees).toBe(1);
});

it("does not end by what a wire can carry, however long", async () => {
  const { wire, line } = opened();
  for (let second = 0; second < 60; second++) {
    wire.push(new Uint8Array(960));
    await wire.clock.advance(1000);
  }
  expect(line.strays).toBe(60 * 960);
  expect(wire.frees).toBe(0);
  await line.close();
});

it("ends when the other end takes nothing", async () => {
  const { wire, line, ask } = opened();
  wire.stuck = true;
  expect(plain(await wire.passing(ask()))).toMatchObject({ fault: "silent" });
  await expect(wire.passing(ask())).rejects.toMatchObject({ fault: { code: "line.stalled" } });
  expect(await line.ended).toMatchObject({ code: "line.stalled" });
});

it.each([
  ["an error", (wire: Wire) => wire.destroy(new Error("broken"))],
  ["its end", (wire: Wire) => wire.push(null)],
  ["a close", (wire: Wire) => wire.destroy()],
])("ends once by %s, whoever is exchanging hears of it, and nothing is sent any more", async (_, lose) => {
  for (const moment of [0, 2, 8, 30]) {
    const { wire, line, ask } = opened();
    let ends = 0;
    void line.ended.then(() => {
      ends += 1;
    });
    const asked = ask();
    asked.catch(() => {});
    await wire.clock.advance(moment);
    lose(wire);
    await expect(wire.passing(asked)).rejects.toMatchObject({ fault: { code: "line.gone" } });
    const { length } = wire.sent;
    await expect(ask()).rejects.toBeInstanceOf(LineError);
    await line.close();
    expect(await line.ended).toMatchObject({ code: "line.gone" });
    expect({ ends, frees: wire.frees, sent: wire.sent.length, sleeping: wire.clock.sleeping }).toEqual({
      ...{ ends: 1, frees: 1, sent: length, sleeping: 0 },
    });
  }
});

it("ends with null when it is closed, however often, and whoever is exchanging hears of it", async () => {
  const { wire, line, ask } = opened();
  const asked = ask();
  asked.catch(() => {});
  await wire.clock.advance(8);
  await Promise.all([line.close(), line.close()]);
  await expect(asked).rejects.toBeInstanceOf(LineError);
  expect(await line.ended).toBeNull();
  expect({ frees: wire.frees, sleeping: wire.clock.sleeping }).toEqual({ frees: 1, sleeping: 0 });
});

it("survives a judge that throws, and refuses a second exchange at the same time", async () => {
  const { wire, line, ask } = opened();
  wire.onSent = () => wire.say([1], 10);
  const throws = line.exchange(
    Uint8Array.from(request),
    () => {
      throw new TypeError("a mistake");
    },
    limits,
    never,
  );
  throws.catch(() => {});
  await expect(ask()).rejects.toThrow("under way");
  await expect(wire.passing(throws)).rejects.toThrow("a mistake");
  wire.onSent = () => wire.say([1, 2, 3, 4], 10);
  expect(await wire.passing(ask())).toMatchObject({ answer: [1, 2, 3, 4] });
  await line.close();
});

it("shows every byte of both ways to the trace", async () => {
  const { wire, line, ask } = opened();
  wire.say([7]);
  wire.onSent = () => wire.say([1, 2, 3, 4], 10);
  await wire.passing(ask());
  const all = (way: "tx" | "rx") => wire.traced.flatMap((one) => (one.way === way ? [...one.bytes] : []));
  expect({ tx: all("tx"), rx: all("rx") }).toEqual({ tx: request, rx: [7, 1, 2, 3, 4] });
  await line.close();
});
