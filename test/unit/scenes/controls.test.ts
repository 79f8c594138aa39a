import { createHash } from "node:crypto";
import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { NoSuchTrouble } from "../../../simulator/faults/no-such-trouble.ts";
import { Troubles } from "../../../simulator/faults/troubles.ts";
import { configurationOf } from "../../../simulator/scenes/configuration.ts";
import { placedDevices } from "../../../simulator/scenes/placed.ts";
import { roomWorld } from "../../../simulator/scenes/room-world.ts";
import { sceneSchema } from "../../../simulator/scenes/scene-schema.ts";
import { SimulatedSchool } from "../../../simulator/scenes/simulated-school.ts";
import type { World } from "../../../simulator/scenes/world.ts";
import { FakeClock } from "../../fake-clock.ts";
import { RawSocket } from "../simulator/raw-socket.ts";
import { bytes, hex } from "../simulator-modbus/rig.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const devices = [
  { name: "beam", model: "pjlink-projector", in: ["101"] },
  { name: "laser", model: "pjlink-laser", in: ["102"] },
  { name: "screen", model: "samsung-mdc" },
  { name: "wall", model: "samsung-mdc-tcp", in: ["101"] },
  { name: "dm", model: "hisense-dm-tcp", in: ["102"] },
  { name: "epson", model: "epson-escvp21", in: ["201"] },
  {
    name: "panel",
    model: "hex-panel-tcp",
    in: ["202"],
    hex: { on: "5A 01", off: "5A 00", ok: "06", askVolume: "5A 02", isVolume: "A5 02 ## ++" },
  },
  { name: "ac", model: "zhonghong-ac", in: ["101..102"] },
  { name: "vrf", model: "zhonghong-ac-serial", in: ["201..202"] },
  { name: "air", model: "onokom-air-ac", unit: "1", in: ["101..102"] },
  { name: "ir", model: "ir-ac-modbus", unit: "21", in: ["101..102"] },
  { name: "relay", model: "waveshare-relay-8", unit: "41", in: ["101..102"] },
];
const sceneOf = (own: readonly object[] = devices) =>
  sceneSchema.parse({
    school: { id: "2133000001", seed: "7" },
    floors: [
      { floor: "1", rooms: "101..102" },
      { floor: "2", rooms: "201..202" },
    ],
    devices: own,
  });

/** A Tuesday in term, 10:00 in Zhejiang, while nobody asks anything; rooms live by the same clock. */
async function schoolOf(own?: readonly object[]) {
  const scene = sceneOf(own);
  const clock = new FakeClock(Date.UTC(2026, 8, 15, 2));
  const world = roomWorld(scene, clock);
  const school = new SimulatedSchool(scene, world, { host: "127.0.0.1", clock, handOverMs: 0 });
  await school.start();
  closing.push(() => school.stop());
  const talk = async (name: string) => {
    const door = school.controls.doors.get(name);
    if (door === undefined) throw new Error(`nothing listens at ${name}`);
    const socket = await RawSocket.open(door.port);
    closing.push(() => socket.destroy());
    await until(() => door.listener.clients.size === 1);
    const [peer] = door.listener.clients;
    let [sent, taken] = [0, 0];
    /** What either side has said has been heard by the other. */
    const settled = () =>
      until(() => peer?.bytesRead === sent && peer.bytesWritten === taken + socket.received.length);
    await settled();
    /** Says it and gives what comes back within so much time. */
    const say = async (what: string | Uint8Array, ms = 500): Promise<Buffer> => {
      taken += socket.received.length;
      socket.received = Buffer.alloc(0);
      socket.send(what);
      sent += Buffer.byteLength(what);
      await settled();
      await clock.advance(ms, settled);
      return socket.received;
    };
    return { socket, say };
  };
  return { scene, clock, world, school, talk };
}

async function until(isSo: () => boolean): Promise<void> {
  do await new Promise(setImmediate);
  while (!isSo());
}

const hasPanel = (world: World, room: string) => world.fittings(room).panel.now().on;

