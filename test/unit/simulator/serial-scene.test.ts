/**
 * Meters, serial sensors and readers that a scene file places: what is built, what a technician would write down, and
 * what goes wrong with it. Whether a gateway accepts that configuration is asked where its drivers are.
 */
import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { frame645 } from "../../../simulator/dlt645/frame.ts";
import type { Meter645 } from "../../../simulator/dlt645/meter.ts";
import { NoSuchTrouble } from "../../../simulator/faults/no-such-trouble.ts";
import { Troubles } from "../../../simulator/faults/troubles.ts";
import type { Reader } from "../../../simulator/readers/reader.ts";
import { configurationOf } from "../../../simulator/scenes/configuration.ts";
import { placedDevices, placedLinks } from "../../../simulator/scenes/placed.ts";
import { roomWorld } from "../../../simulator/scenes/room-world.ts";
import { type SceneFile, sceneSchema } from "../../../simulator/scenes/scene-schema.ts";
import { SimulatedSchool } from "../../../simulator/scenes/simulated-school.ts";
import { FakeClock } from "../../fake-clock.ts";
import { bytes } from "./station-rig.ts";

/** @param only the devices of these names */
function sceneOf(seed = 1, only?: readonly string[]): SceneFile {
  const scene = sceneSchema.parse({
    school: { id: "2133000001", seed: String(seed) },
    floors: [
      { floor: "1", rooms: "101..103" },
      { floor: "2", rooms: "201..202" },
    ],
    devices: [
      { name: "meter", model: "dlt645-2007-meter", every: "30s" },
      { name: "main", model: "dlt645-2007-main" },
      { name: "dust", model: "plantower-pms5003", in: ["101"] },
      { name: "fine", model: "sds011", in: ["102"] },
      { name: "co2", model: "mh-z19b", in: ["103"] },
      { name: "qr", model: "gm65", in: ["101"] },
      { name: "card", model: "rdm6300", in: ["102"] },
      { name: "gate", model: "wiegand-26-34", in: ["201"] },
    ],
  });
  return { ...scene, devices: scene.devices.filter(({ name }) => only?.includes(name) ?? true) };
}

/** A Wednesday of the term, twenty minutes before school. */
const morning = Date.parse("2026-10-14T07:20:00+08:00");
const host = "127.0.0.1";
const minuteMs = 60_000;

const open: (SimulatedSchool | Socket)[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await ("stop" in one ? one.stop() : one.destroy());
});

async function running(seed = 1, fromMs = morning, only?: readonly string[]) {
  const clock = new FakeClock(fromMs);
  const scene = sceneOf(seed, only);
  const world = roomWorld(scene, clock);
  const school = new SimulatedSchool(scene, world, { host, clock });
  await school.start();
  open.push(school);
  const stationOf = (id: string) => {
    const station = school.serial.stations.get(id);
    if (station === undefined) throw new Error(`no ${id}`);
    return station;
  };
  /** What a port of the serial server hands over meanwhile. */
  const hear = async (link: string, ms: number, request?: Uint8Array) => {
    const heard: number[] = [];
    const port = school.serial.links.get(link)?.line.attach((part) => heard.push(...part));
    if (request !== undefined) port?.send(request);
    await clock.advance(ms);
    port?.detach();
    return Uint8Array.from(heard);
  };
  /** kWh that a meter says. */
  const energy = async (id: string, link: string) => {
    const { address } = stationOf(id) as Meter645;
    const ask = frame645({ address, control: 0x11, data: bytes("00 00 01 00") });
    const all = [...(await hear(link, 1000, ask))];
    const frame = all.slice(all.indexOf(0x68));
    expect(frame.slice(0, 14).length, id).toBe(14);
    const digits = frame.slice(14, 18).map((byte) => (byte - 0x33) & 0xff);
    return Number(Buffer.from(digits.reverse()).toString("hex")) / 100;
  };
  return { clock, scene, world, school, hear, energy, stationOf };
}

