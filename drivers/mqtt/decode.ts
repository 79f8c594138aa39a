/**
 * A payload and the devices it speaks for → readings, the devices' own keys, the serial numbers shown. Pure.
 *
 * What never passes: personal data of level 9 and encoded bytes (the whole payload is refused), text of the
 * payload in a fault, an identity in clear (`digest: true` leaves as its keyed digest).
 */
import type { Fault, Key, Reading, Sample } from "../contract/index.ts";
import { readAvailability } from "./availability.ts";
import { type MqttPoint, pointsOn } from "./carried.ts";
import { deviceTime } from "./device-time.ts";
import { type MqttFaultCode, mqttFault } from "./faults.ts";
import type { MqttDevice, MqttSource, Place } from "./fields.ts";
import { lookUp, printPath } from "./path.ts";
import { Payload } from "./payload.ts";
import { fromIdentity, fromJson, fromText, type Raw, wordOf } from "./raw.ts";
import type { SenmlRecord } from "./senml.ts";
import { senmlPoint, senmlSerials } from "./senml-points.ts";
import { isExpected } from "./serials.ts";

export interface Decoded {
  readings: Reading[];
  keys: Key[];
  /** By device: the serial numbers in it, of devices that are expected to show one. */
  serials: ReadonlyMap<string, readonly string[]>;
}

/** What decoding needs from outside. */
export interface DecodeContext {
  topic: string;
  /** Wall ms UTC at arrival. */
  wallMs: number;
  /** Keyed digest of an identity. */
  digest(identity: string): string;
}

/**
 * Decodes one message for every device whose topic it came on.
 * A path or name that is missing is no fault while the message has another point of any of these devices, or where
 * the profile says that it may have none.
 */
export function decode(bytes: Uint8Array, devices: readonly MqttDevice[], context: DecodeContext): Decoded {
  const heard = devices.map((device) => ({ device, points: pointsOn(device, context.topic) }));
  const payload = new Payload(bytes, exempt(heard), ignoredBy(devices));
  const serials = new Map<string, readonly string[]>();
  const readings: Reading[] = [];
  const keys: Key[] = [];
  const empty: string[] = [];
  /** Some device speaks of its points and says nothing of them. */
  let heardNothing = false;
  for (const { device, points } of heard) {
    const { samples, faults, spoken } = read(payload, points, device, context);
    if (faults.some(({ code }) => code === "mqtt.forbidden")) return refused(devices);
    const shown = isExpected(device) ? serialsIn(payload, device) : [];
    if (shown.length > 0) serials.set(device.id, shown);
    if (samples.length + faults.length === 0) {
      const silent = points.length > 0 && shown.length === 0 && !spoken;
      if (silent && !device.profile.sparse) empty.push(device.id);
      else if (spoken) heardNothing = true;
      continue;
    }
    const time = timeOf(payload, device, context);
    if (time === null) faults.push(mqttFault("mqtt.time"));
    else if (time !== undefined) for (const sample of samples) sample.deviceTime = time;
    const key = samples.length === 0 ? undefined : identityOf(payload, device);
    if (key === null) faults.push(mqttFault("mqtt.identity"));
    else if (key !== undefined) keys.push(key);
    readings.push({ device: device.id, samples, faults });
  }
  if (readings.length > 0 || serials.size > 0 || heardNothing) return { readings, keys, serials };
  return { readings: empty.map((id) => faulty(id, "mqtt.empty")), keys, serials };
}

const faulty = (device: string, code: MqttFaultCode): Reading => ({
  device,
  samples: [],
  faults: [mqttFault(code)],
});

/** What is forbidden for one is forbidden for all who hear it. */
const refused = (devices: readonly MqttDevice[]): Decoded => ({
  readings: devices.map(({ id }) => faulty(id, "mqtt.forbidden")),
  keys: [],
  serials: new Map(),
});

const none: ReadonlySet<string> = new Set();

/** Paths whose text leaves only as a digest. */
function exempt(heard: readonly { points: readonly MqttPoint[] }[]): ReadonlySet<string> {
  let paths: Set<string> | undefined;
  for (const { points } of heard) {
    for (const { source, places } of points) {
      if (!source.digest) continue;
      for (const { path } of places) {
        // Of a path that is left open nothing is exempt.
        if (path?.every((segment) => typeof segment === "string") !== true) continue;
        paths ??= new Set();
        paths.add(printPath(path as readonly string[]));
      }
    }
  }
  return paths ?? none;
}

/** Members that all of them ignore. */
function ignoredBy([first, ...others]: readonly MqttDevice[]): ReadonlySet<string> {
  const { ignore = [] } = first?.profile ?? {};
  if (ignore.length === 0) return none;
  return new Set(ignore.filter((name) => others.every(({ profile }) => profile.ignore.includes(name))));
}

interface Said {
  samples: Sample[];
  faults: Fault[];
  /** It has a place of some point, even if it says nothing there. */
  spoken: boolean;
}

