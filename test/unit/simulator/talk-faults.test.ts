import { afterEach, describe, expect, it } from "vitest";
import { benqDisplay } from "../../../simulator/displays/benq.ts";
import { epson, epsonInputs } from "../../../simulator/displays/epson.ts";
import { hexPanel, plainTable } from "../../../simulator/displays/hex-panel.ts";
import { hisenseDisplay, hisenseInputs } from "../../../simulator/displays/hisense.ts";
import { lgDisplay, lgInputs } from "../../../simulator/displays/lg.ts";
import { necDisplay, necInputs } from "../../../simulator/displays/nec.ts";
import { Panel } from "../../../simulator/displays/panel.ts";
import { mdcInputs, samsungMdc } from "../../../simulator/displays/samsung-mdc.ts";
import { Instrument } from "../../../simulator/talk/instrument.ts";
import { TalkServer } from "../../../simulator/talk/server.ts";
import { FakeClock } from "../../fake-clock.ts";
import { hex } from "../simulator-modbus/rig.ts";
import { RawSocket } from "./raw-socket.ts";
import { bench, quick } from "./talk-rig.ts";

const mdc = () => bench(mdcInputs, (panel) => samsungMdc(panel, { id: 1 }));
const on = "AA 11 01 01 01 14";
const onDone = "AA FF 01 03 41 11 01 56";
const ask = "AA 11 01 00 12";
const isOff = "AA FF 01 03 41 11 00 55";

describe("a display that is not well", () => {
  it("does nothing and says nothing when it has hung up", () => {
    const { instrument, panel, ask: say } = mdc();
    const undo = instrument.faults.add({ kind: "silent" });
    expect(say(on)).toBe("");
    expect(panel.power).toBe("standby");
    undo();
    expect(say(ask)).toBe(isOff);
  });

  it("obeys and does not answer", () => {
    const { instrument, panel, ask: say } = mdc();
    instrument.faults.add({ kind: "mute" });
    expect(say(on)).toBe("");
    expect(panel.power).toBe("warming");
  });

  it("answers and does not obey", () => {
    const { instrument, panel, ask: say } = mdc();
    instrument.faults.add({ kind: "disobedient" });
    expect(say(on)).toBe(onDone);
    expect(panel.power).toBe("standby");
    expect(say(ask)).toBe(isOff);
  });

  it("refuses in the words of its protocol", () => {
    const { instrument, panel, ask: say } = mdc();
    instrument.faults.add({ kind: "nak" });
    expect(say(on)).toBe("AA FF 01 03 4E 11 01 63");
    expect(panel.power).toBe("standby");
  });

  it("answers late, by as much", () => {
    const made = mdc();
    made.ask(ask);
    const [usual = 0] = made.afterMs;
    made.instrument.faults.add({ kind: "late", byMs: 4000 });
    expect(made.ask(ask)).toBe(isOff);
    expect(made.afterMs).toEqual([usual + 4000]);
  });

  it("cuts its answer off, at every place", () => {
    for (let length = 0; length < 8; length += 1) {
      const { instrument, ask: say } = mdc();
      instrument.faults.add({ kind: "short", bytes: length });
      expect(say(ask)).toBe(isOff.slice(0, Math.max(0, length * 3 - 1)));
    }
  });

  it("has a wrong checksum, and nothing else wrong", () => {
    const { instrument, ask: say } = mdc();
    instrument.faults.add({ kind: "bad-checksum" });
    expect(say(ask)).toMatch(/^AA FF 01 03 41 11 00 (?!55)..$/);
  });

  it("turns bits round, as many as it was told", () => {
    const { instrument, ask: say } = mdc();
    instrument.faults.add({ kind: "corrupt", flips: 2 });
    const [heard, good] = [say(ask), isOff].map((text) => Buffer.from(text.replaceAll(" ", ""), "hex"));
    const bits = [...(heard ?? [])].map((byte, at) => byte ^ (good?.[at] ?? 0));
    expect(bits.reduce((sum, byte) => sum + byte.toString(2).replaceAll("0", "").length, 0)).toBe(2);
  });

  it("answers as another set, its checksum right", () => {
    const { instrument, ask: say } = mdc();
    instrument.faults.add({ kind: "wrong-id", id: 7 });
    expect(say(ask)).toBe("AA FF 07 03 41 11 00 5B");
  });

  it("has noise around its answer, and the answer before in front of it", () => {
    const made = mdc();
    const noise = made.instrument.faults.add({ kind: "noise", before: 3, after: 2 });
    expect(made.ask(ask)).toMatch(new RegExp(`^(.. ){3}${isOff}( ..){2}$`));
    noise();
    made.instrument.faults.add({ kind: "glued" });
    made.ask(on);
    expect(made.ask(ask)).toBe(`${onDone} ${onDone}`);
  });

  it("is so for as many orders as it was told, and none for others count", () => {
    const { instrument, ask: say } = mdc();
    instrument.faults.add({ kind: "silent", times: 2 });
    expect([say(ask), say("AA 11 02 00 13"), say(ask), say(ask)]).toEqual(["", "", "", isOff]);
  });

  it("misbehaves by chance, the same way with the same seed", () => {
    const run = () => {
      const { instrument, ask: say } = mdc();
      instrument.faults.add({ kind: "silent", chance: 0.5 });
      instrument.faults.add({ kind: "noise", before: 4 });
      return Array.from({ length: 40 }, () => say(ask));
    };
    const first = run();
    expect(run()).toEqual(first);
    const silent = first.filter((answer) => answer === "").length;
    expect(silent).toBeGreaterThan(8);
    expect(silent).toBeLessThan(32);
  });
});

