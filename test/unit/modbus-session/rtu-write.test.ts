import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { withCrc16 } from "../../../drivers/codec/crc16.ts";
import type { Written } from "../../../drivers/modbus/outcome.ts";
import type { Read, Write } from "../../../drivers/modbus/pdu.ts";
import { RtuTransport } from "../../../drivers/modbus/rtu-transport.ts";
import { Wire } from "../line/wire.ts";
import { answerOf, dataOf, exceptionOf, parse } from "./slaves.ts";

const never = new AbortController().signal;
const needs = { answerMs: 100, pauseMs: 0 };
const unit = 5;

const framed = (...bytes: number[]) => [...withCrc16(Uint8Array.from(bytes))];
const read: Read = { kind: "read", fc: 3, address: 0, count: 2 };
const coil: Write = { kind: "write", fc: 5, address: 2, values: [1] };
const register: Write = { kind: "write", fc: 6, address: 0x0102, values: [0x0304] };
const coils: Write = { kind: "write", fc: 15, address: 0, values: [1, 0, 1, 1, 0, 0, 0, 0, 1] };
const registers: Write = { kind: "write", fc: 16, address: 4, values: [1, 0x0102, 3, 26] };

const answers = new Map<Write, number[]>([
  [coil, framed(unit, 5, 0, 2, 0xff, 0)],
  [register, framed(unit, 6, 1, 2, 3, 4)],
  [coils, framed(unit, 15, 0, 0, 0, 9)],
  [registers, framed(unit, 16, 0, 4, 0, 4)],
]);
const sent = new Map<Write, number[]>([
  [coil, framed(unit, 5, 0, 2, 0xff, 0)],
  [register, framed(unit, 6, 1, 2, 3, 4)],
  [coils, framed(unit, 15, 0, 0, 0, 9, 2, 0b1101, 1)],
  [registers, framed(unit, 16, 0, 4, 0, 4, 8, 0, 1, 1, 2, 0, 3, 0, 26)],
]);
const writes = [...answers.keys()].map((write) => [`function ${write.fc}`, write] as const);
const good = (write: Write) => answers.get(write) ?? [];
const whole = (write: Write) => sent.get(write) ?? [];
const isRead = (bytes: Uint8Array) => bytes.length === 8 && (bytes[1] ?? 9) <= 4;

/**
 * @param echoes the line gives back what is sent
 * @param met a read was answered before, so that this is known
 */
async function opened({ echoes = false, met = true, way = "port" as "port" | "network" } = {}) {
  const wire = new Wire();
  const transport = new RtuTransport(wire.line(), wire.clock, { baud: 9600, format: "8N1" }, way);
  await wire.clock.advance(31_000);
  let react: (bytes: Uint8Array) => { ms: number; bytes: number[] }[] = () => [];
  wire.onSent = (bytes) => {
    const echo = echoes ? [...bytes] : [];
    if (echoes) wire.say(echo, bytes.length + 1);
    const taken = isRead(bytes) ? parse(bytes) : null;
    if (taken !== null) wire.say(answerOf(taken), 25);
    else for (const { ms, bytes: said } of react(bytes)) wire.say(said, ms);
  };
  const ask = () => wire.passing(transport.ask(unit, read, needs, never), 2);
  if (met) {
    await ask();
    wire.sent.length = 0;
  }
  const write = (request: Write, signal = never): Promise<Written> =>
    wire.passing(transport.write(unit, request, needs, signal), 2);
  const says = (...said: number[][]) => {
    react = () => said.map((bytes, index) => ({ ms: 40 + 20 * index, bytes }));
  };
  const reacts = (how: typeof react) => {
    react = how;
  };
  return { wire, transport, write, ask, says, reacts };
}

const right = { data: Uint8Array.from(dataOf({ unit, fc: 3, address: 0, count: 2 })) };
const unsure = (code: string) => ({ fault: { code, facts: { unit } }, sent: true });

