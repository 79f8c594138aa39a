/** Displays on a serial line and in the network, and panels with a table: asked and told over real sockets. */
import type { Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type {
  DevicePlan,
  Done,
  Driver,
  Job,
  Kind,
  Reading,
  Session,
} from "../../../drivers/contract/index.ts";
import { openDriver } from "../../../drivers/registry.ts";
import { FarEnd, freePort, until } from "../line/far-end.ts";
import {
  ascii,
  bytes,
  deviceOf,
  hisenseSaid,
  mdc,
  mdcSaid,
  never,
  onlyJob,
  passing,
  shown,
  sum,
  world,
} from "./bytes.ts";

type Written = Parameters<typeof deviceOf>[2];
const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
});

interface Stage {
  end: FarEnd;
  lab: ReturnType<typeof world>;
  session: Session;
  devices: Map<string, DevicePlan>;
  ask(device: string): Promise<{ reading: Reading; turnaroundMs?: number }>;
  tell(
    device: string,
    action: string,
    args?: Record<string, string | number>,
    stepMs?: number,
  ): Promise<Done>;
  sent(): string[];
}

async function stage(
  kindName: "display-serial" | "display-tcp" | "hex-serial" | "hex-tcp",
  written: Record<string, Written>,
  answer: (asked: Uint8Array, socket: Socket) => void,
): Promise<Stage> {
  const driver: Driver = await openDriver(kindName);
  const kind = driver.kind as Kind;
  const lab = world();
  const end = await FarEnd.listen();
  opened.push({ close: () => end.close() });
  end.onData = answer;
  const isSerial = kindName.endsWith("serial");
  const link = isSerial
    ? { host: "127.0.0.1", port: end.port, baud: 9600, format: "8N1" as const }
    : { port: end.port };
  const devices = new Map(
    Object.entries(written).map(([id, { address = {}, ...rest }]) => [
      id,
      deviceOf(kind, id, { ...rest, address: isSerial ? address : { host: "127.0.0.1", ...address } }),
    ]),
  );
  const session = await driver.open(link, [...devices.values()], lab.context, never());
  opened.push({ close: () => passing(lab.clock, session.close()) });
  const jobOf = (id: string): Job => onlyJob(kind, link, devices.get(id) as DevicePlan);
  return {
    end,
    lab,
    session,
    devices,
    ask: (id) => passing(lab.clock, session.run?.(jobOf(id), never()) ?? Promise.reject(new Error("no run"))),
    tell: (device, action, args = {}, stepMs = 5) =>
      passing(
        lab.clock,
        session.command?.({ req: "r", device, action, args }, never()) ??
          Promise.reject(new Error("no command")),
        stepMs,
      ),
    sent: () => end.received.map(shown),
  };
}

const valuesOf = ({ samples }: Reading) => Object.fromEntries(samples.map(({ point, raw }) => [point, raw]));
const faultsOf = ({ faults }: Reading) => faults.map(({ code, point }) => [code, point]);

const samsung = (number: number): Written => ({
  address: { number: String(number), answer: "300ms" },
  profile: { protocol: "samsung-mdc", pause: "20ms" },
  points: { display_on: { ask: "power" }, display_input: { ask: "input" }, volume: { ask: "volume" } },
  actions: {
    "power-on": { set: "power", value: "1" },
    volume: { set: "volume", arg: "to" },
  },
});
/** As a set that is on. */
const wellDone = (asked: Uint8Array, socket: Socket) => {
  const [head, command = 0, id = 0, length = 0, value = 0] = asked;
  if (head === 0xaa) socket.write(mdcSaid(id, command, [length === 0 ? (command === 0x11 ? 1 : id) : value]));
};

