/** A projector asked over real sockets: passwords, what it does not know, and a hostile one. */
import { createHash } from "node:crypto";
import type { Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Done, Driver, Kind, Reading, Session } from "../../../drivers/contract/index.ts";
import { openDriver } from "../../../drivers/registry.ts";
import { FarEnd, freePort, until } from "../line/far-end.ts";
import { deviceOf, never, onlyJob, passing, world } from "./bytes.ts";

const salt = "498e4a67";
const digest = (password: string) =>
  createHash("md5")
    .update(salt + password)
    .digest("hex");

const driver: Driver = await openDriver("pjlink");
const points = {
  display_on: { ask: "power" },
  display_input: { ask: "input" },
  fan_state: { ask: "fan" },
  lamp_hours: { ask: "lamp-hours" },
  lamp_hours_2: { ask: "lamp-hours", lamp: "2" },
  device_name: { ask: "name" },
};
const actions = {
  "power-on": { set: "power", value: "1" },
  input: { set: "input", arg: "to" },
};

let end: FarEnd;
let session: Session;
let lab: ReturnType<typeof world>;
let says: Record<string, string>;
let greeting: string;
/** What it was told, digests included. */
let told: string[];
/** In place of its answers. */
let rudely: ((command: string, socket: Socket) => void) | null;

const link = () => driver.kind.link.parse({ password: "secret:pj" });
const device = (port = end.port) =>
  deviceOf(driver.kind as Kind, "projector", {
    address: { host: "127.0.0.1", port: String(port) },
    profile: { answer: "500ms" },
    points,
    actions,
  });
const job = () => onlyJob(driver.kind as Kind, link(), device());
const ask = async (): Promise<{ reading: Reading; instead?: unknown }> => {
  if (session.run === undefined) throw new Error("it is not polled");
  return passing(lab.clock, session.run(job(), never()));
};
const tell = (action: string, args: Record<string, string | number> = {}): Promise<Done> => {
  if (session.command === undefined) throw new Error("it is not told");
  return passing(lab.clock, session.command({ req: "r1", device: "projector", action, args }, never()));
};
const valuesOf = ({ samples }: Reading) => Object.fromEntries(samples.map(({ point, raw }) => [point, raw]));
const codesOf = ({ faults }: Reading) => faults.map(({ code }) => code);

beforeEach(async () => {
  end = await FarEnd.listen();
  lab = world();
  lab.secrets.set("pj", "JBMIAProjectorLink");
  greeting = "PJLINK 0\r";
  told = [];
  rudely = null;
  says = {
    "%1POWR ?": "1",
    "%1INPT ?": "31",
    "%1ERST ?": "000010",
    "%1LAMP ?": "1234 1 567 0",
    "%1NAME ?": Buffer.from("301 投影", "utf8").toString("latin1"),
    "%1POWR 1": "OK",
    "%1INPT 31": "OK",
  };
  end.onConnect = (socket) => {
    let pending = "";
    socket.write(greeting, "latin1");
    socket.on("data", (bytes: Uint8Array) => {
      pending += Buffer.from(bytes).toString("latin1");
      if (!pending.endsWith("\r")) return;
      const said = pending.slice(0, -1);
      pending = "";
      told.push(said);
      const command = said.replace(/^[0-9a-f]{32}/, "");
      if (rudely !== null) rudely(command, socket);
      else socket.write(`${command.slice(0, 6)}=${says[command] ?? "ERR1"}\r`, "latin1");
    });
  };
  session = await driver.open(link(), [device()], lab.context, never());
});
afterEach(async () => {
  await passing(lab.clock, session.close());
  expect(lab.clock.sleeping).toBe(0);
  await end.close();
});

