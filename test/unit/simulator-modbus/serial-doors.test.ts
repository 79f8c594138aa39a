import { execFileSync, spawn } from "node:child_process";
import { existsSync, rmdirSync } from "node:fs";
import { dirname } from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout as after } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { characterMs, formatOf, silenceMs } from "../../../simulator/links/character.ts";
import { type LineOptions, SimulatedLine } from "../../../simulator/links/line.ts";
import { PreciseClock } from "../../../simulator/links/precise-clock.ts";
import { Pty } from "../../../simulator/links/pty.ts";
import { SerialServer, type SerialServerOptions } from "../../../simulator/links/serial-server.ts";
import { mbap } from "../../../simulator/modbus/mbap.ts";
import { FakeClock } from "../../fake-clock.ts";
import { Peer } from "./peers.ts";
import { ask, bytes, hex, plainSlave, publishedAnswer, publishedAsk, publishedSensor } from "./rig.ts";

const withoutSocat = process.env.CE_CI !== "1" && !existsSync("/usr/bin/socat");
const request = bytes(publishedAsk);

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function lineOf(options: Partial<LineOptions> = {}): SimulatedLine {
  const line = new SimulatedLine({
    baud: 115_200,
    slaves: [publishedSensor({ turnaroundMs: 1 })],
    ...options,
  });
  closing.push(() => line.close());
  return line;
}

async function serve(line: SimulatedLine, options: SerialServerOptions = {}): Promise<SerialServer> {
  const server = new SerialServer(line, options);
  await server.start();
  closing.push(() => server.stop());
  return server;
}

async function peerOf(server: { port: number }): Promise<Peer> {
  const peer = await Peer.tcp(server.port);
  closing.push(() => peer.close());
  return peer;
}

describe("real time", () => {
  it.each([
    ["the machine's timers", false],
    ["the precise clock", true],
  ])("never brings a byte before the wire could, by %s", async (_name, precise) => {
    const clock = precise ? new PreciseClock() : undefined;
    if (clock !== undefined) closing.push(() => clock.close());
    for (const [baud, handOverMs] of [
      [9600, 0],
      [9600, 4],
      [115_200, 0],
    ] as const) {
      const slaves = [publishedSensor({ turnaroundMs: 3 })];
      const peer = await peerOf(
        await serve(lineOf({ baud, handOverMs, slaves, ...(clock === undefined ? {} : { clock }) })),
      );
      const format = formatOf("8N1");
      const firstMs = 8 * characterMs(baud, format) + silenceMs(baud, format) + 3;
      for (let round = 0; round < 3; round += 1) {
        peer.heard = [];
        peer.pieces = [];
        const sentMs = peer.send(request);
        await peer.until(({ heard }) => heard.length >= 9);
        expect(peer.text).toBe(publishedAnswer);
        let heard = 0;
        for (const { size, atMs } of peer.pieces) {
          heard += size;
          expect(atMs - sentMs).toBeGreaterThan(firstMs + heard * characterMs(baud, format) - 0.001);
        }
      }
    }
  });

  it("of the precise clock never ends a sleep early, in whatever order they were begun", async () => {
    const clock = new PreciseClock();
    closing.push(() => clock.close());
    const { signal } = new AbortController();
    const begunMs = performance.now();
    const ended: number[] = [];
    await Promise.all(
      [7.3, 2.1, 5.5, 0, 2.1].map(async (ms) => {
        await clock.sleep(ms, signal);
        expect(performance.now() - begunMs).toBeGreaterThanOrEqual(ms);
        ended.push(ms);
      }),
    );
    expect(ended).toEqual([0, 2.1, 2.1, 5.5, 7.3]);
  });

  it("of the precise clock can be woken from, and sleeps on for others", async () => {
    const clock = new PreciseClock();
    closing.push(() => clock.close());
    const stop = new AbortController();
    const never = clock.sleep(1e7, stop.signal);
    await clock.sleep(2, new AbortController().signal);
    stop.abort(new Error("enough"));
    await expect(never).rejects.toThrow("enough");
    await expect(clock.sleep(1, stop.signal)).rejects.toThrow("enough");
  });
});

