import { describe, expect, it } from "vitest";
import { benqDisplay, benqInputs } from "../../../simulator/displays/benq.ts";
import { epson, epsonInputs } from "../../../simulator/displays/epson.ts";
import { hexPanel, plainTable } from "../../../simulator/displays/hex-panel.ts";
import { hisenseDisplay, hisenseInputs } from "../../../simulator/displays/hisense.ts";
import { lgDisplay, lgInputs } from "../../../simulator/displays/lg.ts";
import { necDisplay, necInputs } from "../../../simulator/displays/nec.ts";
import { mdcInputs, samsungMdc } from "../../../simulator/displays/samsung-mdc.ts";
import { bytes } from "../simulator-modbus/rig.ts";
import { bench, captures } from "./talk-rig.ts";

const mdc = (id = 1) => bench(mdcInputs, (panel) => samsungMdc(panel, { id }));
const lg = (id = 1) => bench(lgInputs, (panel) => lgDisplay(panel, { id }));
const nec = (id = 1) => bench(necInputs, (panel) => necDisplay(panel, { id }));
const hisense = () => bench(hisenseInputs, (panel) => hisenseDisplay(panel, { id: 1 }));
const benq = (id = 1) => bench(benqInputs, (panel) => benqDisplay(panel, { id }));
/** What stands between the first byte and the check, as a whole frame of NEC's. */
const necFrame = (body: string) => {
  const check = [...Buffer.from(body, "latin1")].reduce((rest, byte) => rest ^ byte, 0);
  return `\x01${body}${String.fromCharCode(check)}\r`;
};
const epsonOn = (way: "serial" | "tcp") =>
  bench(epsonInputs, (panel) => epson(panel), {
    warmMs: 40_000,
    coolMs: 20_000,
    busy: "refuses",
    hours: 1234.5,
    way,
  });

describe("Samsung MDC", () => {
  it("has the published frames, byte for byte", () => {
    const { ask, panel } = mdc();
    expect(ask("AA 11 01 01 01 14")).toBe("AA FF 01 03 41 11 01 56");
    expect(panel.power).toBe("warming");
    expect(ask("AA 11 01 00 12")).toBe("AA FF 01 03 41 11 01 56");
    expect(ask("AA 14 01 01 21 37")).toBe("AA FF 01 03 41 14 21 79");
    expect(ask("AA 00 01 00 01")).toBe("AA FF 01 09 41 00 01 14 00 21 10 00 00 90");
    expect(ask("AA 11 01 01 00 13")).toBe("AA FF 01 03 41 11 00 55");
    expect(panel.power).toBe("standby");
  });

  it("obeys input, volume and mute, and refuses what it cannot", () => {
    const { ask, panel } = mdc();
    panel.turn(true);
    expect(ask("AA 12 01 01 23 37")).toBe("AA FF 01 03 41 12 23 79");
    expect(ask("AA 13 01 01 01 16")).toBe("AA FF 01 03 41 13 01 58");
    expect(ask("AA 14 01 01 23 39")).toBe("AA FF 01 03 41 14 23 7B");
    expect([panel.volume, panel.muted, panel.input]).toEqual([35, true, 0x23]);
    // An input that can be read and not set, a volume beyond 100, a command that it does not know.
    expect(ask("AA 14 01 01 22 38")).toBe("AA FF 01 03 4E 14 01 66");
    expect(ask("AA 12 01 01 65 79")).toBe("AA FF 01 03 4E 12 01 64");
    expect(ask("AA 99 01 00 9A")).toBe("AA FF 01 03 4E 99 01 EB");
    expect([panel.volume, panel.input]).toEqual([35, 0x23]);
  });

  it("obeys all sets at once without a word, and leaves the orders of others alone", () => {
    const { ask, panel, instrument } = mdc();
    expect(ask("AA 11 FE 01 01 11")).toBe("");
    expect(panel.power).toBe("warming");
    expect(ask("AA 11 02 01 00 14")).toBe("");
    expect([panel.power, instrument.orders.length]).toEqual(["warming", 1]);
  });

  it("does not hear a frame with a wrong checksum, and hears the next", () => {
    const { ask, panel } = mdc();
    expect(ask("AA 11 01 01 01 15")).toBe("");
    expect(panel.power).toBe("standby");
    expect(ask("00 FF 55 AA 11 01 00 12")).toBe("AA FF 01 03 41 11 00 55");
  });

  it("waits for the rest of what looks like a frame, for half a second", async () => {
    const { ask, clock } = mdc();
    expect(ask("AA 11 AA 11 01 00 12")).toBe("");
    await clock.advance(501);
    expect(ask("AA 11 01 00 12")).toBe("AA FF 01 03 41 11 00 55");
  });

  it("goes off and comes on again when it is told to restart", async () => {
    const { ask, panel, clock } = mdc();
    panel.turn(true);
    await clock.advance(5000);
    expect(panel.power).toBe("on");
    expect(ask("AA 11 01 01 02 15")).toBe("AA FF 01 03 41 11 02 57");
    expect(panel.power).toBe("warming");
    await clock.advance(3000);
    expect(panel.power).toBe("on");
  });
});