describe("the configuration of such a scene", () => {
  const documents = async (seed = 1) => {
    const { scene, school } = await running(seed);
    const files = configurationOf(scene, school.reached, {
      broker: "[::1]:1883",
      dataFolder: "/tmp/none",
      platform: { url: "mqtt://[::1]:1884", user: "u", password: "p" },
    });
    // Every word is a text, as the gateway reads it: 8E1 is no number.
    const read = (name: string) =>
      parse(files.find((file) => file.name === name)?.text ?? "", { schema: "failsafe" });
    return {
      school,
      links: read("links.yaml").links as Record<string, Record<string, string>>,
      devices: read("devices.yaml").devices as Record<string, Record<string, string>>,
    };
  };

  it("has a line of meters for each floor, and a link for each sensor and reader, at ports that listen", async () => {
    const { links, school } = await documents();
    const kinds = Object.fromEntries(Object.entries(links).map(([id, { kind }]) => [id, kind]));
    expect(kinds).toEqual({
      dl1: "dlt645",
      dl2: "dlt645",
      "serial-101-dust": "serial",
      "serial-102-fine": "serial",
      "serial-103-co2": "serial",
      "reader-101-qr": "reader",
      "reader-102-card": "reader",
      "reader-201-gate": "reader",
    });
    expect(links.dl1).toMatchObject({ via: "ss1", baud: "2400", format: "8E1", simulated: "true" });
    expect(links["reader-101-qr"]).toMatchObject({
      via: "ss1",
      baud: "9600",
      format: "8N1",
      simulated: "true",
    });
    const ports = Object.values(links).map(({ port }) => Number(port));
    expect(new Set(ports).size).toBe(8);
    for (const port of ports) {
      const socket = connect(port, host);
      open.push(socket);
      await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
    }
    expect(school.servers.map(({ port }) => port)).toEqual(ports);
  });

  it("names profile, link, and the meter's own number; a period only for what is asked", async () => {
    const { devices, school } = await documents();
    expect(devices.ss1).toMatchObject({ profile: "serial-server", host });
    expect(devices["101-meter"]).toEqual({
      profile: "dlt645-2007-meter",
      via: "dl1",
      meter: expect.stringMatching(/^\d{12}$/),
      with: { variant: "single", ct: "1" },
      space: "101",
      period: "30s",
    });
    expect(devices["f2-main"]).toMatchObject({
      profile: "dlt645-2007-meter",
      via: "dl2",
      with: { variant: "three", ct: "1" },
      space: "PD2",
    });
    expect(devices["101-dust"]).toEqual({
      profile: "plantower-pms5003",
      via: "serial-101-dust",
      space: "101",
    });
    expect(devices["103-co2"]).toMatchObject({ profile: "mh-z19b", period: "60s" });
    expect(devices["201-gate"]).toEqual({
      profile: "wiegand-26-34",
      via: "reader-201-gate",
      with: { form: "hex", bits: "26" },
      space: "201",
    });
    const meters = Object.values(devices).flatMap(({ meter }) => (meter === undefined ? [] : [meter]));
    expect(meters).toHaveLength(7);
    expect(new Set(meters).size).toBe(7);
    expect(devices["201-meter"]?.meter).toMatch(/02001$/);
    expect(devices["103-meter"]?.meter).toMatch(/01003$/);
    expect((school.serial.stations.get("101-meter") as Meter645).address).toBe(devices["101-meter"]?.meter);
  });

  it("is the same for the same seed, with other meters for another", () => {
    const metersOf = (seed: number) => placedDevices(sceneOf(seed)).map(({ meter }) => meter);
    expect(metersOf(1)).toEqual(metersOf(1));
    expect(metersOf(2)).not.toEqual(metersOf(1));
    expect(placedLinks(sceneOf(1))).toEqual(placedLinks(sceneOf(2)));
  });

  it("has no word of it where the scene has none", () => {
    const scene = { ...sceneOf(), devices: sceneOf().devices.slice(0, 1) };
    const words = {
      broker: "[::1]:1883",
      dataFolder: "/tmp/none",
      platform: { url: "mqtt://[::1]:1884", user: "u", password: "p" },
    };
    const files = configurationOf(scene, { host, lines: new Map(), boxes: new Map() }, words);
    expect(files.find(({ name }) => name === "links.yaml")?.text).not.toContain("dlt645");
  });
});

describe("such a school", () => {
  it("counts what its rooms take, room by room and in all", async () => {
    const { clock, energy, world } = await running(1, morning + 60 * minuteMs, ["meter", "main"]);
    const [room, floor] = [await energy("101-meter", "dl1"), await energy("f1-main", "dl1")];
    const circuit = Number(world.circuit("101").energyImport);
    await clock.advance(45 * minuteMs);
    const taken = (Number(world.circuit("101").energyImport) - circuit) / 1000;
    expect(taken).toBeGreaterThan(0.1);
    const ofRoom = (await energy("101-meter", "dl1")) - room;
    expect(ofRoom).toBeCloseTo(taken, 1);
    expect((await energy("f1-main", "dl1")) - floor).toBeGreaterThan(ofRoom);
  });

  it("has sensors that say what is in the air of their room", async () => {
    const { hear, world } = await running();
    const answer = await hear("serial-103-co2", 500, bytes("FF 01 86 00 00 00 00 00 79"));
    const { co2 = 0, temperature = 0 } = world.air("103-co2", "103");
    expect([(answer[2] ?? 0) * 256 + (answer[3] ?? 0), (answer[4] ?? 0) - 40]).toEqual([
      co2,
      Math.round(temperature ?? 0),
    ]);
    const dust = await hear("serial-101-dust", 3000);
    const head = dust.findIndex((byte, n) => byte === 0x42 && dust[n + 1] === 0x4d);
    expect((dust[head + 12] ?? 0) * 256 + (dust[head + 13] ?? 0)).toBe(
      Math.round(world.air("101-dust", "101").pm25 ?? 0),
    );
    expect((await hear("serial-102-fine", 3000)).length).toBeGreaterThanOrEqual(20);
  });

  it("has readers that read its people when they come, and nobody at night", async () => {
    const readers = ["qr", "card", "gate"];
    const { clock, school, stationOf } = await running(1, morning, readers);
    await clock.advance(45 * minuteMs);
    for (const id of ["101-qr", "102-card", "201-gate"]) {
      const { scans } = stationOf(id) as Reader;
      expect(scans.length, id).toBeGreaterThan(20);
      const known = school.serial.holders(id.slice(0, 3));
      expect(scans.every(({ holder }) => known.includes(holder))).toBe(true);
      expect(scans.every(({ holder }) => school.serial.traces.includes(holder.code))).toBe(true);
    }
    const night = await running(1, Date.parse("2026-10-14T01:00:00+08:00"), readers);
    await night.clock.advance(15 * minuteMs);
    expect((night.stationOf("102-card") as Reader).scans).toEqual([]);
  });

  it("goes the same way for the same seed, to the byte", async () => {
    const hour = async (seed: number) => {
      const { clock, hear } = await running(seed, morning, ["card"]);
      await clock.advance(10 * minuteMs);
      return Buffer.from(await hear("reader-102-card", 30 * minuteMs)).toString("hex");
    };
    const one = await hour(1);
    expect(one.length).toBeGreaterThan(100);
    expect(await hour(1)).toBe(one);
    expect(await hour(2)).not.toBe(one);
  });
});

