import type { Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Job, Session } from "../../../drivers/contract/index.ts";
import { modbusTcpDriver } from "../../../drivers/modbus/index.ts";
import { FarEnd, freePort, until } from "../line/far-end.ts";
import { dataOf, type Taken, wordOf } from "./slaves.ts";
import { passing, tcpDevice, tcpJobs, type World, world } from "./world.ts";

const never = new AbortController().signal;
const link = { port: 502 };
const points = { a: { address: "0" }, b: { address: "3" } };

interface Request extends Taken {
  transaction: number;
}

const parse = (bytes: Uint8Array): Request => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return {
    transaction: view.getUint16(0),
    unit: view.getUint8(6),
    fc: view.getUint8(7),
    address: view.getUint16(8),
    count: view.getUint16(10),
  };
};

interface Twist {
  protocol?: number;
  length?: number;
  pdu?: number[];
}

function answer(request: Request, { protocol = 0, length, pdu }: Twist = {}): number[] {
  const data = dataOf(request);
  const body = pdu ?? [request.fc, data.length, ...data];
  const rest = length ?? body.length + 1;
  const words = [request.transaction, protocol, rest].flatMap((word) => [word >>> 8, word & 0xff]);
  return [...words, request.unit, ...body];
}

let w: World;
let ends: FarEnd[];
let sessions: Session[];
beforeEach(() => {
  w = world();
  ends = [];
  sessions = [];
});
afterEach(async () => {
  for (const session of sessions) await passing(w.clock, session.close(), 50);
  await Promise.all(ends.map((end) => end.close()));
  expect(w.clock.sleeping).toBe(0);
});

type React = (request: Request, socket: Socket, nth: number) => Iterable<number> | null;

async function host(react: React = (request) => answer(request)): Promise<FarEnd> {
  const end = await FarEnd.listen();
  ends.push(end);
  let nth = 0;
  end.onData = (bytes, socket) => {
    const said = react(parse(bytes), socket, nth++);
    if (said !== null) socket.write(Uint8Array.from(said));
  };
  return end;
}

const devicesOf = (...all: FarEnd[]) => all.map((end, index) => tcpDevice(`air-${index}`, end.port, points));

async function opened(devices: ReturnType<typeof devicesOf>) {
  const session = await modbusTcpDriver.open(link, devices, w.context, never);
  sessions.push(session);
  return session;
}

const run = (session: Session, job: Job | undefined, stepMs = 1) => {
  if (job === undefined || session.run === undefined) throw new Error("nothing to run");
  return passing(w.clock, session.run(job, never), stepMs);
};

const values = (reading: { samples: { raw: unknown }[] }) => reading.samples.map(({ raw }) => raw);
const right = (unit = 1) => [wordOf(unit, 3, 0), wordOf(unit, 3, 3)];

it("opens nothing by itself, one socket for each host when it is asked, and keeps it", async () => {
  const hosts = [await host(), await host()];
  const devices = devicesOf(...hosts);
  const session = await opened(devices);
  const jobs = tcpJobs(link, devices);
  expect(hosts.map(({ connections }) => connections)).toEqual([0, 0]);
  for (let time = 0; time < 3; time++) {
    for (const job of jobs) expect(values((await run(session, job)).reading)).toEqual(right());
  }
  expect(hosts.map(({ connections }) => connections)).toEqual([1, 1]);
  expect(new Set(w.traced.map(({ line }) => line))).toEqual(new Set(jobs.map(({ line }) => line)));
  await passing(w.clock, session.close());
  expect(await session.ended).toBeNull();
  await until(() => hosts.every(({ sockets }) => sockets.size === 0));
  await expect(session.run?.(jobs[0] as Job, never)).rejects.toMatchObject({
    fault: { code: "line.aborted" },
  });
});

