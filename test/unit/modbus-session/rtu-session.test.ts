import { afterEach, describe, expect, it } from "vitest";
import type { Job } from "../../../drivers/contract/index.ts";
import { modbusRtuDriver } from "../../../drivers/modbus/index.ts";
import { RtuSession } from "../../../drivers/modbus/rtu-session.ts";
import type { RtuLink } from "../../../drivers/modbus/schema.ts";
import { FarEnd, freePort, until } from "../line/far-end.ts";
import { Wire } from "../line/wire.ts";
import { answerOf, exceptionOf, good, parse, slaves, type Taken, wordOf } from "./slaves.ts";
import { linkTo, only, passing, rtuDevice, rtuJobs, type World, world } from "./world.ts";

const never = new AbortController().signal;
const points = { a: { address: "0" }, b: { address: "3" } };
const ends: FarEnd[] = [];
afterEach(async () => {
  await Promise.all(ends.splice(0).map((end) => end.close()));
});

/** A serial server with slaves that answer at once. */
async function serialServer(react: (taken: Taken) => Iterable<number> | null = answerOf): Promise<FarEnd> {
  const end = await FarEnd.listen();
  ends.push(end);
  end.onData = (bytes, socket) => {
    const taken = parse(bytes);
    const answer = taken === null ? null : react(taken);
    if (answer !== null) socket.write(Uint8Array.from(answer));
  };
  return end;
}

/** A session over a line in memory. */
async function inMemory() {
  const wire = new Wire();
  const { context } = world();
  const link: RtuLink = { device: "/dev/ttyS9", baud: 9600, format: "8N1" };
  const session = await RtuSession.open(link, { ...context, clock: wire.clock }, never, async () =>
    wire.line(),
  );
  const run = (job: Job) => wire.passing(session.run(job, never));
  return { wire, link, session, run };
}

