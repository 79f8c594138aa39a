/**
 * A platform behind a hole: connections stand and nothing comes back. Real sockets, the real MQTT uplink, journal and
 * health; only the clock is ours. Real time passes for sockets alone: a millisecond for a quarter of a second.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { BatchBody } from "../../../config/schema/batch.ts";
import type { UplinkPlan } from "../../../config/schema/plan.ts";
import { createAlarms } from "../../../edge/agent/alarms.ts";
import { type KeptUplink, keepUplink } from "../../../edge/agent/uplinks.ts";
import { createWall, type Wall } from "../../../edge/agent/wall.ts";
import { createHealth, type Health } from "../../../edge/health/index.ts";
import { type Journal, openJournal } from "../../../edge/journal/index.ts";
import { createEncoder } from "../../../gateway/encode/encoder.ts";
import { FakeClock, recordingLog } from "../../fake-clock.ts";
import { memoryFolder } from "../../memory-folder.ts";
import { draft, everything } from "../../suites/journal.ts";
import { alarm } from "../forward/world.ts";
import { plan as planOf } from "../health/world.ts";
import { root, settingsOf } from "../uplink/mqtt-world.ts";
import { ScriptedBroker } from "../uplink/scripted-broker.ts";

const minute = 60_000;
/** CONNACK with reason 0 and no properties (MQTT 5, 3.2). */
const connack = Buffer.from([0x20, 0x03, 0x00, 0x00, 0x00]);

let clock: FakeClock;
let broker: ScriptedBroker;
let journal: Journal;
let health: Health;
let wall: Wall;
let kept: KeptUplink | null;
let folder: string;
let stop: AbortController;
/** Values of alarms about the uplink, in order; the platform's first sight of values by lane. */
let alarms: unknown[];
let seen: { lane: string; value: unknown }[];
const closes: (() => unknown)[] = [];

beforeEach(async () => {
  clock = new FakeClock();
  folder = mkdtempSync(join(memoryFolder, "ce-hole-"));
  broker = new ScriptedBroker();
  await broker.listen();
  alarms = [];
  seen = [];
  stop = new AbortController();
  kept = null;
});

afterEach(async () => {
  stop.abort();
  broker.cut();
  let stopped = false;
  void (kept?.stop() ?? Promise.resolve()).then(() => {
    stopped = true;
  });
  await until(() => stopped, "the uplink stops");
  await journal.close();
  for (const close of closes.splice(0)) await close();
  await broker.close();
  rmSync(folder, { recursive: true, force: true });
});

