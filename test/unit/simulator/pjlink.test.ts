import { createHash } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import { Panel } from "../../../simulator/displays/panel.ts";
import { type PjlinkOptions, pjlink, pjlinkInputs } from "../../../simulator/displays/pjlink.ts";
import { Instrument } from "../../../simulator/talk/instrument.ts";
import { TalkServer } from "../../../simulator/talk/server.ts";
import { FakeClock } from "../../fake-clock.ts";
import { RawSocket } from "./raw-socket.ts";
import { bench, captures } from "./talk-rig.ts";

const slow = { warmMs: 30_000, coolMs: 60_000, busy: "refuses" } as const;
const beamer = (options: PjlinkOptions = {}, hours = 0) =>
  bench(pjlinkInputs, (panel) => pjlink(panel, options), { ...slow, hours, way: "tcp" });

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function served(options: PjlinkOptions = {}) {
  const clock = new FakeClock();
  const panel = new Panel({ ...slow, inputs: pjlinkInputs, clock });
  const device = new Instrument(pjlink(panel, options), { seed: "301-beam" });
  const server = new TalkServer(device, { clock, idleMs: 30_000 });
  await server.start();
  closing.push(() => server.stop());
  const come = async () => {
    const socket = await RawSocket.open(server.port);
    closing.push(() => socket.destroy());
    await server.until(({ listener }) => listener.clients.size > 0);
    await socket.until(({ received }) => received.includes(0x0d));
    const greeting = socket.received.toString();
    socket.received = Buffer.alloc(0);
    /** Says a line and gives the answer, once so much time has passed. */
    const ask = async (line: string, ms = 30): Promise<string> => {
      socket.received = Buffer.alloc(0);
      const before = device.orders.length;
      socket.send(line);
      await server.until(() => device.orders.length > before);
      await clock.advance(ms);
      await socket.until(({ received }) => received.includes(0x0d));
      return socket.received.toString();
    };
    return { socket, greeting, ask };
  };
  return { clock, panel, device, server, come };
}

const md5 = (text: string) => createHash("md5").update(text).digest("hex");

describe("a projector of class 1", () => {
  it("tells who it is, with letters of any language", () => {
    const { tell } = beamer({ name: "三年二班投影机", maker: "SIM", model: "PJ-1" }, 1234.9);
    expect(tell("%1NAME ?\r")).toBe("%1NAME=三年二班投影机\r");
    expect(tell("%1INF1 ?\r")).toBe("%1INF1=SIM\r");
    expect(tell("%1INF2 ?\r")).toBe("%1INF2=PJ-1\r");
    expect(tell("%1INFO ?\r")).toBe("%1INFO=\r");
    expect(tell("%1CLSS ?\r")).toBe("%1CLSS=1\r");
    expect(tell("%1INST ?\r")).toBe("%1INST=31 32 11 21 51\r");
    expect(tell("%1LAMP ?\r")).toBe("%1LAMP=1234 0\r");
    expect(tell("%1ERST ?\r")).toBe("%1ERST=000000\r");
    expect(tell("%1POWR ?\r")).toBe("%1POWR=0\r");
  });

  it("warms up and cools, saying ERR3 meanwhile to what needs a picture", async () => {
    const { tell, clock } = beamer();
    expect(tell("%1INPT ?\r")).toBe("%1INPT=ERR3\r");
    expect(tell("%1POWR 1\r")).toBe("%1POWR=OK\r");
    await clock.advance(29_999);
    expect(tell("%1POWR ?\r")).toBe("%1POWR=3\r");
    for (const line of ["%1INPT 31\r", "%1AVMT 31\r", "%1POWR 0\r", "%1INPT ?\r", "%1AVMT ?\r"])
      expect(tell(line)).toBe(`${line.slice(0, 6)}=ERR3\r`);
    await clock.advance(1);
    expect(tell("%1POWR ?\r")).toBe("%1POWR=1\r");
    expect(tell("%1LAMP ?\r")).toBe("%1LAMP=0 1\r");
    expect(tell("%1POWR 0\r")).toBe("%1POWR=OK\r");
    await clock.advance(59_999);
    expect(tell("%1POWR ?\r")).toBe("%1POWR=2\r");
    expect(tell("%1POWR 1\r")).toBe("%1POWR=ERR3\r");
    await clock.advance(1);
    expect(tell("%1POWR ?\r")).toBe("%1POWR=0\r");
  });

  it("selects inputs and is mute as it is told", async () => {
    const { tell, clock, panel } = beamer();
    panel.turn(true);
    await clock.advance(30_000);
    expect(tell("%1INPT 32\r")).toBe("%1INPT=OK\r");
    expect(tell("%1INPT ?\r")).toBe("%1INPT=32\r");
    for (const [told, then] of [
      ["31", "31"],
      ["30", "30"],
      ["11", "11"],
      ["21", "31"],
      ["10", "21"],
    ]) {
      expect(tell(`%1AVMT ${told}\r`)).toBe("%1AVMT=OK\r");
      expect(tell("%1AVMT ?\r")).toBe(`%1AVMT=${then}\r`);
    }
  });

  it("says ERR1, ERR2 and ERR4 where they belong", async () => {
    const { tell, clock, panel, instrument } = beamer();
    panel.turn(true);
    await clock.advance(30_000);
    expect(tell("%1NOPE ?\r")).toBe("%1NOPE=ERR1\r");
    expect(tell("%1SNUM ?\r")).toBe("%1SNUM=ERR1\r");
    expect(tell("%2SNUM ?\r")).toBe("%2SNUM=ERR1\r");
    expect(tell("%1POWR 2\r")).toBe("%1POWR=ERR2\r");
    expect(tell("%1INPT 39\r")).toBe("%1INPT=ERR2\r");
    expect(tell("%1AVMT 40\r")).toBe("%1AVMT=ERR2\r");
    instrument.faults.add({ kind: "nak", times: 1 });
    expect(tell("%1POWR 0\r")).toBe("%1POWR=ERR4\r");
    expect(panel.power).toBe("on");
    expect(tell("garbage\r%1POWR\r")).toBe("");
    expect(tell("%1POWR ?\r")).toBe("%1POWR=1\r");
  });

  it("counts the hours of its lamp, and tells what is wrong with it", async () => {
    let condition = "000000";
    const { tell, clock, panel } = beamer({ lamps: 2, condition: () => condition }, 999.5);
    panel.turn(true);
    await clock.advance(45 * 60_000);
    expect(tell("%1LAMP ?\r")).toBe("%1LAMP=1000 1 1000 1\r");
    condition = "010020";
    expect(tell("%1ERST ?\r")).toBe("%1ERST=010020\r");
  });
});

