import { afterEach, describe, expect, it } from "vitest";
import { SecretRef } from "../../../config/schema/scalar.ts";
import { anonymous, device, publish, secretOf, settle, until, type World, world } from "./world.ts";

const air = () => device("air", { co2: "co2" });
let w: World;
afterEach(() => w.close());

const refused = () => w.facts.filter((fact) => fact.what === "refused");

describe("a login", () => {
  it("takes the device up, and its end takes it down with a reason", async () => {
    w = await world([air()]);
    const client = await w.login("air");
    await until(() => w.facts.some(({ what }) => what === "up"));
    client.send({ cmd: "disconnect" });
    await until(() => w.facts.some(({ what }) => what === "down"));
    const again = await w.login("air");
    again.socket.destroy();
    await until(() => w.facts.filter(({ what }) => what === "down").length === 2);
    expect(w.facts.slice(1).map((fact) => [fact.what, "device" in fact && fact.device])).toEqual([
      ["up", "air"],
      ["down", "air"],
      ["up", "air"],
      ["down", "air"],
    ]);
    expect(w.codes("down")).toEqual(["mqtt.left", "mqtt.gone"]);
  });

  it.each([
    ["a wrong password", "air", Buffer.from("guess"), 4],
    ["another device's password", "air", secretOf("other"), 4],
    ["an unknown user", "mallory", secretOf("air"), 4],
    ["an empty password", "air", Buffer.alloc(0), 4],
    ["a user without a password", "air", undefined, 4],
    ["no user at all", undefined, undefined, 5],
  ])("with %s is refused and reported without it", async (_name, username, password, code) => {
    w = await world([air(), device("other", { t: "t" })]);
    const client = await w.client();
    client.connect({
      clientId: "knock",
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
    });
    expect((await client.next("connack")).returnCode).toBe(code);
    await client.end();
    expect(refused()).toMatchObject([
      { client: "knock", address: "127.0.0.1", fault: { code: "mqtt.credential", retry: "never" } },
    ]);
    expect(JSON.stringify([w.facts, w.log.lines])).not.toContain("password of");
    expect(JSON.stringify([w.facts, w.log.lines])).not.toContain("guess");
  });

  it("without a user needs insecure, and then counts as there from its first word", async () => {
    const lamp = anonymous("lamp", { on: "on" });
    const plug = anonymous("plug", { on: "on" });
    w = await world([lamp, plug], { link: { insecure: "true" } });
    const client = await w.client();
    client.connect({ clientId: "esp" });
    expect((await client.next("connack")).returnCode).toBe(0);
    await settle();
    expect(w.facts.filter(({ what }) => what === "up")).toEqual([]);
    client.send(publish("lamp", { on: true }));
    await client.next("puback");
    expect(w.facts.filter(({ what }) => what === "up")).toEqual([{ what: "up", device: "lamp" }]);
    client.socket.destroy();
    await until(() => w.facts.some((fact) => fact.what === "down" && fact.device === "lamp"));
  });

  it("cannot take over the client id of another credential, which goes on unharmed", async () => {
    w = await world([air(), device("mallory", { t: "t" })]);
    const old = await w.login("air", { clientId: "same" });
    const thief = await w.client();
    thief.connect({ clientId: "same", username: "mallory", password: secretOf("mallory") });
    expect((await thief.next("connack")).returnCode).toBe(2);
    await thief.end();
    expect(refused()).toMatchObject([{ client: "same", fault: { code: "mqtt.takeover" } }]);
    old.send(publish("air", { co2: 1 }));
    await old.next("puback");
    expect(w.codes("down")).toEqual([]);
  });

  it("cannot take the id or user of another configured device for a client id, also while that one is away", async () => {
    const lamp = anonymous("lamp", { on: "on" });
    const sensor = device("sensor", { t: "t" }, { address: { user: "esp-7f" } });
    w = await world([sensor, device("mallory", { t: "t" }), lamp], { link: { insecure: "true" } });
    for (const clientId of ["sensor", "esp-7f", "lamp"]) {
      const thief = await w.client();
      thief.connect({ clientId, username: "mallory", password: secretOf("mallory") });
      expect((await thief.next("connack")).returnCode, clientId).toBe(2);
    }
    const stranger = await w.client();
    stranger.connect({ clientId: "sensor" });
    expect((await stranger.next("connack")).returnCode).toBe(2);
    expect(refused().map(({ fault }) => fault.code)).toEqual(Array(4).fill("mqtt.takeover"));
    const own = await w.client();
    own.connect({ clientId: "lamp" });
    expect((await own.next("connack")).returnCode).toBe(0);
  });

  it("has eight connections at most, so that what a power cut left behind cannot fill the broker", async () => {
    w = await world([air()]);
    const clients = [];
    for (let n = 0; n < 9; n++) clients.push(await w.login("air", { clientId: `air-${n}` }));
    await clients[0]?.end();
    expect(w.session.connections).toBe(8);
    clients[8]?.send(publish("air", { co2: 1 }));
    await clients[8]?.next("puback");
    expect(w.codes("down")).toEqual([]);
  });

  it("cannot take it over either when both come at the same moment", async () => {
    w = await world([air(), device("mallory", { t: "t" })]);
    const clients = await Promise.all([w.client(), w.client()]);
    for (const [index, client] of clients.entries()) {
      const username = index === 0 ? "air" : "mallory";
      client.connect({ clientId: "same", username, password: secretOf(username) });
    }
    const answers = await Promise.all(clients.map((client) => client.next("connack")));
    expect(answers.map(({ returnCode }) => returnCode).sort()).toEqual([0, 2]);
  });

  it("of the same credential replaces the old connection, and the device stays up", async () => {
    w = await world([air()]);
    const old = await w.login("air");
    const fresh = await w.login("air");
    await old.end();
    fresh.send(publish("air", { co2: 1 }));
    await fresh.next("puback");
    expect(w.facts.filter(({ what }) => what === "up" || what === "down")).toHaveLength(1);
  });

  it("with an empty client id needs a clean session", async () => {
    w = await world([air()]);
    const client = await w.client();
    // CONNECT of MQTT 3.1.1 with neither a clean session nor an id; no generator makes it.
    client.socket.write(Buffer.from("100c00044d5154540400003c0000", "hex"));
    expect((await client.next("connack")).returnCode).toBe(2);
    await client.end();
    expect(refused()).toMatchObject([{ fault: { code: "mqtt.client-id" } }]);
    const clean = await w.login("air", { clientId: "", clean: true });
    clean.send(publish("air", { co2: 1 }));
    await clean.next("puback");
  });

  it("is not needed to be held: an id of 60,000 characters is refused", async () => {
    w = await world([air()]);
    const client = await w.client();
    client.connect({ clientId: "x".repeat(10_000), username: "air", password: secretOf("air") });
    expect((await client.next("connack")).returnCode).toBe(2);
    const large = await w.client();
    large.connect({ clientId: "x".repeat(60_000), username: "air", password: secretOf("air") });
    await large.end();
    expect(w.codes("refused")).toEqual(["mqtt.client-id", "mqtt.frame"]);
    expect(refused().every((fact) => fact.what === "refused" && fact.client.length <= 64)).toBe(true);
  });

  it("is due within ten seconds, whether nothing comes, half a packet or no end", async () => {
    w = await world([air()]);
    const silent = await w.client();
    const half = await w.client();
    half.socket.write(Buffer.from([0x10, 0x40, 0x00]));
    const header = await w.client();
    header.socket.write(Buffer.from([0x10]));
    const healthy = await w.login("air", { keepalive: 0 });
    await settle();
    await w.clock.advance(8000);
    await settle();
    expect([silent.closed, half.closed, header.closed]).toEqual([false, false, false]);
    await w.clock.advance(2000);
    await Promise.all([silent.end(), half.end(), header.end()]);
    expect(w.codes("refused")).toEqual(["mqtt.handshake", "mqtt.handshake", "mqtt.handshake"]);
    expect(healthy.closed).toBe(false);
  });

  it("is held until listen, and then answered", async () => {
    w = await world([air()], { listen: false });
    const client = await w.client();
    client.connect({ clientId: "air", username: "air", password: secretOf("air") });
    client.send(publish("air", { co2: 1 }));
    await settle();
    expect(client.packets).toEqual([]);
    await w.session.listen((message) => w.deliver(message), new AbortController().signal);
    await client.next("connack");
    await client.next("puback");
    expect(w.messages).toHaveLength(1);
  });

  it("may come together with the first messages", async () => {
    w = await world([air()]);
    const client = await w.client();
    client.send(
      {
        cmd: "connect",
        protocolId: "MQTT",
        protocolVersion: 4,
        clean: true,
        clientId: "air",
        keepalive: 60,
        username: "air",
        password: secretOf("air"),
      },
      ...[1, 2, 3].map((n) => publish("air", { co2: n }, { messageId: n })),
    );
    await client.next("connack");
    await until(() => client.ids("puback").length === 3);
  });

  it("speaks MQTT 3.1 and 3.1.1, and refuses 5", async () => {
    w = await world([air()]);
    await w.login("air", { protocolId: "MQIsdp", protocolVersion: 3 });
    const five = await w.client();
    five.connect({ protocolVersion: 5, username: "air", password: secretOf("air") });
    // Understood by a client of any version: not this one (MQTT-3.1.2-2).
    expect((await five.next("connack")).returnCode).toBe(1);
    await five.end();
    expect(w.codes("refused")).toEqual(["mqtt.version"]);
  });

  it("takes a password whose file ends with a line break", async () => {
    const devices = [device("air", { co2: "co2" }, { address: { password: new SecretRef("file") } })];
    w = await world(devices);
    w.secrets.set("file", Buffer.from("open sesame\n"));
    await w.session.update(devices, new AbortController().signal);
    const client = await w.client();
    client.connect({ clientId: "air", username: "air", password: Buffer.from("open sesame") });
    expect((await client.next("connack")).returnCode).toBe(0);
  });
});