describe("a projector without a password", () => {
  it("is asked all in one conversation, and left", async () => {
    const { reading } = await ask();
    expect(valuesOf(reading)).toEqual({
      display_on: 1,
      display_input: "31",
      fan_state: 0,
      lamp_hours: 1234,
      lamp_hours_2: 567,
      device_name: "301 投影",
    });
    expect(reading.faults).toEqual([]);
    expect(end.connections).toBe(1);
    expect(told.some((said) => /[0-9a-f]{32}/.test(said))).toBe(false);
    expect(new Set(told).size).toBe(told.length);
    await ask();
    expect(end.connections).toBe(2);
    await until(() => end.sockets.size === 0);
  });

  it("that knows no lamp has no fault, and is not asked for it again for a day", async () => {
    says["%1LAMP ?"] = "ERR1";
    expect(await ask()).toMatchObject({ reading: { faults: [] } });
    const before = told.length;
    const { reading } = await ask();
    expect(told.slice(before)).not.toContain("%1LAMP ?");
    expect(reading).toMatchObject({ faults: [] });
    expect(valuesOf(reading).lamp_hours).toBeUndefined();
    await lab.clock.advance(25 * 3_600_000);
    says["%1LAMP ?"] = "1 1";
    expect(valuesOf((await ask()).reading).lamp_hours).toBe(1);
  });

  it("that knows nothing of what is asked is asked seldom, and whole again then", async () => {
    says = {};
    expect(await ask()).toMatchObject({ reading: { samples: [], faults: [] }, instead: [] });
    const before = told.length;
    await ask();
    expect(told.length).toBe(2 * before);
  });

  it("that is warming or cooling says less, and nothing is wrong", async () => {
    says["%1POWR ?"] = "2";
    says["%1INPT ?"] = "ERR3";
    const { reading } = await ask();
    expect(valuesOf(reading)).toMatchObject({ display_on: 2, lamp_hours: 1234 });
    expect(valuesOf(reading).display_input).toBeUndefined();
    expect(reading.faults).toEqual([]);
  });

  it("that failed says so for that alone, and what is no value is none", async () => {
    says["%1INPT ?"] = "ERR4";
    says["%1ERST ?"] = "9";
    const { reading } = await ask();
    expect(reading.faults.map(({ code, point }) => [code, point])).toEqual([
      ["pjlink.failure", "display_input"],
      ["pjlink.value", "fan_state"],
    ]);
    expect(valuesOf(reading)).toMatchObject({ display_on: 1 });
  });
});

describe("a projector with a password", () => {
  beforeEach(() => {
    greeting = `PJLINK 1 ${salt}\r`;
  });
  const strict = () => {
    rudely = (command, socket) => {
      const isRight = told.at(-1)?.startsWith(digest("JBMIAProjectorLink")) === true || told.length > 1;
      socket.write(
        isRight ? `${command.slice(0, 6)}=${says[command] ?? "ERR1"}\r` : "PJLINK ERRA\r",
        "latin1",
      );
    };
  };

  it("hears the digest once, in front of the first command", async () => {
    strict();
    const { reading } = await ask();
    expect(valuesOf(reading)).toMatchObject({ display_on: 1 });
    expect(told[0]).toBe("5d8409bc1c3fa39749434aa3a5c38682%1POWR ?");
    expect(told.slice(1).every((said) => said.startsWith("%1"))).toBe(true);
  });

  it("that refuses it is not tried again until the secret changes", async () => {
    rudely = (_, socket) => socket.write("PJLINK ERRA\r");
    const { reading } = await ask();
    expect(reading).toMatchObject({
      samples: [],
      faults: [{ code: "pjlink.password", layer: "access", retry: "never" }],
    });
    expect(end.connections).toBe(1);
    for (let turn = 0; turn < 3; turn++) expect(codesOf((await ask()).reading)).toEqual(["pjlink.password"]);
    expect(await tell("power-on")).toMatchObject({ state: "failed", fault: { code: "pjlink.password" } });
    await session.update?.([device()], never());
    expect(codesOf((await ask()).reading)).toEqual(["pjlink.password"]);
    expect(end.connections).toBe(1);
    lab.secrets.set("pj", "another");
    rudely = null;
    expect(valuesOf((await ask()).reading)).toMatchObject({ display_on: 1 });
    expect(told.at(1)?.startsWith(digest("another"))).toBe(true);
  });

  it("hears nothing from who has none, and says that it wants one", async () => {
    const open = driver.kind.link.parse({});
    const other = await driver.open(open, [device()], lab.context, never());
    const run = () => passing(lab.clock, other.run?.(job(), never()) ?? Promise.reject(new Error("no run")));
    expect(codesOf((await run()).reading)).toEqual(["pjlink.no-password"]);
    expect(codesOf((await run()).reading)).toEqual(["pjlink.no-password"]);
    expect(end.connections).toBe(2);
    expect(told).toEqual([]);
    await other.close();
  });

  it("whose secret is gone is not connected to", async () => {
    lab.secrets.clear();
    expect(codesOf((await ask()).reading)).toEqual(["pjlink.secret"]);
    expect(end.connections).toBe(0);
  });
});