async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 250) {
    await clock.advance(Math.min(250, left));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

async function until(condition: () => boolean, what: string, longestMs = 10 * minute): Promise<void> {
  for (let passed = 0; !condition(); passed += 250) {
    if (passed > longestMs) throw new Error(`in vain: ${what}`);
    await pass(250);
  }
}

async function start(port: number, more: Partial<UplinkPlan> = {}): Promise<void> {
  const log = recordingLog();
  const plan = planOf({}, [
    { settings: settingsOf({ url: `mqtt://127.0.0.1:${port}`, compress: "none" }), ...more },
  ]);
  const [uplink] = plan.uplinks as [UplinkPlan];
  const { id: school, gateway } = plan.school;
  journal = await openJournal({
    folder,
    gateway,
    encoder: createEncoder({ school, gateway, wallMs: () => clock.wallMs() }),
    clock,
    log,
    uplinks: [everything()],
  });
  const raised = createAlarms(
    {
      append: (drafts, keys, urgency) => {
        alarms.push(...drafts.map(({ value }) => value));
        return journal.append(drafts, keys, urgency);
      },
    },
    new Map(),
    log,
  );
  health = createHealth({
    plan,
    clock,
    log,
    wallMs: () => clock.wallMs(),
    changes: (change) => raised.tell(change),
  });
  health.clock({ known: true, quality: 0 });
  void health.run(stop.signal);
  wall = createWall(clock, () => {});
  wall.look("system");
  kept = keepUplink(uplink, {
    context: { school, gateway, clock, log, secret: () => new Uint8Array() },
    journal,
    encoder: createEncoder({ school, gateway, wallMs: () => clock.wallMs() }),
    wall,
    health,
    random: () => 0.5,
    command: () => {},
    told: () => {},
  });
}

/** From now on the platform takes everything. */
function lift(): void {
  broker.script.puback = (publish) => {
    const body = JSON.parse(publish.payload.toString()) as BatchBody;
    for (const row of body.rows) seen.push({ lane: body.lane, value: row[3] });
    const batch = String(publish.properties?.userProperties?.batch);
    const next = body.last === undefined ? null : body.last + 1;
    const receipt = { v: 1, batch, taken: body.rows.length, rejected: [], next, at: null };
    setImmediate(() => broker.message(`${root}/dn/receipt`, JSON.stringify(receipt)));
    return 0;
  };
}

const state = () => {
  const [{ state, code } = { state: "", code: undefined }] = health.status().uplinks;
  return code === undefined ? state : `${state} ${code}`;
};
const about = () => health.status().reasons.filter(({ subject }) => subject === "province");
const put = (value: number, more = {}) =>
  void journal.append([draft(value, more)], [], "now").catch(() => {});
const waiting = () => journal.status().accounts.reduce((sum, account) => sum + account.waiting, 0);

describe("a broker that takes batches and says nothing of them", () => {
  it("is noticed, reconnected to, called in as an alarm, and gets everything by itself when it speaks again", async () => {
    broker.script.puback = () => null;
    await start(broker.port);
    put(1);
    await until(() => broker.publishes.length > 0, "something is sent");
    await pass(50_000);
    expect(broker.connects).toHaveLength(1);
    expect(state()).toBe("ok");
    await until(() => broker.connects.length > 1, "the connection is recycled", 2 * minute);
    // Closing it ourselves is not an outage.
    await until(() => state() === "degraded E501", "it is told");
    expect(alarms).toEqual([]);
    await until(() => alarms.length > 0, "an alarm is raised", 5 * minute);
    expect(alarms).toEqual(["E501"]);
    expect(broker.connects.length).toBeGreaterThanOrEqual(3);
    expect(waiting()).toBeGreaterThan(0);
    lift();
    await until(() => waiting() === 0, "everything is delivered");
    await until(() => alarms.length > 1, "the alarm is over");
    expect(alarms).toEqual(["E501", "ok"]);
    expect(seen).toContainEqual({ lane: "live", value: 1 });
    expect(seen).toContainEqual({ lane: "early", value: "E501" });
    expect(state()).toBe("ok");
  });
});

describe("a server that says nothing after CONNACK", () => {
  it("is noticed, called in as an alarm, tried again and again, and gets everything when it works", async () => {
    let hole = true;
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on("error", () => {});
      if (hole) {
        socket.once("data", () => socket.write(connack));
        return;
      }
      const onward = connect(broker.port, "127.0.0.1");
      sockets.add(onward);
      onward.on("error", () => socket.destroy());
      socket.pipe(onward).pipe(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    closes.push(() => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(resolve));
    });
    lift();
    await start((server.address() as { port: number }).port);
    put(1);
    await until(() => alarms.length > 0, "an alarm is raised", 2 * minute);
    expect(alarms).toEqual(["E503"]);
    const tries = sockets.size;
    await until(() => sockets.size > tries + 2, "it is tried again");
    hole = false;
    await until(() => waiting() === 0, "everything is delivered");
    await until(() => alarms.length > 1, "the alarm is over");
    expect(alarms).toEqual(["E503", "ok"]);
  });
});

describe("an uplink outside its hours", () => {
  it("is no fault, sends an alarm all the same, and everything when they begin", async () => {
    lift();
    // It is 08:00 in China.
    await start(broker.port, { window: [{ from: 600, to: 660 }] });
    put(1);
    await pass(minute);
    expect(broker.accepted).toBe(0);
    expect(state()).toBe("off");
    const reason = about().at(0);
    expect(reason).toMatchObject({ code: "E520", subject: "province", state: "off" });
    // 10:00, and later by this gateway's share of a twentieth of the hour.
    expect(String(reason?.facts.at)).toMatch(/^10:0[0-3]$/);
    put(2, alarm);
    await until(() => seen.length > 0, "the alarm is there", minute);
    expect(seen).toEqual([{ lane: "early", value: 2 }]);
    await until(() => broker.connected === 0, "the session ends", 2 * minute);
    expect(state()).toBe("off");
    await pass(2 * minute);
    expect(broker.connects).toHaveLength(1);
    expect(alarms).toEqual([]);
    clock.step(118 * minute);
    wall.look("system");
    kept?.upkeep();
    await until(() => waiting() === 0, "its hours have come", 10 * minute);
    expect(state()).toBe("ok");
    expect(about()).toEqual([]);
    expect(seen).toContainEqual({ lane: "live", value: 1 });
    expect(alarms).toEqual([]);
  });
});