describe("a listener", () => {
  it("turns away networks that may not connect", async () => {
    w = await world([air()], { link: { networks: ["192.168.30.0/24"] } });
    const client = await w.client();
    await client.end();
    expect(refused()).toMatchObject([{ client: "", address: "127.0.0.1", fault: { code: "mqtt.network" } }]);
  });

  it("lets in who comes from an allowed one, also over an IPv6 socket", async () => {
    for (const networks of ["127.0.0.0/8", "::ffff:127.0.0.0/104"]) {
      w = await world([air()], { link: { listen: "[::]:0", networks } });
      await w.login("air");
      await w.session.close();
    }
  });

  it("tells the address of who came over an IPv6 socket as it is known elsewhere", async () => {
    w = await world([air()], { link: { listen: "[::]:0", networks: "192.168.30.0/24" } });
    await (await w.client()).end();
    expect(refused()).toMatchObject([{ address: "127.0.0.1", fault: { code: "mqtt.network" } }]);
  });

  it("counts connections per address and in total, and forgets those that ended", async () => {
    w = await world([air()], { link: { maxPerAddress: "2" } });
    const login = (n: number) => w.login("air", { clientId: `air-${n}` });
    const first = await login(1);
    await login(2);
    const third = await w.client();
    await third.end();
    expect(w.codes("refused")).toEqual(["mqtt.address-full"]);
    first.socket.destroy();
    await until(() => w.session.connections === 1);
    await login(4);
  });

  it("has room for so many and no more", async () => {
    w = await world([air()], { link: { maxConnections: "1" } });
    await w.login("air");
    const second = await w.client();
    await second.end();
    expect(w.codes("refused")).toEqual(["mqtt.full"]);
  });

  it.each([
    ["from one address", { maxPerAddress: "3" }],
    ["in all", { maxConnections: "3" }],
  ])("full of those who do not log in (%s) lets them go, the first ones first", async (_name, limit) => {
    w = await world([air()], { link: limit });
    const [first, second, third] = [await w.client(), await w.client(), await w.client()];
    await until(() => w.session.connections === 3);
    const login = await w.login("air");
    await first?.end();
    expect([second?.closed, third?.closed]).toEqual([false, false]);
    expect(w.codes("refused")).toEqual(["mqtt.made-room"]);
    // Who has logged in makes room for nobody.
    for (let n = 0; n < 6; n++) await w.client();
    await until(() => w.codes("refused").length === 7);
    login.send({ cmd: "pingreq" });
    await login.next("pingresp");
  });

  it("cuts a connection that is silent for one and a half keep-alives", async () => {
    w = await world([air()]);
    const client = await w.login("air", { keepalive: 10 });
    await w.clock.advance(14_000);
    await settle();
    expect(client.closed).toBe(false);
    await w.clock.advance(2_000);
    await client.end();
    expect(w.codes("down")).toEqual(["mqtt.keepalive"]);
  });
});