describe("what is told what to do in a scene", () => {
  it("has the same places, ids and passwords every time", () => {
    const placed = placedDevices(sceneOf());
    expect(placedDevices(sceneOf())).toEqual(placed);
    const of = (id: string) => placed.find((device) => device.id === id)?.control;
    expect(of("101-beam")).toMatchObject({ link: "pj-101-beam", password: expect.any(String) });
    expect(of("102-laser")?.password).toBeUndefined();
    expect([of("101-screen"), of("102-screen")]).toEqual([
      { link: "screen-f1", port: "screen-f1", number: 1 },
      { link: "screen-f1", port: "screen-f1", number: 2 },
    ]);
    expect(of("201-screen")).toEqual({ link: "screen-f2", port: "screen-f2", number: 1 });
    expect(of("102-ac")).toEqual({ link: "ac-f1", port: "ac-f1", outdoor: 1, indoor: 2 });
  });

  it("switches the projector of a room, which takes its time, and the room's panel", async () => {
    const { scene, clock, world, talk } = await schoolOf();
    const before = hasPanel(world, "101");
    const password = placedDevices(scene).find(({ id }) => id === "101-beam")?.control?.password;
    const { socket, say } = await talk("101-beam");
    const salt = socket.received.toString().slice(9, 17);
    const shown = createHash("md5").update(`${salt}${password}`).digest("hex");
    const told = await say(`${shown}%1POWR ${before ? 0 : 1}\r`);
    expect(told.toString()).toBe("%1POWR=OK\r");
    expect(hasPanel(world, "101")).toBe(!before);
    expect((await say("%1POWR ?\r")).toString()).toBe(`%1POWR=${before ? 2 : 3}\r`);
    await clock.advance(20_000);
    expect((await say("%1POWR ?\r")).toString()).toBe(`%1POWR=${before ? 2 : 3}\r`);
  });

  it("has the panel on as the people have it, and off when they switch it off", async () => {
    const { world, talk } = await schoolOf();
    const { panel } = world.fittings("202");
    const sees = await talk("screen-f2");
    const ask = bytes("AA 11 02 00 13");
    panel.turn(true);
    expect(hex(await sees.say(ask))).toBe("AA FF 02 03 41 11 01 57");
    panel.turn(false);
    expect(hex(await sees.say(ask))).toBe("AA FF 02 03 41 11 00 56");
    // Told by its own bytes, the panel in the same room.
    const table = await talk("202-panel");
    expect(hex(await table.say(bytes("5A 01")))).toBe("06");
    expect(panel.now().on).toBe(true);
    expect(hex(await table.say(bytes("5A 02")))).toBe("A5 02 14 BB");
  });

  it("is on in lessons and off at night, by the habits of its room", async () => {
    const { clock, world, school } = await schoolOf();
    const { hear } = school.controls.instruments.get("101-screen")?.converse("serial") ?? {};
    const power = () => {
      const heard = [...bytes("AA 11 01 00 12")].flatMap((byte) => hear?.(byte, clock.monotonicMs()) ?? []);
      return heard[0]?.bytes[6] === 1;
    };
    const seen: boolean[] = [];
    for (let quarter = 0; quarter < 96; quarter += 1) {
      await clock.advance(900_000, async () => {});
      expect(power()).toBe(hasPanel(world, "101"));
      seen.push(power());
    }
    // Ten at night to six in the morning, and some of the lessons from ten in the morning on.
    expect(seen.slice(48, 80)).not.toContain(true);
    expect(seen.slice(0, 28)).toContain(true);
  });

  it("answers on one line for each set of a floor, and on TCP in its maker's way", async () => {
    const { talk } = await schoolOf();
    const line = await talk("screen-f1");
    expect(hex(await line.say(bytes("AA 11 01 00 12")))).toMatch(/^AA FF 01 03 41 11 0[01]/);
    expect(hex(await line.say(bytes("AA 11 02 00 13")))).toMatch(/^AA FF 02 03 41 11 0[01]/);
    const wall = await talk("101-wall");
    expect(hex(await wall.say(bytes("AA 11 01 00 12")))).toMatch(/^AA FF 01 03/);
    const dm = await talk("102-dm");
    expect((await dm.say("DDFF0006C128000001EEBBCC")).toString()).toMatch(/^ABAB000CC128000001.*CDCD$/);
    const epson = await talk("201-epson");
    expect((await epson.say("PWR?\r")).toString()).toMatch(/^PWR=0[0123]\r:$/);
  });

  it("cools the room: an air conditioner takes power and moves the air, whatever gateway told it", async () => {
    const { clock, world, school, talk } = await schoolOf();
    const { say } = await talk("ac-f1");
    const off = world.fittings("101").ac.now();
    world.fittings("101").ac.tell({ power: false });
    const before = off.celsius ?? 0;
    await say(bytes("01 31 01 01 01 01 36"));
    await say(bytes("01 33 01 01 01 01 38"));
    expect(hex(await say(bytes("01 32 10 01 01 01 46")))).toBe("01 32 10 01 01 01 46");
    expect(world.fittings("101").ac.now().state).toMatchObject({ power: true, mode: "cool", target: 16 });
    const idle = world.circuit("101").power;
    await clock.advance(1_200_000, async () => {});
    const { celsius } = world.fittings("101").ac.now();
    expect(celsius).toBeLessThan(before - 0.5);
    expect(world.circuit("101").power).toBeGreaterThan(idle + 300);
    // The one on the unit's bus sees it; the infrared one was told nothing.
    expect(school.slaves.get("101-air")?.bank.read("holding", 2, 1)).toEqual([2]);
    expect(school.slaves.get("101-ir")?.bank.read("holding", 0, 1)).toEqual([0]);
    school.slaves.get("101-ir")?.bank.write("holding", 0, [0]);
    expect(world.fittings("101").ac.now().state.power).toBe(false);
    expect(school.slaves.get("101-air")?.bank.read("holding", 2, 1)).toEqual([0]);
  });

  it("lights the room by its relays", async () => {
    const { world, school, clock } = await schoolOf();
    const bank = school.slaves.get("101-relay")?.bank;
    bank?.write("coils", 0, [0, 0]);
    bank?.write("coils", 0, [1, 1]);
    bank?.write("coils", 0, [0, 0]);
    await clock.advance(20_000, async () => {});
    const dark = world.circuit("101").power;
    bank?.write("coils", 0, [1, 1]);
    await clock.advance(10_000, async () => {});
    expect(world.circuit("101").power).toBeGreaterThan(dark + 100);
  });

  it("leaves nothing open", async () => {
    const { school, clock } = await schoolOf();
    const ports = [...school.controls.ports.values()];
    expect(new Set(ports).size).toBe(ports.length);
    await school.stop();
    for (const port of ports) {
      const refused = new Promise((resolve) => connect(port, "127.0.0.1").once("error", resolve));
      expect(await refused).toMatchObject({ code: "ECONNREFUSED" });
    }
    expect(clock.sleeping).toBe(0);
  });
});

