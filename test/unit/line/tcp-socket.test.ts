import { afterEach, expect, it } from "vitest";
import { Resolver } from "../../../drivers/line/resolve.ts";
import { openTcp, type TcpOptions } from "../../../drivers/line/tcp-socket.ts";
import { systemClock } from "../../../edge/agent/system-clock.ts";
import { FakeClock } from "../../fake-clock.ts";
import { FarEnd, freePort, until } from "./far-end.ts";
import { slowListener } from "./slow-listener.ts";
import { timing } from "./wire.ts";

const never = new AbortController().signal;
const ends: FarEnd[] = [];
const listen = async () => {
  const end = await FarEnd.listen();
  ends.push(end);
  return end;
};
afterEach(async () => {
  await Promise.all(ends.splice(0).map((end) => end.close()));
});

const to = (port: number, more: Partial<TcpOptions> = {}): TcpOptions => ({
  host: "127.0.0.1",
  port,
  timing,
  clock: systemClock(),
  trace: () => {},
  ...more,
});

const pong = (received: Uint8Array) =>
  received.length < 4 ? { more: 4 - received.length } : { answer: [...received] };
const limits = { firstMs: 5_000, betweenMs: 5_000 };

it("exchanges bytes over one socket, with and without a wire behind", async () => {
  for (const of of [timing, null]) {
    const end = await listen();
    end.onData = (_, socket) => {
      socket.write(Uint8Array.of(1, 2));
      setImmediate(() => socket.write(Uint8Array.of(3, 4)));
    };
    const line = await openTcp(to(end.port, { timing: of }), never);
    for (let time = 0; time < 3; time++)
      expect(await line.exchange(Uint8Array.of(7), pong, limits, never)).toMatchObject({
        answer: [1, 2, 3, 4],
      });
    expect(end.connections).toBe(1);
    await line.close();
    expect(await line.ended).toBeNull();
    await until(() => end.sockets.size === 0);
  }
});

it("says who refuses, and who does not answer in time, and leaves nothing behind", async () => {
  const clock = new FakeClock();
  const port = await freePort();
  await expect(openTcp(to(port, { clock }), never)).rejects.toMatchObject({
    fault: { code: "line.refused" },
  });
  expect(clock.sleeping).toBe(0);
  await expect(openTcp(to(port, { host: "no-such-host.invalid", clock }), never)).rejects.toMatchObject({
    fault: { code: "line.unreachable" },
  });
  const end = await listen();
  const opening = openTcp(to(end.port, { clock }), never);
  opening.catch(() => {});
  // The address is known by then, and the connection not made yet.
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  await clock.jump(5_000);
  await expect(opening).rejects.toMatchObject({ fault: { code: "line.timeout" } });
  expect(clock.sleeping).toBe(0);
  await until(() => end.sockets.size === 0);
});

it("waits for the first address of a name as a slow link needs, also when the other one is of no use", async () => {
  const slow = await slowListener();
  try {
    const names = new Resolver(async () => [
      { address: "127.0.0.1", family: 4 },
      { address: "::1", family: 6 },
    ]);
    const opening = openTcp(to(slow.port, { host: "box", names }), never);
    opening.catch(() => {});
    // By then Node's own patience is over.
    setTimeout(slow.release, 400);
    await (await opening).close();
  } finally {
    await slow.close();
  }
});

it("gives up when it is told to", async () => {
  const end = await listen();
  const clock = new FakeClock();
  await expect(openTcp(to(end.port, { clock }), AbortSignal.abort())).rejects.toMatchObject({
    fault: { code: "line.aborted" },
  });
  expect(end.connections).toBe(0);
  const abort = new AbortController();
  const opening = openTcp(to(end.port, { clock }), abort.signal);
  opening.catch(() => {});
  abort.abort();
  await expect(opening).rejects.toMatchObject({ fault: { code: "line.aborted" } });
  await until(() => end.sockets.size === 0);
  expect(clock.sleeping).toBe(0);
});

it.each([
  ["hangs up", (end: FarEnd) => end.hangUp()],
  ["ends its side", (end: FarEnd) => void [...end.sockets].map((socket) => socket.end())],
  ["resets", (end: FarEnd) => void [...end.sockets].map((socket) => socket.resetAndDestroy())],
])("has ended when the other end %s", async (_, lose) => {
  const end = await listen();
  const line = await openTcp(to(end.port), never);
  await until(() => end.sockets.size === 1);
  const asked = line.exchange(Uint8Array.of(7), pong, limits, never);
  asked.catch(() => {});
  await until(() => end.received.length > 0);
  lose(end);
  await expect(asked).rejects.toMatchObject({ fault: { code: "line.gone" } });
  expect(await line.ended).toMatchObject({ code: "line.gone", layer: "port", retry: "later" });
});

it("sends nothing any more that was not sent when it is closed", async () => {
  const end = await listen();
  const line = await openTcp(to(end.port), never);
  await until(() => end.sockets.size === 1);
  for (const socket of end.sockets) socket.pause();
  const asked = line.exchange(new Uint8Array(8), pong, limits, never);
  asked.catch(() => {});
  await line.close();
  await expect(asked).rejects.toThrow();
  await until(() => end.sockets.size === 0);
});
