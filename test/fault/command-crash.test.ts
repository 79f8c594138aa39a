/**
 * A gateway that is killed while a device of each driver does what it was told and has not said so yet: after the next
 * start each is answered as unknown, stays so, and is never done again; what waited behind it is not done at all.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync, sign } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Command, type CommandAnswer, commandAnswerSchema } from "../../config/schema/command.ts";
import { type AuditRead, readAudit } from "../../edge/audit.ts";
import { saveConfiguration } from "../../edge/cli/save-configuration.ts";
import { configurationOf } from "../../simulator/scenes/configuration.ts";
import { sceneSchema } from "../../simulator/scenes/scene-schema.ts";
import { SimulatedSchool } from "../../simulator/scenes/simulated-school.ts";
import { commandedRooms, Moves } from "../scenario/commanded-rooms.ts";
import { freePort } from "../scenario/school-folder.ts";
import { ScriptedBroker } from "../unit/uplink/scripted-broker.ts";

const program = new URL("../../edge/cli/main.ts", import.meta.url).pathname;
const topic = "edu/v1/2133000001/gw1";

const scene = sceneSchema.parse({
  school: { id: "2133000001" },
  floors: [{ floor: "1", rooms: "101..108" }],
  devices: [
    { name: "pjlink", model: "pjlink-projector", in: ["101"] },
    { name: "samsung", model: "samsung-mdc", in: ["102"] },
    { name: "samsung-tcp", model: "samsung-mdc-tcp", in: ["103"] },
    { name: "hex", model: "hex-panel", in: ["104"] },
    { name: "hex-tcp", model: "hex-panel-tcp", in: ["105"] },
    { name: "zhonghong", model: "zhonghong-ac", in: ["106"] },
    { name: "zhonghong-serial", model: "zhonghong-ac-serial", in: ["107"] },
    { name: "onokom", model: "onokom-air-ac", in: ["108"], unit: "1" },
  ].map((device) => ({ ...device, every: "1s" })),
});

type Order = [action: string, args: Command["args"], moved: string];
const warmer: Order = ["setpoint", { temperature: 21 }, "target 21"];
const on: Order = ["power-on", {}, "on"];
const orders: Record<string, Order> = {
  "101-pjlink": on,
  "102-samsung": on,
  "103-samsung-tcp": on,
  "104-hex": on,
  "105-hex-tcp": on,
  "106-zhonghong": warmer,
  "107-zhonghong-serial": warmer,
  "108-onokom": ["setpoint", { temperature: 21 }, "holding 5 = 2100"],
};
const devices = Object.keys(orders);

const pair = generateKeyPairSync("ed25519");
const key = pair.publicKey.export({ format: "der", type: "spki" }).toString("base64");
const root = mkdtempSync(join(tmpdir(), "ce-crash-"));
const config = join(root, "config");
const data = join(root, "data");
const moves = new Moves();
const host = "127.0.0.1";
const school = new SimulatedSchool(scene, commandedRooms(scene, moves), { host });
const broker = new ScriptedBroker();
const sent = new Map<string, Buffer>();
const answers = new Map<string, CommandAnswer[]>();
let gateway: ChildProcess | null = null;
let audit: AuditRead;

const until = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await wait(20);
};

/** Runs, and listens to the platform. */
async function start(): Promise<void> {
  const before = broker.subscribes.length;
  gateway = spawn(process.execPath, [program, "run", "--json", "--config", config], { stdio: "ignore" });
  const listens = () =>
    broker.subscribes
      .slice(before)
      .some(({ subscriptions }) => subscriptions.some((each) => each.topic.endsWith("/dn/cmd")));
  await until(listens);
}

