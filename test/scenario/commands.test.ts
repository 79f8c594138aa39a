/**
 * Commands end to end: a technician's `send` and a platform's signed message, through a real agent, to a simulated
 * relay board over Modbus TCP, and back.
 */
import { generateKeyPairSync, sign } from "node:crypto";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { commandAnswerSchema } from "../../config/schema/command.ts";
import { type Agent, startAgent, systemClock } from "../../edge/agent/index.ts";
import { readAudit } from "../../edge/audit.ts";
import { audit as reportAudit } from "../../edge/cli/commands/report/audit.ts";
import { command as send } from "../../edge/cli/commands/send.ts";
import { type RelayBoard, relayBoard } from "../../simulator/devices/modbus-relays.ts";
import { ModbusTcpServer } from "../../simulator/links/modbus-tcp.ts";
import { recordingLog } from "../fake-clock.ts";
import { ScriptedBroker } from "../unit/uplink/scripted-broker.ts";
import { type SchoolFolder, schoolFolder, schoolSection } from "./school-folder.ts";

const undo: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const pair = generateKeyPairSync("ed25519");
const publicKey = pair.publicKey.export({ format: "der", type: "spki" }).toString("base64");

interface World {
  agent: Agent;
  board: RelayBoard;
  server: ModbusTcpServer;
  folder: SchoolFolder;
  broker: ScriptedBroker;
  /** Relays as a master has moved them: channel and state. */
  moved: [number, boolean][];
}

async function world(actions = '["switch-1", "101-*/switch-2"]'): Promise<World> {
  const moved: [number, boolean][] = [];
  const board = relayBoard("waveshare-8", { unit: 1 }, (channel, on) => moved.push([channel, on]));
  const server = new ModbusTcpServer({ units: [board.slave] });
  await server.start();
  undo.push(() => server.stop());
  const broker = new ScriptedBroker();
  await broker.listen();
  undo.push(() => broker.close());
  const folder = schoolFolder(
    {
      "school.yaml": `${schoolSection}buffer: { folder: "$DATA", quota: 1GB, diskFloor: 1MB }
links: { bus: { kind: modbus-tcp, port: ${server.port} } }
devices: { 101-lights: { profile: waveshare-relay-8, via: bus, host: 127.0.0.1, space: 101 } }
uplinks:
  province:
    kind: mqtt
    url: mqtt://127.0.0.1:${broker.port}
    insecure: true
    user: gw1
    password: secret:one
    commands: { ops: { key: ${publicKey}, actions: ${actions} } }
`,
    },
    { one: "one" },
  );
  undo.push(() => folder.remove());
  const agent = await startAgent(folder.plan(), { clock: systemClock(), log: recordingLog() });
  undo.push(() => agent.stop());
  await server.until(({ counts }) => counts.requests > 0);
  await broker.until(() =>
    broker.subscribes.some(({ subscriptions }) =>
      subscriptions.some(({ topic }) => topic.endsWith("/dn/cmd")),
    ),
  );
  // Until it knows the time, for which it asks the system's tools, it refuses what a platform signed.
  await vi.waitFor(() => expect(agent.status().clock.known).toBe(true), 20_000);
  return { agent, board, server, folder, broker, moved };
}

async function typed(
  folder: SchoolFolder,
  ...words: string[]
): Promise<{ code: number; out: string; err: string }> {
  const out: string[] = [];
  const err: string[] = [];
  const [argument, second, ...rest] = words;
  const setting = {
    out: (line: string) => void out.push(line),
    err: (line: string) => void err.push(line),
    env: { USER: "tester" },
    signal: new AbortController().signal,
    lang: "en" as const,
    json: false,
    config: folder.config,
    say: (text: { en: string }) => text.en,
  };
  const code = await send(setting, {
    ...(argument === undefined ? {} : { argument }),
    ...(second === undefined ? {} : { second }),
    ...(rest.length === 0 ? {} : { rest: rest.join("\n") }),
  });
  return { code, out: out.join("\n"), err: err.join("\n") };
}