describe("LG", () => {
  it("obeys and tells power, input, volume and both mutes", () => {
    const { tell, panel } = lg();
    expect(tell("ka 01 01\r")).toBe("a 01 OK01x");
    expect(tell("ka 01 ff\r")).toBe("a 01 OK01x");
    expect(tell("xb 01 91\r")).toBe("b 01 OK91x");
    expect(tell("kf 01 64\r")).toBe("f 01 OK64x");
    expect(tell("kf 01 1E\r")).toBe("f 01 OK1ex");
    expect(tell("ke 01 00\r")).toBe("e 01 OK00x");
    expect(tell("kd 01 01\r")).toBe("d 01 OK01x");
    expect([panel.input, panel.volume, panel.muted, panel.blank]).toEqual([0x91, 30, true, true]);
    expect(tell("ke 01 FF\r")).toBe("e 01 OK00x");
    expect(tell("kz 01 ff\r")).toBe("z 01 OK00x");
    expect(tell("ka 01 00\r")).toBe("a 01 OK00x");
    expect(tell("xb 01 ff\r")).toBe("b 01 NGffx");
    expect(panel.power).toBe("standby");
  });

  it("says its hours as they are", () => {
    const { tell, panel } = bench(lgInputs, (its) => lgDisplay(its, { id: 1 }), { hours: 4660.5 });
    panel.turn(true);
    expect(tell("dl 01 ff\r")).toBe("l 01 OK1234x");
  });

  it("says NG with what it was given, and nothing to all sets or others", () => {
    const { tell, panel } = lg();
    panel.turn(true);
    expect(tell("kb 01 99\r")).toBe("b 01 NG99x");
    expect(tell("kf 01 65\r")).toBe("f 01 NG65x");
    expect(tell("qq 01 00\r")).toBe("q 01 NG00x");
    expect(tell("hello\r")).toBe("");
    expect(tell("ka 02 00\r")).toBe("");
    expect(panel.power).toBe("warming");
    expect(tell("ka 00 00\r")).toBe("");
    expect(panel.power).toBe("standby");
  });
});

describe("NEC", () => {
  it("has the published frames, byte for byte", () => {
    const { ask, tell, panel } = nec();
    expect(ask("01 30 41 30 41 30 36 02 30 31 44 36 03 74 0D")).toBe(
      "01 30 30 41 42 31 32 02 30 32 30 30 44 36 30 30 30 30 30 34 30 30 30 34 03 71 0D",
    );
    expect(tell("\x010A0A0C\x02C203D60001\x03s\r")).toBe(necFrame("00AB0E\x0200C203D60001\x03"));
    expect(panel.power).toBe("warming");
    expect(tell("\x010A0A06\x0201D6\x03t\r")).toBe(necFrame("00AB12\x020200D60000040001\x03"));
    expect(tell("\x010A0A0C\x02C203D60004\x03v\r")).toBe(necFrame("00AB0E\x0200C203D60004\x03"));
    expect(panel.power).toBe("standby");
  });

  it("obeys input, volume and mute, says what it cannot, and a null message to what it does not know", () => {
    const { tell, panel } = nec();
    const frame = (kind: string, message: string) =>
      necFrame(
        `0A0${kind}${(message.length + 2).toString(16).toUpperCase().padStart(2, "0")}\x02${message}\x03`,
      );
    const text = (answer: string) => answer.slice(8, -3);
    // In standby it has neither input nor sound.
    expect(text(tell(frame("C", "0060")))).toBe("0100600000000000");
    panel.turn(true);
    expect(frame("E", "00600012").slice(0, 17)).toBe("\x010A0E0A\x0200600012\x03");
    expect(text(tell(frame("E", "00600012")))).toBe("0000600000880012");
    expect(text(tell(frame("E", "00620032")))).toBe("0000620000640032");
    expect(text(tell(frame("C", "0062")))).toBe("0000620000640032");
    expect(text(tell(frame("E", "008D0001")))).toBe("00008D0000020001");
    expect([panel.input, panel.volume, panel.muted]).toEqual([0x12, 50, true]);
    expect(text(tell(frame("E", "006000FF")))).toBe("0100600000880012");
    expect(tell(frame("A", "ZZZZ"))).toBe(necFrame("00AB04\x02BE\x03"));
    expect(tell(frame("C", "0062").replace("\x03", "\x04"))).toBe("");
    // The message is another than the one that was sealed.
    expect(tell(frame("C", "0062").replace("0062", "0060"))).toBe("");
    expect(text(tell(frame("C", "0060")))).toBe("0000600000880012");
  });
});

