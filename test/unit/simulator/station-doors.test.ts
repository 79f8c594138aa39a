/** Devices that speak in their own words, in real time: behind a serial server, and as a terminal of this machine. */
import { existsSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { MhZ19b } from "../../../simulator/devices/mh-z19b.ts";
import { Sds011 } from "../../../simulator/devices/sds011.ts";
import { SerialSensor } from "../../../simulator/devices/serial-sensor.ts";
import { ofOnePhase } from "../../../simulator/dlt645/items.ts";
import { Meter645 } from "../../../simulator/dlt645/meter.ts";
import { characterMs, formatOf } from "../../../simulator/links/character.ts";
import { Pty } from "../../../simulator/links/pty.ts";
import { SerialServer } from "../../../simulator/links/serial-server.ts";
import { type Station, StationLine, type StationLineOptions } from "../../../simulator/links/station-line.ts";
import { Peer } from "../simulator-modbus/peers.ts";
import { bytes } from "./station-rig.ts";

const withoutSocat = process.env.CE_CI !== "1" && !existsSync("/usr/bin/socat");

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function lineOf(station: Station, options: StationLineOptions): StationLine {
  const line = new StationLine({ stations: [station], ...options });
  closing.push(() => line.close());
  return line;
}

async function tcp(line: StationLine): Promise<Peer> {
  const server = new SerialServer(line);
  await server.start();
  closing.push(() => server.stop());
  const peer = await Peer.tcp(server.port);
  closing.push(() => peer.close());
  return peer;
}

const meter = () =>
  new Meter645({
    address: "000000123456",
    source: () =>
      ofOnePhase({
        voltage: 220.5,
        current: 1,
        power: 200,
        powerFactor: 1,
        frequency: 50,
        energyImport: 1_234_560,
      }),
    wallMs: () => 0,
    wakeUp: 4,
    delayMs: 20,
    jitterMs: 0,
  });
const air = () => ({ co2: 636, temperature: 26, pm25: 0.6, pm10: 0.6 });
const energyAsk = bytes("FE FE FE FE 68 56 34 12 00 00 00 68 11 04 33 33 34 33 4E 16");
const energyAnswer = "FE FE FE FE 68 56 34 12 00 00 00 68 91 08 33 33 34 33 89 67 45 33 3A 16";

describe("behind a serial server", () => {
  it("a meter's answer never comes before the wire could bring it", async () => {
    const peer = await tcp(lineOf(meter(), { baud: 9600, format: "8E1" }));
    const character = characterMs(9600, formatOf("8E1"));
    for (let round = 0; round < 3; round++) {
      peer.heard = [];
      peer.pieces = [];
      const sentMs = peer.send(energyAsk);
      await peer.until(({ heard }) => heard.length >= 24);
      expect(peer.text).toBe(energyAnswer);
      let heard = 0;
      for (const { size, atMs } of peer.pieces) {
        heard += size;
        expect(atMs - sentMs).toBeGreaterThan(20 * character + 20 + heard * character - 0.001);
      }
    }
  });

  it("a sensor streams to whoever is connected", async () => {
    const sensor = new SerialSensor(new Sds011({ everyMs: 50 }), { name: "dust", source: air });
    const peer = await tcp(lineOf(sensor, { baud: 9600, duplex: "full" }));
    await peer.until(({ heard }) => heard.length >= 30);
    expect(peer.text).toContain("AA C0 06 00 06 00 58 D9 3D AB AA C0 06 00 06 00 58 D9 3D AB");
  });
});

describe.skipIf(withoutSocat)("as a terminal", () => {
  it("a sensor is asked and answers", async () => {
    const sensor = new SerialSensor(new MhZ19b(), { name: "co2", source: air });
    const pty = await Pty.open(lineOf(sensor, { baud: 9600, duplex: "full" }));
    closing.push(() => pty.close());
    const peer = Peer.tty(pty.path);
    closing.push(() => peer.close());
    for (let round = 0; round < 2; round++)
      expect(await peer.exchange(bytes("FF 01 86 00 00 00 00 00 79"), 9)).toBe("FF 86 02 7C 42 00 00 00 BA");
  });
});