it("has one request in flight for a host, whoever asks, and never waits for another host", async () => {
  const waiting: (() => void)[] = [];
  const slow = await host((request, socket) => {
    waiting.push(() => void socket.write(Uint8Array.from(answer(request))));
    return null;
  });
  const quick = await host();
  const devices = [
    tcpDevice("one", slow.port, points, { unit: 1 }),
    tcpDevice("two", slow.port, points, { unit: 2 }),
    tcpDevice("three", quick.port, points, { unit: 3 }),
  ];
  const session = await opened(devices);
  const [one, two, three] = tcpJobs(link, devices);
  const first = session.run?.(one as Job, never);
  const second = session.run?.(two as Job, never);
  expect(values((await run(session, three)).reading)).toEqual(right(3));
  await until(() => waiting.length === 1);
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(waiting).toHaveLength(1);
  waiting[0]?.();
  expect(values((await first)?.reading ?? { samples: [] })).toEqual(right(1));
  await until(() => waiting.length === 2);
  waiting[1]?.();
  expect(values((await second)?.reading ?? { samples: [] })).toEqual(right(2));
});

describe("drops the connection, and the next answer is right, after", () => {
  const cases: [string, (request: Request) => Iterable<number> | null, string][] = [
    ["silence", () => null, "modbus.silent"],
    ["half an answer", (request) => answer(request).slice(0, 10), "modbus.short"],
    ["half a header", (request) => answer(request).slice(0, 4), "modbus.short"],
    ["another protocol", (request) => answer(request, { protocol: 1 }), "modbus.protocol"],
    [
      "another transaction",
      (request) => answer({ ...request, transaction: request.transaction - 1 }),
      "modbus.transaction",
    ],
    [
      "the transaction 256 before",
      (request) => answer({ ...request, transaction: request.transaction ^ 256 }),
      "modbus.transaction",
    ],
    ["another unit", (request) => answer({ ...request, unit: 9 }), "modbus.unit"],
    ["another function", (request) => answer({ ...request, fc: 4 }), "modbus.function"],
    ["fewer registers", (request) => answer({ ...request, count: 3 }), "modbus.count"],
    ["a byte count that is a lie", (request) => answer(request).with(8, 6), "modbus.count"],
    ["a length that is a lie", (request) => answer(request, { length: 60_000 }), "modbus.count"],
    ["two answers at once", (request) => [...answer(request), ...answer(request)], "modbus.glued"],
    ["bytes of a serial server", (request) => answer(request).slice(6), "modbus.protocol"],
    ["endless bytes", () => new Uint8Array(100_000), "line.flood"],
  ];

  it.each(cases)("%s", async (_, says, code) => {
    const end = await host((request, __, nth) => (nth === 0 ? says(request) : answer(request)));
    const devices = devicesOf(end);
    const session = await opened(devices);
    const [job] = tcpJobs(link, devices);
    const first = await run(session, job, 5).then(
      ({ reading }) => reading.faults,
      (error: { fault: unknown }) => [error.fault],
    );
    expect(first).toMatchObject([
      { code: expect.stringMatching(code === "line.flood" ? /^line\.|^modbus\./ : code) },
    ]);
    expect(values((await run(session, job)).reading)).toEqual(right());
    expect(end.connections).toBe(2);
  });

  it("a turn that was aborted", async () => {
    const end = await host((request, _, nth) => (nth === 0 ? null : answer(request)));
    const devices = devicesOf(end);
    const session = await opened(devices);
    const [job] = tcpJobs(link, devices);
    const abort = new AbortController();
    const ran = session.run?.(job as Job, abort.signal);
    ran?.catch(() => {});
    await until(() => end.received.length > 0);
    abort.abort(new Error("given up"));
    await expect(ran).rejects.toThrow("given up");
    expect(values((await run(session, job)).reading)).toEqual(right());
    expect(end.connections).toBe(2);
  });

  it("something that came unasked", async () => {
    const end = await host();
    const devices = devicesOf(end);
    const session = await opened(devices);
    const [job] = tcpJobs(link, devices);
    await run(session, job);
    const { length } = w.traced;
    end.say([1, 2, 3]);
    await until(() => w.traced.length > length);
    expect(values((await run(session, job)).reading)).toEqual(right());
    expect(end.connections).toBe(2);
  });
});

