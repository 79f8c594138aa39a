/**
 * A gateway that is killed again and again while a platform has a device do something: each command writes a number of
 * its own into a register, so that the register's witness can tell whether one was done twice. The platform asks again
 * until it has a last answer.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync, sign } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type CommandAnswer, commandAnswerSchema } from "../../config/schema/command.ts";
import { readAudit } from "../../edge/audit.ts";
import { modbusDevice } from "../../simulator/devices/modbus-map.ts";
import { ModbusTcpServer } from "../../simulator/links/modbus-tcp.ts";
import { schoolFolder, schoolSection } from "../scenario/school-folder.ts";
import { seeded } from "../unit/journal/model.ts";
import { ScriptedBroker } from "../unit/uplink/scripted-broker.ts";

const program = new URL("../../edge/cli/main.ts", import.meta.url).pathname;
const root = "edu/v1/2133000001/gw1";
const profile = `profile: box
text: { zh: 盒, en: Box }
proof: simulated
driver: modbus
period: 1s
points: { illuminance: { address: 0, fc: 3, type: uint16, range: 0..60000 } }
actions: { set: { args: { to: { range: 1..60000, step: 1 } }, write: { address: 0, fc: 6, arg: to }, confirm: { illuminance: { arg: to } }, within: 3s } }
`;

export interface CommandVerdict {
  kills: number;
  commands: number;
  /** By state and code of their last answer. */
  answers: Record<string, number>;
  written: number;
  /** Numbers that were written more than once. */
  twice: number;
  /** Answered as done, and never written. */
  lies: number;
  /** Without a last answer. */
  open: number;
  /** Two different last answers to one command. */
  contradicted: number;
  auditBreaks: number;
}

export async function commandKill(
  kills: number,
  seed: number,
  say: (progress: string) => void = () => {},
): Promise<CommandVerdict> {
  const random = seeded(seed);
  const pair = generateKeyPairSync("ed25519");
  const publicKey = pair.publicKey.export({ format: "der", type: "spki" }).toString("base64");
  let value = 0;
  const written = new Map<number, number>();
  const slave = modbusDevice({ unit: 1 }, { abilities: { functions: [3, 6] } }, (bank) =>
    bank.add({
      table: "holding",
      address: 0,
      read: () => [value],
      write: ([word = 0]) => {
        value = word;
        written.set(word, (written.get(word) ?? 0) + 1);
        return undefined;
      },
    }),
  );
  const server = new ModbusTcpServer({ units: [slave] });
  await server.start();
  const broker = new ScriptedBroker();
  await broker.listen();
  const folder = schoolFolder(
    {
      "school.yaml": `${schoolSection}buffer: { folder: "$DATA", quota: 1GB, diskFloor: 1MB, commit: { ack: 20ms, polled: 100ms } }
links: { bus: { kind: modbus-tcp, port: ${server.port} } }
devices: { 101-box: { profile: box, via: bus, host: 127.0.0.1, space: 101 } }
uplinks:
  province: { kind: mqtt, url: "mqtt://127.0.0.1:${broker.port}", user: gw1, password: secret:one, commands: { ops: { key: ${publicKey}, actions: [set] } } }
`,
      "profiles/box.yaml": profile,
    },
    { one: "one" },
  );
  const compiled = mkdtempSync(join(tmpdir(), "ce-compiled-"));
  let gateway: ChildProcess | null = null;
  const start = () => {
    gateway = spawn(process.execPath, [program, "run", "--json", "--config", folder.config], {
      stdio: "ignore",
      env: { ...process.env, NODE_COMPILE_CACHE: compiled },
    });
    return gateway;
  };
  const kill = async (child: ChildProcess, signal: NodeJS.Signals = "SIGKILL") => {
    child.kill(signal);
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  };

  const sent = new Map<string, Buffer>();
  const last = new Map<string, CommandAnswer>();
  let contradicted = 0;
  let looked = 0;
  /** Takes what has come, and says which commands are open. */
  const open = () => {
    for (const { topic, payload } of broker.publishes.slice(looked)) {
      if (topic !== `${root}/up/ack`) continue;
      const answer = commandAnswerSchema.parse(JSON.parse(payload.toString()));
      if (answer.req === null || answer.state === "accepted") continue;
      const known = last.get(answer.req);
      if (known !== undefined && JSON.stringify(known) !== JSON.stringify(answer)) contradicted += 1;
      last.set(answer.req, answer);
    }
    looked = broker.publishes.length;
    return [...sent.keys()].filter((req) => !last.has(req));
  };
  const ask = () => {
    const to = sent.size + 1;
    const req = `req-${String(to).padStart(8, "0")}`;
    const issued = Date.now();
    const body = JSON.stringify({
      ...{ v: 1, school: "2133000001", gateway: "gw1", req, device: "101-box", action: "set", args: { to } },
      ...{ issued, expires: issued + 300_000, by: "platform", why: "" },
    });
    const sig = sign(null, Buffer.from(body), pair.privateKey).toString("base64");
    sent.set(req, Buffer.from(JSON.stringify({ body, key: "ops", sig })));
  };
  const ended = new AbortController();
  const talking = (async () => {
    while (!ended.signal.aborted) {
      const waiting = open();
      // A device has few waiting.
      if (broker.listeners > 0 && waiting.length < 5) ask();
      for (const req of open()) {
        const raw = sent.get(req);
        if (raw !== undefined && broker.listeners > 0) broker.message(`${root}/dn/cmd`, raw);
      }
      await wait(40);
    }
  })();
  try {
    // One that ends in peace leaves what it has compiled.
    const zeroth = start();
    while (last.size === 0) await wait(20);
    await kill(zeroth, "SIGTERM");
    const begun = performance.now();
    const first = start();
    for (const before = last.size; last.size === before; ) await wait(20);
    // A start that was held up by a busy machine must not set the length of every life.
    const startMs = Math.min(performance.now() - begun, 5_000);
    await kill(first);
    for (let life = 1; life <= kills; life++) {
      const child = start();
      await wait(startMs * (0.3 + 1.2 * random()));
      await kill(child);
      if (life % 100 === 0)
        say(
          `killed ${life} times, ${sent.size} commands, ${Math.round((performance.now() - begun) / 1000)} s`,
        );
    }
    ended.abort();
    await talking;
    const final = start();
    const until = performance.now() + 120_000;
    while (open().length > 0 && performance.now() < until) {
      for (const req of open()) {
        const raw = sent.get(req);
        if (raw !== undefined && broker.listeners > 0) broker.message(`${root}/dn/cmd`, raw);
      }
      await wait(200);
    }
    await kill(final, "SIGTERM");
    const answers: Record<string, number> = {};
    let lies = 0;
    for (const [req, { state, code }] of last) {
      const name = code === null ? state : `${state} ${code}`;
      answers[name] = (answers[name] ?? 0) + 1;
      if (state === "done" && !written.has(Number(req.slice(4)))) lies += 1;
    }
    const { breaks } = await readAudit(folder.data);
    return {
      kills,
      commands: sent.size,
      answers,
      written: written.size,
      twice: [...written.values()].filter((count) => count > 1).length,
      lies,
      open: open().length,
      contradicted,
      auditBreaks: breaks.length,
    };
  } finally {
    ended.abort();
    const child = gateway as ChildProcess | null;
    if (child !== null && child.exitCode === null && child.signalCode === null) await kill(child);
    await broker.close();
    await server.stop();
    folder.remove();
    rmSync(compiled, { recursive: true, force: true });
  }
}
