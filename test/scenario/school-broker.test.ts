/** A whole gateway at a broker of the school: real mosquitto, real disk, devices that publish all the time. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { loadPlan } from "../../config/load/index.ts";
import { kinds } from "../../drivers/registry.ts";
import { type Agent, startAgent, systemClock } from "../../edge/agent/index.ts";
import { uplinkKinds } from "../../gateway/uplink/registry.ts";
import { MqttDevice } from "../../simulator/devices/mqtt-device.ts";
import { type Platform, startPlatform } from "../../simulator/platform/platform.ts";
import { recordingLog } from "../fake-clock.ts";
import { BrokerWitness } from "../fault/broker-witness.ts";
import { Mosquitto, withoutMosquitto } from "../unit/simulator/mosquitto.ts";
import { drained, talk, until, verdictOf } from "./apply-school.ts";
import { schoolFolder, schoolSection } from "./school-folder.ts";

const undo: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

interface World {
  agent: Agent;
  platform: Platform;
  broker: Mosquitto;
  witness: BrokerWitness;
  write(devices: Record<string, string>): void;
  device(id: string): Promise<MqttDevice>;
  fresh(): number;
}

async function world(devices: Record<string, string>, version: "5" | "3.1.1" = "5"): Promise<World> {
  const broker = await Mosquitto.start();
  undo.push(() => broker.remove());
  const witness = new BrokerWitness(version === "5" ? 5 : 4, broker.port, () => null);
  await witness.listen();
  undo.push(() => witness.close());
  const platform = await startPlatform({ host: "127.0.0.1", port: 0, users: { gw: "north" } });
  undo.push(() => platform.stop());
  const folder = schoolFolder({}, { north: "north" });
  undo.push(() => folder.remove());
  const write = (named: Record<string, string>) =>
    writeFileSync(
      join(folder.config, "school.yaml"),
      `${schoolSection}
defaults: { points: { co2: { deadband: off } } }
buffer: { folder: "${folder.data}", quota: 1GB, diskFloor: 1MB, commit: { ack: 20ms, polled: 100ms } }
links: { old: { kind: mqtt-external, url: "mqtt://127.0.0.1:${witness.port}", version: ${version} } }
uplinks: { province: { kind: mqtt, url: "${platform.url}", user: gw, password: secret:north } }
devices:
${Object.entries(named)
  .map(([id, room]) => `  ${id}: { profile: mqtt-air-json, via: old, space: ${room} }`)
  .join("\n")}
`,
    );
  write(devices);
  const agent = await startAgent(folder.plan(), {
    clock: systemClock(),
    log: recordingLog(),
    random: () => 0,
    load: () => loadPlan(folder.config, kinds, uplinkKinds, { env: {} }),
  });
  undo.push(() => agent.stop());
  await until(() => agent.status().links[0]?.state === "ok");
  let value = 0;
  return {
    ...{ agent, platform, broker, witness, write },
    async device(id) {
      const backoff = { minMs: 20, maxMs: 50 };
      const made = new MqttDevice({ id, host: "127.0.0.1", port: broker.port, backoff });
      undo.push(() => made.stop({ abrupt: true }));
      await made.start();
      return made;
    },
    fresh: () => 400 + ++value / 64,
  };
}

const zero = { lostAcked: [], duplicates: [], phantoms: [] };

describe.skipIf(withoutMosquitto)("a gateway at a broker of the school", () => {
  it.each(["5", "3.1.1"] as const)(
    "gets and loses devices while all of them publish, on one connection (MQTT %s)",
    async (version) => {
      const w = await world({ a: "101", b: "102", gone: "103" }, version);
      const [a, b, gone, come] = await Promise.all(["a", "b", "gone", "come"].map((id) => w.device(id)));
      if (a === undefined || b === undefined || gone === undefined || come === undefined) throw new Error();
      const talks = [a, b, gone].map((device) => talk(device, w.fresh));
      await until(() => w.platform.count > 100);
      for (const room of ["104", "105", "106"]) {
        w.write({ a: "101", b: "102", come: room });
        await w.agent.applyFiles();
        if (talks.length === 3) talks.push(talk(come, w.fresh));
        const { count } = w.platform;
        await until(() => w.platform.count > count + 50);
      }
      for (const each of talks) await each.stop();
      await Promise.all([a, b, come].map((device) => device.idle()));
      await drained(w.agent);
      const complete = () =>
        [a, b, come].every((device) => verdictOf(device.id, [device], w.platform).lostAcked.length === 0);
      await until(complete);
      for (const device of [a, b, come])
        expect(verdictOf(device.id, [device], w.platform), device.id).toMatchObject(zero);
      expect(w.witness.accepted).toBe(1);
      expect(w.witness.outOfOrder).toBe(0);
    },
  );

  it("says that it is gone and what to do, and is there again by itself; nothing said meanwhile is lost", async () => {
    const w = await world({ a: "101" });
    const a = await w.device("a");
    a.emit({ co2: w.fresh() });
    await a.idle();
    await w.broker.end("SIGTERM");
    a.emit({ co2: w.fresh() });
    await until(() => w.agent.status().links[0]?.state === "down");
    expect(w.agent.status().links[0]?.code).toMatch(/^E13[34]$/);
    await w.broker.begin();
    await a.idle();
    await until(() => w.agent.status().links[0]?.state === "ok");
    await until(() => verdictOf("a", [a], w.platform).received === 2);
    expect(verdictOf("a", [a], w.platform)).toMatchObject(zero);
  });
});
