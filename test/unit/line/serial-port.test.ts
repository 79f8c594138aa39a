import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { openSerial, type SerialOptions } from "../../../drivers/line/serial-port.ts";
import { systemClock } from "../../../edge/agent/system-clock.ts";
import { until } from "./far-end.ts";
import { Pty, withoutSocat } from "./pty.ts";
import { timing } from "./wire.ts";

const never = new AbortController().signal;
const ptys: Pty[] = [];
afterEach(async () => {
  await Promise.all(ptys.splice(0).map((pty) => pty.remove()));
});

async function plugged(): Promise<Pty> {
  const pty = await Pty.create();
  ptys.push(pty);
  return pty;
}

const at = (path: string, more: Partial<SerialOptions> = {}): SerialOptions => ({
  path,
  baud: 9600,
  format: "8N1",
  timing,
  clock: systemClock(),
  trace: () => {},
  ...more,
});

const pong = (received: Uint8Array) =>
  received.length < 4 ? { more: 4 - received.length } : { answer: [...received] };
const limits = { firstMs: 5_000, betweenMs: 5_000 };

describe("what is no port", () => {
  it.each([
    ["nothing", "/dev/serial/by-id/usb-no-such-adapter", "line.absent"],
    ["a folder", "/tmp", "line.unfit"],
    ["a device without a speed", "/dev/null", "line.unfit"],
  ])("%s is refused with a fault", async (_, path, code) => {
    await expect(openSerial(at(path), never)).rejects.toMatchObject({ fault: { code, layer: "port" } });
  });

  it("is not even touched for a signal that is aborted", async () => {
    await expect(openSerial(at("/dev/null"), AbortSignal.abort())).rejects.toMatchObject({
      fault: { code: "line.aborted" },
    });
  });
});

describe.skipIf(withoutSocat)("a port (needs socat)", () => {
  it("exchanges bytes, with the speed and format it is told", async () => {
    const pty = await plugged();
    const line = await openSerial(at(pty.path, { baud: 4800, format: "8N2" }), never);
    pty.end.onData = (_, socket) => {
      socket.write(Uint8Array.of(0x0a, 0x0d));
      setImmediate(() => socket.write(Uint8Array.of(0x11, 0xff)));
    };
    for (let time = 0; time < 3; time++)
      expect(await line.exchange(Uint8Array.of(0x0d, 3), pong, limits, never)).toMatchObject({
        // Bytes that a terminal would have changed or kept.
        answer: [0x0a, 0x0d, 0x11, 0xff],
      });
    expect(pty.end.received.map((bytes) => [...bytes])).toEqual(Array(3).fill([0x0d, 3]));
    const settings = execFileSync("stty", ["-a", "-F", pty.path], { encoding: "utf8" });
    expect(settings).toContain("speed 4800 baud");
    expect(settings).toMatch(/ cstopb/);
    await line.close();
    expect(await line.ended).toBeNull();
  });

  it("belongs to one program, and is free when it is closed", async () => {
    const pty = await plugged();
    const line = await openSerial(at(pty.path), never);
    await expect(openSerial(at(pty.path), never)).rejects.toMatchObject({ fault: { code: "line.busy" } });
    await line.close();
    const again = await openSerial(at(pty.path), never);
    await again.close();
  });

  it("is free when opening it was given up, at any moment", async () => {
    const pty = await plugged();
    for (let moment = 0; moment < 12; moment++) {
      const abort = new AbortController();
      const opening = openSerial(at(pty.path), abort.signal).then(
        (line) => line,
        () => null,
      );
      for (let passed = 0; passed < moment; passed++) await new Promise(setImmediate);
      abort.abort();
      await (await opening)?.close();
      const free = await openSerial(at(pty.path), never);
      await free.close();
    }
  });

  it("has ended when it is unplugged, and can be opened when it is back", async () => {
    const pty = await plugged();
    const line = await openSerial(at(pty.path), never);
    const asked = line.exchange(Uint8Array.of(7), pong, limits, never);
    asked.catch(() => {});
    await until(() => pty.end.received.length > 0);
    await pty.unplug();
    await expect(asked).rejects.toMatchObject({ fault: { code: "line.gone" } });
    expect(await line.ended).toMatchObject({ code: "line.gone" });
    await line.close();
    await expect(openSerial(at(pty.path), never)).rejects.toMatchObject({ fault: { code: "line.absent" } });
    await pty.plugIn();
    const again = await openSerial(at(pty.path), never);
    pty.end.onData = (_, socket) => socket.write(Uint8Array.of(1, 2, 3, 4));
    expect(await again.exchange(Uint8Array.of(7), pong, limits, never)).toMatchObject({
      answer: [1, 2, 3, 4],
    });
    await again.close();
  });

  it("notices that it is unplugged in the middle of what comes, every time", async () => {
    for (let time = 0; time < 8; time++) {
      const pty = await plugged();
      const line = await openSerial(at(pty.path), never);
      for (let burst = 0; burst < 20; burst++) pty.end.say(new Uint8Array(300));
      await new Promise(setImmediate);
      await pty.unplug();
      expect(await line.ended).toMatchObject({ code: "line.gone" });
    }
  });

  it("is told from a file in its place", async () => {
    const pty = await plugged();
    await pty.unplug();
    writeFileSync(pty.path, "");
    await expect(openSerial(at(pty.path), never)).rejects.toMatchObject({ fault: { code: "line.unfit" } });
  });
});