describe("a scene's configuration", () => {
  it("has a link for each way, and at each device what tells it apart", () => {
    const scene = sceneOf();
    const placed = placedDevices(scene);
    const names = [...new Set(placed.flatMap(({ control }) => control?.port ?? []))];
    const files = configurationOf(
      scene,
      {
        host: "127.0.0.1",
        lines: new Map([[1, 4001]]),
        boxes: new Map(),
        controls: new Map(names.map((name, at) => [name, 5001 + at])),
      },
      {
        broker: "127.0.0.1:1883",
        dataFolder: "data",
        platform: { url: "mqtt://127.0.0.1", user: "u", password: "p" },
      },
    );
    const lines = (name: string) => files.find((file) => file.name === name)?.text.split("\n") ?? [];
    const line = (name: string, start: string) => lines(name).find((each) => each.startsWith(`  ${start}:`));
    const port = (name: string) => 5001 + names.indexOf(name);
    const host = '"127.0.0.1"';
    for (const [link, text] of [
      ["pj-101-beam", `kind: pjlink, port: ${port("101-beam")}, password: secret:101-beam`],
      ["pj-102-laser", `kind: pjlink, port: ${port("102-laser")}`],
      ["screens", "kind: display-tcp"],
      ["screen-f1", `kind: display-serial, via: ss1, port: ${port("screen-f1")}, baud: 9600, format: 8N1`],
      ["hex-202-panel", `kind: hex-tcp, port: ${port("202-panel")}`],
      ["ac-f1", `kind: zhonghong, host: ${host}, port: ${port("ac-f1")}`],
      ["vrf-f2", `kind: zhonghong, via: ss1, port: ${port("vrf-f2")}, baud: 9600, format: 8N1`],
    ] as const)
      expect(line("links.yaml", link)).toBe(`  ${link}: { ${text}, simulated: true }`);
    for (const [id, text] of [
      ["101-beam", `profile: pjlink-projector, via: pj-101-beam, host: ${host}, space: 101`],
      ["102-screen", "profile: samsung-mdc, via: screen-f1, number: 2, space: 102"],
      [
        "101-wall",
        `profile: samsung-mdc, via: screens, host: ${host}, port: ${port("101-wall")}, number: 1, space: 101`,
      ],
      ["201-epson", "profile: epson-escvp21, via: ds-201-epson, space: 201"],
      ["202-panel", `profile: hex-panel, via: hex-202-panel, host: ${host}, space: 202`],
      ["102-ac", "profile: zhonghong-ac, via: ac-f1, outdoor: 1, indoor: 2, space: 102"],
      ["102-air", "profile: onokom-air-ac, via: rs1, unit: 2, space: 102"],
    ] as const)
      expect(line("devices.yaml", id)).toBe(`  ${id}: { ${text}, period: 60s }`);
    expect(line("devices.yaml", "ss1")).toBeDefined();
    const secret = files.find(({ name }) => name === "secrets/101-beam");
    expect(secret).toMatchObject({
      isSecret: true,
      text: placed.find(({ id }) => id === "101-beam")?.control?.password,
    });
  });
});

