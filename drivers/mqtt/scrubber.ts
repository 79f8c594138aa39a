/**
 * What may be kept of messages for a recording. The parts of a topic that a profile writes are kept, and the devices'
 * names in it have stand-ins; a payload is kept as far as it can be understood (scrub-document.ts).
 *
 * Holds: what is on no topic that somebody reads, is no JSON and no plain word, or is larger than 16 kB is shown by its
 * length and its classes of characters alone; a mistake in here costs the message its payload.
 * Never kept: passwords, users, client ids, addresses, serial numbers, cards, names.
 */
import { isUtf8 } from "node:buffer";
import { StandIns, shapeOf } from "../codec/stand-ins.ts";
import type { Scrubber, ScrubberContext, Speaker, TracedMessage } from "../contract/index.ts";
import { announcementTopic, pointsOn } from "./carried.ts";
import { intakeTopics } from "./connections.ts";
import type { MqttDevice, MqttLink } from "./fields.ts";
import { readJson } from "./json.ts";
import type { Pattern } from "./path.ts";
import { isNumeral, isSecret, keptText, type Places, type Rules, scrubDocument } from "./scrub-document.ts";
import { scrubTopic } from "./scrub-topic.ts";
import { TopicTable } from "./topics.ts";
import { unitNames } from "./units.ts";

const mostBytes = 16_384;
const mostShape = 2_048;
/** Topics that are remembered, and how long they may be. */
const mostTopics = 5_000;
const longestTopic = 256;
/** Devices of a large school and their client ids, many times over. */
const mostSecrets = 20_000;

interface Known {
  topic: string | null;
  /** null: nobody reads it. */
  places: Places | null;
  /** The whole message is an identity, or a number or a state of a point. */
  whole: "identity" | "value" | null;
}

export interface MqttPlaces {
  /** Topics on which a device is heard; absent: its own at the embedded broker. */
  topicsOf?(device: MqttDevice): readonly string[];
  /** Texts that are never shown, beside those of the devices. */
  secrets?: readonly (string | null | undefined)[];
}

export class MqttScrubber implements Scrubber {
  readonly settings: Readonly<Record<string, string | number | boolean>>;
  readonly #devices: readonly MqttDevice[];
  readonly #context: ScrubberContext;
  readonly #standIns: StandIns;
  readonly #speakers = new TopicTable<MqttDevice>();
  readonly #secrets = new Set<string>();
  readonly #words: Set<string>;
  readonly #members = new Set<string>();
  readonly #beginnings: readonly string[];
  readonly #connections = new WeakMap<Speaker, number>();
  #spoken = 0;
  /** Verdicts on texts, until another secret is known. */
  readonly #judged: Rules["judged"] = new Map();
  readonly #names: Rules["named"] = new Map();
  readonly #topics = new Map<string, Known>();