describe("a fault that a device cannot have", () => {
  it("is refused when it is set", () => {
    const { faults } = bench(epsonInputs, (panel) => epson(panel)).instrument;
    for (const fault of [
      { kind: "bad-checksum" },
      { kind: "wrong-id", id: 2 },
      { kind: "password", now: "x" },
    ] as const)
      expect(() => faults.add(fault)).toThrow(RangeError);
    expect(() => faults.add({ kind: "nak" })).not.toThrow();
  });
});

describe("the other protocols", () => {
  it("refuse, have wrong checks and other ids, each in its way", () => {
    const lg = bench(lgInputs, (panel) => lgDisplay(panel, { id: 1 }));
    lg.instrument.faults.add({ kind: "nak", times: 1 });
    expect(lg.tell("ka 01 01\r")).toBe("a 01 NG01x");
    lg.instrument.faults.add({ kind: "wrong-id", id: 0x1f });
    expect(lg.tell("ka 01 ff\r")).toBe("a 1f OK00x");

    const nec = bench(necInputs, (panel) => necDisplay(panel, { id: 1 }));
    const question = "\x010A0A06\x0201D6\x03t\r";
    const good = nec.tell(question);
    nec.instrument.faults.add({ kind: "bad-checksum", times: 1 });
    const bad = nec.tell(question);
    expect([bad.slice(0, -2), bad.slice(-1)]).toEqual([good.slice(0, -2), "\r"]);
    expect(bad).not.toBe(good);
    nec.instrument.faults.add({ kind: "nak", times: 1 });
    expect(nec.tell(question).slice(8, 10)).toBe("BE");

    const benq = bench([1], (panel) => benqDisplay(panel, { id: 1 }));
    benq.instrument.faults.add({ kind: "nak", times: 1 });
    expect(benq.tell("801s!001\r")).toBe("401-\r");
    benq.instrument.faults.add({ kind: "wrong-id", id: 2 });
    expect(benq.tell("801s!001\r")).toBe("402+\r");

    const table = bench([1], (panel) => hexPanel(panel, plainTable));
    table.instrument.faults.add({ kind: "nak" });
    expect(table.ask(hex(plainTable.on ?? []))).toBe(hex(plainTable.no ?? []));

    const projector = bench(epsonInputs, (panel) => epson(panel));
    projector.instrument.faults.add({ kind: "nak" });
    expect(projector.tell("PWR?\r")).toBe("ERR\r:");
  });

  it("of Hisense: nothing for no, a wrong check in bytes and in digits", () => {
    const make = (digits: boolean) =>
      bench(hisenseInputs, (panel) => hisenseDisplay(panel, { id: 1, digits }), { way: "tcp" });
    const status = "DD FF 00 06 C1 28 00 00 01 EE BB CC";
    const plain = make(false);
    plain.instrument.faults.add({ kind: "nak", times: 1 });
    expect(plain.ask(status)).toBe("");
    const good = plain.ask(status);
    plain.instrument.faults.add({ kind: "bad-checksum" });
    expect(plain.ask(status).split(" ").toSpliced(-3, 1)).toEqual(good.split(" ").toSpliced(-3, 1));
    expect(plain.ask(status)).not.toBe(good);
    const digits = make(true);
    digits.instrument.faults.add({ kind: "bad-checksum" });
    const said = digits.tell(status.replaceAll(" ", ""));
    expect(said).toMatch(/^ABAB.*CDCD$/);
    expect(said).not.toBe(good.replaceAll(" ", ""));
    expect(said.slice(0, -6)).toBe(good.replaceAll(" ", "").slice(0, -6));
  });
});