describe("Epson ESC/VP21", () => {
  it("is ready again only when it is warm, tells where it is meanwhile, and refuses the rest", async () => {
    const { tell, clock, panel, ...rest } = epsonOn("serial");
    const line = { rest, tell };
    expect(line.tell("\r")).toBe(":");
    expect(tell("PWR?\r")).toBe("PWR=00\r:");
    expect(tell("SOURCE?\r")).toBe("ERR\r:");
    expect(tell("PWR ON\r")).toBe(":");
    expect(panel.power).toBe("warming");
    expect(tell("PWR?\r")).toBe("PWR=02\r:");
    expect(tell("SOURCE 30\r")).toBe("ERR\r:");
    expect(tell("PWR OFF\r")).toBe("ERR\r:");
    await clock.advance(40_000);
    expect(tell("PWR?\r")).toBe("PWR=01\r:");
    expect(tell("SOURCE A0\r")).toBe(":");
    expect(tell("SOURCE?\r")).toBe("SOURCE=A0\r:");
    expect(tell("SOURCE 77\r")).toBe("ERR\r:");
    expect(tell("MUTE ON\r")).toBe(":");
    expect(tell("MUTE?\r")).toBe("MUTE=ON\r:");
    expect(tell("VOL 243\r")).toBe(":");
    expect(panel.volume).toBe(100);
    expect(tell("LAMP?\r")).toBe("LAMP=1234\r:");
    expect(tell("NONSENSE\r")).toBe("ERR\r:");
    expect(tell("PWR OFF\r")).toBe(":");
    expect(tell("PWR?\r")).toBe("PWR=03\r:");
    expect(tell("PWR ON\r")).toBe("ERR\r:");
    await clock.advance(20_000);
    expect(tell("PWR?\r")).toBe("PWR=00\r:");
  });

  it("takes so long to answer, switched on 40 s and off 10 s", async () => {
    const made = epsonOn("serial");
    made.tell("PWR ON\r");
    expect(made.afterMs).toEqual([40_030]);
    await made.clock.advance(41_000);
    made.tell("PWR OFF\r");
    expect(made.afterMs).toEqual([10_030]);
  });

  it("wants its handshake on TCP before anything else", () => {
    const { ask, tell } = epsonOn("tcp");
    expect(ask("45 53 43 2F 56 50 2E 6E 65 74 10 03 00 00 00 00")).toBe(
      "45 53 43 2F 56 50 2E 6E 65 74 10 03 00 00 20 00",
    );
    expect(tell("PWR?\r")).toBe("PWR=00\r:");
    const rude = epsonOn("tcp");
    expect(rude.ask("50 57 52 3F 0D")).toMatch(/^45 53 43 2F 56 50 2E 6E 65 74 10 03 00 00 40 00/);
  });
});