describe("an update", () => {
  const update = (...devices: Parameters<World["session"]["update"]>[0][]) =>
    w.session.update(devices.flat(), new AbortController().signal);

  it("keeps the sockets of unchanged credentials and takes their new points and topics", async () => {
    w = await world([air()]);
    const client = await w.login("air");
    w.secrets.set("new", secretOf("new"));
    await update([device("air", { co2: "co2", t: "t" }), device("new", { x: "x" })]);
    client.send(publish("air", { co2: 1, t: 20 }));
    await client.next("puback");
    expect(w.messages[0]?.readings[0]?.samples).toHaveLength(2);
  });

  it("ends the connection whose device or password is gone, and no other", async () => {
    w = await world([air(), device("gone", { x: "x" }), device("changed", { x: "x" })]);
    const stays = await w.login("air");
    const gone = await w.login("gone");
    const changed = await w.login("changed");
    w.secrets.set("changed", Buffer.from("something new"));
    await update([air(), device("changed", { x: "x" })]);
    await Promise.all([gone.end(), changed.end()]);
    expect(w.codes("down")).toEqual(["mqtt.changed", "mqtt.changed"]);
    stays.send(publish("air", { co2: 1 }));
    await stays.next("puback");
  });

  it("that cannot read a password changes nothing", async () => {
    w = await world([air()]);
    const client = await w.login("air");
    await expect(update([air(), device("new", { x: "x" })])).rejects.toMatchObject({
      fault: { code: "mqtt.secret" },
    });
    client.send(publish("air", { co2: 1 }));
    await client.next("puback");
  });
});
