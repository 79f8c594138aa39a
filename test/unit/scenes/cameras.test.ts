/** Cameras in the rooms and at the gate of a scene: what a technician writes of them, what they see, what happens to them. */
import { connect } from "node:net";
import { afterEach, expect, it } from "vitest";
import { parse } from "yaml";
import { Troubles } from "../../../simulator/faults/troubles.ts";
import { configurationOf } from "../../../simulator/scenes/configuration.ts";
import { sceneOfRooms } from "../../../simulator/scenes/cut.ts";
import { placedDevices } from "../../../simulator/scenes/placed.ts";
import { roomWorld } from "../../../simulator/scenes/room-world.ts";
import { sceneSchema } from "../../../simulator/scenes/scene-schema.ts";
import { SimulatedSchool } from "../../../simulator/scenes/simulated-school.ts";
import { FakeClock } from "../../fake-clock.ts";
import { probeText, textOf } from "../simulator/camera-rig.ts";
import { UdpAsker } from "../simulator/udp-asker.ts";

const devices = [
  { name: "cam", model: "cam-hikvision", in: ["101..102"] },
  { name: "cam", model: "cam-tp-link", in: ["201"] },
  { name: "cam-in", model: "cam-bosch", at: "gate" },
];
const sceneOf = (more: readonly object[] = [], faults: readonly object[] = []) =>
  sceneSchema.parse({
    school: { id: "2133000001" },
    floors: [
      { floor: "1", rooms: "101..102" },
      { floor: "2", rooms: "201..202" },
    ],
    devices: [...devices, ...more],
    faults,
  });

/** A Wednesday of the term, in the first lesson. */
const lesson = Date.parse("2026-10-14T09:00:00+08:00");
const host = "127.0.0.1";
let school: SimulatedSchool | null = null;
afterEach(() => school?.stop());

async function running() {
  const scene = sceneOf();
  const clock = new FakeClock(lesson);
  school = new SimulatedSchool(scene, roomWorld(scene, clock), { host, clock });
  await school.start();
  return { scene, clock, school };
}

const refusal = (port = 0) =>
  new Promise((resolve) => {
    const socket = connect(port, host);
    socket.once("error", ({ code }: NodeJS.ErrnoException) => resolve(code));
    socket.once("connect", () => {
      socket.destroy();
      resolve(null);
    });
  });

it("are written down with one account, each with its address and what is on its plate", async () => {
  const { scene, school } = await running();
  const files = configurationOf(scene, school.reached, {
    broker: "127.0.0.1:1883",
    dataFolder: "data",
    platform: { url: "mqtt://127.0.0.1", user: "u", password: "p" },
  });
  const text = (name: string) => files.find((file) => file.name === name)?.text ?? "";
  expect(parse(text("links.yaml"))).toEqual({
    links: { onvif: { kind: "onvif", user: "edge", password: "secret:onvif", simulated: true } },
  });
  const { cameras } = school.cameras;
  const written = (id: string, space: string | number) => {
    const camera = cameras.get(id);
    const expected = { serial: camera?.state.serial };
    return { profile: "onvif-camera", via: "onvif", host, port: camera?.port, expect: expected, space };
  };
  expect(parse(text("devices.yaml"))).toEqual({
    devices: {
      "101-cam": written("101-cam", 101),
      "102-cam": written("102-cam", 102),
      "201-cam": written("201-cam", 201),
      "gate-cam-in": written("gate-cam-in", "GATE"),
    },
  });
  expect(parse(text("school.yaml")).spaces).toContainEqual({
    building: "JX1",
    floor: "F01",
    rooms: "GATE",
    kind: "gate",
  });
  const secret = files.find(({ name }) => name === "secrets/onvif");
  expect(secret).toMatchObject({ isSecret: true, text: cameras.get("101-cam")?.login.password });
  expect(new Set([...cameras.values()].map(({ state }) => state.serial)).size).toBe(4);
});

it("see the class in its room", async () => {
  const { clock, school } = await running();
  await clock.advance(4000);
  expect(school.cameras.cameras.get("101-cam")?.state.motion).toBe(true);
  await clock.jump(13 * 3_600_000);
  await clock.advance(4000);
  expect(school.cameras.cameras.get("101-cam")?.state.motion).toBe(false);
});

it("lose their power alone, and with their floor; the gate with the first", async () => {
  const { school } = await running();
  const troubles = new Troubles(school);
  const gone = async () => {
    const all = await Promise.all(
      [...school.cameras.ports].map(async ([id, port]) => [id, await refusal(port)]),
    );
    return all.flatMap(([id, code]) => (code === null ? [] : [id]));
  };
  const off = await troubles.begin({ what: "device-off", device: "201-cam" });
  expect(await gone()).toEqual(["201-cam"]);
  const dark = await troubles.begin({ what: "power-out", floor: 1 });
  expect(await gone()).toEqual(["101-cam", "102-cam", "201-cam", "gate-cam-in"]);
  await off();
  expect(await gone()).toEqual(["101-cam", "102-cam", "gate-cam-in"]);
  await dark();
  expect(await gone()).toEqual([]);
  await expect(troubles.begin({ what: "sensor-stuck", device: "101-cam" })).rejects.toThrow();
});