describe.each(writes)("%s", (_, request) => {
  it("is sent once, as the standard has it, and done when the device says so", async () => {
    const { wire, write, says } = await opened();
    says(good(request));
    expect(await write(request)).toEqual({ done: true });
    expect(wire.sent.map(({ bytes }) => [...bytes])).toEqual([whole(request)]);
  });

  it.each([
    [1, "modbus.illegal-function"],
    [2, "modbus.illegal-address"],
    [3, "modbus.illegal-value"],
    [4, "modbus.device-failure"],
    [6, "modbus.busy"],
    [99, "modbus.exception"],
  ])("is refused with exception %i", async (code, refusal) => {
    for (const echoes of [false, true]) {
      const { wire, write, says } = await opened({ echoes });
      says(exceptionOf({ unit, fc: request.fc, address: 0, count: 0 }, code));
      expect(await write(request)).toEqual({ refusal });
      expect(wire.sent).toHaveLength(1);
    }
  });

  it("is not known to be done when nobody says anything, and is never sent again", async () => {
    const { wire, write } = await opened();
    expect(await write(request)).toMatchObject(unsure("modbus.silent"));
    await wire.clock.advance(60_000);
    expect(wire.sent).toHaveLength(1);
  });

  it("on a line that gives back what is sent is done when the answer comes behind it, and not before", async () => {
    const { write, says } = await opened({ echoes: true });
    says(good(request));
    expect(await write(request)).toEqual({ done: true });
    says();
    expect(await write(request)).toMatchObject(unsure("modbus.echo"));
  });

  it("on a line of which nothing is known is done when the answer cannot be an echo", async () => {
    for (const echoes of [false, true]) {
      const { write, says } = await opened({ echoes, met: false });
      says(good(request));
      const isSure = echoes || request.fc > 6;
      expect(await write(request)).toMatchObject(isSure ? { done: true } : unsure("modbus.echo"));
    }
  });

  it("is not done by the answer to another address, value or count, of another unit, or with a wrong checksum", async () => {
    const { write, says, wire } = await opened();
    const answer = good(request);
    for (const at of [0, 2, 3, 4, 5]) {
      const other = answer.slice(0, -2);
      other[at] = (other[at] ?? 0) ^ 0x10;
      says(framed(...other));
      expect(await write(request), `byte ${at}`).toMatchObject({ fault: {}, sent: true });
      await wire.clock.advance(31_000);
    }
    for (let at = 0; at < answer.length; at++) {
      const torn = [...answer];
      torn[at] = (torn[at] ?? 0) ^ 1;
      says(torn);
      expect(await write(request), `bit of byte ${at}`).toMatchObject({ fault: {}, sent: true });
      await wire.clock.advance(31_000);
    }
  });

  it("is done also when its answer comes in pieces, behind a glitch or behind the late answer to a read", async () => {
    const { wire, write, says, reacts, transport } = await opened();
    const answer = good(request);
    for (let cut = 1; cut < answer.length; cut++) {
      says(answer.slice(0, cut), answer.slice(cut));
      expect(await write(request), `cut at ${cut}`).toEqual({ done: true });
    }
    says([0, ...answer]);
    expect(await write(request)).toEqual({ done: true });
    wire.onSent = () => {};
    await wire.passing(transport.ask(unit, read, needs, never), 2);
    wire.onSent = (bytes) => reacted(bytes);
    const late = answerOf({ unit, fc: 3, address: 0, count: 2 });
    const reacted = (_: Uint8Array) => wire.say([...late, ...answer], 40);
    reacts(() => []);
    expect(await write(request)).toEqual({ done: true });
  });

  it("whose answer is late spoils no read, and does not confirm the same once more", async () => {
    const { wire, write, says, ask, reacts } = await opened();
    says();
    expect(await write(request)).toMatchObject({ sent: true });
    // It comes right before the answer to a read.
    wire.say(good(request), 15);
    await wire.clock.advance(5);
    expect(await ask()).toMatchObject(right);
    says();
    await write(request);
    reacts(() => [{ ms: 40, bytes: good(request) }]);
    expect(await write(request)).toMatchObject(unsure("modbus.late"));
    await wire.clock.advance(31_000);
    expect(await write(request)).toEqual({ done: true });
  });

  it("tells nothing in a turn in which another master asks", async () => {
    const { write, says } = await opened();
    const foreign = framed(9, 3, 0, 0, 0, 1);
    for (const said of [foreign, [0x33, ...foreign], [...foreign, ...good(request)]]) {
      says(said);
      expect(await write(request)).toMatchObject(unsure("modbus.second-master"));
    }
  });

  it("is given up at any moment without being sent again, and the line reads on", async () => {
    for (let moment = 0; moment < 160; moment += 8) {
      const { wire, transport, says, ask } = await opened();
      says(good(request));
      const abort = new AbortController();
      const work = transport.write(unit, request, needs, abort.signal);
      work.catch(() => {});
      await wire.clock.advance(moment);
      abort.abort(new Error("given up"));
      await work.catch(() => {});
      expect(wire.sent.length).toBeLessThanOrEqual(1);
      const next = [await ask(), await ask()];
      expect(next.some((outcome) => "data" in outcome)).toBe(true);
      for (const outcome of next) if ("data" in outcome) expect(outcome).toMatchObject(right);
    }
  });
});

it("is not sent where the line never rests, and has failed then", async () => {
  const { wire, transport } = await opened();
  let noisy = true;
  const noise = async () => {
    while (noisy) {
      wire.say([0x55]);
      await wire.clock.advance(2);
    }
  };
  const work = transport.write(unit, register, needs, never);
  void work.finally(() => {
    noisy = false;
  });
  await noise();
  expect(await work).toMatchObject({ fault: { code: "modbus.noise" }, sent: false });
  expect(wire.sent).toEqual([]);
});

it("is never done without its own answer, whatever comes", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(coil, register, coils, registers),
      fc.boolean(),
      fc.array(
        fc.oneof(
          fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 30 }),
          fc.constantFrom(...[...answers.values(), ...sent.values()]).map((frame) => frame.slice(0, -1)),
          fc.constantFrom(framed(unit, 3, 2, 0, 7), framed(9, 6, 1, 2, 3, 4), framed(9, 3, 0, 0, 0, 1)),
        ),
        { maxLength: 4 },
      ),
      async (request, echoes, said) => {
        const { write, says, ask, wire } = await opened({ echoes });
        says(...said);
        const all = said.flat().join();
        const written = await write(request);
        if (!all.includes(good(request).join())) expect(written).not.toEqual({ done: true });
        says();
        await wire.clock.advance(31_000);
        expect(await ask()).toMatchObject(right);
      },
    ),
    { numRuns: 150 },
  );
});
