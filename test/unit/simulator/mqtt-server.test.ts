import { afterEach, describe, expect, it } from "vitest";
import type { Message } from "../../../simulator/mqtt/message.ts";
import { MqttServer, type MqttServerOptions } from "../../../simulator/mqtt/server.ts";
import { isFilter, isTopic, matches } from "../../../simulator/mqtt/topics.ts";
import { seeded } from "../../../simulator/seeded.ts";
import { FakeClock } from "../../fake-clock.ts";
import { RawSocket, raw } from "./raw-socket.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function serve(options: MqttServerOptions = {}): Promise<MqttServer> {
  const server = new MqttServer(options);
  await server.start();
  closing.push(() => server.stop());
  return server;
}

async function dial(server: MqttServer): Promise<RawSocket> {
  const socket = await RawSocket.open(server.port);
  closing.push(() => socket.destroy());
  return socket;
}

/** Connects and drops the CONNACK from what was received. */
async function client(server: MqttServer, version: 4 | 5, id: string, options = {}): Promise<RawSocket> {
  const socket = await dial(server);
  socket.send(raw.connect(version, id, options));
  await heard(socket);
  expect(socket.received[0]).toBe(0x20);
  expect(socket.received[3]).toBe(0);
  socket.received = socket.received.subarray(2 + (socket.received[1] ?? 0));
  return socket;
}

const heard = (socket: RawSocket, bytes = 2) => socket.until(({ received }) => received.length >= bytes);
/** The server has noticed that everybody went. */
const empty = async (server: MqttServer) => {
  while (server.clients.length > 0) await new Promise(setImmediate);
};
const gone = (socket: RawSocket) => socket.until(({ closed }) => closed);

