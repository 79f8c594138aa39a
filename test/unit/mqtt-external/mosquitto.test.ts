/**
 * The subscriber at a broker that nobody here wrote.
 */
import { afterEach, describe, expect, it } from "vitest";
import { type Message, NotStored } from "../../../drivers/contract/index.ts";
import { MqttDevice } from "../../../simulator/devices/mqtt-device.ts";
import { hasMosquitto, type Mosquitto, startMosquitto } from "../../mosquitto.ts";
import { device, topicOf, until, type World, world } from "./world.ts";

const air = () => device("air", { co2: "p.co2" });
const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function broker(
  lines = ["allow_anonymous true"],
  files: Record<string, string> = {},
): Promise<Mosquitto> {
  const started = await startMosquitto(lines, files);
  undo.push(() => started.stop());
  return started;
}

async function subscriber(version: 4 | 5): Promise<World> {
  const made = await world(version);
  undo.push(() => made.close());
  return made;
}

async function publisher(port: number, more: object = {}): Promise<MqttDevice> {
  const made = new MqttDevice({ id: "air", host: "127.0.0.1", port, topic: topicOf("air"), ...more });
  undo.push(() => made.stop({ abrupt: true }));
  await made.start();
  return made;
}

describe.skipIf(!hasMosquitto).each([4, 5] as const)("at mosquitto, by MQTT version %i", (version) => {
  const at = (port: number, more: object = {}) => ({ url: `mqtt://127.0.0.1:${port}`, ...more });

  it("takes what devices say, and its PUBACKs are understood", async () => {
    const { port } = await broker();
    const made = await subscriber(version);
    await made.listening({ devices: [air()], link: at(port) });
    const sensor = await publisher(port);
    for (let co2 = 1; co2 <= 500; co2++) sensor.emit({ co2 });
    await until(() => made.messages.length === 500);
    const raw = made.messages.map(({ readings }) => readings[0]?.samples[0]?.raw);
    expect(raw).toEqual(Array.from({ length: 500 }, (_, n) => n + 1));
  });

  it("gets what was said while it was away, once, and what it had not acknowledged again", async () => {
    const { port } = await broker();
    const made = await subscriber(version);
    const first = await made.listening({ devices: [air()], link: at(port) });
    const sensor = await publisher(port);
    made.automatic = false;
    sensor.emit({ co2: 1 });
    sensor.emit({ co2: 2 });
    await until(() => made.delivered.length === 2);
    made.delivered[0]?.resolve();
    made.delivered[1]?.reject(new NotStored("store-down"));
    expect(await made.end(first)).toMatchObject({ code: "mqtt.not-stored" });
    sensor.emit({ co2: 3 });
    await sensor.idle();
    made.automatic = true;
    await made.listening({ devices: [air()], link: at(port) });
    const rawOf = ({ readings }: Message) => readings[0]?.samples[0]?.raw;
    await until(() => made.messages.some((message) => rawOf(message) === 3));
    // Whether our last PUBACK reached it before the connection broke, only the broker knows.
    const [one, two] = made.messages;
    const came = made.messages.slice(2);
    expect(came.map(rawOf).filter((raw) => raw !== 1)).toEqual([2, 3]);
    for (const message of came) {
      const first = [one, two].find((earlier) => earlier !== undefined && rawOf(earlier) === rawOf(message));
      // The third may have been on its way to the connection that just broke.
      if (first === undefined) expect(["set", "last"]).toContain(message.keys[0]?.rule);
      else expect(message.keys[0]).toEqual({ ...first.keys[0], rule: "last" });
    }
  });

  it("is shown what the broker had kept, marked as that, at each login", async () => {
    const { port } = await broker();
    const made = await subscriber(version);
    const sensor = await publisher(port, { retain: true });
    sensor.emit({ co2: 1 });
    await sensor.idle();
    const first = await made.listening({ devices: [air()], link: at(port) });
    await until(() => made.messages.length === 1);
    sensor.emit({ co2: 2 });
    await until(() => made.messages.length === 2);
    await made.passing(first.close());
    await made.listening({ devices: [air()], link: at(port) });
    await until(() => made.messages.length === 3);
    const said = made.messages.map(({ readings, keys }) => [
      readings[0]?.samples[0]?.raw,
      readings[0]?.samples[0]?.stale ?? false,
      keys.find(({ slot }) => slot.startsWith("r/"))?.rule,
    ]);
    expect(said).toEqual([
      [1, true, "last"],
      [2, false, "set"],
      [2, true, "last"],
    ]);
    const digests = made.messages.map(({ keys }) => keys.find(({ slot }) => slot.startsWith("r/"))?.value);
    expect(digests[2]).toBe(digests[1]);
  });

  it("keeps its connection when other devices come", async () => {
    const { port } = await broker();
    const made = await subscriber(version);
    const session = await made.listening({ devices: [air()], link: at(port) });
    await session.update([air(), device("lamp", { on: "p.on" })], new AbortController().signal);
    const lamp = await publisher(port, { id: "lamp", topic: topicOf("lamp") });
    lamp.emit({ on: true });
    await until(() => made.messages.length === 1);
    await session.update([air()], new AbortController().signal);
    lamp.emit({ on: false });
    await lamp.idle();
    const sensor = await publisher(port);
    sensor.emit({ co2: 1 });
    await until(() => made.messages.length === 2);
    expect(made.messages[1]?.readings[0]?.device).toBe("air");
  });

  it("brings nothing twice after the files were changed while it was away", async () => {
    const { port } = await broker();
    const made = await subscriber(version);
    const wide = device("air", { co2: "p.co2" }, { address: { topics: ["ce/v1/+/up/prop"] } });
    const first = await made.listening({ devices: [wide], link: at(port) });
    await made.passing(first.close());
    await made.listening({ devices: [air()], link: at(port) });
    const sensor = await publisher(port);
    for (let co2 = 1; co2 <= 3; co2++) sensor.emit({ co2 });
    await sensor.idle();
    const lamp = await publisher(port, { id: "lamp", topic: topicOf("lamp") });
    lamp.emit({ on: true });
    await lamp.idle();
    sensor.emit({ co2: 4 });
    await until(() => made.messages.some(({ readings }) => readings[0]?.samples[0]?.raw === 4));
    expect(made.messages.map(({ readings }) => readings[0]?.samples[0]?.raw)).toEqual([1, 2, 3, 4]);
  });

  it("is not let in with a wrong password, and says that nobody need try again in a hurry", async () => {
    const { port } = await broker(["allow_anonymous false", "password_file {folder}/users"], { users: "" });
    const made = await subscriber(version);
    const open = made.open({ link: at(port, { user: "gw", password: "secret:given" }) });
    await expect(open).rejects.toMatchObject({ fault: { code: "mqtt.login", retry: "never" } });
  });

  it("notices that another client takes its session", async () => {
    const { port } = await broker();
    const made = await subscriber(version);
    const session = await made.listening({ devices: [air()], link: at(port) });
    await made.listening({ devices: [air()], link: at(port) });
    // It says so to nobody, in either version (2.0): the texts of this code name it as one reason.
    expect(await made.end(session)).toMatchObject({ code: "mqtt.hung-up", retry: "later" });
  });
});

it.skipIf(!hasMosquitto)("at a broker that speaks TLS with a CA of its own", async () => {
  const { makeAuthority } = await import("../../certificates.ts");
  const authority = makeAuthority("school");
  undo.push(async () => authority.remove());
  const { key, cert } = authority.issue("IP:127.0.0.1");
  const { port } = await broker(
    ["allow_anonymous true", "keyfile {folder}/key.pem", "certfile {folder}/cert.pem"],
    { "key.pem": key, "cert.pem": cert },
  );
  const made = await subscriber(5);
  made.secrets.set("ca", Buffer.from(authority.cert));
  const session = await made.listening({ link: { url: `mqtts://127.0.0.1:${port}`, ca: "secret:ca" } });
  await made.passing(session.close());
  expect(await session.ended).toBeNull();
});