it("never takes a late answer for another point's: 300 of them", async () => {
  let held: number[] = [];
  const end = await host((request, _, nth) => {
    // Two late in three; what was held back comes with the next answer.
    const now = nth % 3 === 2 ? [...held, ...answer(request)] : [];
    held = nth % 3 === 2 ? [] : answer(request);
    return now.length === 0 ? null : now;
  });
  const many = Array.from({ length: 20 }, (_, index) =>
    tcpDevice(`air-${index}`, end.port, { a: { address: String(index) } }, { answer: "20ms" }),
  );
  const session = await opened(many);
  const jobs = tcpJobs(link, many);
  let late = 0;
  for (let nth = 0; late < 300; nth++) {
    const { reading } = await run(session, jobs[nth % jobs.length], 21);
    late += reading.faults.length;
    if (reading.samples.length > 0) expect(values(reading)).toEqual([wordOf(1, 3, nth % jobs.length)]);
  }
});

describe("a host that hangs up", () => {
  it("while nobody asks is connected to anew without a fault", async () => {
    const end = await host();
    const devices = devicesOf(end);
    const session = await opened(devices);
    const [job] = tcpJobs(link, devices);
    await run(session, job);
    end.hangUp();
    expect(values((await run(session, job)).reading)).toEqual(right());
    expect(end.connections).toBe(2);
  });

  it("when a kept connection is asked again is asked once more, and only once", async () => {
    let hangs = false;
    const end = await host((request, socket) => {
      if (!hangs) return answer(request);
      socket.destroy();
      return null;
    });
    const devices = devicesOf(end);
    const session = await opened(devices);
    const [job] = tcpJobs(link, devices);
    await run(session, job);
    hangs = true;
    await expect(run(session, job)).rejects.toMatchObject({ fault: { code: "line.gone", layer: "port" } });
    expect(end.connections).toBe(2);
    hangs = false;
    expect(values((await run(session, job)).reading)).toEqual(right());
  });

  it("at any byte of an answer gives a fault or the value, never a wrong one", async () => {
    for (let bytes = 0; bytes <= 17; bytes++) {
      const end = await host((request, socket, nth) => {
        if (nth > 0) return answer(request);
        socket.end(Uint8Array.from(answer(request).slice(0, bytes)));
        return null;
      });
      const devices = devicesOf(end);
      const session = await opened(devices);
      const [job] = tcpJobs(link, devices);
      const first = await run(session, job).then(
        ({ reading }) => values(reading),
        (error: { fault: { code: string } }) => error.fault.code,
      );
      if (bytes === 17) expect(first).toEqual(right());
      else expect(first, `after ${bytes} bytes`).toBe("line.gone");
      expect(values((await run(session, job)).reading)).toEqual(right());
    }
  });
});

it("says that nobody listens, and is there when somebody does", async () => {
  const port = await freePort();
  const devices = [tcpDevice("air", port, points)];
  const session = await opened(devices);
  const [job] = tcpJobs(link, devices);
  await expect(run(session, job)).rejects.toMatchObject({ fault: { code: "line.refused", layer: "port" } });
  const end = await FarEnd.listen(port);
  ends.push(end);
  end.onData = (bytes, socket) => void socket.write(Uint8Array.from(answer(parse(bytes))));
  expect(values((await run(session, job)).reading)).toEqual(right());
});

it("goes on connecting when the turn that began it is over", async () => {
  const end = await host();
  const devices = devicesOf(end);
  const session = await opened(devices);
  const [job] = tcpJobs(link, devices);
  const abort = new AbortController();
  const ran = session.run?.(job as Job, abort.signal);
  ran?.catch(() => {});
  await null;
  abort.abort(new Error("given up"));
  await expect(ran).rejects.toThrow("given up");
  await until(() => end.connections === 1);
  expect(values((await run(session, job)).reading)).toEqual(right());
  expect(end.connections).toBe(1);
});