describe("on a connection", () => {
  const closing: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  async function served({ idleMs, jitterMs = 0 }: { idleMs?: number; jitterMs?: number } = {}) {
    const clock = new FakeClock();
    const panel = new Panel({ ...quick, inputs: mdcInputs, clock });
    const device = new Instrument(samsungMdc(panel, { id: 1 }), { jitterMs });
    const server = new TalkServer(device, { clock, ...(idleMs === undefined ? {} : { idleMs }) });
    await server.start();
    closing.push(() => server.stop());
    const socket = await RawSocket.open(server.port);
    closing.push(() => socket.destroy());
    await server.until(({ listener }) => listener.clients.size === 1);
    const send = async (text: string) => {
      const before = device.orders.length;
      socket.send(Buffer.from(text.replaceAll(" ", ""), "hex"));
      await server.until(() => device.orders.length > before);
    };
    return { clock, panel, device, server, socket, send };
  }

  it("says nothing before its time, and hangs up when it is told to", async () => {
    const { clock, device, socket, send } = await served();
    await send(ask);
    await clock.advance(29);
    expect(socket.received.length).toBe(0);
    await clock.advance(1);
    await socket.until(({ received }) => received.length === 8);
    expect(hex(socket.received)).toBe(isOff);
    device.faults.add({ kind: "hang-up" });
    await send(ask);
    await clock.advance(30);
    await socket.until(({ closed }) => closed);
  });

  it("answers come in the order of what was asked", async () => {
    const { clock, panel, socket, send } = await served({ jitterMs: 40 });
    panel.turn(true);
    const asked = Array.from({ length: 20 }, (_, n) => {
      const body = [0x12, 1, 1, n];
      return hex([0xaa, ...body, body.reduce((sum, byte) => sum + byte, 0) & 0xff]);
    });
    await send(asked.join(" "));
    await clock.advance(100);
    await socket.until(({ received }) => received.length === 160);
    expect(Array.from({ length: 20 }, (_, n) => socket.received[8 * n + 6])).toEqual(asked.map((_, n) => n));
  });

  it("an answer that is late comes behind the one to what was asked later", async () => {
    const { clock, device, socket, send } = await served();
    device.faults.add({ kind: "late", byMs: 5000, times: 1 });
    await send(on);
    await send("AA 12 01 00 13");
    await clock.advance(5030);
    await socket.until(({ received }) => received.length === 16);
    expect(hex(socket.received)).toBe(`AA FF 01 03 41 12 14 6A ${onDone}`);
  });

  it("is closed by a device that hears nothing for its time, not by one that has no such time", async () => {
    const one = await served({ idleMs: 10_000 });
    const other = await served();
    await one.clock.advance(9999);
    await one.send(ask);
    await one.clock.advance(30);
    await one.socket.until(({ received }) => received.length === 8);
    await one.clock.advance(10_000);
    await one.socket.until(({ closed }) => closed);
    await other.clock.advance(3_600_000);
    expect(other.socket.closed).toBe(false);
  });

  it("may be started again at the same port, and nothing waits in it after its stop", async () => {
    const { clock, server, socket, send } = await served();
    await send(ask);
    const { port } = server;
    await server.stop();
    await socket.until(({ closed }) => closed);
    expect(clock.sleeping).toBe(0);
    await server.start();
    expect(server.port).toBe(port);
    const again = await RawSocket.open(port);
    closing.push(() => again.destroy());
  });
});