const root = "edu/v1/2133000001/gw1";
let requests = 0;
function signed(more: object = {}): Buffer {
  const issued = Date.now();
  const body = JSON.stringify({
    v: 1,
    school: "2133000001",
    gateway: "gw1",
    req: `req-${String(++requests).padStart(8, "0")}`,
    device: "101-lights",
    action: "switch-1",
    args: { on: true },
    issued,
    expires: issued + 60_000,
    by: "district:zhang",
    why: "ticket 7",
    ...more,
  });
  const sig = sign(null, Buffer.from(body), pair.privateKey).toString("base64");
  return Buffer.from(JSON.stringify({ body, key: "ops", sig }));
}

const answersOf = (broker: ScriptedBroker) =>
  broker.publishes
    .filter(({ topic }) => topic === `${root}/up/ack`)
    .map(({ payload }) => commandAnswerSchema.parse(JSON.parse(payload.toString())));

describe("a technician", () => {
  it("sees what a device can do, does it, and is told what the device says", async () => {
    const { folder, board, moved } = await world();
    const listed = await typed(folder, "101-lights");
    expect(listed.out).toContain("campus-edge send 101-lights switch-1 on=true|false");
    const done = await typed(folder, "101-lights", "switch-1", "true");
    expect(done).toMatchObject({ code: 0, out: "✓ 101-lights switch-1: done; it says switch_1 = true" });
    expect(board.relays[0]).toBe(true);
    expect(moved).toEqual([[0, true]]);
    expect((await typed(folder, "101-lights", "switch-1", "on=false")).code).toBe(0);
    expect(board.relays[0]).toBe(false);
  }, 30_000);

  it.each([
    [["101-light", "switch-1", "true"], "did you mean 101-lights?"],
    [["101-lights", "swich-1", "true"], "did you mean switch-1?"],
    [["101-lights", "switch-1"], "the argument on is missing (true, false)"],
    [["101-lights", "switch-1", "maybe"], 'the argument on cannot be "maybe": true, false'],
    [["101-lights", "switch-1", "off=true"], 'there is no argument "off": on'],
    [["101-lights", "switch-1", "a", "b"], "write on=VALUE"],
    [["101-lights", "switch-1", "on=true", "on=false"], '"on" stands there twice'],
    [[], "it does not say which device"],
  ])(
    "who types %j is told what is wrong, and nothing is done",
    async (words, told) => {
      const { folder, moved } = await world();
      const { code, out, err } = await typed(folder, ...words);
      expect(code).toBe(2);
      expect(`${out}\n${err}`).toContain(told);
      expect(moved).toEqual([]);
    },
    30_000,
  );

  it("is told that a device is away, and that one did not do it", async () => {
    const { folder, server, board } = await world();
    board.slave.faults.add({ kind: "silent" });
    const away = await typed(folder, "101-lights", "switch-1", "true");
    expect(away.code).toBe(1);
    expect(away.out).toContain("sent, not verified");
    await server.stop();
    const gone = await typed(folder, "101-lights", "switch-2", "true");
    expect(gone.code).toBeGreaterThan(0);
    expect(gone.out).not.toContain("done");
  }, 60_000);

  it("finds it all in the audit, whole", async () => {
    const { folder } = await world();
    await typed(folder, "101-lights", "switch-1", "true");
    const { entries, breaks } = await readAudit(folder.data);
    expect(entries.map(({ who, what }) => [who, what])).toEqual([
      ["local:tester", "command.accepted"],
      ["local:tester", "command.done"],
    ]);
    expect(breaks).toEqual([]);
    const out: string[] = [];
    const setting = {
      out: (line: string) => void out.push(line),
      err: () => {},
      env: {},
      signal: new AbortController().signal,
      lang: "en" as const,
      json: false,
      config: folder.config,
      say: (text: { en: string }) => text.en,
    };
    expect(await reportAudit(setting, { data: folder.data })).toBe(0);
    expect(out.at(-1)).toBe("✓ 2 entries, whole from number 1 on");
    const { appendFileSync } = await import("node:fs");
    appendFileSync(join(folder.data, "audit.jsonl"), `${JSON.stringify({ ...entries[1], n: 3 })}\n`);
    expect(await reportAudit(setting, { data: folder.data })).toBe(1);
    expect(out.at(-2)).toContain("audit.jsonl:3 was changed");
  }, 30_000);
});

