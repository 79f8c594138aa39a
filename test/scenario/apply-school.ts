/** A school whose files change while it runs: real sockets, real disk, devices that publish all the time. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadPlan } from "../../config/load/index.ts";
import { kinds } from "../../drivers/registry.ts";
import { type Agent, startAgent, systemClock } from "../../edge/agent/index.ts";
import { uplinkKinds } from "../../gateway/uplink/registry.ts";
import { MqttDevice } from "../../simulator/devices/mqtt-device.ts";
import { type Platform, startPlatform } from "../../simulator/platform/platform.ts";
import { judge } from "../../simulator/verdict.ts";
import { recordingLog } from "../fake-clock.ts";
import { type SchoolFolder, schoolFolder, schoolSection } from "./school-folder.ts";

/** One device as the files name it. */
export interface Named {
  room: string;
  /** More keys of its entry. */
  more?: string;
  link?: string;
  /** Name of its secret; default its id. */
  secret?: string;
}

export interface Files {
  devices: Record<string, Named>;
  links?: Record<string, string>;
  uplinks?: Record<string, string>;
  /** Instead of its buffer section. */
  school?: string;
  /** More keys of its school section. */
  keys?: string;
  /** Name → content of secrets beside those of the devices; read once, at the start. */
  secrets?: Record<string, string>;
}

export const broker = '{ kind: mqtt-broker, listen: "127.0.0.1:0" }';

export interface School {
  agent: Agent;
  platform: Platform;
  folder: SchoolFolder;
  log: ReturnType<typeof recordingLog>;
  /** Ups and downs of every device, in order. */
  facts: { device: string; what: "up" | "down" }[];
  /** Port of a link; resolves once it listens. */
  port(link: string): Promise<number>;
  write(files: Files): void;
  secret(name: string, content: string): void;
  /** A device of this school, not yet started. */
  device(id: string, port: number, password?: string): MqttDevice;
  /** A value that nobody has said yet. */
  fresh(): number;
  stop(): Promise<void>;
}

export async function school(first: Files): Promise<School> {
  const platform = await startPlatform({ host: "127.0.0.1", port: 0, users: { gw: "north" } });
  const folder = schoolFolder({}, { north: "north" });
  const secret = (name: string, content: string) =>
    writeFileSync(join(folder.config, "secrets", name), content, { mode: 0o600 });
  const write = ({ devices, links, uplinks, school: more = "", keys = "" }: Files) => {
    const entries = (of: Record<string, string>) =>
      Object.entries(of).map(([id, text]) => `  ${id}: ${text}\n`);
    const province = `{ kind: mqtt, url: "${platform.url}", user: gw, password: secret:north }`;
    const text = [
      keys === ""
        ? schoolSection
        : schoolSection.replace("name: Test, clock: trusted", `clock: trusted${keys}`),
      "defaults: { points: { co2: { deadband: off } } }\n",
      more ||
        `buffer: { folder: "${folder.data}", quota: 1GB, diskFloor: 1MB, commit: { ack: 20ms, polled: 100ms } }\n`,
      "links:\n",
      ...entries(links ?? { broker }),
      "uplinks:\n",
      ...entries(uplinks ?? { province }),
      "devices:\n",
      ...Object.entries(devices).map(
        ([id, named]) =>
          `  ${id}: { profile: mqtt-air-json, via: ${named.link ?? "broker"}, user: ${id}, password: secret:${named.secret ?? id}, space: ${named.room}${named.more === undefined ? "" : `, ${named.more}`} }\n`,
      ),
    ];
    writeFileSync(join(folder.config, "school.yaml"), text.join(""));
  };
  for (const id of Object.keys(first.devices)) secret(id, `pw-${id}`);
  for (const [name, content] of Object.entries(first.secrets ?? {})) secret(name, content);
  write(first);
  const facts: School["facts"] = [];
  const log = recordingLog();
  const agent = await startAgent(folder.plan(), {
    clock: systemClock(),
    log,
    random: () => 0,
    load: () => loadPlan(folder.config, kinds, uplinkKinds, { env: {} }),
    onFact(_link, fact) {
      if (fact.what === "up" || fact.what === "down") facts.push({ device: fact.device, what: fact.what });
    },
  });
  let value = 0;
  const made: MqttDevice[] = [];
  return {
    agent,
    platform,
    folder,
    log,
    facts,
    write,
    secret,
    async port(id) {
      for (;;) {
        const link = agent.status().links.find((each) => each.id === id);
        if (link?.state === "ok" && link.listening !== undefined)
          return Number(link.listening.split(":").at(-1));
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    fresh: () => 400 + ++value / 64,
    device(id, port, password = `pw-${id}`) {
      const backoff = { minMs: 20, maxMs: 50 };
      const device = new MqttDevice({ id, host: "127.0.0.1", port, user: id, password, backoff });
      made.push(device);
      return device;
    },
    async stop() {
      await Promise.all(made.map((device) => device.stop({ abrupt: true })));
      await agent.stop();
      await platform.stop();
      folder.remove();
    },
  };
}

/** Says one new value after the other, each as soon as the last is acknowledged, until it is told to stop. */
export function talk(device: MqttDevice, fresh: () => number): { stop(): Promise<void> } {
  const end = Promise.withResolvers<void>();
  let ended = false;
  const talking = (async () => {
    while (!ended) {
      device.emit({ co2: fresh() });
      await Promise.race([device.idle(), end.promise]);
    }
  })();
  return {
    async stop() {
      ended = true;
      end.resolve();
      await talking;
    },
  };
}

/** Resolves when the platform has confirmed everything that is stored. */
export async function drained(agent: Agent): Promise<void> {
  for (;;) {
    const { uplinks, journal } = agent.status();
    if (journal.state === "open" && uplinks.every(({ waiting }) => waiting === 0)) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** The four numbers of one device, all of which must be zero. */
export function verdictOf(device: string, parts: readonly MqttDevice[], platform: Platform) {
  const emissions = parts.flatMap((part) => part.emissions);
  const { lostAcked, duplicates, phantoms, received } = judge(device, "co2", emissions, platform.records());
  return { lostAcked, duplicates, phantoms, received };
}
