import { createServer } from "node:net";
import { generate } from "mqtt-packet";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import type { Driver } from "../../../drivers/contract/index.ts";
import { openDriver } from "../../../drivers/registry.ts";
import { type Authority, type Identity, makeAuthority } from "../../certificates.ts";
import { driverSuite, type Said } from "../../suites/driver.ts";
import { ScriptedBroker } from "./scripted-broker.ts";
import { air, device, link, never, settle, topicOf, until, type World, world } from "./world.ts";

driverSuite("mqtt-external", "a subscriber at a broker of the school", async () => {
  const driver: Driver = await openDriver("mqtt-external");
  const inner = await world();
  const { broker, clock, facts, context } = inner;
  const open = (port: number, signal: AbortSignal) => driver.open(link(port), [air()], context, signal);
  return {
    ...{ driver, clock, facts },
    endsUnstored: true,
    marker: "Li Lei",
    open: (signal) => open(broker.port, signal),
    async openBroken(signal) {
      const closed = new ScriptedBroker(5);
      await closed.listen();
      const { port } = closed;
      await closed.close();
      return open(port, signal);
    },
    async held() {
      await settle();
      return broker.connected > 0;
    },
    async say(what): Promise<Said> {
      const before = broker.of("puback").length;
      broker.publish(topicOf("air"), what === "good" ? { co2: 600 } : '{"Li Lei": nonsense');
      return {
        acknowledged: () => broker.of("puback").length > before,
        cut: () => broker.connected === 0,
      };
    },
    remove: () => inner.close(),
  };
});

let made: World | undefined;
afterEach(async () => {
  await made?.close();
  made = undefined;
});

describe("a broker that does not let us in", () => {
  it.each([
    [4, 1, "mqtt.their-version", "never"],
    [4, 2, "mqtt.our-id", "never"],
    [4, 3, "mqtt.their-busy", "later"],
    [4, 4, "mqtt.login", "never"],
    [4, 5, "mqtt.login", "never"],
    [5, 0x84, "mqtt.their-version", "never"],
    [5, 0x85, "mqtt.our-id", "never"],
    [5, 0x86, "mqtt.login", "never"],
    [5, 0x87, "mqtt.login", "never"],
    [5, 0x89, "mqtt.their-busy", "later"],
    [5, 0x9c, "mqtt.their-busy", "later"],
    [5, 0x9d, "mqtt.moved", "never"],
    [5, 0x80, "mqtt.refused", "later"],
  ] as const)("(MQTT %i, code %i) says why, and when to try again", async (version, code, fault, retry) => {
    made = await world(version);
    const { broker } = made;
    broker.script.connack = { returnCode: code, reasonCode: code };
    await expect(made.open()).rejects.toMatchObject({ fault: { code: fault, retry } });
    await until(() => broker.connected === 0);
    expect(made.clock.sleeping).toBe(0);
  });

  it.each([0, 1])("and speaks an older version alone (CONNACK %i of 3.1.1) is told as that", async (code) => {
    made = await world(5);
    made.broker.script.connack = Buffer.of(0x20, 2, 0, code);
    await expect(made.open()).rejects.toMatchObject({
      fault: { code: "mqtt.their-version", retry: "never" },
    });
  });

  it("and closes, or sends something else, says that", async () => {
    made = await world();
    made.broker.script.connack = Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n");
    await expect(made.open()).rejects.toMatchObject({ fault: { code: "mqtt.not-mqtt" } });
    made.broker.script.connack = Buffer.of(0x30, 2, 0, 0);
    await expect(made.open()).rejects.toMatchObject({ fault: { code: "mqtt.not-mqtt" } });
    made.broker.script.connack = null;
    const { broker } = made;
    const opening = made.open();
    await until(() => broker.of("connect").length === 3);
    broker.end();
    await expect(opening).rejects.toMatchObject({ fault: { code: "mqtt.hung-up", retry: "later" } });
  });

  it("because its password is not there is never asked", async () => {
    made = await world();
    const open = made.open({ link: { user: "gw", password: "secret:missing" } });
    await expect(open).rejects.toMatchObject({ fault: { code: "mqtt.own-password", retry: "never" } });
    expect(made.broker.accepted).toBe(0);
  });
});

it("a password that no packet can carry is never sent, and leaves no connection behind", async () => {
  made = await world();
  made.secrets.set("long", Buffer.alloc(70_000, "x"));
  const open = made.open({ link: { user: "gw", password: "secret:long" } });
  await expect(open).rejects.toMatchObject({ fault: { code: "mqtt.own-password", retry: "never" } });
  await settle();
  expect(made.broker.connected).toBe(0);
});