describe("a platform", () => {
  it("has a device do something, and is answered: accepted, then done; a repeat gets the same", async () => {
    const { broker, board, moved } = await world();
    const raw = signed();
    broker.message(`${root}/dn/cmd`, raw);
    await broker.until(() => answersOf(broker).length === 2);
    const [accepted, done] = answersOf(broker);
    expect([accepted?.state, done?.state]).toEqual(["accepted", "done"]);
    expect(done?.readBack).toEqual({ switch_1: true });
    expect(board.relays[0]).toBe(true);
    broker.message(`${root}/dn/cmd`, raw);
    await broker.until(() => answersOf(broker).length === 3);
    expect(answersOf(broker)[2]).toEqual(done);
    expect(moved).toEqual([[0, true]]);
  }, 30_000);

  it("may ask for nothing but what its key says, nothing retained, forged or late", async () => {
    const { broker, moved } = await world();
    const tries = [
      [signed({ action: "switch-3" }), "forbidden"],
      [signed({ issued: Date.now() - 120_000, expires: Date.now() - 60_000 }), "expired"],
      [Buffer.from(signed().toString().replace("true", "fals")), "signature"],
      [Buffer.from("[]"), "malformed"],
    ] as const;
    for (const [index, [raw, code]] of tries.entries()) {
      broker.message(`${root}/dn/cmd`, raw);
      await broker.until(() => answersOf(broker).length > index);
      expect(answersOf(broker)[index]?.code).toBe(code);
    }
    broker.message(`${root}/dn/cmd`, signed(), { retain: true });
    await broker.until(() => answersOf(broker).length > tries.length);
    expect(answersOf(broker).at(-1)?.code).toBe("retained");
    expect(moved).toEqual([]);
  }, 30_000);

  it("gets its answer over the next connection when this one breaks", async () => {
    const { broker } = await world();
    const acknowledged = broker.script.puback;
    broker.script.puback = ({ topic }) => (topic.endsWith("/up/ack") ? null : 0);
    broker.message(`${root}/dn/cmd`, signed());
    await broker.until(() => answersOf(broker).length === 1);
    broker.script.puback = acknowledged;
    broker.cut();
    await broker.until(() => answersOf(broker).some(({ state }) => state === "done"));
  }, 60_000);

  it("gets its answer after a restart when the gateway was stopped before it could be sent, and once", async () => {
    const { agent, board, broker, folder, moved } = await world();
    const acknowledged = broker.script.puback;
    broker.script.puback = ({ topic }) => (topic.endsWith("/up/ack") ? null : 0);
    broker.message(`${root}/dn/cmd`, signed());
    await broker.until(() => answersOf(broker).length === 1);
    await waitFor(async () => (await readAudit(folder.data)).entries.at(-1)?.what === "command.done");
    await agent.stop();
    broker.script.puback = acknowledged;
    const restarted = async () => {
      const again = await startAgent(folder.plan(), { clock: systemClock(), log: recordingLog() });
      undo.push(() => again.stop());
      return again;
    };
    const second = await restarted();
    await broker.until(() => answersOf(broker).some(({ state }) => state === "done"));
    await waitFor(async () => (await readAudit(folder.data)).entries.at(-1)?.what === "command.told");
    await second.stop();
    const before = answersOf(broker).length;
    const { subscribes } = broker;
    const opened = subscribes.length;
    await restarted();
    await broker.until(() => subscribes.length > opened);
    broker.message(`${root}/dn/cmd`, Buffer.from("[]"));
    await broker.until(() => answersOf(broker).at(-1)?.code === "malformed");
    expect(answersOf(broker)).toHaveLength(before + 1);
    expect(board.relays[0]).toBe(true);
    expect(moved).toEqual([[0, true]]);
  }, 60_000);
});

async function waitFor(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
}