describe("a hostile projector", () => {
  const late = () => new Promise((resolve) => setTimeout(resolve, 20));
  it.each([
    ["a greeting of another protocol", "SSH-2.0-OpenSSH_9.9\r", "pjlink.greeting"],
    ["a greeting with a salt that is none", "PJLINK 1 zzzzzzzz\r", "pjlink.greeting"],
    ["a greeting without an end", "A".repeat(300), "pjlink.endless"],
    ["a greeting of 10 MB", "A".repeat(10_000_000), "pjlink.endless"],
    ["bytes", "\x00\x01\x02\xff", "pjlink.noise"],
    ["no greeting", "", "pjlink.silent"],
    ["half of a greeting", "PJLI", "pjlink.short"],
    ["a greeting that refuses", "PJLINK ERRA\r", "pjlink.password"],
  ])("with %s gives a fault and no value", async (_, said, code) => {
    greeting = said;
    const { reading } = await ask();
    expect(reading.samples).toEqual([]);
    expect(codesOf(reading)).toEqual([code]);
    expect(told).toEqual([]);
  });

  it.each<[string, (command: string, socket: Socket) => void, string]>([
    ["answers another command", (_, socket) => socket.write("%1INPT=1\r"), "pjlink.other"],
    ["answers twice in one", (_, socket) => socket.write("%1POWR=1\r%1POWR=0\r"), "pjlink.glued"],
    ["answers without an end", (_, socket) => socket.write("%1POWR=".padEnd(200, "1")), "pjlink.endless"],
    ["answers without a return", (_, socket) => socket.write("%1POWR=1"), "pjlink.short"],
    ["answers in bytes", (_, socket) => socket.write(Uint8Array.of(0, 1, 2)), "pjlink.noise"],
    ["gives the command back", (command, socket) => socket.write(`${command}\r`), "pjlink.noise"],
    ["says nothing", () => {}, "pjlink.silent"],
  ])("that %s gives a fault and no value, and is asked anew next time", async (_, rude, code) => {
    rudely = rude;
    const { reading } = await ask();
    expect(reading.samples).toEqual([]);
    expect(codesOf(reading)).toEqual([code]);
    rudely = null;
    expect(valuesOf((await ask()).reading)).toMatchObject({ display_on: 1 });
  });

  it("that drips is given up within the time of one answer", async () => {
    rudely = (_, socket) => {
      const drip = () => {
        if (socket.destroyed) return;
        socket.write("1");
        setTimeout(drip, 15);
      };
      drip();
    };
    const began = lab.clock.monotonicMs();
    const { reading } = await ask();
    expect(codesOf(reading)).toEqual(["pjlink.short"]);
    expect(lab.clock.monotonicMs() - began).toBeLessThan(5000);
    await late();
  });

  it("that hangs up in the middle is a lost connection, and no value", async () => {
    rudely = (_, socket) => socket.destroy();
    await expect(ask()).rejects.toMatchObject({ fault: { code: "line.gone", retry: "later" } });
  });

  it("that is not there is told by what the network says", async () => {
    const nobody = device(await freePort());
    await session.update?.([nobody], never());
    await expect(ask()).rejects.toMatchObject({ fault: { code: "line.refused" } });
  });
});

describe("a projector that is told something", () => {
  it("does it once, and says so", async () => {
    expect(await tell("power-on")).toEqual({ state: "done", readBack: [] });
    expect(await tell("input", { to: 31 })).toEqual({ state: "done", readBack: [] });
    expect(told).toEqual(["%1POWR 1", "%1INPT 31"]);
  });

  it.each([
    ["ERR1", "pjlink.refused"],
    ["ERR2", "pjlink.refused"],
    ["ERR3", "pjlink.not-now"],
    ["ERR4", "pjlink.failure"],
  ])("and says %s, has not", async (error, code) => {
    says["%1POWR 1"] = error;
    expect(await tell("power-on")).toMatchObject({ state: "failed", fault: { code } });
    expect(told).toEqual(["%1POWR 1"]);
  });

  it.each<[string, (command: string, socket: Socket) => void, string]>([
    ["says nothing", () => {}, "pjlink.silent"],
    ["says something else", (_, socket) => socket.write("%1INPT=OK\r"), "pjlink.other"],
    ["says a state", (_, socket) => socket.write("%1POWR=1\r"), "pjlink.value"],
    ["hangs up", (_, socket) => socket.destroy(), "line.gone"],
  ])("and %s: nobody knows, and it is not told twice", async (_, rude, code) => {
    rudely = rude;
    expect(await tell("power-on")).toMatchObject({ state: "unknown", fault: { code } });
    expect(told).toEqual(["%1POWR 1"]);
  });

  it("is not told what it does not take, or what the profile does not have", async () => {
    for (const args of [{}, { to: "?" }, { to: "31\r%1POWR 0" }])
      expect(await tell("input", args)).toMatchObject({
        state: "failed",
        fault: { code: "pjlink.argument" },
      });
    expect(await tell("toString")).toMatchObject({ state: "failed", fault: { code: "pjlink.argument" } });
    expect(end.connections).toBe(0);
  });

  it("and is not there, cannot have heard it", async () => {
    await session.update?.([device(await freePort())], never());
    expect(await tell("power-on")).toMatchObject({ state: "failed", fault: { code: "line.refused" } });
  });
});
