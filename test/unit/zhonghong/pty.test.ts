import { afterEach, describe, expect, it } from "vitest";
import { linkSchema, profileSchema } from "../../../drivers/zhonghong/fields.ts";
import { until } from "../line/far-end.ts";
import { PortWorld } from "../line/port-world.ts";
import { withoutSocat } from "../line/pty.ts";
import { answerTo, asked, device, samplesOf, sealed, six } from "./gateway.ts";

let world: PortWorld | null = null;
afterEach(async () => {
  await world?.remove();
  world = null;
});

async function open(): Promise<PortWorld> {
  const units = [3, 4].map((indoor) => ({
    ...device(`ac-${indoor}`, indoor),
    profile: profileSchema.parse({ answer: "5s" }),
  }));
  const linkTo = (path: string) => linkSchema.parse({ device: path, baud: "9600", format: "8N1" });
  const opened = await PortWorld.create("zhonghong", linkTo, units);
  world = opened;
  opened.port.end.onData = (request) => opened.port.end.say(answerTo(request));
  await opened.open();
  return opened;
}
const right = [3, 4].map((indoor) => ({
  device: `ac-${indoor}`,
  samples: samplesOf(six(indoor)),
  faults: [],
}));
const sent = ({ port }: PortWorld) => port.end.received.flatMap((request) => [...request]);

describe.skipIf(withoutSocat)("units of a gateway on a serial port (needs socat)", () => {
  it("are read, and read again when the port is back", async () => {
    const opened = await open();
    for (let round = 0; round < 3; round++) expect(await opened.readAll()).toEqual(right);
    await opened.outAndBack();
    expect(await opened.readAll()).toEqual(right);
  });

  it("whose status comes in pieces of one byte are read rightly", async () => {
    const opened = await open();
    const pieces: Promise<readonly number[]>[] = [];
    opened.port.end.onData = (request) => void pieces.push(opened.sayByteByByte(answerTo(request)));
    expect(await opened.readAll()).toEqual(right);
    expect(new Set((await Promise.all(pieces)).flat())).toEqual(new Set([1]));
  });

  it("that are told when the port is pulled: nobody knows, and they are not told again", async () => {
    const opened = await open();
    const { onData } = opened.port.end;
    const set = sealed(1, 0x31, 1, 1, 1, 3);
    opened.port.end.onData = () => {};
    const told = opened.tell("ac-3", "power", { on: 1 });
    await until(() => sent(opened).length === set.length);
    expect(sent(opened)).toEqual(set);
    await opened.port.unplug();
    expect(await told).toMatchObject({ state: "unknown", fault: { code: "line.gone" } });
    opened.port.end.onData = onData;
    opened.port.end.received = [];
    await opened.back();
    expect(await opened.readAll()).toEqual(right);
    expect(sent(opened)).toEqual([...asked(1, 3), ...asked(1, 4)]);
  });
});