it("takes other devices: sockets stay where a device stays, and close where none does", async () => {
  const [stays, goes, comes] = [await host(), await host(), await host()];
  const session = await opened(devicesOf(stays, goes));
  for (const job of tcpJobs(link, devicesOf(stays, goes))) await run(session, job);
  const next = devicesOf(stays, comes);
  await session.update?.(next, never);
  await until(() => goes.sockets.size === 0);
  for (const job of tcpJobs(link, next)) expect(values((await run(session, job)).reading)).toEqual(right());
  expect([stays, goes, comes].map(({ connections }) => connections)).toEqual([1, 1, 1]);
});

it("can be closed at any moment of connecting and asking", async () => {
  for (let moment = 0; moment < 30; moment++) {
    const end = await host(() => null);
    const devices = devicesOf(end);
    const session = await opened(devices);
    const [job] = tcpJobs(link, devices);
    const ran = session.run?.(job as Job, never);
    ran?.catch(() => {});
    for (let passed = 0; passed < moment; passed++) {
      if (moment < 15) await null;
      else await new Promise(setImmediate);
    }
    await passing(w.clock, session.close(), 50);
    expect(await session.ended).toBeNull();
    await expect(ran).rejects.toMatchObject({ fault: { code: "line.aborted" } });
    await until(() => end.sockets.size === 0);
    expect(w.clock.sleeping, `closed at moment ${moment}`).toBe(0);
  }
});

it("asks less after an illegal address", async () => {
  const end = await host((request) =>
    request.count > 1 ? answer(request, { pdu: [request.fc | 0x80, 2] }) : answer(request),
  );
  const devices = devicesOf(end);
  const session = await opened(devices);
  const [job] = tcpJobs(link, devices);
  const { reading, instead } = await run(session, job);
  expect(reading).toMatchObject({ samples: [], faults: [] });
  const parts = await Promise.all((instead ?? []).map((part) => run(session, part)));
  expect(parts.flatMap(({ reading: part }) => values(part))).toEqual(right());
  expect(end.connections).toBe(1);
});

it("never takes an answer that a gateway gives the number of the next request", async () => {
  // The device behind it takes 3 s, the gateway waits for 1 s: then the late answer goes to whoever asks next.
  const late: Taken[] = [];
  const end = await host((request, _, nth) => {
    const first = nth === 0;
    if (first) {
      late.push(request);
      return answer(request, { pdu: [request.fc | 0x80, 11] });
    }
    const owed = late.shift();
    if (owed === undefined) return answer(request);
    const data = dataOf(owed);
    return answer(request, { pdu: [owed.fc, data.length, ...data] });
  });
  const far = { c: { address: "70" }, d: { address: "73" } };
  const devices = [tcpDevice("air", end.port, points), tcpDevice("far", end.port, far)];
  const session = await opened(devices);
  const [near, other] = tcpJobs(link, devices);
  expect((await run(session, other)).reading.faults).toMatchObject([{ code: "modbus.gateway-target" }]);
  for (let time = 0; time < 4; time++) {
    const { samples } = (await run(session, near)).reading;
    for (const { point, raw } of samples) expect(raw).toBe(wordOf(1, 3, point === "a" ? 0 : 3));
    if (time === 3) expect(samples).toHaveLength(2);
  }
});

it("says of a device that is silent behind a gateway what the gateway says, with one request a turn", async () => {
  let requests = 0;
  const end = await host((request) => {
    requests += 1;
    return answer(request, { pdu: [request.fc | 0x80, 11] });
  });
  const devices = devicesOf(end);
  const session = await opened(devices);
  const [job] = tcpJobs(link, devices);
  for (let time = 0; time < 5; time++)
    expect((await run(session, job)).reading.faults).toMatchObject([{ code: "modbus.gateway-target" }]);
  expect(requests).toBe(5);
});
