import { afterEach, describe, expect, it } from "vitest";
import type { Driver, Message, Session } from "../../../drivers/contract/index.ts";
import { openDriver } from "../../../drivers/registry.ts";
import { systemClock } from "../../../edge/agent/system-clock.ts";
import { until } from "../line/far-end.ts";
import { Pty, withoutSocat } from "../line/pty.ts";
import { world } from "../modbus-session/world.ts";
import { reader, tag } from "./cards.ts";

const never = new AbortController().signal;
let pty: Pty | null = null;
let session: Session | null = null;
afterEach(async () => {
  await session?.close();
  await pty?.remove();
});

describe.skipIf(withoutSocat)("a serial port (needs socat)", () => {
  it("with a reader is heard, has ended when it is unplugged, and is heard again when it is back", async () => {
    const port = await Pty.create();
    pty = port;
    const { context, facts } = world();
    const link = { device: port.path, baud: 9600, format: "8N1" as const };
    const driver: Driver = await openDriver("reader");
    const heard: Message[] = [];
    const open = async () => {
      const opened = await driver.open(
        link,
        [reader({ form: "rdm6300" })],
        { ...context, clock: systemClock(), digest: (identity) => `<${identity}>` },
        never,
      );
      await opened.listen?.(async (message) => void heard.push(message), never);
      return opened;
    };
    session = await open();
    port.end.say(tag("62E3086CED"));
    await until(() => heard.length === 1);
    await port.unplug();
    expect(await session.ended).toMatchObject({ code: "line.gone", layer: "port", retry: "later" });
    expect(facts.at(-1)).toMatchObject({ what: "down", device: "gate" });
    await expect(open()).rejects.toMatchObject({ fault: { code: "line.absent" } });
    await port.plugIn();
    session = await open();
    port.end.say(tag("62E3086CEE"));
    await until(() => heard.length === 2);
    expect(heard.flatMap(({ readings }) => readings[0]?.samples)).toEqual([
      { point: "card", raw: "<E3086CED>" },
      { point: "card", raw: "<E3086CEE>" },
    ]);
  });
});