describe("Hisense", () => {
  it("has the published frames, byte for byte, and obeys", () => {
    const { ask, panel } = hisense();
    expect(ask("DD FF 00 08 C1 15 00 00 01 BB BB DD BB CC")).toBe(
      "AB AB 00 08 C1 15 00 00 01 BB BB DD CD CD",
    );
    expect(panel.power).toBe("warming");
    expect(ask("DD FF 00 07 C1 08 00 00 01 16 D9 BB CC")).toBe("AB AB 00 07 C1 08 00 00 01 16 D9 CD CD");
    expect(ask("DD FF 00 07 C1 27 00 00 01 1E FE BB CC")).toBe("AB AB 00 07 C1 27 00 00 01 1E FE CD CD");
    expect(ask("DD FF 00 07 C1 26 00 00 01 01 E0 BB CC")).toBe("AB AB 00 07 C1 26 00 00 01 01 E0 CD CD");
    expect(ask("DD FF 00 07 C1 31 00 00 01 00 F6 BB CC")).toBe("AB AB 00 07 C1 31 00 00 01 00 F6 CD CD");
    expect([panel.input, panel.volume, panel.muted, panel.blank]).toEqual([0x16, 30, true, true]);
    expect(ask("DD FF 00 06 C1 28 00 00 01 EE BB CC")).toBe(
      "AB AB 00 0C C1 28 00 00 01 1E 05 03 00 01 00 FD CD CD",
    );
    expect(ask("DD FF 00 06 C1 1A 00 00 01 DC BB CC")).toBe("AB AB 00 09 C1 1A 00 00 01 05 03 02 D7 CD CD");
    expect(ask("DD FF 00 08 C1 15 00 00 01 AA AA DD BB CC")).toBe(
      "AB AB 00 08 C1 15 00 00 01 AA AA DD CD CD",
    );
    expect(ask("DD FF 00 06 C1 28 00 00 01 EE BB CC")).toMatch(/01 1E 05 03 FF/);
  });

  it("has no word for no: what it cannot do it does not answer", () => {
    const { ask, panel } = hisense();
    expect(ask("DD FF 00 07 C1 08 00 00 01 16 D9 BB CC")).toBe("");
    panel.turn(true);
    expect(ask("DD FF 00 07 C1 08 00 00 01 33 FC BB CC")).toBe("");
    expect(ask("DD FF 00 07 C1 08 00 00 02 16 DA BB CC")).toBe("");
    expect(ask("DD FF 00 07 C1 08 00 00 01 16 D8 BB CC")).toBe("");
    expect(panel.input).toBe(0x0e);
  });

  it("writes its frames in digits on TCP when it is a DM set, and as bytes on its serial line", () => {
    const make = (way: "serial" | "tcp") =>
      bench(hisenseInputs, (panel) => hisenseDisplay(panel, { id: 1, digits: true }), { way });
    const { tell, panel } = make("tcp");
    expect(tell("DDFF0008C115000001BBBBDDBBCC")).toBe("ABAB0008C115000001BBBBDDCDCD");
    expect(panel.power).toBe("warming");
    expect(tell("\r\nzzDD FF")).toBe("");
    expect(tell("ddff0007c1080000010fc0bbcc")).toBe("ABAB0007C1080000010FC0CDCD");
    expect(make("serial").ask("DD FF 00 08 C1 15 00 00 01 BB BB DD BB CC")).toMatch(/^AB AB/);
  });

  it("loses its settings by command 10, which nobody may send", () => {
    let erased = 0;
    const { ask } = bench(hisenseInputs, (panel) =>
      hisenseDisplay(panel, {
        id: 1,
        erased: () => {
          erased += 1;
        },
      }),
    );
    ask("DD FF 00 06 C1 28 00 00 01 EE BB CC");
    expect(erased).toBe(0);
    ask("DD FF 00 06 C1 10 00 00 01 D6 BB CC");
    expect(erased).toBe(1);
  });
});

describe("BenQ", () => {
  it("obeys and tells power, input, volume and mute", () => {
    const { tell, panel } = benq();
    expect(tell("801gl000\r")).toBe("801rl000\r");
    expect(tell("801s!001\r")).toBe("401+\r");
    expect(tell("801gl000\r")).toBe("801rl001\r");
    expect(tell('801s"051\r')).toBe("401+\r");
    expect(tell("801gj000\r")).toBe("801rj051\r");
    expect(tell("801s5040\r")).toBe("401+\r");
    expect(tell("801gf000\r")).toBe("801rf040\r");
    expect(tell("801s6001\r")).toBe("401+\r");
    expect(tell("801gg000\r")).toBe("801rg001\r");
    expect([panel.power, panel.input, panel.volume, panel.muted]).toEqual(["warming", 51, 40, true]);
  });

  it("says minus to what it cannot, and nothing to a wrong length, to others and to all", () => {
    const { tell, panel } = benq();
    expect(tell('801s"001\r')).toBe("401-\r");
    expect(tell("801s!009\r")).toBe("401-\r");
    expect(tell("801gz000\r")).toBe("401-\r");
    expect(tell("701s!001\r")).toBe("");
    expect(tell("501gl\r")).toBe("");
    expect(tell("802s!001\r")).toBe("");
    expect(panel.power).toBe("standby");
    expect(tell("899s!001\r")).toBe("");
    expect(panel.power).toBe("warming");
  });
});