describe("displays that share a serial line", () => {
  it("are each asked by their number, power first", async () => {
    const { ask, sent } = await stage("display-serial", { a: samsung(1), b: samsung(2) }, wellDone);
    expect(valuesOf((await ask("a")).reading)).toEqual({ display_on: 1, display_input: "01", volume: 1 });
    const { reading, turnaroundMs } = await ask("b");
    expect(valuesOf(reading)).toEqual({ display_on: 1, display_input: "02", volume: 2 });
    expect(turnaroundMs).toBeGreaterThanOrEqual(0);
    expect(sent()).toEqual(
      [1, 2].flatMap((id) => [0x11, 0x14, 0x12].map((command) => shown(mdc(command, id, [])))),
    );
  });

  it("are asked no more when they are off, and that is no fault", async () => {
    const { ask, sent } = await stage(
      "display-serial",
      { a: samsung(1) },
      ([, command = 0, id = 0], socket) => {
        socket.write(command === 0x11 ? mdcSaid(id, command, [0]) : mdcSaid(id, command, [1], "N"));
      },
    );
    const { reading } = await ask("a");
    expect(valuesOf(reading)).toEqual({ display_on: 0 });
    expect(reading.faults).toEqual([]);
    expect(sent()).toHaveLength(1);
  });

  it("are asked first whether they are on, also where that is no point or stands last", async () => {
    let power = 0;
    const points = { volume: { ask: "volume" }, display_input: { ask: "input" } };
    const { ask, sent } = await stage(
      "display-serial",
      {
        a: { ...samsung(1), points },
        b: { ...samsung(2), points: { ...points, display_on: { ask: "power" } } },
      },
      ([, command = 0, id = 0], socket) => socket.write(mdcSaid(id, command, [command === 0x11 ? power : 5])),
    );
    for (const id of ["a", "b"]) expect((await ask(id)).reading.faults).toEqual([]);
    expect(sent()).toEqual([shown(mdc(0x11, 1, [])), shown(mdc(0x11, 2, []))]);
    power = 1;
    expect(valuesOf((await ask("a")).reading)).toEqual({ volume: 5, display_input: "05" });
    expect(valuesOf((await ask("b")).reading)).toEqual({ volume: 5, display_input: "05", display_on: 1 });
  });

  it("are told apart when one answers too late", async () => {
    let held: Uint8Array | null = null;
    const { ask, lab } = await stage("display-serial", { a: samsung(1), b: samsung(2) }, (asked, socket) => {
      const [, command = 0, id = 0] = asked;
      if (id === 1) held = mdcSaid(1, command, [1]);
      else socket.write(Uint8Array.of(...(held ?? []), ...mdcSaid(2, command, [command === 0x11 ? 1 : 50])));
    });
    expect(faultsOf((await ask("a")).reading)).toEqual([["display.silent", undefined]]);
    const { reading } = await ask("b");
    expect(valuesOf(reading)).toEqual({ display_on: 1, display_input: "32", volume: 50 });
    expect(lab.clock.sleeping).toBe(0);
  });

  it("that refuse one thing, say nothing to another, or garble it, give the rest", async () => {
    const said: Record<number, Uint8Array> = {
      17: mdcSaid(1, 0x11, [1]),
      20: mdcSaid(1, 0x14, [1], "N"),
      18: mdcSaid(1, 0x12, [30]),
    };
    const { ask } = await stage("display-serial", { a: samsung(1) }, ([, command = 0], socket) => {
      const answer = said[command];
      if (answer !== undefined) socket.write(answer);
    });
    expect(faultsOf((await ask("a")).reading)).toEqual([["display.refused", "display_input"]]);
    delete said[0x14];
    const { reading } = await ask("a");
    expect(faultsOf(reading)).toEqual([["display.silent", "display_input"]]);
    expect(valuesOf(reading)).toEqual({ display_on: 1, volume: 30 });
    said[0x14] = Uint8Array.from(mdcSaid(1, 0x14, [0x21]), (byte, at) => (at === 6 ? byte ^ 1 : byte));
    expect(faultsOf((await ask("a")).reading)).toEqual([["display.checksum", "display_input"]]);
  });

  it("are told once: done, refused, or nobody knows", async () => {
    let answers: (asked: Uint8Array, socket: Socket) => void = wellDone;
    const { tell, sent } = await stage("display-serial", { a: samsung(1) }, (asked, socket) =>
      answers(asked, socket),
    );
    expect(await tell("a", "power-on")).toEqual({ state: "done", readBack: [] });
    expect(await tell("a", "volume", { to: 30 })).toEqual({ state: "done", readBack: [] });
    answers = ([, command = 0, id = 0], socket) => socket.write(mdcSaid(id, command, [1], "N"));
    expect(await tell("a", "power-on")).toMatchObject({
      state: "failed",
      fault: { code: "display.refused" },
    });
    answers = () => {};
    expect(await tell("a", "power-on")).toMatchObject({
      state: "unknown",
      fault: { code: "display.silent" },
    });
    expect(sent()).toEqual(
      [mdc(0x11, 1, [1]), mdc(0x12, 1, [30]), mdc(0x11, 1, [1]), mdc(0x11, 1, [1])].map(shown),
    );
    for (const to of [101, -1, 1.5, "x"])
      expect(await tell("a", "volume", { to })).toMatchObject({
        state: "failed",
        fault: { code: "display.argument" },
      });
    expect(sent()).toHaveLength(4);
  });

  it("behind a serial server that has been quiet for a minute are connected to anew", async () => {
    const { ask, session, end, lab } = await stage("display-serial", { a: samsung(1) }, () => {});
    await ask("a");
    await ask("a");
    await lab.clock.advance(61_000);
    await ask("a");
    expect(await passing(lab.clock, session.ended)).toMatchObject({ code: "display.mute", retry: "later" });
    await until(() => end.sockets.size === 0);
  });

  it("that are only now and then quiet keep their connection", async () => {
    let quiet = true;
    const { ask, end, lab } = await stage("display-serial", { a: samsung(1) }, (asked, socket) => {
      if (!quiet) wellDone(asked, socket);
    });
    for (let turn = 0; turn < 4; turn++) {
      quiet = true;
      await ask("a");
      quiet = false;
      expect(valuesOf((await ask("a")).reading)).toMatchObject({ display_on: 1 });
      await lab.clock.advance(61_000);
    }
    expect(end.connections).toBe(1);
  });
});

