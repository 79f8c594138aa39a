/**
 * A payload and the devices it speaks for → readings and the devices' own keys. Pure.
 *
 * What never passes: personal data of level 9 and encoded bytes (the whole payload is refused), text of the
 * payload in a fault, an identity in clear (`digest: true` leaves as its keyed digest).
 */
import { createHash } from "node:crypto";
import { maxTextLength, type Value } from "../../config/schema/vocabulary.ts";
import type { Fault, Key, Reading, Sample } from "../contract/index.ts";
import { deviceTime } from "./device-time.ts";
import { type MqttFaultCode, mqttFault } from "./faults.ts";
import type { MqttDevice, MqttSource } from "./fields.ts";
import { findForbidden } from "./forbidden.ts";
import { readJson } from "./json.ts";
import { lookUp, printPath } from "./path.ts";

export interface Decoded {
  readings: Reading[];
  keys: Key[];
}

/** What decoding needs from outside. */
export interface DecodeContext {
  /** Wall ms UTC at arrival. */
  wallMs: number;
  /** Keyed digest of an identity. */
  digest(identity: string): string;
}

/** Longest identity that is digested, characters. */
const maxIdentityLength = 1024;

/**
 * Decodes one message for every device whose topic it came on.
 * A path that is missing is no fault while the message has another point of any of these devices.
 */
export function decode(payload: Uint8Array, devices: readonly MqttDevice[], context: DecodeContext): Decoded {
  const refused = (code: MqttFaultCode): Decoded => ({
    readings: devices.map(({ id }) => ({ device: id, samples: [], faults: [mqttFault(code)] })),
    keys: [],
  });
  const read = readJson(payload);
  if ("fault" in read) return refused(`mqtt.${read.fault}`);
  const { document } = read;
  const forbidden = findForbidden(document, exempt(devices));
  if (forbidden.deep) return refused("mqtt.deep");
  if (forbidden.path !== null) return refused("mqtt.forbidden");

  let digest: string | undefined;
  const payloadDigest = () => {
    digest ??= createHash("sha256").update(payload).digest("hex");
    return digest;
  };
  const readings: Reading[] = [];
  const keys: Key[] = [];
  for (const device of devices) {
    const { samples, faults, found } = points(document, device, context);
    if (!found) continue;
    const time = timeOf(document, device, context);
    if (time === null) faults.push(mqttFault("mqtt.time"));
    else if (time !== undefined) for (const sample of samples) sample.deviceTime = time;
    const key = identityOf(document, device, payloadDigest);
    if (key === null) faults.push(mqttFault("mqtt.identity"));
    else if (key !== undefined) keys.push(key);
    readings.push({ device: device.id, samples, faults });
  }
  return readings.length === 0 ? refused("mqtt.empty") : { readings, keys };
}

const none: ReadonlySet<string> = new Set();

/** Paths whose text leaves only as a digest. */
function exempt(devices: readonly MqttDevice[]): ReadonlySet<string> {
  let paths: Set<string> | undefined;
  for (const { points } of devices) {
    for (const { source } of points) {
      if (!source.digest) continue;
      paths ??= new Set();
      paths.add(printPath(source.path));
    }
  }
  return paths ?? none;
}

function points(
  document: unknown,
  device: MqttDevice,
  context: DecodeContext,
): { samples: Sample[]; faults: Fault[]; found: boolean } {
  const samples: Sample[] = [];
  const faults: Fault[] = [];
  for (const { id, source } of device.points) {
    const value = lookUp(document, source.path);
    if (value === undefined) continue;
    const raw = source.digest ? identity(value, context) : plain(value, source.type);
    if (typeof raw === "object" && raw !== null) faults.push(mqttFault(raw.fault, { point: id }));
    else samples.push({ point: id, raw });
  }
  return { samples, faults, found: samples.length + faults.length > 0 };
}

type Raw = Value | { fault: MqttFaultCode };

/** null is "no value" whatever the type. */
function plain(value: unknown, type: MqttSource["type"]): Raw {
  if (value === null) return null;
  switch (typeof value) {
    case "number":
      if (type !== "number" && type !== "auto") return { fault: "mqtt.type" };
      return exact(value) ? value : { fault: "mqtt.number" };
    case "boolean":
      return type === "boolean" || type === "auto" ? value : { fault: "mqtt.type" };
    case "string":
      if (type !== "text" && type !== "auto") return { fault: "mqtt.type" };
      return value.length <= maxTextLength && value.isWellFormed() ? value : { fault: "mqtt.type" };
    default:
      return { fault: "mqtt.type" };
  }
}

function identity(value: unknown, context: DecodeContext): Raw {
  if (value === null) return null;
  if (typeof value === "number") {
    return exact(value) ? context.digest(String(value)) : { fault: "mqtt.number" };
  }
  if (typeof value !== "string" || value === "" || value.length > maxIdentityLength) {
    return { fault: "mqtt.type" };
  }
  return value.isWellFormed() ? context.digest(value) : { fault: "mqtt.type" };
}

/** False for 1e999, and for whole numbers that a double cannot tell from their neighbours. */
function exact(value: number): boolean {
  return Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value);
}

/** undefined: it says no time; null: it says one that cannot be used. */
function timeOf(document: unknown, device: MqttDevice, context: DecodeContext): number | null | undefined {
  const { time, buffered } = device.profile;
  if (time === undefined) return undefined;
  const raw = lookUp(document, time.path);
  if (raw === undefined || raw === null) return undefined;
  // A reading that may be weeks old says nothing about which of two equal hours it means.
  return deviceTime(raw, time.format, time.zone, buffered ? null : context.wallMs);
}

/** undefined: the profile names none; null: it is not in the message. */
function identityOf(document: unknown, device: MqttDevice, digest: () => string): Key | null | undefined {
  const { identity: by, time } = device.profile;
  const key = (value: string): Key => ({
    slot: `d/${device.id}`,
    value,
    rule: "once",
    device: device.id,
  });
  const word = (path: readonly string[]) => {
    const value = lookUp(document, path);
    if (typeof value === "string" && value !== "" && value.length <= maxTextLength) return value;
    return typeof value === "number" && exact(value) ? String(value) : null;
  };
  switch (by.by) {
    case "none":
      return undefined;
    case "sequence": {
      const epoch = word(by.epoch);
      const seq = word(by.seq);
      return epoch === null || seq === null ? null : key(`${epoch}/${seq}`);
    }
    case "time-and-digest": {
      // The time as the device wrote it: how we understand it may change with our own clock.
      const said = time === undefined ? null : word(time.path);
      return said === null ? null : key(`${said}/${digest()}`);
    }
  }
}
