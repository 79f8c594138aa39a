/** The cameras of a school: each on its own, all seeing what is in their rooms. */
import { afterEach, expect, it } from "vitest";
import { Cameras } from "../../../simulator/scenes/cameras.ts";
import type { World } from "../../../simulator/scenes/world.ts";
import { Rig, secret, textOf } from "./camera-rig.ts";

const rig = new Rig();
let school: Cameras | null = null;
afterEach(() => school?.stop());

async function running(people: ReadonlySet<string>): Promise<Cameras> {
  const world = { room: (_: string, room: string) => ({ motion: people.has(room) }) } as unknown as World;
  const places = [
    { id: "101-cam", maker: "hikvision", room: "101", serial: "S1" },
    { id: "102-cam", maker: "hikvision", room: "102", serial: "S2" },
    { id: "gate-in", maker: "tp-link", room: null, serial: "S3" },
  ] as const;
  const options = { host: "127.0.0.1", clock: rig.clock, port: () => 0, seed: 1, password: secret };
  school = new Cameras(places, world, options);
  await school.start();
  return school;
}

const states = ({ cameras }: Cameras) => [...cameras].map(([id, { state }]) => [id, state.motion]);

it("see who moves in their own room, and now and then somebody at the gate", async () => {
  const people = new Set(["102"]);
  const cameras = await running(people);
  await rig.clock.advance(2000);
  expect(states(cameras).slice(0, 2)).toEqual([
    ["101-cam", false],
    ["102-cam", true],
  ]);
  people.clear();
  await rig.clock.advance(600_000);
  expect(cameras.cameras.get("102-cam")?.state.motion).toBe(false);
  const gate = cameras.cameras.get("gate-in")?.truth.filter(({ what }) => what === "motion") ?? [];
  expect(gate.length).toBeGreaterThan(10);
  expect(gate.length).toBeLessThan(100);
});

it("have each a port and a plate of their own, and lose their power one by one", async () => {
  const cameras = await running(new Set());
  expect(new Set(cameras.ports.values()).size).toBe(3);
  const [first, second] = [...cameras.cameras.values()];
  if (first === undefined || second === undefined) throw new Error("no cameras");
  await cameras.setPower("101-cam", false);
  await expect(rig.ask(first, "tds:GetSystemDateAndTime")).rejects.toMatchObject({ code: "ECONNREFUSED" });
  expect(textOf((await rig.honest(second, "tds:GetDeviceInformation")).text, "SerialNumber")).toBe("S2");
  await cameras.setPower("101-cam", true);
  expect(textOf((await rig.honest(first, "tds:GetDeviceInformation")).text, "SerialNumber")).toBe("S1");
  expect([...cameras.ports.values()][0]).toBe(first.port);
  await expect(cameras.setPower("103-cam", true)).rejects.toThrow(RangeError);
});

it("leave nothing open and nothing timed", async () => {
  const cameras = await running(new Set());
  const [first] = [...cameras.cameras.values()];
  await cameras.stop();
  await new Promise(setImmediate);
  expect(rig.clock.sleeping).toBe(0);
  if (first === undefined) throw new Error("no cameras");
  await expect(rig.ask(first, "tds:GetScopes")).rejects.toMatchObject({ code: "ECONNREFUSED" });
});
