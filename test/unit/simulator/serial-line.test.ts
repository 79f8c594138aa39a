import { existsSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { Panel } from "../../../simulator/displays/panel.ts";
import { mdcInputs, samsungMdc } from "../../../simulator/displays/samsung-mdc.ts";
import { Pty } from "../../../simulator/links/pty.ts";
import { SerialLine, type SerialLineOptions } from "../../../simulator/links/serial-line.ts";
import { SerialServer } from "../../../simulator/links/serial-server.ts";
import { Instrument } from "../../../simulator/talk/instrument.ts";
import { FakeClock } from "../../fake-clock.ts";
import { Peer } from "../simulator-modbus/peers.ts";
import { bytes, hex } from "../simulator-modbus/rig.ts";
import { quick } from "./talk-rig.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Sets with these ids on one line, and its master. */
function chain(ids: readonly number[], options: Partial<SerialLineOptions> = {}) {
  const clock = new FakeClock();
  const sets = ids.map((id) => {
    const panel = new Panel({ ...quick, inputs: mdcInputs, clock });
    return { panel, device: new Instrument(samsungMdc(panel, { id }), { seed: id }) };
  });
  const line = new SerialLine({
    baud: 9600,
    handOverMs: 0,
    clock,
    devices: sets.map(({ device }) => device),
    ...options,
  });
  closing.push(() => line.close());
  const zeroMs = clock.monotonicMs();
  const heard: { byte: number; atMs: number }[] = [];
  const port = line.attach((part) => {
    for (const byte of part) heard.push({ byte, atMs: clock.monotonicMs() - zeroMs });
  });
  const text = () => hex(heard.map(({ byte }) => byte));
  const exchange = async (request: string, ms = 200) => {
    heard.length = 0;
    port.send(bytes(request));
    await clock.advance(ms);
    return text();
  };
  return { clock, sets, line, port, heard, text, exchange };
}

const onOf = (id: number) => {
  const body = [0x11, id, 1, 1];
  return hex([0xaa, ...body, body.reduce((sum, byte) => sum + byte, 0) & 0xff]);
};

describe("sets on one serial line", () => {
  it("answer each for itself, at the pace of the wire", async () => {
    const { exchange, heard, sets } = chain([1, 2, 3]);
    expect(await exchange("AA 11 02 01 01 15")).toBe("AA FF 02 03 41 11 01 57");
    expect(sets.map(({ panel }) => panel.power)).toEqual(["standby", "warming", "standby"]);
    // Six characters there, 30 ms, and each character of the answer: 10 bits at 9600 baud.
    const characterMs = 10_000 / 9600;
    heard.forEach(({ atMs }, n) => {
      expect(atMs).toBeCloseTo(6 * characterMs + 30 + (n + 1) * characterMs, 6);
    });
  });

  it("obey one order for all of them, and say nothing to it", async () => {
    const { exchange, sets } = chain([1, 2]);
    expect(await exchange("AA 11 FE 01 01 11")).toBe("");
    expect(sets.map(({ panel }) => panel.power)).toEqual(["warming", "warming"]);
  });

  it("hear what is sent while another answers, as two wires have it", async () => {
    const { clock, port, text } = chain([1, 2]);
    port.send(bytes(onOf(1)));
    await clock.advance(38);
    port.send(bytes(onOf(2)));
    await clock.advance(200);
    expect(text()).toBe("AA FF 01 03 41 11 01 56 AA FF 02 03 41 11 01 57");
  });

  it("with the same id talk at the same time, and are heard as neither", async () => {
    const { exchange } = chain([1, 1]);
    expect(await exchange(onOf(1))).not.toContain("AA FF 01 03 41 11 01 56");
  });

  it("come and go while it runs", async () => {
    const { exchange, line, sets } = chain([1, 2]);
    const [first] = sets;
    if (first === undefined) throw new Error("no set");
    line.remove(first.device);
    expect(await exchange(onOf(1))).toBe("");
    line.add(first.device);
    expect(await exchange(onOf(1))).toBe("AA FF 01 03 41 11 01 56");
  });

  it("say nothing of what they were asked before they were taken away", async () => {
    const { clock, line, port, sets, text } = chain([1]);
    port.send(bytes(onOf(1)));
    await clock.advance(20);
    for (const { device } of sets) line.remove(device);
    await clock.advance(200);
    expect([sets[0]?.panel.power, text()]).toEqual(["warming", ""]);
  });

  it("that take their time over one answer give the next meanwhile", async () => {
    const { exchange, sets } = chain([1]);
    sets[0]?.device.faults.add({ kind: "late", byMs: 500, times: 1 });
    expect(await exchange(onOf(1))).toBe("");
    expect(await exchange("AA 12 01 00 13")).toBe("AA FF 01 03 41 12 14 6A");
    expect(await exchange("", 500)).toBe("AA FF 01 03 41 11 01 56");
  });

  it("are heard between noise, which does not reach them", async () => {
    const { exchange, line } = chain([1]);
    line.noise(bytes("00 FF"));
    expect(await exchange(onOf(1))).toBe("00 FF AA FF 01 03 41 11 01 56");
  });

  it("on a pair of wires hear each other, and the master itself where its adapter does so", async () => {
    const { exchange, line } = chain([1, 2], { duplex: "half" });
    expect(await exchange(onOf(1))).toBe("AA FF 01 03 41 11 01 56");
    line.echo = true;
    expect(await exchange(onOf(2))).toBe(`${onOf(2)} AA FF 02 03 41 11 01 57`);
  });

  it("on a pair of wires are not heard when the master talks into them", async () => {
    const { clock, port, text } = chain([1], { duplex: "half" });
    port.send(bytes(onOf(1)));
    await clock.advance(37);
    port.send(bytes("55 55 55 55 55 55"));
    await clock.advance(200);
    expect(text()).not.toContain("AA FF 01 03 41 11 01 56");
  });

  it("are late by as much as the program woke late, never early", async () => {
    const { clock, port, heard, text } = chain([1]);
    port.send(bytes(onOf(1)));
    await clock.jump(1000);
    await clock.advance(100);
    expect(text()).toBe("AA FF 01 03 41 11 01 56");
    expect(heard[0]?.atMs).toBe(1000);
  });

  it("stop with the line", async () => {
    const { clock, line, port, text } = chain([1]);
    port.send(bytes(onOf(1)));
    line.close();
    await clock.advance(500);
    expect([text(), clock.sleeping]).toEqual(["", 0]);
  });
});

describe("such a line", () => {
  const own = () => {
    const panel = new Panel({ ...quick, inputs: mdcInputs });
    const device = new Instrument(samsungMdc(panel, { id: 1 }), { turnaroundMs: 2 });
    const line = new SerialLine({ baud: 115_200, devices: [device] });
    closing.push(() => line.close());
    return line;
  };
  const answer = "AA FF 01 03 41 11 01 56";

  it("is reached through a serial server", async () => {
    const server = new SerialServer(own());
    await server.start();
    closing.push(() => server.stop());
    const peer = await Peer.tcp(server.port);
    closing.push(() => peer.close());
    peer.send(bytes(onOf(1)));
    await peer.until(({ heard }) => heard.length >= 8);
    expect(peer.text).toBe(answer);
  });

  it.skipIf(process.env.CE_CI !== "1" && !existsSync("/usr/bin/socat"))(
    "and through a pseudo-terminal",
    async () => {
      const pty = await Pty.open(own());
      closing.push(() => pty.close());
      const peer = Peer.tty(pty.path);
      closing.push(() => peer.close());
      peer.send(bytes(onOf(1)));
      await peer.until(({ heard }) => heard.length >= 8);
      expect(peer.text).toBe(answer);
    },
  );
});