describe("over a serial server", () => {
  let { clock, context, traced }: World = world();
  const open = (end: FarEnd) => {
    ({ clock, context, traced } = world());
    return modbusRtuDriver.open(linkTo(end.port), [], context, never);
  };
  const run = (session: Awaited<ReturnType<typeof open>>, job: Job, stepMs = 1) =>
    passing(clock, session.run?.(job, never) ?? Promise.reject(new Error("it is not polled")), stepMs);

  it("reads what a job asks, over one socket, and shows every byte", async () => {
    const end = await serialServer();
    const session = await open(end);
    const job = only(rtuJobs(linkTo(end.port), [rtuDevice("air", points, { unit: 7 })]));
    await run(session, job);
    traced.length = 0;
    for (let time = 0; time < 3; time++) {
      expect(await run(session, job)).toMatchObject({
        reading: {
          device: "air",
          samples: [
            { point: "a", raw: wordOf(7, 3, 0) },
            { point: "b", raw: wordOf(7, 3, 3) },
          ],
          faults: [],
        },
      });
    }
    expect(end.connections).toBe(1);
    const [tx] = traced;
    expect(tx).toMatchObject({ line: `tcp:127.0.0.1:${end.port}`, way: "tx" });
    expect(traced.flatMap(({ way, bytes }) => (way === "rx" ? [...bytes] : []))).toHaveLength(
      3 * job.rxBytes,
    );
    await session.close();
    expect(await session.ended).toBeNull();
    await until(() => end.sockets.size === 0);
    expect(clock.sleeping).toBe(0);
  });

  it("has ended with the reason when the server hangs up at any byte of an answer", async () => {
    for (let bytes = 0; bytes < 7; bytes++) {
      const end = await serialServer(() => null);
      const session = await open(end);
      end.onData = (sent, socket) => {
        const taken = parse(sent);
        if (taken !== null) socket.end(Uint8Array.from(answerOf(taken).slice(0, bytes)));
      };
      const job = only(rtuJobs(linkTo(end.port), [rtuDevice("air", { a: { address: "0" } })]));
      const ran = run(session, job);
      await expect(ran, `after ${bytes} bytes`).rejects.toMatchObject({ fault: { code: "line.gone" } });
      expect(await session.ended).toMatchObject({ code: "line.gone" });
      await session.close();
      expect(clock.sleeping).toBe(0);
    }
  });

  it("connects anew when nothing came for a while, and has ended when that fails", async () => {
    const end = await serialServer(() => null);
    const session = await open(end);
    const job = only(rtuJobs(linkTo(end.port), [rtuDevice("air", points, { answer: "20ms" })]));
    const silent = async () => {
      expect((await run(session, job, 20)).reading.faults).toMatchObject([{ code: "modbus.silent" }]);
    };
    for (let time = 0; time < 3; time++) await silent();
    await clock.advance(16_000);
    expect(end.connections).toBe(1);
    await silent();
    await until(() => end.connections === 2);
    end.onData = (bytes, socket) => {
      const taken = parse(bytes);
      if (taken !== null) socket.write(Uint8Array.from(answerOf(taken)));
    };
    // The job's own request comes after the one that asks whether something is owed.
    expect((await run(session, job)).reading.samples).toHaveLength(2);
    end.onData = () => {};
    for (let time = 0; time < 3; time++) await silent();
    await clock.advance(16_000);
    end.refuses = true;
    await silent();
    const lost = await session.ended;
    expect(lost?.code).toBe("line.gone");
    await expect(run(session, job)).rejects.toMatchObject({ fault: { layer: "port" } });
    await session.close();
    expect(clock.sleeping).toBe(0);
  });

  it("can be closed at any moment of a request and of connecting anew", async () => {
    for (let moment = 0; moment < 24; moment++) {
      const end = await serialServer(() => null);
      const session = await open(end);
      const job = only(rtuJobs(linkTo(end.port), [rtuDevice("air", points, { answer: "20ms" })]));
      if (moment >= 12) {
        for (let time = 0; time < 3; time++) await run(session, job, 40);
        await clock.advance(16_000);
        await run(session, job, 40);
      }
      const ran = session.run?.(job, never);
      ran?.catch(() => {});
      for (let passed = 0; passed < moment % 12; passed++) await clock.advance(1);
      await passing(clock, session.close(), 20);
      expect(await session.ended).toBeNull();
      await passing(clock, ran?.catch(() => {}) ?? Promise.resolve(), 20);
      await until(() => end.sockets.size === 0);
      expect(clock.sleeping, `closed at moment ${moment}`).toBe(0);
    }
  });

  it("keeps its socket when its devices change", async () => {
    const end = await serialServer();
    const session = await open(end);
    const first = only(rtuJobs(linkTo(end.port), [rtuDevice("air", points)]));
    await run(session, first);
    const devices = [rtuDevice("light", points, { unit: 2 })];
    await session.update?.(devices, never);
    expect((await run(session, only(rtuJobs(linkTo(end.port), devices)))).reading.samples).toHaveLength(2);
    expect(end.connections).toBe(1);
    await session.close();
  });

  it("passes over what the box kept while nobody was connected", async () => {
    for (const laterMs of [0, 100, 200]) {
      const end = await serialServer();
      const old = answerOf({ unit: 1, fc: 3, address: 70, count: 4 });
      const session = await open(end);
      await until(() => end.sockets.size === 1);
      const job = only(rtuJobs(linkTo(end.port), [rtuDevice("air", points)]));
      const ran = run(session, job);
      while (clock.monotonicMs() < laterMs) await new Promise((resolve) => setTimeout(resolve, 1));
      end.say(old);
      end.say(old);
      const { samples } = (await ran).reading;
      for (const { point, raw } of samples) expect(raw).toBe(wordOf(1, 3, point === "a" ? 0 : 3));
      expect((await run(session, job)).reading.samples).toHaveLength(2);
      await session.close();
    }
  });

  it("opens nothing where nobody listens", async () => {
    const port = await freePort();
    await expect(modbusRtuDriver.open(linkTo(port), [], context, never)).rejects.toMatchObject({
      fault: { code: "line.refused", layer: "port", retry: "later" },
    });
  });
});

