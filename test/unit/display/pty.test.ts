import { execFileSync } from "node:child_process";
import { afterEach, describe, expect, it } from "vitest";
import type { Kind } from "../../../drivers/contract/index.ts";
import { displaySerialKind, hexSerialKind } from "../../../drivers/display/schema.ts";
import { until } from "../line/far-end.ts";
import { PortWorld } from "../line/port-world.ts";
import { withoutSocat } from "../line/pty.ts";
import { bytes, deviceOf, mdc, mdcSaid, shown } from "./bytes.ts";

let world: PortWorld | null = null;
afterEach(async () => {
  await world?.remove();
  world = null;
});

const set = (number: number, pause = "0ms") =>
  deviceOf(displaySerialKind as unknown as Kind, `set-${number}`, {
    address: { number: String(number), answer: "5s" },
    profile: { protocol: "samsung-mdc", pause },
    points: { display_on: { ask: "power" }, volume: { ask: "volume" } },
    actions: { "power-on": { set: "power", value: "1" } },
  });
/** As a set that is on, whose volume is its number. */
const answerOf = ([, command = 0, id = 0]: Uint8Array) => mdcSaid(id, command, [command === 0x11 ? 1 : id]);
const powerOn = mdc(0x11, 1, [1]);
const panel = deviceOf(hexSerialKind as unknown as Kind, "panel", {
  points: { display_on: { ask: "AA 01 51 00", reply: "AA 81 51 ..", at: "3", wait: "5s" } },
  actions: { "power-on": { send: "AA 01 50 01", reply: "AA 81 50 ..", wait: "5s" } },
});
const panelOn = bytes("AA 01 50 01");

async function open(kind: "display-serial" | "hex-serial", devices = [set(1), set(2)]): Promise<PortWorld> {
  const linkTo = (device: string) => ({ device, baud: 4800, format: "8N2" as const });
  const opened = await PortWorld.create(kind, linkTo, devices);
  world = opened;
  await opened.open();
  opened.port.end.onData = (asked) =>
    opened.port.end.say(kind === "hex-serial" ? bytes("AA 81 51 01") : answerOf(asked));
  return opened;
}
const read = (id: number) => ({
  device: `set-${id}`,
  samples: [
    { point: "display_on", raw: 1 },
    { point: "volume", raw: id },
  ],
  faults: [],
});
const sent = ({ port }: PortWorld) => shown(Buffer.concat(port.end.received));

describe.skipIf(withoutSocat)("two displays on one serial port (needs socat)", () => {
  it("are read, with the speed and format of the link, and read again when the port is back", async () => {
    const opened = await open("display-serial");
    const settings = execFileSync("stty", ["-a", "-F", opened.port.path], { encoding: "utf8" });
    expect(settings).toContain("speed 4800 baud");
    expect(settings).toMatch(/ cstopb/);
    for (let round = 0; round < 3; round++) expect(await opened.readAll()).toEqual([read(1), read(2)]);
    await opened.outAndBack();
    expect(await opened.readAll()).toEqual([read(1), read(2)]);
  });

  it("have the port for themselves, and leave it when they are closed", async () => {
    const opened = await open("display-serial");
    await expect(opened.opened()).rejects.toMatchObject({ fault: { code: "line.busy", layer: "port" } });
    expect(await opened.readAll()).toEqual([read(1), read(2)]);
    await opened.session.close();
    await opened.open();
    expect(await opened.readAll()).toEqual([read(1), read(2)]);
  });
});

describe.skipIf(withoutSocat)("a display that is told over a port (needs socat)", () => {
  it("which is pulled before the answer: nobody knows, and it is not told again when the port is back", async () => {
    const opened = await open("display-serial");
    const { onData } = opened.port.end;
    opened.port.end.onData = () => {};
    const told = opened.tell("set-1", "power-on");
    await until(() => sent(opened) === shown(powerOn));
    await opened.port.unplug();
    expect(await told).toMatchObject({ state: "unknown", fault: { code: "line.gone" } });
    opened.port.end.onData = onData;
    opened.port.end.received = [];
    await opened.back();
    expect(await opened.readAll()).toEqual([read(1), read(2)]);
    expect(sent(opened)).toBe(
      shown(Buffer.concat([1, 2].flatMap((id) => [mdc(0x11, id, []), mdc(0x12, id, [])]))),
    );
    expect(await opened.tell("set-1", "power-on")).toEqual({ state: "done", readBack: [] });
  });

  it("which is pulled while the display rests: it failed, and nothing was sent", async () => {
    const opened = await open("display-serial", [set(1, "5s"), set(2)]);
    // It has its rest after a turn.
    opened.port.end.onData = (asked) => opened.port.end.say(mdcSaid(asked[2] ?? 0, 0x11, [0]));
    await opened.readAll();
    opened.port.end.received = [];
    const told = opened.tell("set-1", "power-on");
    await opened.port.unplug();
    expect(await told).toMatchObject({ state: "failed", fault: { code: "line.gone" } });
    expect(await opened.tell("set-1", "power-on")).toMatchObject({
      state: "failed",
      fault: { code: "line.gone" },
    });
    await opened.back();
    expect(sent(opened)).toBe("");
  });
});

describe.skipIf(withoutSocat)("a panel with a table of bytes on a serial port (needs socat)", () => {
  it("is read, told once though the port is pulled under it, and read again", async () => {
    const opened = await open("hex-serial", [panel]);
    const right = { device: "panel", samples: [{ point: "display_on", raw: 1 }], faults: [] };
    expect(await opened.readAll()).toEqual([right]);
    const { onData } = opened.port.end;
    opened.port.end.onData = () => {};
    opened.port.end.received = [];
    const told = opened.tell("panel", "power-on");
    await until(() => sent(opened) === shown(panelOn));
    await opened.port.unplug();
    expect(await told).toMatchObject({ state: "unknown", fault: { code: "line.gone" } });
    opened.port.end.onData = onData;
    opened.port.end.received = [];
    await opened.back();
    expect(await opened.readAll()).toEqual([right]);
    expect(sent(opened)).toBe("AA015100");
  });
});