describe("a transparent serial server", () => {
  it("carries the line's bytes, to every client, and counts who breaks the silence", async () => {
    const line = lineOf();
    const server = await serve(line);
    const [one, other] = [await peerOf(server), await peerOf(server)];
    expect(await one.exchange(request, 9)).toBe(publishedAnswer);
    await other.until(({ heard }) => heard.length === 9);
    expect(line.counts).toMatchObject({ requests: 1, early: 0 });
  });

  it("packs what comes by number, and by pause", async () => {
    const clock = new FakeClock();
    const line = lineOf({ baud: 9600, handOverMs: 0, clock, slaves: [publishedSensor()] });
    const server = await serve(line, { packing: { idleMs: 20, bytes: 4 } });
    const peer = await peerOf(server);
    const port = line.attach(() => undefined);
    closing.push(() => port.detach());
    const arrived = async (size: number) => peer.until(({ heard }) => heard.length >= size);
    port.send(request);
    // The request is on the line for the server as well: 8 bytes are two packets.
    await clock.advance(10);
    await arrived(8);
    await clock.advance(7 + 9 * (10_000 / 9600) + 0.1);
    await arrived(16);
    await clock.advance(19);
    // The socket has had all the time it needs: the server has given it nothing.
    await Promise.all(Array.from({ length: 20 }, () => new Promise(setImmediate)));
    expect(peer.heard.length).toBe(16);
    await clock.advance(2);
    await arrived(17);
    expect(peer.text).toBe(`${publishedAsk} ${publishedAnswer}`);
  });

  it("drops its clients, takes no more than it has room for, and comes back at the same port", async () => {
    const server = await serve(lineOf(), { maxClients: 1 });
    const first = await peerOf(server);
    expect(await first.exchange(request, 9)).toBe(publishedAnswer);
    const second = await peerOf(server);
    await second.until(({ ended }) => ended);
    server.listener.drop(true);
    await first.until(({ ended }) => ended);
    const { port } = server;
    await server.stop();
    await expect(Peer.tcp(port)).rejects.toThrow("ECONNREFUSED");
    await server.start();
    expect(server.port).toBe(port);
    const third = await peerOf(server);
    expect(await third.exchange(request, 9)).toBe(publishedAnswer);
    expect([server.listener.accepted, server.listener.refused]).toEqual([2, 1]);
  });

  it("may hang up inside: connections stay, and nothing comes of what is sent", async () => {
    const line = lineOf();
    const server = await serve(line);
    const peer = await peerOf(server);
    server.listener.deaf = true;
    peer.send(ask(1));
    const other = await peerOf(server);
    other.send(ask(1));
    while (server.listener.ignored < 16) await new Promise(setImmediate);
    server.listener.deaf = false;
    expect(await peer.exchange(request, 9)).toBe(publishedAnswer);
    expect(line.counts.requests).toBe(1);
  });
});

describe("a serial server in gateway mode", () => {
  it("asks on the line what it is asked over Modbus TCP, one after the other", async () => {
    const line = lineOf({ slaves: [plainSlave(1, { turnaroundMs: 1 }), plainSlave(2, { turnaroundMs: 1 })] });
    const server = await serve(line, { mode: "modbus-gateway", gatewayTimeoutMs: 30 });
    const peer = await peerOf(server);
    const of = (transaction: number, unit: number, pdu: string) =>
      mbap({ transaction, protocol: 0, unit, pdu: bytes(pdu) });
    const foreign = mbap({ transaction: 9, protocol: 5, unit: 1, pdu: bytes("03 00 00 00 01") });
    const read = "03 00 00 00 01";
    peer.send(Buffer.concat([foreign, of(1, 1, read), of(2, 9, read), of(3, 2, "06 00 01 00 05")]));
    await peer.until(({ heard }) => heard.length >= 11 + 9 + 12);
    expect(peer.text).toBe(
      [of(1, 1, "03 02 03 E8"), of(2, 9, "83 0B"), of(3, 2, "06 00 01 00 05")].map(hex).join(" "),
    );
    expect(line.counts).toMatchObject({ requests: 3, early: 0, collided: 0 });
  });

  it("makes nothing of RTU frames, and understands them once it is transparent again", async () => {
    const line = lineOf();
    const server = await serve(line, { mode: "modbus-gateway", gatewayTimeoutMs: 20 });
    const peer = await peerOf(server);
    // As a header these bytes name unit C4, function 0B; the line stays silent, so exception 11 comes back.
    expect(await peer.exchange(request, 9)).toBe("01 03 00 00 00 03 C4 8B 0B");
    // A length that no frame can have: thrown away, and the box goes on.
    peer.send(bytes("01 03 00 00 FF FF 00 00"));
    const other = await peerOf(server);
    expect(
      await other.exchange(mbap({ transaction: 1, protocol: 0, unit: 1, pdu: bytes("03 00 00 00 01") }), 11),
    ).toBe("00 01 00 00 00 05 01 03 02 01 0F");
    server.mode = "transparent";
    expect(server.mode).toBe("transparent");
    const fresh = await peerOf(server);
    expect(await fresh.exchange(request, 9)).toBe(publishedAnswer);
  });

  it("hands nothing on whose checksum is wrong or whose unit is another", async () => {
    const slave = plainSlave(1, { turnaroundMs: 1 });
    const server = await serve(lineOf({ slaves: [slave] }), { mode: "modbus-gateway", gatewayTimeoutMs: 20 });
    const peer = await peerOf(server);
    const question = mbap({ transaction: 5, protocol: 0, unit: 1, pdu: bytes("03 00 00 00 01") });
    for (const fault of [{ kind: "corrupt", flips: 1 } as const, { kind: "wrong-unit", unit: 2 } as const]) {
      slave.faults.add({ ...fault, times: 1 });
      expect(await peer.exchange(question, 9)).toBe("00 05 00 00 00 03 01 83 0B");
    }
    expect(await peer.exchange(question, 11)).toBe("00 05 00 00 00 05 01 03 02 03 E8");
  });
});