describe("a laser projector of class 2", () => {
  it("has no lamp, and answers what class 2 asks", async () => {
    const { tell, clock, panel } = beamer({ level: 2, lamps: 0, serial: "SN42" });
    expect(tell("%1CLSS ?\r")).toBe("%1CLSS=2\r");
    expect(tell("%1LAMP ?\r")).toBe("%1LAMP=ERR1\r");
    expect(tell("%2SNUM ?\r")).toBe("%2SNUM=SN42\r");
    expect(tell("%2SVER ?\r")).toBe("%2SVER=1.00\r");
    expect(tell("%2INNM ?31\r")).toBe("%2INNM=HDMI 1\r");
    expect(tell("%2INNM ?39\r")).toBe("%2INNM=ERR2\r");
    expect(tell("%2IRES ?\r")).toBe("%2IRES=ERR3\r");
    expect(tell("%2RRES ?\r")).toBe("%2RRES=1920x1080\r");
    expect(tell("%2FILT ?\r")).toBe("%2FILT=ERR1\r");
    expect(tell("%2RLMP ?\r")).toBe("%2RLMP=ERR1\r");
    panel.turn(true);
    await clock.advance(30_000);
    expect(tell("%2IRES ?\r")).toBe("%2IRES=1920x1080\r");
    expect(tell("%2FREZ 1\r")).toBe("%2FREZ=OK\r");
    expect(tell("%2FREZ ?\r")).toBe("%2FREZ=1\r");
    const { volume } = panel;
    expect(tell("%2SVOL 1\r")).toBe("%2SVOL=OK\r");
    expect(panel.volume).toBeGreaterThan(volume);
    expect(tell("%2POWR ?\r")).toBe("%2POWR=1\r");
  });

  it("of class 2 with a lamp tells its filter and what to buy", () => {
    const { tell } = beamer({ level: 2 }, 500);
    expect(tell("%2FILT ?\r")).toBe("%2FILT=250\r");
    expect(tell("%2RLMP ?\r")).toBe("%2RLMP=LMP-1\r");
    expect(tell("%2RFIL ?\r")).toBe("%2RFIL=FLT-1\r");
  });
});

