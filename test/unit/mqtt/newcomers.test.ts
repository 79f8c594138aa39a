/** Who knocks and is not let in: what is told of it, and how the ring of health keeps it. */
import { afterEach, describe, expect, it } from "vitest";
import { maxStrangers } from "../../../config/schema/status.ts";
import { Strangers } from "../../../edge/health/strangers.ts";
import { device, publish, secretOf, settle, until, type World, world } from "./world.ts";

let w: World;
afterEach(() => w.close());
const air = () => device("air", { co2: "co2" });
const refused = () => w.facts.filter((fact) => fact.what === "refused");

async function knock(clientId: string, more: object = {}) {
  const client = await w.client();
  client.connect({ clientId, username: "nobody", password: Buffer.from("secret guess"), ...more });
  client.send(publish("air", { co2: "payload of a stranger" }));
  await client.end();
}

describe("a newcomer", () => {
  it("is told of by id, address and reason, never by what it sent", async () => {
    w = await world([air()]);
    await knock("esp-7f21");
    expect(refused()).toEqual([
      {
        what: "refused",
        client: "esp-7f21",
        address: "127.0.0.1",
        fault: expect.objectContaining({ code: "mqtt.credential" }),
      },
    ]);
    const all = JSON.stringify([w.facts, w.log.lines]);
    for (const word of ["payload of a stranger", "secret guess", "nobody"]) expect(all).not.toContain(word);
    expect(w.messages).toEqual([]);
  });

  it("that names the user of a device is told of with that device", async () => {
    const bridge = device("bridge", {}, { address: { topics: ["z/#"] } });
    const behind = { ...device("lamp", { on: "on" }, { via: "bridge" }), address: {} };
    w = await world([air(), bridge, behind]);
    await knock("esp", { username: "air" });
    await knock("esp", { username: "bridge" });
    await knock("esp", { username: "constructor" });
    expect(refused().map((fact) => fact.what === "refused" && fact.devices)).toEqual([
      ["air"],
      ["bridge", "lamp"],
      undefined,
    ]);
  });

  it.each([
    ["control characters", "a\u0007b\u001b[2J", "a?b?[2J"],
    ["a line break", "a\nWARN forged", "a?WARN forged"],
    ["marks that turn the line round", "a\u202eb\u200b", "a?b?"],
    ["an end that is beyond any screen", "x".repeat(120), "x".repeat(64)],
    ["Chinese", "三楼东侧", "三楼东侧"],
    ["a character that is two units at the cut", `${"x".repeat(63)}😀`, "x".repeat(63)],
  ])("whose id has %s is shown without", async (_name, id, shown) => {
    w = await world([air()]);
    await knock(id);
    expect(refused()).toMatchObject([{ client: shown }]);
  });

  it("without an id of its own is one and the same whenever it comes back", async () => {
    w = await world([air()]);
    for (let n = 0; n < 3; n++) {
      const client = await w.login("air", { clientId: "" });
      client.send(publish("air", { co2: 1 }, { topic: "elsewhere" }));
      await client.end();
    }
    expect(refused().map((fact) => fact.what === "refused" && fact.client)).toEqual(["", "", ""]);
  });

  it("that knocks under hundreds of names pushes out other names and nothing else", async () => {
    w = await world([air()]);
    const ring = new Strangers();
    await knock("first");
    for (let n = 0; n < 100; n++) {
      const client = await w.client();
      client.connect({ clientId: `invented-${n}` });
      await client.end();
    }
    await knock("first");
    for (const fact of refused()) {
      if (fact.what === "refused")
        ring.knock("broker", fact.client, fact.address, fact.fault.code, fact.devices ?? [], 0);
    }
    expect(ring.list()).toHaveLength(maxStrangers);
    expect(maxStrangers).toBe(64);
    expect(ring.list()[0]).toMatchObject({ client: "first", address: "127.0.0.1", code: "mqtt.credential" });
    expect(ring.list().at(-1)?.client).toBe("invented-37");
    await w.login("air");
  });
});

describe("wrong passwords", () => {
  /** Its answer, and how long it took on the fake clock. */
  async function guess(user: string, password: Buffer, clientId = "guesser"): Promise<[number, number]> {
    const client = await w.client();
    const from = w.clock.monotonicMs();
    client.connect({ clientId, username: user, password });
    await settle();
    while (client.packets.length === 0 && !client.closed) {
      await w.clock.advance(100);
      await settle();
    }
    const [answer] = client.packets;
    client.socket.destroy();
    await client.end();
    return [answer?.cmd === "connack" ? (answer.returnCode ?? -1) : -1, w.clock.monotonicMs() - from];
  }
  const wrong = () => guess("air", Buffer.from("wrong"));

  it("cost nothing at first, and then their turn", async () => {
    w = await world([air()]);
    for (let n = 0; n < 5; n++) expect(await wrong()).toEqual([4, 0]);
    for (let n = 0; n < 5; n++) expect((await wrong())[1]).toBeGreaterThanOrEqual(300);
  });

  it("go on costing who hangs up at once and who comes many at a time", async () => {
    w = await world([air()]);
    for (let n = 0; n < 5; n++) await wrong();
    const guesses = Array.from({ length: 60 }, async (_, n) => {
      const client = await w.client();
      client.connect({ clientId: `g${n}`, username: "air", password: Buffer.from(`wrong ${n}`) });
      return client;
    });
    const clients = await Promise.all(guesses);
    const answered = () => w.codes("refused").filter((code) => code === "mqtt.credential").length - 5;
    const slowed = () => w.codes("refused").filter((code) => code === "mqtt.guessing").length;
    // No more than wait for eight seconds are let wait; the others are sent away unlooked at.
    await until(() => slowed() === 44);
    expect(answered()).toBe(0);
    await w.clock.advance(2_000);
    await settle();
    expect(answered()).toBeLessThanOrEqual(5);
    expect(answered()).toBeGreaterThan(0);
    for (const { socket } of clients) socket.destroy();
    await until(() => w.session.connections === 0);
    const looked = answered();
    await w.clock.advance(9_000);
    expect(answered()).toBe(looked);
    expect(w.clock.sleeping).toBe(1);
  });

  it("of a neighbour at its address do not keep out a device that has been in", async () => {
    w = await world([air(), device("other", { t: "t" })]);
    const before = await w.login("air");
    before.socket.destroy();
    for (let n = 0; n < 8; n++) await guess("nobody", Buffer.from("wrong"));
    expect(await guess("air", secretOf("air"))).toEqual([0, 0]);
    // One that was never in waits its turn, and is let in.
    const [code, ms] = await guess("other", secretOf("other"));
    expect(code).toBe(0);
    expect(ms).toBeLessThanOrEqual(8_000);
  });

  it("are forgotten a minute later", async () => {
    w = await world([air()]);
    for (let n = 0; n < 8; n++) await wrong();
    await w.clock.advance(61_000);
    expect(await wrong()).toEqual([4, 0]);
  });

  it("do not slow another address", async () => {
    w = await world([air()]);
    for (let n = 0; n < 8; n++) await wrong();
    const { connect } = await import("node:net");
    const socket = connect({ port: w.port, host: "127.0.0.1", localAddress: "127.0.0.2" });
    const answer = new Promise<Buffer>((resolve) => void socket.once("data", resolve));
    const { generate } = (await import("mqtt-packet")).default;
    socket.write(
      generate({
        cmd: "connect",
        clientId: "x",
        clean: true,
        keepalive: 0,
        username: "air",
        password: secretOf("air"),
      }),
    );
    expect([...(await answer)]).toEqual([0x20, 2, 0, 0]);
    socket.destroy();
  });
});