describe("the simulated MQTT server", () => {
  it("lets nobody in with a wrong credential, and says so in the client's version", async () => {
    const server = await serve({ users: { gw: "right" } });
    for (const [version, code] of [
      [4, 5],
      [5, 0x86],
    ] as const) {
      for (const credential of [
        { user: "gw", password: "wrong" },
        { user: "__proto__", password: "x" },
        {},
      ]) {
        const socket = await dial(server);
        socket.send(raw.connect(version, "a", credential));
        await gone(socket);
        expect([socket.received[0], socket.received[2], socket.received[3]]).toEqual([0x20, 0, code]);
      }
      await client(server, version, "a", { user: "gw", password: "right" });
    }
  });

  it("announces its receive maximum and largest packet to MQTT 5", async () => {
    const server = await serve({ receiveMaximum: 7, maxPacketBytes: 4096 });
    const socket = await dial(server);
    socket.send(raw.connect(5, "a"));
    await heard(socket, 10);
    expect(socket.received.includes(Buffer.from([0x21, 0, 7]))).toBe(true);
    expect(socket.received.includes(Buffer.from([0x27, 0, 0, 0x10, 0]))).toBe(true);
  });

  it.each([
    [4, Buffer.from([0x40, 2, 0, 5])],
    [5, Buffer.from([0x40, 2, 0, 5])],
  ] as const)("acknowledges QoS 1 once the host has taken it (version %i)", async (version, puback) => {
    const taken: Message[] = [];
    let release: () => void = () => undefined;
    const server = await serve({
      onPublish: (message) => {
        taken.push(message);
        return new Promise((resolve) => {
          release = () => resolve(0);
        });
      },
    });
    const socket = await client(server, version, "a");
    socket.send(raw.publish(version, "t/1", "hello", { qos: 1, id: 5, dup: true }), raw.pingreq);
    await heard(socket);
    expect(socket.received).toEqual(Buffer.from([0xd0, 0]));
    expect(taken).toMatchObject([{ topic: "t/1", qos: 1, dup: true, retain: false }]);
    expect(taken[0]?.payload.toString()).toBe("hello");
    release();
    await heard(socket, 6);
    expect(socket.received.subarray(2)).toEqual(puback);
  });

  it("gives MQTT 5 the host's reason, and cuts 3.1.1 off instead of acknowledging", async () => {
    const server = await serve({ onPublish: ({ topic }) => (topic === "none" ? null : Number(topic)) });
    const five = await client(server, 5, "a");
    five.send(raw.publish(5, "16", "x", { qos: 1, id: 1 }), raw.publish(5, "none", "x", { qos: 1, id: 2 }));
    five.send(raw.publish(5, "151", "x", { qos: 1, id: 3 }));
    await heard(five, 12);
    expect(five.received).toEqual(Buffer.from([0x40, 4, 0, 1, 0x10, 0, 0x40, 4, 0, 3, 0x97, 0]));
    const four = await client(server, 4, "b");
    four.send(raw.publish(4, "151", "x", { qos: 1, id: 3 }));
    await gone(four);
    expect(four.received.length).toBe(0);
  });

  it("hands a QoS 2 message over once, however often it comes before its release", async () => {
    const taken: string[] = [];
    const server = await serve({ onPublish: ({ payload }) => taken.push(payload.toString()) && 0 });
    const socket = await client(server, 4, "a");
    const publish = (dup: boolean) => raw.publish(4, "t", "x", { qos: 2, id: 3, dup });
    socket.send(publish(false), publish(true), raw.pubrel(3), publish(false));
    await heard(socket, 16);
    expect(socket.received).toEqual(
      Buffer.from([0x50, 2, 0, 3, 0x50, 2, 0, 3, 0x70, 2, 0, 3, 0x50, 2, 0, 3]),
    );
    expect(taken).toEqual(["x", "x"]);
  });

  it("acknowledges in the order of arrival, whichever is taken first", async () => {
    const held: (() => void)[] = [];
    const server = await serve({
      onPublish: ({ payload }) =>
        payload.toString() === "slow" ? new Promise((resolve) => held.push(() => resolve(0))) : 0,
    });
    const socket = await client(server, 4, "a");
    socket.send(
      raw.publish(4, "t", "slow", { qos: 1, id: 1 }),
      raw.publish(4, "t", "fast", { qos: 1, id: 2 }),
    );
    socket.send(raw.pingreq);
    await heard(socket);
    expect(socket.received).toEqual(Buffer.from([0xd0, 0]));
    held[0]?.();
    await heard(socket, 10);
    expect(socket.received.subarray(2)).toEqual(Buffer.from([0x40, 2, 0, 1, 0x40, 2, 0, 2]));
  });

  it("ends an MQTT 5 client that goes beyond the receive maximum", async () => {
    const server = await serve({ receiveMaximum: 2, onPublish: () => new Promise(() => undefined) });
    const socket = await client(server, 5, "a");
    for (let id = 1; id <= 3; id++) socket.send(raw.publish(5, "t", "x", { qos: 1, id }));
    await gone(socket);
    expect(socket.received.subarray(0, 3)).toEqual(Buffer.from([0xe0, 2, 0x93]));
  });

  it("grants at most QoS 1, and refuses filters that are none", async () => {
    const server = await serve();
    const socket = await client(server, 5, "a");
    for (const [filter, qos, code] of [
      ["a/+/b", 2, 1],
      ["#", 0, 0],
      ["a/#/b", 1, 0x8f],
      ["a+", 1, 0x8f],
      ["$share/g/t", 1, 0x9e],
    ] as const) {
      socket.received = Buffer.alloc(0);
      socket.send(raw.subscribe(5, filter, qos));
      await heard(socket, 6);
      expect(socket.received[5]).toBe(code);
    }
  });

  it("sends to subscribers at their QoS, and again with DUP after a reconnect of a kept session", async () => {
    const server = await serve();
    const socket = await client(server, 4, "a", { clean: false });
    socket.send(raw.subscribe(4, "dn/#"));
    await heard(socket, 5);
    expect(server.publish({ topic: "dn/1", payload: "x", qos: 1 })).toBe(1);
    await heard(socket, 5 + 11);
    expect(socket.received[5]).toBe(0x32);
    socket.destroy();
    await empty(server);
    server.publish({ topic: "dn/2", payload: "y", qos: 1 });
    const back = await dial(server);
    back.send(raw.connect(4, "a", { clean: false }));
    await heard(back, 4 + 22);
    expect(back.received.subarray(0, 4)).toEqual(Buffer.from([0x20, 2, 1, 0]));
    expect([back.received[4], back.received[4 + 11]]).toEqual([0x3a, 0x32]);
    back.send(raw.puback(1), raw.puback(2), raw.pingreq);
    await heard(back, 28);
    back.destroy();
    await empty(server);
    const again = await dial(server);
    again.send(raw.connect(4, "a", { clean: false }), raw.pingreq);
    await heard(again, 6);
    expect(again.received.subarray(4)).toEqual(Buffer.from([0xd0, 0]));
  });

  it("forgets the session of a clean client", async () => {
    const server = await serve();
    const socket = await client(server, 4, "a", { clean: false });
    socket.send(raw.subscribe(4, "dn/#"));
    await heard(socket, 5);
    const other = await client(server, 4, "a", { clean: true });
    await gone(socket);
    expect(server.publish({ topic: "dn/1", payload: "x", qos: 1 })).toBe(0);
    other.destroy();
  });

  it("lets the newer connection of a client take over, with a word to an MQTT 5 one", async () => {
    const server = await serve();
    const first = await client(server, 5, "same");
    await client(server, 5, "same");
    await gone(first);
    expect(first.received.subarray(0, 3)).toEqual(Buffer.from([0xe0, 2, 0x8e]));
    expect(server.clients).toHaveLength(1);
  });

  it("publishes the will of a lost client and not of one that leaves, and keeps what is retained", async () => {
    const server = await serve();
    const watcher = await client(server, 4, "w");
    watcher.send(raw.subscribe(4, "will/#"));
    await heard(watcher, 5);
    watcher.received = Buffer.alloc(0);
    const polite = await client(server, 4, "a", { will: "will/a" });
    polite.send(raw.disconnect);
    await gone(polite);
    const lost = await client(server, 4, "b", { will: "will/b" });
    lost.destroy();
    await heard(watcher, 14);
    expect(watcher.received.subarray(4, 10).toString()).toBe("will/b");
    server.publish({ topic: "kept/1", payload: "x", retain: true });
    const late = await client(server, 4, "c");
    late.send(raw.subscribe(4, "kept/+", 0));
    await heard(late, 5 + 11);
    expect(late.received[5]).toBe(0x31);
  });

  it("closes on silence: no CONNECT in ten seconds, nothing in one and a half keep-alives", async () => {
    const clock = new FakeClock();
    const server = await serve({ clock });
    const mute = await dial(server);
    const idle = await client(server, 5, "a", { keepAlive: 20 });
    await clock.advance(9000);
    expect(mute.closed).toBe(false);
    await clock.advance(2000);
    await gone(mute);
    await clock.advance(18_000);
    expect(idle.closed).toBe(false);
    await clock.advance(3000);
    await gone(idle);
    expect(idle.received.subarray(0, 3)).toEqual(Buffer.from([0xe0, 2, 0x8d]));
  });

  it.each([
    ["a first packet that is not CONNECT", raw.pingreq],
    ["a length without end", Buffer.from([0x10, 0xff, 0xff, 0xff, 0xff, 0x7f])],
    ["a packet beyond its limit", Buffer.from([0x10, 0x80, 0x80, 0x80, 0x01])],
    ["another protocol", Buffer.from("GET / HTTP/1.1\r\n\r\n")],
    ["a second CONNECT", Buffer.concat([raw.connect(4, "a"), raw.connect(4, "a")])],
    ["a topic with a wildcard", Buffer.concat([raw.connect(5, "a"), raw.publish(5, "a/#", "x")])],
    ["packet id 0", Buffer.concat([raw.connect(5, "a"), raw.publish(5, "a", "x", { qos: 1, id: 0 })])],
    ["a packet of a server", Buffer.concat([raw.connect(5, "a"), Buffer.from([0xd0, 0])])],
  ])("closes on %s", async (_what, bytes) => {
    const server = await serve();
    const socket = await dial(server);
    socket.send(bytes);
    await gone(socket);
    await client(server, 5, "good");
  });

  it("cuts off a subscriber that does not read, and serves the others", async () => {
    const server = await serve();
    const deaf = await client(server, 4, "deaf");
    deaf.send(raw.subscribe(4, "big", 0));
    await heard(deaf, 5);
    deaf.pause();
    const payload = Buffer.alloc(500_000);
    for (let sent = 0; sent < 200 && server.clients.length > 0; sent++) {
      server.publish({ topic: "big", payload });
      await new Promise(setImmediate);
    }
    expect(server.clients).toEqual([]);
    await client(server, 4, "good");
  });

  it("outlives hundreds of mutated conversations and half packets, and still serves", async () => {
    const server = await serve({ maxPacketBytes: 4096, receiveMaximum: 4 });
    const chance = seeded("hostile", 7);
    const pick = (below: number) => Math.floor(chance() * below);
    for (let round = 0; round < 60; round++) {
      const sockets = await Promise.all(Array.from({ length: 10 }, () => dial(server)));
      for (const socket of sockets) {
        const version = chance() < 0.5 ? 4 : 5;
        const bytes = Buffer.concat([
          raw.connect(version, `m${pick(5)}`, { clean: chance() < 0.5, will: chance() < 0.3 ? "w/x" : "" }),
          raw.subscribe(version, "#", pick(3)),
          raw.publish(version, "t/x", "payload", { qos: pick(3), id: 1 + pick(9), retain: chance() < 0.3 }),
          raw.pubrel(1 + pick(9)),
          raw.puback(1 + pick(9)),
          raw.pingreq,
        ]);
        for (let change = pick(6); change > 0; change--) bytes[pick(bytes.length)] = pick(256);
        const cut = chance() < 0.3 ? pick(bytes.length) : bytes.length;
        const half = pick(cut);
        socket.send(bytes.subarray(0, half));
        socket.send(bytes.subarray(half, cut));
        if (chance() < 0.5) socket.end();
        else socket.destroy();
      }
      await Promise.all(sockets.map((socket) => socket.until(({ closed }) => closed)));
    }
    const good = await client(server, 5, "good");
    good.send(raw.subscribe(5, "end", 1));
    await heard(good, 6);
    good.received = Buffer.alloc(0);
    expect(server.publish({ topic: "end", payload: "x", qos: 1 })).toBeGreaterThan(0);
    await heard(good, 11);
    expect(good.received[0]).toBe(0x32);
  });
});

describe("topic filters", () => {
  it.each([
    ["a/b", "a/b", true],
    ["a/+", "a/b", true],
    ["a/+", "a/b/c", false],
    ["a/+", "a", false],
    ["a/#", "a", true],
    ["a/#", "a/b/c", true],
    ["+/+", "/x", true],
    ["#", "$SYS/x", false],
    ["+/x", "$SYS/x", false],
    ["$SYS/#", "$SYS/x", true],
    ["a", "A", false],
  ])("%s takes %s: %s", (filter, topic, expected) => {
    expect(matches(filter, topic)).toBe(expected);
  });

  it("are told from what is none", () => {
    expect(["a", "/", "+", "a/+/b", "#", "a/#"].every(isFilter)).toBe(true);
    expect(["", "a#", "#/a", "a+/b", "a\u0000", "x".repeat(2000)].some(isFilter)).toBe(false);
    expect(["a/+", "#", ""].some(isTopic)).toBe(false);
  });
});
