import type { UplinkContext, UplinkSession } from "../../../gateway/contract/index.ts";
import { unpack } from "../../../gateway/encode/compression.ts";
import { mqttUplink } from "../../../gateway/uplink/mqtt/index.ts";
import type { MqttUplinkSettings } from "../../../gateway/uplink/mqtt/schema.ts";
import { type Authority, makeAuthority } from "../../certificates.ts";
import { FakeClock, recordingLog } from "../../fake-clock.ts";
import type { UplinkWorld } from "../../suites/uplink.ts";
import { ScriptedBroker } from "./scripted-broker.ts";

export const never = new AbortController().signal;
export const root = "edu/v1/2133000001/gw1";

/** Texts of a YAML entry → settings, as the loader would give them. */
export function settingsOf(entry: Record<string, string>): MqttUplinkSettings {
  return mqttUplink.config.parse(entry);
}

/** A context that remembers, with these secrets by name. */
export function contextOf(
  secrets: Record<string, string> = {},
  more: Partial<UplinkContext> = {},
): UplinkContext & {
  clock: FakeClock;
  log: ReturnType<typeof recordingLog>;
  commands: { raw: Uint8Array; retained: boolean }[];
  strays: string[];
} {
  const commands: { raw: Uint8Array; retained: boolean }[] = [];
  const strays: string[] = [];
  return {
    school: "2133000001",
    gateway: "gw1",
    confirm: "receipt",
    secret(name) {
      const text = secrets[name];
      if (text === undefined) throw new Error(`no secret ${name}`);
      return Buffer.from(text);
    },
    command: (raw, retained) => void commands.push({ raw, retained }),
    stray: (code) => void strays.push(code),
    ...more,
    clock: new FakeClock(),
    log: recordingLog(),
    commands,
    strays,
  };
}

/** A scripted broker behind TLS with its own CA, and the MQTT uplink before it. */
export async function mqttWorld(compress: MqttUplinkSettings["compress"]): Promise<UplinkWorld> {
  const [ours, foreign] = [authority("ours"), authority("foreign")];
  const broker = new ScriptedBroker();
  broker.script.connack = ({ password }) =>
    password?.toString() === "open sesame" ? {} : { reasonCode: 134 };
  await broker.listen(serverIdentity());
  const secrets = {
    password: "open sesame\n",
    wrong: "close sesame",
    ours: ours.cert,
    foreign: foreign.cert,
  };
  const context = contextOf(secrets);
  return {
    clock: context.clock,
    commands: context.commands,
    strays: context.strays,
    secrets: ["open sesame", "close sesame", "BEGIN CERTIFICATE"],
    logged: () => JSON.stringify(context.log.lines),
    open(wrong, signal = never): Promise<UplinkSession> {
      const port = wrong === "address" ? 1 : broker.port;
      const settings = settingsOf({
        url: `mqtts://127.0.0.1:${port}`,
        user: "gw1",
        password: wrong === "credential" ? "secret:wrong" : "secret:password",
        ca: wrong === "trust" ? "secret:foreign" : "secret:ours",
        compress,
      });
      return mqttUplink.open(settings, context, signal);
    },
    platform: {
      async arrived(n) {
        const { topic, payload, properties } = await broker.publish(n);
        const user = properties?.userProperties ?? {};
        const encoding = user["content-encoding"] as "gzip" | "zstd" | undefined;
        const packed = { bytes: payload as Buffer, ...(encoding === undefined ? {} : { encoding }) };
        const body = await unpack(packed, 1_000_000);
        return {
          id: String(user.batch),
          early: topic === `${root}/up/alarm`,
          body: body ?? Buffer.from("damaged"),
        };
      },
      count: () => broker.publishes.length,
      receipt: (body) =>
        broker.message(
          `${root}/dn/receipt`,
          body instanceof Uint8Array ? Buffer.from(body) : JSON.stringify(body),
        ),
      refuse(refuses) {
        broker.script.puback = () => (refuses ? 131 : 0);
      },
      freeze: () => broker.freeze(),
      command: (raw, retain) => broker.message(`${root}/dn/cmd`, Buffer.from(raw), { retain }),
      cut: () => broker.cut(),
      accepted: () => broker.accepted,
      open: () => broker.connected,
    },
    remove: () => broker.close(),
  };
}

const authorities = new Map<string, Authority>();

/** One CA per name and test file: making them is slow. */
export function authority(name: string): Authority {
  const known = authorities.get(name) ?? makeAuthority(name);
  authorities.set(name, known);
  return known;
}

let identity: { key: string; cert: string } | undefined;
export function serverIdentity(): { key: string; cert: string } {
  identity ??= authority("ours").issue("IP:127.0.0.1,DNS:broker.example");
  return identity;
}

export function removeAuthorities(): void {
  for (const made of authorities.values()) made.remove();
  authorities.clear();
}