describe("a broker that takes small packets only", () => {
  it("is asked for the topics in as many as it needs", async () => {
    made = await world();
    made.broker.script.connack = { properties: { maximumPacketSize: 200 } };
    const devices = Array.from({ length: 40 }, (_, n) => device(`d${n}`, { t: "t" }));
    await made.listening({ devices });
    expect(made.broker.subscribed).toEqual(devices.map(({ id }) => topicOf(id)));
    for (const packet of made.broker.of("subscribe"))
      expect(generate(packet, { protocolVersion: 5 }).length).toBeLessThanOrEqual(200);
    expect(made.broker.of("subscribe").length).toBeLessThan(8);
  });

  it("is not asked for a topic that fits into none, which is told of its device", async () => {
    made = await world();
    made.broker.script.connack = { properties: { maximumPacketSize: 60 } };
    const far = device("far", { t: "t" }, { address: { topics: [`a/${"b".repeat(100)}`] } });
    await made.listening({ devices: [air(), far] });
    expect(made.broker.subscribed).toEqual([topicOf("air")]);
    expect(made.facts).toMatchObject([{ what: "down", device: "far", fault: { code: "mqtt.their-topic" } }]);
  });

  it("and says of ours that it is too large is not told as one that sends such", async () => {
    made = await world();
    const session = await made.listening();
    made.broker.send({ cmd: "disconnect", reasonCode: 149 });
    expect(await made.end(session)).toMatchObject({
      code: "mqtt.refused",
      detail: expect.stringContaining("149"),
    });
  });
});

it.each([
  [3600, 1],
  [0, 1],
  [604_800, 0],
  [undefined, 0],
])("a broker that keeps our session for %s s is complained of: %i", async (sessionExpiryInterval, lines) => {
  made = await world();
  made.broker.script.connack =
    sessionExpiryInterval === undefined ? {} : { properties: { sessionExpiryInterval } };
  await made.listening();
  expect(made.log.lines.filter(({ level }) => level === "warn")).toHaveLength(lines);
});

describe("a session that ends", () => {
  it.each([
    [0x8e, "mqtt.taken-over"],
    [0x8b, "mqtt.their-busy"],
    [0x8d, "mqtt.silent"],
    [0x9c, "mqtt.their-busy"],
    [0, "mqtt.hung-up"],
  ])("by DISCONNECT with reason %i says so: %s", async (reasonCode, code) => {
    made = await world();
    const session = await made.listening();
    made.broker.send({ cmd: "disconnect", reasonCode });
    expect(await made.end(session)).toMatchObject({ code, retry: "later" });
    expect(made.broker.accepted).toBe(1);
  });

  it("by our own close says good-bye, so that the broker keeps what comes for the next one", async () => {
    made = await world();
    const session = await made.listening();
    await made.passing(session.close());
    expect(await session.ended).toBeNull();
    const { broker } = made;
    await until(() => broker.of("disconnect").length === 1);
    expect(broker.of("disconnect")[0]?.properties?.sessionExpiryInterval).toBeUndefined();
  });
});

describe("an encrypted connection", () => {
  let authority: Authority | undefined;
  const ca = () => {
    authority ??= makeAuthority("school");
    return authority;
  };
  afterAll(() => authority?.remove());

  async function opened(identity: Identity, trust: string | null, host = "127.0.0.1") {
    made = await world();
    const broker = new ScriptedBroker(5);
    await broker.listen(identity);
    if (trust !== null) made.secrets.set("ca", Buffer.from(trust));
    try {
      return await made.open({
        link: { url: `mqtts://${host}:${broker.port}`, ...(trust === null ? {} : { ca: "secret:ca" }) },
      });
    } finally {
      if (broker.connected === 0) await broker.close();
      else setImmediate(() => void broker.close());
    }
  }

  it("is to the broker whose certificate that CA has signed", async () => {
    const session = await opened(ca().issue("IP:127.0.0.1"), ca().cert);
    expect(session).toBeDefined();
  });

  const strangers: [string, () => Identity, () => string | null][] = [
    ["for another host", () => ca().issue("DNS:other.example"), () => ca().cert],
    ["by another CA", () => ca().self("IP:127.0.0.1"), () => ca().cert],
    ["by a CA that nobody named", () => ca().issue("IP:127.0.0.1"), () => null],
  ];

  it.each(strangers)("is not made with a certificate %s", async (_, identity, trust) => {
    await expect(opened(identity(), trust())).rejects.toMatchObject({ fault: { code: "mqtt.certificate" } });
  });

  it("needs a CA that can be read", async () => {
    made = await world();
    const open = made.open({ link: { url: "mqtts://127.0.0.1:1", ca: "secret:missing" } });
    await expect(open).rejects.toMatchObject({ fault: { code: "mqtt.trust", retry: "never" } });
  });

  it("needs a CA that is one", async () => {
    await expect(opened(ca().issue("IP:127.0.0.1"), "rubbish")).rejects.toMatchObject({
      fault: { code: "mqtt.trust", retry: "never" },
    });
  });

  it("to a port that is not encrypted says that", async () => {
    made = await world();
    const open = made.open({ link: { url: `mqtts://127.0.0.1:${made.broker.port}` } });
    await expect(open).rejects.toMatchObject({ fault: { code: "mqtt.no-tls" } });
  });

  it("to a port that takes it and says nothing is given up after 10 s", async () => {
    made = await world();
    const mute = createServer((socket) => void socket.resume().on("error", () => {}));
    await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
    const { port } = mute.address() as { port: number };
    const open = made.open({ link: { url: `mqtts://127.0.0.1:${port}` } });
    await expect(made.passing(open)).rejects.toMatchObject({ fault: { code: "mqtt.no-tls" } });
    expect(made.clock.sleeping).toBe(0);
    await new Promise((resolve) => mute.close(resolve));
  });
});

it("nobody listens twice, nor after the end", async () => {
  made = await world();
  const session = await made.listening();
  made.broker.end();
  await made.end(session);
  await expect(session.listen(made.deliver, never)).rejects.toMatchObject({
    fault: { code: "mqtt.hung-up" },
  });
});