describe("what goes wrong in such a school:", () => {
  it("a meter, a sensor or a reader has no power, and has it again", async () => {
    const { school, hear, energy, stationOf, clock } = await running();
    const troubles = new Troubles(school, {}, clock);
    const dark = [];
    for (const device of ["101-meter", "102-fine", "102-card"])
      dark.push(await troubles.begin({ what: "device-off", device }));
    const { address } = stationOf("101-meter") as Meter645;
    const ask = frame645({ address, control: 0x11, data: bytes("00 00 01 00") });
    expect(await hear("dl1", 1000, ask)).toEqual(new Uint8Array());
    expect(await energy("102-meter", "dl1")).toBeGreaterThan(0);
    expect(await hear("serial-102-fine", 3000)).toEqual(new Uint8Array());
    for (const undo of dark) await undo();
    expect(await energy("101-meter", "dl1")).toBeGreaterThan(0);
    expect((await hear("serial-102-fine", 3000)).length).toBeGreaterThan(0);
  });

  it("the power of a floor is out: its meters say nothing, those of others do", async () => {
    const { school, hear, energy, stationOf, clock } = await running();
    const undo = await new Troubles(school, {}, clock).begin({ what: "power-out", floor: 2 });
    const { address } = stationOf("201-meter") as Meter645;
    const ask = frame645({ address, control: 0x11, data: bytes("00 00 01 00") });
    expect(await hear("dl2", 1000, ask)).toEqual(new Uint8Array());
    expect(await energy("101-meter", "dl1")).toBeGreaterThan(0);
    await undo();
    expect(await energy("201-meter", "dl2")).toBeGreaterThan(0);
  });

  it("the serial server has no power: none of its ports listens", async () => {
    const { school, clock } = await running();
    const ports = school.servers.map(({ port }) => port);
    const reaches = (port: number) =>
      new Promise<boolean>((resolve) => {
        const socket = connect(port, host);
        open.push(socket);
        socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
      });
    const undo = await new Troubles(school, {}, clock).begin({ what: "converter-off" });
    expect(await Promise.all(ports.map(reaches))).toEqual(ports.map(() => false));
    await undo();
    expect(await Promise.all(ports.map(reaches))).toEqual(ports.map(() => true));
  });

  it("a sensor stands still; a meter and a reader cannot", async () => {
    const { school, hear, clock } = await running();
    const troubles = new Troubles(school, {}, clock);
    const undo = await troubles.begin({ what: "sensor-stuck", device: "102-fine" });
    await clock.advance(30 * minuteMs);
    const frames = async () => {
      const text = Buffer.from(await hear("serial-102-fine", 5 * minuteMs)).toString("hex");
      return new Set(text.match(/aac0.{14}ab/g) ?? []);
    };
    expect((await frames()).size).toBe(1);
    await undo();
    expect((await frames()).size).toBeGreaterThan(1);
    for (const device of ["101-meter", "101-qr"])
      await expect(troubles.begin({ what: "sensor-stuck", device })).rejects.toThrow(NoSuchTrouble);
  });

  it("a word of RS-485 is not taken by what is not on it", () => {
    const scene = {
      school: { id: "2133000001" },
      floors: [{ floor: "1", rooms: "101" }],
      devices: [{ name: "meter", model: "dlt645-2007-meter", unit: "3" }],
    };
    expect(sceneSchema.safeParse(scene).error?.issues.map(({ message }) => message)).toEqual([
      expect.stringContaining("not on RS-485"),
    ]);
  });
});