function read(
  payload: Payload,
  points: readonly MqttPoint[],
  device: MqttDevice,
  context: DecodeContext,
): Said {
  const said: Said = { samples: [], faults: [], spoken: false };
  /** The payload cannot be read as this point wants it: told once, whatever the number of points. */
  const unread = (code: MqttFaultCode) => {
    if (!said.faults.some((fault) => fault.code === code && fault.point === undefined))
      said.faults.push(mqttFault(code));
  };
  const { profile } = device;
  for (const { id, source, places } of points) {
    for (const place of places) {
      if (place.name !== undefined) {
        const pack = payload.senml();
        if ("fault" in pack) unread(pack.fault);
        else {
          const asked = { ...source, name: place.name };
          const { samples, faults } = senmlPoint(pack.records, id, asked, profile.buffered, context);
          said.samples.push(...samples);
          said.faults.push(...faults.map((code) => mqttFault(code, { point: id })));
        }
        continue;
      }
      const found = place.availability
        ? isThere(payload, device)
        : valueAt(payload, place, source, profile.unsaid);
      if (found === null) continue;
      if ("unread" in found) {
        unread(found.unread);
        continue;
      }
      said.spoken = true;
      if (found.value === undefined) continue;
      const raw = otherUnit(payload, source) ?? rawOf(found.value, place, id, source, context);
      if ("fault" in raw) said.faults.push(mqttFault(raw.fault, { point: id }));
      else said.samples.push({ point: id, raw: raw.value });
      break;
    }
  }
  return said;
}

/** null: not there; `value` undefined: there, and nothing is said of the point by it. */
type Found = { value?: unknown } | { unread: MqttFaultCode } | null;

function valueAt(
  payload: Payload,
  place: Place,
  { digest, only }: MqttSource,
  unsaid: readonly string[],
): Found {
  let value: unknown;
  if (place.path === undefined) {
    const whole = payload.whole(digest);
    if ("fault" in whole) {
      return whole.fault === "mqtt.empty" && unsaid.includes("") ? {} : { unread: whole.fault };
    }
    value = whole.text;
  } else {
    const json = payload.json();
    if ("fault" in json) return { unread: json.fault };
    value = lookUp(json.document, place.path);
    if (value === undefined) return null;
  }
  if (unsaid.length === 0 && only === undefined) return { value };
  const word = typeof value === "object" && value !== null ? null : String(value);
  if (word !== null && unsaid.includes(word)) return {};
  return only === undefined || (word !== null && only.includes(word)) ? { value } : {};
}

/** A word that is neither of the two is told by whoever hears who came and went. */
function isThere(payload: Payload, device: MqttDevice): Found {
  const word = readAvailability(payload, device);
  return word === null ? {} : { value: word === "online" };
}

function rawOf(
  value: unknown,
  place: Place,
  point: string,
  source: MqttSource,
  { digest }: DecodeContext,
): Raw {
  if (source.digest) return fromIdentity(value, digest);
  return place.path === undefined && typeof value === "string"
    ? fromText(value, source.type, point)
    : fromJson(value, source.type);
}

/** null: the message names no other unit than the point's. */
function otherUnit(payload: Payload, { unitAt }: MqttSource): Raw | null {
  if (unitAt === undefined) return null;
  const json = payload.json();
  const named = "fault" in json ? undefined : lookUp(json.document, unitAt.path);
  return named === undefined || named === unitAt.is ? null : { fault: "mqtt.unit" };
}

function serialsIn(payload: Payload, { profile }: MqttDevice): readonly string[] {
  const { serial } = profile;
  if (serial === undefined) return [];
  if (serial.path === undefined) {
    const pack = payload.senml();
    return "fault" in pack ? [] : senmlSerials(pack.records, serial);
  }
  const json = payload.json();
  const word = "fault" in json ? null : wordOf(lookUp(json.document, serial.path));
  return word === null ? [] : [word];
}

/** undefined: it says no time, or SenML says it record by record; null: it says one that cannot be used. */
function timeOf(payload: Payload, device: MqttDevice, context: DecodeContext): number | null | undefined {
  const { time, buffered } = device.profile;
  if (time === undefined) return undefined;
  const json = payload.json();
  const raw = "fault" in json ? undefined : lookUp(json.document, time.path);
  if (raw === undefined || raw === null) return undefined;
  // A reading that may be weeks old says nothing about which of two equal hours it means.
  return deviceTime(raw, time.format, time.zone, buffered ? null : context.wallMs);
}

/** undefined: the profile names none; null: it is not in the message. */
function identityOf(payload: Payload, device: MqttDevice): Key | null | undefined {
  const { identity: by, time } = device.profile;
  const key = (value: string): Key => ({
    slot: `d/${device.id}`,
    value,
    rule: "once",
    device: device.id,
  });
  const word = (path: readonly string[]) => {
    const json = payload.json();
    return "fault" in json ? null : wordOf(lookUp(json.document, path));
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
      const said = time === undefined ? firstTime(payload) : word(time.path);
      return said === null ? null : key(`${said}/${payload.digest()}`);
    }
  }
}

/** The first time in a pack that is the device's own. */
function firstTime(payload: Payload): string | null {
  const pack = payload.senml();
  const timed = "fault" in pack ? undefined : pack.records.find(isTimed);
  return timed === undefined ? null : String(timed.timeMs);
}

const isTimed = ({ timeMs }: SenmlRecord) => timeMs != null;