describe.skipIf(withoutSocat)("a pseudo-terminal (needs socat)", () => {
  it("takes the speed that its master sets, where it shall follow", async () => {
    const line = lineOf({ baud: 9600, slaves: [publishedSensor({ baud: 4800 })] });
    const pty = await Pty.open(line, { followsBaud: true });
    closing.push(() => pty.close());
    const peer = Peer.tty(pty.path);
    closing.push(() => peer.close());
    const speak = async (baud: number) => {
      execFileSync("stty", ["-F", pty.path, String(baud)]);
      const asked = line.requests.length;
      peer.send(request);
      await line.until(({ requests }) => requests.length > asked);
    };
    await speak(19_200);
    expect([line.baud, line.counts.heard]).toEqual([19_200, 0]);
    await speak(4800);
    expect(line.baud).toBe(4800);
    await peer.until(({ heard }) => heard.length >= 9);
    expect(peer.text).toBe(publishedAnswer);
  });

  const opened = async (line: SimulatedLine) => {
    const pty = await Pty.open(line);
    closing.push(() => pty.close());
    const open = () => {
      const peer = Peer.tty(pty.path);
      closing.push(() => peer.close());
      return peer;
    };
    return { pty, open };
  };

  it("carries every byte as it is, to one program after another", async () => {
    const line = lineOf();
    const { open } = await opened(line);
    for (let round = 0; round < 2; round += 1) {
      const peer = open();
      expect(await peer.exchange(request, 9)).toBe(publishedAnswer);
      peer.close();
      await peer.until(({ ended }) => ended);
    }
    const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const peer = open();
    line.noise(all);
    await peer.until(({ heard }) => heard.length >= 256);
    expect(peer.heard).toEqual([...all]);
    peer.send(all);
    await line.until(({ requests }) => requests.length === 3);
    expect(line.requests[2]?.bytes).toEqual(all);
  });

  it("can be pulled out, which is noticed, and put in again at the same path", async () => {
    const { pty, open } = await opened(lineOf());
    const first = open();
    expect(await first.exchange(request, 9)).toBe(publishedAnswer);
    await pty.unplug();
    await first.until(({ ended }) => ended);
    expect([existsSync(pty.path), pty.plugged]).toEqual([false, false]);
    await pty.plug();
    expect(await open().exchange(request, 9)).toBe(publishedAnswer);
  });

  it("leaves no process and no file, not even when its program is killed", async () => {
    const { pty } = await opened(lineOf());
    await pty.close();
    await pty.close();
    expect(existsSync(pty.path)).toBe(false);
    const script = `
      import { SimulatedLine } from ${JSON.stringify(new URL("../../../simulator/links/line.ts", import.meta.url).href)};
      import { Pty } from ${JSON.stringify(new URL("../../../simulator/links/pty.ts", import.meta.url).href)};
      console.log((await Pty.open(new SimulatedLine({ baud: 9600 }))).path);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const path = await new Promise<string>((resolve) =>
      child.stdout.once("data", (line: Buffer) => resolve(line.toString().trim())),
    );
    closing.push(() => rmdirSync(dirname(path)));
    expect(existsSync(path)).toBe(true);
    child.kill("SIGKILL");
    // socat takes its link away when it ends.
    while (existsSync(path)) await after(5);
  });
});