  constructor(
    { tls }: Pick<MqttLink, "tls"> | { tls: boolean },
    devices: readonly MqttDevice[],
    context: ScrubberContext,
    { topicsOf = ownTopics, secrets = [] }: MqttPlaces = {},
  ) {
    this.settings = { tls: tls !== undefined && tls !== false };
    this.#devices = devices;
    this.#context = context;
    this.#standIns = new StandIns(context.key);
    this.#words = new Set([...context.words, ...unitNames]);
    for (const text of secrets) this.#hold(text);
    for (const { id, address, expect, profile, points } of devices) {
      for (const text of [
        id,
        address.user,
        address.friendly,
        expect,
        secretOf(context, address.password?.name),
      ])
        this.#hold(text);
      const { availability, unsaid } = profile;
      for (const word of [...unsaid, availability?.online, availability?.offline]) this.#know(word);
      for (const { source } of points)
        for (const word of [...(source.only ?? []), source.unitAt?.is]) this.#know(word);
    }
    const patterns = devices.flatMap((device) => [
      ...valuesOf(device),
      ...identitiesOf(device),
      ...otherPathsOf(device),
    ]);
    for (const segment of patterns.flat()) if (typeof segment === "string") this.#members.add(segment);
    this.#beginnings = [
      ...new Set(patterns.flat().flatMap((one) => (typeof one === "string" ? [] : one.begins))),
    ];
    for (const device of devices) for (const topic of topicsOf(device)) this.#speakers.add(topic, device);
  }

  known(id: string): Readonly<Record<string, string>> | null {
    const device = this.#devices.find((one) => one.id === id);
    if (device === undefined) return null;
    const { friendly } = device.address;
    return {
      device: this.#standIns.of(id),
      ...(friendly === undefined ? {} : { friendly: this.#standIns.of(friendly) }),
    };
  }

  message(atMs: number, from: Speaker, message: TracedMessage, will: boolean): void {
    const { topic, payload, qos, retain = false, dup } = message;
    const connection = this.#connection(from);
    const known = this.#topic(topic);
    this.#context.take({
      ms: Math.round(atMs * 10) / 10,
      connection,
      ...(known.topic === null ? { topicShape: shapeOf(topic) } : { topic: known.topic }),
      ...{ qos, retain, dup },
      ...(will ? { will: true as const } : {}),
      ...this.#payload(payload, known),
      bytes: payload.length,
    });
  }

  flush(): void {}

  #hold(text: string | null | undefined): void {
    const small = text?.toLowerCase() ?? "";
    if (small === "" || this.#secrets.has(small) || this.#secrets.size >= mostSecrets) return;
    this.#secrets.add(small);
    this.#judged.clear();
    this.#names.clear();
  }

  #know(word: string | undefined): void {
    if (word !== undefined) this.#words.add(word);
  }

  #connection(from: Speaker): number {
    let number = this.#connections.get(from);
    if (number === undefined) {
      number = ++this.#spoken;
      this.#connections.set(from, number);
      for (const text of [from.given, from.client, from.address]) this.#hold(text);
    }
    return number;
  }

  #topic(topic: string): Known {
    const before = this.#topics.get(topic);
    if (before !== undefined) return before;
    const known = this.#look(topic);
    if (this.#topics.size < mostTopics && topic.length <= longestTopic) this.#topics.set(topic, known);
    return known;
  }

  #look(topic: string): Known {
    const speakers = this.#speakers.find(topic);
    const isSecretWord = (text: string) => isSecret(text, this.#secrets);
    const shown = scrubTopic(topic, this.#devices, { standIns: this.#standIns, isSecret: isSecretWord });
    if (speakers.length === 0) return { topic: shown, places: null, whole: null };
    const points = speakers.flatMap((device) => pointsOn(device, topic));
    const places = points.flatMap((point) => point.places.map((place) => ({ place, source: point.source })));
    const whole = places.filter(({ place }) => place.path === undefined && place.name === undefined);
    const names = places.filter(({ place }) => place.name !== undefined);
    const named = (digest: boolean) =>
      new Set(names.flatMap(({ place, source }) => (source.digest === digest ? (place.name ?? []) : [])));
    return {
      topic: shown,
      places: {
        values: speakers.flatMap(valuesOf),
        // Wherever a card may be said, it is none of anybody's business.
        identities: this.#devices.flatMap(identitiesOf),
        names: named(false),
        identityNames: named(true),
      },
      whole: whole.some(({ source }) => source.digest) ? "identity" : whole.length > 0 ? "value" : null,
    };
  }

  #payload(payload: Uint8Array, { places, whole }: Known): { payload: string } | { payloadShape: string } {
    if (payload.length === 0) return { payload: "" };
    if (places === null || payload.length > mostBytes || !isUtf8(payload)) return shaped(payload);
    try {
      const text = Buffer.from(payload).toString("utf8");
      const bare = text.replace(/^\uFEFF/, "").trim();
      if (whole === "identity") return { payload: this.#standIns.of(bare) };
      const rules = this.#rules();
      const read = readJson(payload);
      if ("document" in read && typeof read.document === "object" && read.document !== null)
        return { payload: JSON.stringify(scrubDocument(read.document, places, rules)) };
      const isMeant = whole === "value" && isNumeral(bare) && !isSecret(bare, this.#secrets);
      return keptText(bare, rules) || isMeant ? { payload: text } : shaped(payload);
    } catch {
      return shaped(payload);
    }
  }

  #rules(): Rules {
    return {
      standIns: this.#standIns,
      secrets: this.#secrets,
      words: this.#words,
      members: this.#members,
      beginnings: this.#beginnings,
      judged: this.#judged,
      named: this.#names,
      wallMs: this.#context.wallMs(),
    };
  }
}

function ownTopics(device: MqttDevice): string[] {
  const announced = announcementTopic(device);
  return [...intakeTopics(device), ...(announced === null ? [] : [announced])];
}

function shaped(payload: Uint8Array): { payloadShape: string } {
  const part = payload.subarray(0, mostShape);
  if (!isUtf8(part) && !isUtf8(payload)) return { payloadShape: `?${payload.length}` };
  const shape = shapeOf(Buffer.from(part).toString("utf8")).slice(0, 380);
  return { payloadShape: payload.length > mostShape ? `${shape} …` : shape };
}

/** Numbers, states and times of its points, and where it counts its messages. */
function valuesOf({ profile, points }: MqttDevice): Pattern[] {
  const own = points.flatMap(({ source }) =>
    source.digest || source.type === "text" ? [] : source.places.flatMap(({ path }) => (path ? [path] : [])),
  );
  const units = points.flatMap(({ source }) => (source.unitAt === undefined ? [] : [source.unitAt.path]));
  const { time, availability } = profile;
  return [...own, ...units, ...(time ? [time.path] : []), ...(availability?.path ? [availability.path] : [])];
}

const identitiesOf = ({ points }: MqttDevice): Pattern[] =>
  points.flatMap(({ source }) =>
    source.digest ? source.places.flatMap(({ path }) => (path ? [path] : [])) : [],
  );

/** Where it shows its serial number, and counts its messages. */
function otherPathsOf({ profile: { serial, identity } }: MqttDevice): Pattern[] {
  const counters = identity.by === "sequence" ? [identity.epoch, identity.seq] : [];
  return [...(serial?.path ? [serial.path] : []), ...counters];
}

/** It cannot be looked for when it is not there. */
export function secretOf(context: ScrubberContext, name: string | undefined): string | null {
  if (name === undefined) return null;
  try {
    return Buffer.from(context.secret(name)).toString("utf8").trim();
  } catch {
    return null;
  }
}