describe("a table of bytes in a scene", () => {
  it.each([
    [
      "at what is no panel with one",
      { name: "s", model: "samsung-mdc", hex: { on: "01", off: "00" } },
      /no table/,
    ],
    ["without off", { name: "s", model: "hex-panel", hex: { on: "01" } }, /no bytes for on or for off/],
    ["with half a byte", { name: "s", model: "hex-panel", hex: { on: "0", off: "00" } }, /not hexadecimal/],
    ["with a word that it does not know", { name: "s", model: "hex-panel", hex: { onn: "01" } }, /onn/],
  ])("is refused %s", (_, device, told) => {
    expect(() => sceneOf([device])).toThrow(told);
  });
});

describe("faults by hand", () => {
  it("make a display misbehave in every way that it can, and well again", async () => {
    const { school, talk } = await schoolOf();
    const troubles = new Troubles(school);
    const { say } = await talk("screen-f1");
    const ask = bytes("AA 11 01 00 12");
    const good = hex(await say(ask));
    for (const [how, told] of [
      ["silent", /^$/],
      ["no-answer", /^$/],
      ["refuses", /^AA FF 01 03 4E/],
      ["late", /^$/],
      ["cut", /^AA FF 01$/],
      ["bad-checksum", new RegExp(`^${good.slice(0, -2)}(?!${good.slice(-2)})..$`)],
      ["wrong-id", /^AA FF 09/],
      ["noise", new RegExp(`^(.. ){5}${good}( ..){3}$`)],
    ] as const) {
      const undo = await troubles.begin({ what: "misbehaves", device: "101-screen", how });
      expect(hex(await say(ask)), how).toMatch(told);
      await undo();
      if (how === "late") await say(new Uint8Array(), 6000);
      expect(hex(await say(ask)), `after ${how}`).toBe(good);
    }
  });

  it("refuse what cannot happen to a device, and name one to which it can", async () => {
    const { school } = await schoolOf();
    const troubles = new Troubles(school);
    const wrong = { what: "misbehaves", device: "101-screen", how: "password" } as const;
    await expect(troubles.begin(wrong)).rejects.toThrow(/101-beam/);
    const stuck = { what: "sensor-stuck", device: "101-beam" } as const;
    await expect(troubles.begin(stuck)).rejects.toThrow(NoSuchTrouble);
  });

  it("make a relay board misbehave as a slave", async () => {
    const { school } = await schoolOf();
    const undo = await new Troubles(school).begin({
      what: "misbehaves",
      device: "101-relay",
      how: "refuses",
    });
    const { faults } = school.slaves.get("101-relay") ?? {};
    expect(faults?.has("lying")).toBe(true);
    await undo();
    expect(faults?.has("lying")).toBe(false);
  });

  it("take the power from a box, a set on a line and a unit of a gateway, and give it back", async () => {
    const { school, talk } = await schoolOf();
    const troubles = new Troubles(school);
    const port = school.controls.ports.get("101-beam") ?? 0;
    const noBox = await troubles.begin({ what: "device-off", device: "101-beam" });
    await expect(RawSocket.open(port)).rejects.toThrow(/ECONNREFUSED/);
    await noBox();
    const again = await RawSocket.open(port);
    closing.push(() => again.destroy());
    const line = await talk("screen-f1");
    const noSet = await troubles.begin({ what: "device-off", device: "101-screen" });
    expect(hex(await line.say(bytes("AA 11 01 00 12")))).toBe("");
    expect(hex(await line.say(bytes("AA 11 02 00 13")))).toMatch(/^AA FF 02/);
    await noSet();
    expect(hex(await line.say(bytes("AA 11 01 00 12")))).toMatch(/^AA FF 01/);
    const gateway = await talk("ac-f1");
    const units = bytes("01 50 02 FF FF FF 50");
    const noUnit = await troubles.begin({ what: "device-off", device: "102-ac" });
    expect(hex(await gateway.say(units))).toMatch(/^01 50 02 02 01 01 01 01 02 00/);
    await noUnit();
    expect(hex(await gateway.say(units))).toMatch(/^01 50 02 02 01 01 01 01 02 01/);
  });
});