async function end(signal: NodeJS.Signals): Promise<void> {
  const child = gateway;
  gateway = null;
  if (child === null || child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  await once(child, "exit");
}

function ask(device: string, action: string, args: Command["args"], req: string): void {
  const issued = Date.now();
  const body = JSON.stringify({
    ...{ v: 1, school: "2133000001", gateway: "gw1", req, device, action, args },
    ...{ issued, expires: issued + 300_000, by: "platform", why: "" },
  });
  const sig = sign(null, Buffer.from(body), pair.privateKey).toString("base64");
  sent.set(req, Buffer.from(JSON.stringify({ body, key: "ops", sig })));
  say(req);
}
const say = (req: string) => broker.message(`${topic}/dn/cmd`, sent.get(req) ?? "");

function look(): void {
  answers.clear();
  for (const publish of broker.publishes) {
    if (publish.topic !== `${topic}/up/ack`) continue;
    const answer = commandAnswerSchema.parse(JSON.parse(publish.payload.toString()));
    const req = answer.req ?? "";
    answers.set(req, [...(answers.get(req) ?? []), answer]);
  }
}
const ended = (req: string, times = 1) => {
  look();
  return (answers.get(req) ?? []).filter(({ state }) => state !== "accepted").length >= times;
};
const isHeard = () => {
  look();
  return [...sent.keys()].every((req) => answers.has(req));
};

const first = (device: string) => `first-${device}`;
const behind = "behind-102-samsung";
const later = "later-103-samsung-tcp";

beforeAll(async () => {
  moves.watch(school);
  await school.start();
  await broker.listen();
  const url = `mqtt://${host}:${await freePort()}`;
  const words = { broker: `${host}:0`, dataFolder: data, platform: { url, user: "u", password: "p" } };
  const uplink = `uplinks:
  ops: { kind: mqtt, url: "mqtt://${host}:${broker.port}", insecure: true, user: gw1, password: secret:platform, accepts: simulated, confirm: broker, commands: { ops: { key: ${key}, actions: ["*"] } } }
`;
  const files = configurationOf(scene, school.reached, words);
  saveConfiguration(config, [...files, { name: "ops.yaml", text: uplink, isSecret: false }]);
  await start();
  // Each has been asked, so that its line is open; then none says a word any more, and does what it is told.
  const { instruments } = school.controls;
  const orderless = () =>
    [...instruments.values()].filter((each) => (each as { orders?: unknown[] }).orders?.length === 0);
  await until(() => orderless().length === 0 && (school.slaves.get("108-onokom")?.heard ?? 0) > 0);
  const silent = [...new Set([...instruments.values()]), ...school.slaves.values()].map(({ faults }) =>
    faults.add({ kind: "mute" }),
  );
  for (const [device, [action, args]] of Object.entries(orders)) ask(device, action, args, first(device));
  ask("102-samsung", "volume", { to: 40 }, behind);
  await until(() => devices.every((device) => moves.of(device).length > 0) && isHeard());
  await end("SIGKILL");
  for (const speak of silent) speak();
  await start();
  const reqs = [...sent.keys()];
  await until(() => reqs.every((req) => ended(req)));
  for (const req of reqs) say(req);
  await until(() => reqs.every((req) => ended(req, 2)));
  ask("103-samsung-tcp", "volume", { to: 33 }, later);
  await until(() => ended(later));
  await end("SIGTERM");
  audit = await readAudit(data);
}, 150_000);
afterAll(async () => {
  await end("SIGKILL");
  await school.stop();
  await broker.close();
  rmSync(root, { recursive: true, force: true });
});

describe("a gateway that is killed in the middle of a command", () => {
  it.each(devices)(
    "to %s says that nobody knows, the same each time, and does it no second time",
    (device) => {
      const [, , moved] = orders[device] ?? [];
      expect(moves.of(device).filter((each) => each === moved)).toEqual([moved]);
      const [accepted, ...last] = answers.get(first(device)) ?? [];
      expect(accepted?.state).toBe("accepted");
      expect(last.length).toBeGreaterThan(1);
      for (const answer of last) {
        expect(answer).toMatchObject({ state: "unknown", code: "interrupted", readBack: {} });
        expect(answer).toEqual(last[0]);
      }
      const entries = audit.entries.filter(
        ({ facts, what }) => what !== "command.told" && facts.req === first(device),
      );
      expect(entries.map(({ what }) => what)).toEqual(["command.accepted", "command.unknown"]);
    },
  );

  it("does not do what waited behind it, and goes on with what comes", () => {
    expect(answers.get(behind)?.at(-1)).toMatchObject({ state: "unknown", code: "interrupted" });
    expect(moves.of("102-samsung")).toEqual(["on"]);
    expect(answers.get(later)?.at(-1)).toMatchObject({ state: "done", readBack: { volume: 33 } });
    expect(moves.of("103-samsung-tcp")).toEqual(["on", "volume 33"]);
    expect(audit.breaks).toEqual([]);
  });
});
