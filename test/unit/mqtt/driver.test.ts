import { connect, createServer, type Server } from "node:net";
import { hostname } from "node:os";
import { describe, expect, it } from "vitest";
import type { Driver, DriverFact } from "../../../drivers/contract/index.ts";
import { kinds, openDriver } from "../../../drivers/registry.ts";
import { driverContext } from "../../driver-context.ts";
import { FakeClock } from "../../fake-clock.ts";
import { driverSuite, type Said } from "../../suites/driver.ts";
import { device, link, publish, RawClient, secretOf } from "./world.ts";

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => void server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

const listens = (port: number, host = "127.0.0.1") =>
  new Promise<boolean>((resolve) => {
    const socket = connect({ host, port });
    const answer = (open: boolean) => {
      socket.destroy();
      resolve(open);
    };
    socket.once("connect", () => answer(true));
    socket.once("error", () => answer(false));
  });

driverSuite("mqtt-broker", "the MQTT broker", async () => {
  const driver: Driver = await openDriver("mqtt-broker");
  const clock = new FakeClock();
  const facts: DriverFact[] = [];
  const context = driverContext(clock, { secret: secretOf, report: (fact) => void facts.push(fact) });
  const port = await freePort();
  const clients: RawClient[] = [];
  let taken: Server | null = null;
  let messageId = 0;
  const open = (at: number, signal: AbortSignal) =>
    driver.open(link({ listen: `127.0.0.1:${at}` }), [device("air", { co2: "co2" })], context, signal);
  return {
    driver,
    clock,
    facts,
    marker: "Li Lei",
    open: (signal) => open(port, signal),
    async openBroken(signal) {
      const server = createServer();
      taken = server;
      const other = await freePort();
      await new Promise<void>((resolve) => void server.listen(other, "127.0.0.1", resolve));
      return open(other, signal);
    },
    held: () => listens(port),
    async say(what): Promise<Said> {
      const client = await RawClient.open(port, false);
      clients.push(client);
      messageId += 1;
      client.connect({ clientId: `esp-${messageId}`, username: "air", password: secretOf("air") });
      client.send(publish("air", what === "good" ? { co2: 600 } : '{"Li Lei": nonsense', { messageId }));
      return {
        acknowledged: () => client.ids("puback").length > 0,
        cut: () => client.closed,
      };
    },
    async remove() {
      for (const client of clients) client.socket.destroy();
      await new Promise((resolve) => (taken === null ? resolve(null) : taken.close(resolve)));
    },
  };
});

describe("opening at a name", () => {
  it("that is given up while the name is looked up listens nowhere", async () => {
    const { mqttDriver } = await import("../../../drivers/mqtt/index.ts");
    const clock = new FakeClock();
    const context = driverContext(clock, { secret: secretOf });
    const port = await freePort();
    const abort = new AbortController();
    const opening = mqttDriver.open(link({ listen: `${hostname()}:${port}` }), [], context, abort.signal);
    // The look-up is under way after a few ticks, and answers from another thread.
    for (let tick = 0; tick < 20; tick++) await new Promise<void>((resolve) => process.nextTick(resolve));
    abort.abort(new Error("given up"));
    await expect(opening).rejects.toMatchObject({ fault: { code: "mqtt.aborted" } });
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setTimeout(resolve, 2));
    expect(await listens(port, hostname())).toBe(false);
  });
});

describe("the registry", () => {
  it("opens a driver for every kind that it lists", async () => {
    expect(kinds.map(({ kind }) => kind)).toContain("mqtt-broker");
    for (const { kind, driver } of kinds)
      expect((await openDriver(kind)).kind).toMatchObject({ kind, driver });
  });

  it("has none for other names, not even for those that every object has", async () => {
    for (const name of ["mqtt", "constructor", "__proto__", ""]) {
      await expect(openDriver(name)).rejects.toThrow(/no driver/);
    }
  });
});