it("start anew and are back by themselves, also when their floor has no power meanwhile", async () => {
  const { clock, school } = await running();
  const troubles = new Troubles(school, {}, clock);
  const [port, other] = [school.cameras.ports.get("101-cam"), school.cameras.ports.get("102-cam")];
  const isBack = async (id: string) => {
    await school.cameras.cameras.get(id)?.until(({ doors: [main] }) => main.isOpen);
    return true;
  };
  const undo = await troubles.begin({ what: "device-reboots", device: "101-cam" });
  expect([await refusal(port), await refusal(other)]).toEqual(["ECONNREFUSED", null]);
  await clock.advance(39_000);
  expect(await refusal(port)).toBe("ECONNREFUSED");
  await clock.advance(1000);
  expect([await isBack("101-cam"), await refusal(port)]).toEqual([true, null]);
  await undo();
  expect(await refusal(port)).toBe(null);
  await troubles.begin({ what: "device-reboots", device: "101-cam" });
  const dark = await troubles.begin({ what: "power-out", floor: 1 });
  await clock.advance(40_000);
  expect(await refusal(port)).toBe("ECONNREFUSED");
  await dark();
  expect(await refusal(port)).toBe(null);
  const early = await troubles.begin({ what: "device-reboots", device: "101-cam" });
  await early();
  expect(await refusal(port)).toBe(null);
  await expect(troubles.begin({ what: "device-reboots", device: "103-cam" })).rejects.toThrow(/101-cam/);
});

it("get another password until the last who changed it has changed it back", async () => {
  const { school } = await running();
  const troubles = new Troubles(school);
  const login = school.cameras.cameras.get("101-cam")?.login;
  const before = login?.password;
  const changed = { what: "misbehaves", device: "101-cam", how: "password" } as const;
  const [one, two] = [await troubles.begin(changed), await troubles.begin(changed)];
  expect(login?.password).not.toBe(before);
  await one();
  await one();
  expect(login?.password).not.toBe(before);
  await two();
  expect(login?.password).toBe(before);
});

it.each([
  ["silent", "silent"],
  ["late", "late"],
  ["refuses", "soap-fault"],
  ["cut", "cut"],
  ["wrong-id", "wrong-serial"],
] as const)("go wrong as other devices do: %s", async (how, kind) => {
  const { school } = await running();
  const faults = school.cameras.cameras.get("102-cam")?.faults;
  const over = await new Troubles(school).begin({ what: "misbehaves", device: "102-cam", how });
  expect(faults?.has(kind)).toBe(true);
  await over();
  expect(faults?.has(kind)).toBe(false);
  const checksum = { what: "misbehaves", device: "102-cam", how: "bad-checksum" } as const;
  await expect(new Troubles(school).begin(checksum)).rejects.toThrow();
});

it("are found where they are, each with its place and a MAC of its own, unless their floor is dark", async () => {
  const { clock, school } = await running();
  const { responder, cameras } = school.cameras;
  const asker = await new UdpAsker(host).open();
  const ask = async (id: string) => {
    const { probes } = responder;
    await asker.say(probeText(id), responder.port, "239.255.255.250");
    await responder.until((one) => one.probes > probes);
    await clock.advance(500);
  };
  try {
    // One of them only wakes up.
    await ask("uuid:1");
    await asker.until(3);
    await ask("uuid:2");
    await asker.until(7);
    const last = asker.texts.slice(3);
    const portsOf = (texts: readonly string[]) =>
      texts.map((text) => Number(new URL(textOf(text, "XAddrs") ?? "").port)).toSorted();
    expect(portsOf(last)).toEqual([...cameras.values()].map(({ port }) => port).toSorted());
    const scopes = last.map((text) => textOf(text, "Scopes") ?? "").join(" ");
    expect(scopes).toContain(`onvif://www.onvif.org/location/${encodeURIComponent("教室 102")}`);
    expect(scopes).toContain(`onvif://www.onvif.org/location/${encodeURIComponent("校门")}`);
    expect(new Set(scopes.match(/MAC\/02%3A5e(%3A[0-9a-f]{2}){4}/g)).size).toBe(4);
    await new Troubles(school).begin({ what: "power-out", floor: 1 });
    await ask("uuid:3");
    await asker.until(8);
    expect(portsOf(asker.texts.slice(7))).toEqual([cameras.get("201-cam")?.port]);
    expect(school.notFound).toEqual([]);
  } finally {
    await asker.close();
  }
});

it("leave nothing open", async () => {
  const { clock, school } = await running();
  const ports = [...school.cameras.ports.values()];
  await school.stop();
  expect(await Promise.all(ports.map(refusal))).toEqual(ports.map(() => "ECONNREFUSED"));
  await new Promise(setImmediate);
  expect(clock.sleeping).toBe(0);
});

it("are at the gate also where a fault hits them, and in a school that was cut", () => {
  const scene = sceneOf([], [{ what: "device-off", device: "gate-cam-in" }]);
  const cut = sceneOfRooms(scene, 1);
  expect(placedDevices(cut).map(({ id }) => id)).toEqual(["101-cam", "gate-cam-in"]);
  expect(cut.faults).toHaveLength(1);
});

it.each([
  ["what is no camera", [{ name: "air", model: "mqtt-air", at: "gate" }], /only cameras at the gate/],
  ["what is in a room as well", [{ name: "c", model: "cam-axis", at: "gate", in: ["101"] }], /in no room/],
  ["another place", [{ name: "c", model: "cam-axis", at: "roof" }], /gate/],
  ["a name for the second time", [{ name: "cam-in", model: "cam-axis" }], /cam-in is there twice/],
])("refuses at the gate %s", (_, more, told) => {
  expect(() => sceneOf(more)).toThrow(told);
});
