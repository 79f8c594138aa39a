/** A projector as the supervisor polls it, through an evening: off, on, out of the network, and another password. */
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Driver, Kind, Reading, Session } from "../../../drivers/contract/index.ts";
import { openDriver } from "../../../drivers/registry.ts";
import type { Presence } from "../../../edge/supervise/polled-line.ts";
import { Poller } from "../../../edge/supervise/poller.ts";
import { recordingLog } from "../../fake-clock.ts";
import { FarEnd } from "../line/far-end.ts";
import { deviceOf, never, world } from "./bytes.ts";

const driver: Driver = await openDriver("pjlink");
const minute = 60_000;

let end: FarEnd;
let lab: ReturnType<typeof world>;
let session: Session;
let stop: AbortController;
let running: Promise<void>;
let readings: Reading[];
let presence: Presence[];
let log: ReturnType<typeof recordingLog>;
let says: (command: string) => string;

/** Lets minutes pass, slowly enough for what goes over loopback. */
async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 400) {
    await lab.clock.advance(400);
    await new Promise((resolve) => setTimeout(resolve, 0.2));
  }
}

beforeEach(async () => {
  end = await FarEnd.listen();
  lab = world();
  lab.secrets.set("pj", "p");
  readings = [];
  presence = [];
  log = recordingLog();
  says = (command) => `${command.slice(0, 6)}=${command === "%1POWR ?" ? "0" : "ERR3"}`;
  end.onConnect = (socket) => {
    let pending = "";
    socket.write("PJLINK 1 00112233\r");
    socket.on("data", (bytes: Uint8Array) => {
      pending += Buffer.from(bytes).toString("latin1");
      if (!pending.endsWith("\r")) return;
      const command = pending.slice(0, -1).replace(/^[0-9a-f]{32}/, "");
      pending = "";
      socket.write(`${says(command)}\r`);
    });
  };
  const kind = driver.kind as Kind;
  const link = kind.link.parse({ password: "secret:pj" });
  const address = { host: "127.0.0.1", port: String(end.port) };
  const projector = deviceOf(kind, "projector", {
    address,
    profile: { answer: "10s" },
    points: { display_on: { ask: "power" }, display_input: { ask: "input" } },
    everyMs: minute,
  });
  const lamp = deviceOf(kind, "projector", {
    address,
    points: { lamp_hours: { ask: "lamp-hours" } },
    everyMs: 5 * minute,
  });
  const device = { ...projector, points: [...projector.points, ...lamp.points] };
  session = await driver.open(link, [device], lab.context, never());
  const poller = new Poller({
    link: "pjlink",
    clock: lab.clock,
    log,
    hand: async (reading) => void readings.push(reading),
    presence: (fact) => void presence.push(fact),
    figures: () => {},
  });
  poller.adopt(kind.plan(link, [device]));
  stop = new AbortController();
  running = poller.run(session, stop.signal);
});
afterEach(async () => {
  stop.abort();
  await running;
  await session.close();
  await end.close();
});

const last = (point: string) =>
  readings.flatMap(({ samples }) => samples.filter((sample) => sample.point === point)).at(-1)?.raw;
const codes = () => new Set(readings.flatMap(({ faults }) => faults.map(({ code }) => code)));

it("is up while it is off, lit, or without a lamp, and nothing is wrong", async () => {
  await pass(2 * minute);
  expect(last("display_on")).toBe(0);
  says = (command) => `${command.slice(0, 6)}=${{ "%1POWR ?": "1", "%1INPT ?": "31" }[command] ?? "ERR1"}`;
  await pass(12 * minute);
  expect(last("display_on")).toBe(1);
  expect(last("display_input")).toBe("31");
  expect(codes()).toEqual(new Set());
  expect(presence.map(({ what }) => what)).toEqual(["up"]);
  expect(log.lines.filter(({ level }) => level === "error")).toEqual([]);
});

it("that refuses the password is tried once, and again once the secret is another", async () => {
  says = () => "PJLINK ERRA";
  await pass(10 * minute);
  expect(end.connections).toBe(1);
  expect(codes()).toEqual(new Set(["pjlink.password"]));
  lab.secrets.set("pj", "another");
  says = (command) => `${command.slice(0, 6)}=${command === "%1POWR ?" ? "1" : "ERR1"}`;
  await pass(2 * minute);
  expect(last("display_on")).toBe(1);
});

it("that is not there is told once, and once that it is back", async () => {
  await pass(minute);
  const { onConnect } = end;
  end.onConnect = (socket) => socket.destroy();
  await pass(6 * minute);
  expect(presence.map(({ what }) => what)).toEqual(["up", "down"]);
  end.onConnect = onConnect;
  await pass(3 * minute);
  expect(presence.map(({ what }) => what)).toEqual(["up", "down", "up"]);
});