describe("what a device answers", () => {
  it("becomes parts of the request after an illegal address, down to the one place that is missing", async () => {
    const { wire, link, session, run } = await inMemory();
    const holes = new Set([3]);
    slaves(wire, (taken) => {
      const { address, count } = taken;
      const hit = [...holes].some((hole) => hole >= address && hole < address + count);
      return { ms: 10, bytes: hit ? exceptionOf(taken, 2) : answerOf(taken) };
    });
    const all = { a: { address: "0" }, b: { address: "3" }, c: { address: "4" }, d: { address: "9" } };
    let jobs = rtuJobs(link, [rtuDevice("air", all)]);
    const values = new Map<string, unknown>();
    const faults: unknown[] = [];
    for (let round = 0; round < 5; round++) {
      const next: Job[] = [];
      for (const job of jobs) {
        const { reading, instead } = await run(job);
        for (const { point, raw } of reading.samples) values.set(point, raw);
        if (instead !== undefined) expect(reading).toEqual({ device: "air", samples: [], faults: [] });
        if (round === 4) faults.push(...reading.faults);
        next.push(...(instead ?? [job]));
      }
      jobs = next;
    }
    expect(Object.fromEntries(values)).toEqual({
      a: wordOf(1, 3, 0),
      c: wordOf(1, 3, 4),
      d: wordOf(1, 3, 9),
    });
    expect(faults).toMatchObject([{ code: "modbus.illegal-address", point: "b", retry: "never" }]);
    await session.close();
  });

  it("is a fault of every point when it is not divisible, and of the device when it passes", async () => {
    for (const [code, name, own] of [
      [1, "modbus.illegal-function", true],
      [6, "modbus.busy", false],
      [4, "modbus.device-failure", false],
    ] as const) {
      const { wire, link, session, run } = await inMemory();
      slaves(wire, (taken) => ({ ms: 10, bytes: exceptionOf(taken, code) }));
      const { reading, instead } = await run(only(rtuJobs(link, [rtuDevice("air", points)])));
      expect(instead).toBeUndefined();
      expect(reading.faults.map((fault) => [fault.code, fault.point])).toEqual(
        own
          ? [
              [name, "a"],
              [name, "b"],
            ]
          : [[name, undefined]],
      );
      await session.close();
    }
  });

  it("is no answer when a gateway says that the device gave none", async () => {
    const { wire, link, session, run } = await inMemory();
    slaves(wire, (taken) => ({ ms: 10, bytes: exceptionOf(taken, 11) }));
    const { reading } = await run(only(rtuJobs(link, [rtuDevice("air", points)])));
    expect(reading.faults).toMatchObject([
      { code: "modbus.gateway-target", layer: "answer", retry: "later" },
    ]);
    await session.close();
  });

  it("is a fault of one reading when it is no answer, or of the line when that explains it", async () => {
    const { wire, link, session, run } = await inMemory();
    slaves(wire, (taken) => ({ ms: 10, bytes: answerOf(taken).map((byte) => byte ^ 0xa0) }));
    const job = only(rtuJobs(link, [rtuDevice("air", points)]));
    const codes: unknown[] = [];
    for (let time = 0; time < 5; time++) codes.push((await run(job)).reading.faults.map(({ code }) => code));
    expect(codes).toEqual([...Array(4).fill(["modbus.noise"]), ["line.settings"]]);
    await session.close();
  });

  it("comes after the rest that the device needs between two requests, and others do not wait for it", async () => {
    const { wire, link, session, run } = await inMemory();
    slaves(wire, good(10));
    const slow = only(rtuJobs(link, [rtuDevice("slow", points, { pause: "300ms" })]));
    const quick = only(rtuJobs(link, [rtuDevice("quick", points, { unit: 2 })]));
    // What was asked before is settled.
    for (const job of [slow, quick]) await run(job);
    await wire.clock.advance(1000);
    wire.sent.length = 0;
    for (const job of [slow, quick, slow]) await run(job);
    const [first = 0, other = 0, second = 0] = wire.sent.map(({ at }) => at);
    expect(other - first).toBeLessThan(60);
    expect(second - first).toBeGreaterThanOrEqual(310);
    await session.close();
  });
});

it("lets go of a turn at once when it is aborted, and of the next as well", async () => {
  const { wire, link, session, run } = await inMemory();
  const job = only(rtuJobs(link, [rtuDevice("air", points, { pause: "1s" })]));
  for (const afterMs of [1, 6, 60, 700]) {
    const abort = new AbortController();
    const ran = session.run(job, abort.signal);
    ran.catch(() => {});
    await wire.clock.advance(afterMs);
    const reason = new Error("given up");
    abort.abort(reason);
    if (afterMs < 700) await expect(ran).rejects.toBe(reason);
  }
  slaves(wire, good(10));
  expect((await run(job)).reading.samples).toHaveLength(2);
  await session.close();
  expect(wire.clock.sleeping).toBe(0);
});