describe("displays in the network", () => {
  it("are connected to for each turn, and left", async () => {
    const { ask, end } = await stage("display-tcp", { a: samsung(1) }, wellDone);
    expect(valuesOf((await ask("a")).reading)).toEqual({ display_on: 1, display_input: "01", volume: 1 });
    await until(() => end.sockets.size === 0);
    await ask("a");
    expect(end.connections).toBe(2);
  });

  it("that garble one answer are not believed in the same conversation", async () => {
    const { ask, sent } = await stage("display-tcp", { a: samsung(1) }, ([, command = 0, id = 0], socket) => {
      socket.write(command === 0x11 ? mdcSaid(id, command, [1]) : ascii("hello there"));
    });
    const { reading } = await ask("a");
    expect(valuesOf(reading)).toEqual({ display_on: 1 });
    expect(faultsOf(reading)).toEqual([["display.noise", undefined]]);
    expect(sent()).toHaveLength(2);
  });

  it("that are not there are told by what the network says; a command failed then", async () => {
    const { ask, tell, session, devices } = await stage("display-tcp", { a: samsung(1) }, wellDone);
    const gone = devices.get("a") as DevicePlan;
    const moved = { ...gone, address: { ...(gone.address as object), port: await freePort() } };
    await session.update?.([moved], never());
    await expect(ask("a")).rejects.toMatchObject({ fault: { code: "line.refused" } });
    expect(await tell("a", "power-on")).toMatchObject({ state: "failed", fault: { code: "line.refused" } });
  });

  it("that hang up after they were told: nobody knows", async () => {
    const { tell, end } = await stage("display-tcp", { a: samsung(1) }, (_, socket) => socket.destroy());
    expect(await tell("a", "power-on")).toMatchObject({ state: "unknown", fault: { code: "line.gone" } });
    expect(end.received).toHaveLength(1);
  });

  it("of Epson are greeted first; switching on may take 110 s", async () => {
    const hello = (state: number) => Uint8Array.of(...ascii("ESC/VP.net"), 0x10, 3, 0, 0, state, 0);
    let state = 0x20;
    let slowMs = 0;
    const written: Written = {
      profile: { protocol: "epson", answer: "500ms" },
      points: { display_power: { ask: "power" } },
      actions: { "power-on": { set: "power", value: "ON" } },
    };
    const { ask, tell, sent, lab } = await stage("display-tcp", { p: written }, (asked, socket) => {
      const text = Buffer.from(asked).toString("latin1");
      if (text.startsWith("ESC")) socket.write(hello(state));
      else if (text === "PWR?\r") socket.write("PWR=01\r:");
      else void lab.clock.sleep(slowMs, never()).then(() => socket.write(":"));
    });
    expect(valuesOf((await ask("p")).reading)).toEqual({ display_power: 1 });
    expect(sent()).toEqual([shown(hello(0)), shown(ascii("PWR?\r"))]);
    slowMs = 100_000;
    expect(await tell("p", "power-on", {}, 250)).toEqual({ state: "done", readBack: [] });
    slowMs = 112_000;
    expect(await tell("p", "power-on", {}, 250)).toMatchObject({
      state: "unknown",
      fault: { code: "display.silent" },
    });
    await lab.clock.advance(10_000);
    state = 0x41;
    expect(faultsOf((await ask("p")).reading)).toEqual([["display.no-password", undefined]]);
    expect(await tell("p", "power-on")).toMatchObject({
      state: "failed",
      fault: { code: "display.no-password" },
    });
    expect(sent().at(-1)).toBe(shown(hello(0)));
  });

  it("of Hisense DM hear and speak hexadecimal text", async () => {
    const written: Written = {
      profile: { protocol: "hisense", framing: "hex-text" },
      points: { display_on: { ask: "power" }, volume: { ask: "volume" } },
    };
    const { ask, end } = await stage("display-tcp", { h: written }, (_, socket) =>
      socket.write(shown(hisenseSaid(0x28, 1, [30, 5, 5, 0, 0, 0]))),
    );
    expect(valuesOf((await ask("h")).reading)).toEqual({ display_on: 0, volume: 30 });
    expect(Buffer.concat(end.received).toString("latin1")).toBe("DDFF0006C128000001EEBBCC");
  });
});