describe("a panel with a table", () => {
  const table = {
    on: bytes("5A 01 01"),
    off: bytes("5A 01 00"),
    ask: bytes("5A 02"),
    mute: bytes("5A 03 01"),
    input2: bytes("5A 04 02"),
    ok: bytes("06"),
    no: bytes("15"),
    isOn: bytes("A5 02 01"),
    isOff: bytes("A5 02 00"),
  };

  it("hears the bytes of its table and nothing else", () => {
    const { ask, panel } = bench([1, 2], (each) => hexPanel(each, table));
    expect(ask("5A 02")).toBe("A5 02 00");
    expect(ask("5A 03 01")).toBe("15");
    expect(ask("FF 5A 5A 01 01")).toBe("06");
    expect(ask("5A 02 5A 03 01 5A 04 02")).toBe("A5 02 01 06 06");
    expect([panel.power, panel.muted, panel.input]).toEqual(["warming", true, 2]);
    expect(ask("5A 09 00")).toBe("");
  });

  it("is asked for its volume and told another, which only a lit one takes", () => {
    const { ask, panel } = bench([1], (each) => hexPanel(each, plainTable));
    expect(ask("AA 01 52 00 FD")).toBe("AA 81 52 14 91");
    expect(ask("AA 01 53 1E 1C")).toBe("AA 82 50 00 7C");
    panel.turn(true);
    expect(ask("AA 01 53 1E 1C")).toBe("AA 81 53 1E 9C");
    expect(ask("AA 01 52 00 FD")).toBe("AA 81 52 1E 9B");
    // Louder than it can be; and a sum that does not fit.
    expect(ask("AA 01 53 65 63")).toBe("AA 82 50 00 7C");
    expect(ask("AA 01 53 1F 1C")).toBe("");
    expect(panel.volume).toBe(30);
  });

  it("says nothing where its table has no answer", () => {
    const { on, off } = table;
    const { ask, panel } = bench([1], (each) => hexPanel(each, { on, off }));
    expect(ask("5A 01 01")).toBe("");
    expect(panel.power).toBe("warming");
  });
});

interface Frame {
  id: string;
  device: string;
  request: string;
  reply: string | null;
}
const kept = captures<Frame>("control_frames.json");

describe.runIf(kept.length > 0)("the reference frames", () => {
  const frame = (id: string) => kept.find((each) => each.id === id) as Frame;

  it("are answered as they stand there", () => {
    const zero = mdc(0);
    expect(zero.ask(frame("mdc-power-on").request)).toBe(frame("mdc-power-on").reply);
    const one = mdc();
    expect(one.ask(frame("mdc-power-get").request)).toBe(frame("mdc-power-get").reply);
    // In standby it has no input to select.
    expect(one.ask(frame("mdc-nak").request)).toBe(frame("mdc-nak").reply);
    const set = hisense();
    set.panel.turn(true);
    expect(set.ask(frame("hisense-input-hdmi").request)).toMatch(/^AB AB 00 07 C1 08/);
    expect(set.ask(frame("hisense-power-off").request)).toBe(frame("hisense-power-off").reply);
    const letters = lg();
    expect(letters.ask(frame("lg-power-on").request)).toBe(frame("lg-power-on").reply);
    expect(letters.ask(frame("lg-power-ng").request)).toBe(frame("lg-power-ng").reply);
    expect(nec().ask(frame("nec-power-status").request)).toMatch(/^01 30 30 41 42/);
  });

  it("of Epson as well, once it is on", async () => {
    const { ask, panel, clock } = epsonOn("serial");
    panel.turn(true);
    await clock.advance(40_000);
    expect(ask(frame("epson-pwr").request)).toBe(frame("epson-pwr").reply);
  });
});