describe("a projector in the network", () => {
  it("without password greets with 0 and answers", async () => {
    const { come } = await served();
    const { greeting, ask } = await come();
    expect(greeting).toBe("PJLINK 0\r");
    expect(await ask("%1POWR ?\r")).toBe("%1POWR=0\r");
  });

  it("with a password knows who shows it in the first line, and who does not", async () => {
    const { come, panel } = await served({ password: "JBMIAProjectorLink" });
    const { greeting, ask } = await come();
    const [, salt = ""] = /^PJLINK 1 ([0-9a-f]{8})\r$/.exec(greeting) ?? [];
    expect(await ask(`${md5(`${salt}JBMIAProjectorLink`)}%1POWR ?\r`)).toBe("%1POWR=0\r");
    // It need not be shown again.
    expect(await ask("%1CLSS ?\r")).toBe("%1CLSS=1\r");
    const stranger = await come();
    expect(stranger.greeting).not.toBe(greeting);
    expect(await stranger.ask(`${md5(`${salt}guess`)}%1POWR 1\r`)).toBe("PJLINK ERRA\r");
    expect(await stranger.ask("%1POWR 1\r")).toBe("PJLINK ERRA\r");
    expect(panel.power).toBe("standby");
  });

  it("closes the connection after a wrong password where the model does so", async () => {
    const { come, clock } = await served({ password: "p", hangsUp: true });
    const { socket, ask } = await come();
    expect(await ask("%1POWR ?\r")).toBe("PJLINK ERRA\r");
    await clock.advance(30);
    await socket.until(({ closed }) => closed);
  });

  it("has the published digest of its specification", () => {
    // Random digits and password of the specification's own example.
    expect(md5("498e4a67JBMIAProjectorLink")).toBe("5d8409bc1c3fa39749434aa3a5c38682");
  });

  it("closes a connection on which nothing was said for 30 s", async () => {
    const { come, clock } = await served();
    const { socket, ask } = await come();
    await clock.advance(29_000);
    expect(await ask("%1POWR ?\r")).toBe("%1POWR=0\r");
    await clock.advance(29_900);
    expect(socket.closed).toBe(false);
    await clock.advance(100);
    await socket.until(({ closed }) => closed);
  });

  it("does not know the old password any more once somebody has changed it", async () => {
    const { come, device } = await served({ password: "old" });
    const undo = device.faults.add({ kind: "password", now: "new" });
    const first = await come();
    const salt = first.greeting.slice(9, 17);
    expect(await first.ask(`${md5(`${salt}old`)}%1POWR ?\r`)).toBe("PJLINK ERRA\r");
    expect(await first.ask(`${md5(`${salt}new`)}%1POWR ?\r`)).toBe("%1POWR=0\r");
    undo();
    const second = await come();
    expect(await second.ask(`${md5(`${second.greeting.slice(9, 17)}old`)}%1POWR ?\r`)).toBe("%1POWR=0\r");
  });

  it("draws the same digits again with the same seed", async () => {
    const greetings = async (seed: string) => {
      const { come } = await served({ password: "p", seed });
      return [(await come()).greeting, (await come()).greeting];
    };
    const first = await greetings("a");
    expect(await greetings("a")).toEqual(first);
    expect(await greetings("b")).not.toEqual(first);
  });
});

interface Dialogue {
  id: string;
  password?: string;
  dialogue: ["S" | "C", string][];
}
const kept = captures<Dialogue>("pjlink.json");

describe.runIf(kept.length > 0)("the reference dialogues", () => {
  it.each(kept.map((item) => [item.id, item] as const))("%s", async (id, { password, dialogue }) => {
    const [[, greeting], [, question], [, answer]] = dialogue as [
      ["S", string],
      ["C", string],
      ["S", string],
    ];
    const own = id === "pj-wrong-auth" ? "another" : password;
    const made = beamer(own === undefined ? {} : { password: own });
    if (!id.includes("err3")) {
      made.panel.turn(true);
      await made.clock.advance(30_000);
    }
    const [, salt] = /^PJLINK 1 (\S+)\r$/.exec(greeting) ?? [];
    if (salt === undefined) {
      expect(made.tell(question)).toBe(answer);
      return;
    }
    // Its own digits are drawn; the digest is that of the dialogue when the digits are.
    expect(question.startsWith(md5(salt + password))).toBe(true);
    const { greeting: said, hear } = made.instrument.converse("tcp");
    const drawn = Buffer.from(said ?? [])
      .toString()
      .slice(9, 17);
    const line = question.replace(md5(salt + password), md5(drawn + password));
    const heard = [...Buffer.from(line)].flatMap((byte) => hear(byte, 0));
    expect(Buffer.concat(heard.map(({ bytes }) => bytes)).toString()).toBe(answer);
  });
});