const withSum = (hex: string) => Uint8Array.of(...bytes(hex), sum(bytes(hex)));
const panel: Written = {
  points: {
    display_on: { ask: "AA 01 51 00", reply: "AA 81 51 ..", at: "3", checksum: "sum8", wait: "200ms" },
    volume: { ask: "AA 01 52 00", reply: "AA 81 52 ..", at: "3", checksum: "sum8", wait: "200ms" },
  },
  actions: {
    "power-on": { send: "AA 01 50 01", reply: "AA 81 50 ..", checksum: "sum8", wait: "300ms" },
    "power-off": { send: "AA 01 50 00", checksum: "sum8", wait: "300ms" },
    volume: { send: "AA 01 53 ##", arg: "to", reply: "AA 81 53 ..", checksum: "sum8", wait: "300ms" },
  },
};

describe.each(["hex-serial", "hex-tcp"] as const)("a panel with a table of bytes, on %s", (kindName) => {
  const says = (asked: Uint8Array) => {
    if (asked[2] === 0x50 && asked[3] === 0) return null;
    return withSum(`AA 81 ${shown(asked.subarray(2, 3))} ${asked[2] === 0x52 ? "1E" : "01"}`);
  };

  it("is asked row by row and told once", async () => {
    const { ask, tell, sent } = await stage(kindName, { p: panel }, (asked, socket) => {
      const said = says(asked);
      if (said !== null) socket.write(said);
    });
    expect(valuesOf((await ask("p")).reading)).toEqual({ display_on: 1, volume: 30 });
    expect(await tell("p", "power-on")).toEqual({ state: "done", readBack: [] });
    expect(await tell("p", "power-off")).toEqual({ state: "done", readBack: [] });
    expect(await tell("p", "volume", { to: 30 })).toEqual({ state: "done", readBack: [] });
    expect(sent()).toEqual(
      ["AA 01 51 00", "AA 01 52 00", "AA 01 50 01", "AA 01 50 00", "AA 01 53 1E"].map((row) =>
        shown(withSum(row)),
      ),
    );
    for (const to of [256, -1, 1.5, "30"])
      expect(await tell("p", "volume", { to })).toMatchObject({
        state: "failed",
        fault: { code: "hex.argument" },
      });
  });

  it("gives no value of a wrong checksum, and nobody knows of a command that it garbles", async () => {
    const { ask, tell } = await stage(kindName, { p: panel }, (asked, socket) => {
      const said = says(asked);
      if (said !== null) socket.write(Uint8Array.from(said, (byte, at) => (at === 4 ? byte ^ 1 : byte)));
    });
    const { reading } = await ask("p");
    expect(reading.samples).toEqual([]);
    expect(faultsOf(reading)).toEqual([["hex.checksum", undefined]]);
    expect(await tell("p", "power-on")).toMatchObject({ state: "unknown", fault: { code: "hex.checksum" } });
  });

  it("that is silent is unknown where an answer is due", async () => {
    const { ask, tell } = await stage(kindName, { p: panel }, () => {});
    expect(faultsOf((await ask("p")).reading)).toEqual([["hex.silent", undefined]]);
    expect(await tell("p", "power-on")).toMatchObject({ state: "unknown", fault: { code: "hex.silent" } });
    expect(await tell("p", "power-off")).toEqual({ state: "done", readBack: [] });
  });
});
