import { afterEach, describe, expect, it } from "vitest";
import { PortWorld } from "../line/port-world.ts";
import { withoutSocat } from "../line/pty.ts";
import { mhz, mhzAsked, pms, sensor } from "./sensors.ts";

let world: PortWorld | null = null;
let speaking: NodeJS.Timeout | undefined;
afterEach(async () => {
  clearInterval(speaking);
  await world?.remove();
  world = null;
});

async function open(model: "mhz" | "pms"): Promise<PortWorld> {
  const linkTo = (device: string) => ({ device, baud: 9600, format: "8N1" as const });
  const opened = await PortWorld.create("serial", linkTo, [sensor(model, { answer: "5s" })]);
  world = opened;
  await opened.open();
  return opened;
}
const co2 = (value: number) => ({
  samples: [
    { point: "co2", raw: value },
    { point: "device_temperature", raw: 60 },
  ],
  faults: [],
});

describe.skipIf(withoutSocat)("a sensor on a serial port (needs socat)", () => {
  it("that is asked is read, and read again when the port is back", async () => {
    const opened = await open("mhz");
    const { end } = opened.port;
    end.onData = () => end.say(mhz(812));
    for (let round = 0; round < 3; round++) expect(await opened.readAll()).toMatchObject([co2(812)]);
    expect(end.received.map((asked) => [...asked])).toEqual(Array(3).fill([...mhzAsked]));
    await opened.outAndBack();
    end.onData = () => end.say(mhz(901));
    expect(await opened.readAll()).toMatchObject([co2(901)]);
  });

  it("that speaks by itself is heard, told nothing, and heard again when the port is back", async () => {
    const opened = await open("pms");
    const { end } = opened.port;
    let pm25 = 35;
    speaking = setInterval(() => end.say(pms(0, 0, 0, 12, pm25, 50)), 100);
    const heard = () => [
      {
        samples: [
          { point: "pm1", raw: 12 },
          { point: "pm25", raw: pm25 },
          { point: "pm10", raw: 50 },
        ],
        faults: [],
      },
    ];
    for (let round = 0; round < 3; round++) expect(await opened.readAll()).toMatchObject(heard());
    await opened.outAndBack();
    pm25 = 80;
    expect(await opened.readAll()).toMatchObject(heard());
    expect(end.received).toEqual([]);
  });

  it("whose frame comes in pieces of one byte is read rightly", async () => {
    const opened = await open("mhz");
    const pieces: Promise<readonly number[]>[] = [];
    opened.port.end.onData = () => void pieces.push(opened.sayByteByByte(mhz(812)));
    expect(await opened.readAll()).toMatchObject([co2(812)]);
    expect(new Set((await Promise.all(pieces)).flat())).toEqual(new Set([1]));
  });
});
