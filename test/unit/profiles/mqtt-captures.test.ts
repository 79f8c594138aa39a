/**
 * What real and documented MQTT devices said, where that collection lies beside the project: each message goes through
 * the built-in model of its family, as a school would write it, and gives the values that it is known to mean.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadPlan } from "../../../config/load/index.ts";
import type { Value } from "../../../config/schema/vocabulary.ts";
import { connectionsOf, intakeTopics } from "../../../drivers/mqtt/connections.ts";
import { decode } from "../../../drivers/mqtt/decode.ts";
import type { MqttDevice } from "../../../drivers/mqtt/schema.ts";
import { matches } from "../../../drivers/mqtt/topics.ts";
import { kinds } from "../../../drivers/registry.ts";
import { createNormalizer } from "../../../edge/normalize/normalizer.ts";
import { folderOf, nowMs, school } from "../config/school-folder.ts";

interface Item {
  id: string;
  topic: string;
  payload: string | object;
  decoded?: Record<string, Value>;
}

const file = join(import.meta.dirname, "../../../../shared/captures/mqtt.json");
const present = existsSync(file);
const items: Item[] = present
  ? (JSON.parse(readFileSync(file, "utf8")) as { groups: { items: Item[] }[] }).groups.flatMap(
      (group) => group.items,
    )
  : [];

/** The collection's words for our points. */
const words: Readonly<Record<string, string>> = {
  illuminance_lx: "illuminance",
  uptime_s: "uptime",
  switch1: "input_1",
  temperature_c: "temperature",
  humidity_pct: "humidity",
  battery_pct: "battery",
  door_open: "contact",
  co2_ppm: "co2",
  card_uid: "card",
  power: "switch",
};

/** What messages mean of which the collection says no meaning. */
const plug = {
  switch: true,
  power: 2.7,
  voltage: 227.9,
  current: 0.121,
  energy: 7.258589,
  device_temperature: 32.1,
};
const wall = {
  humidity: 43.8,
  illuminance: 30,
  input_1: false,
  switch: false,
  temperature: 21.3,
  thermostat: true,
  setpoint: 21,
};
const meant: Readonly<Record<string, Record<string, Value>>> = {
  "shellyplusplugs-aabbccddeeff-switch0": plug,
  "shellyplusplugs-aabbccddeeff-sys": { uptime: 4_319_353 },
  "shellyplusplugs-aabbccddeeff-notify": plug,
  "shellywalldisplay-aabbccddeeff-humidity0": { humidity: 43.8 },
  "shellywalldisplay-aabbccddeeff-illuminance0": { illuminance: 30 },
  "shellywalldisplay-aabbccddeeff-input0": { input_1: false },
  "shellywalldisplay-aabbccddeeff-switch0": { switch: false },
  "shellywalldisplay-aabbccddeeff-sys": { uptime: 3_119_412 },
  "shellywalldisplay-aabbccddeeff-temperature0": { temperature: 21.3 },
  "shellywalldisplay-aabbccddeeff-thermostat0": { thermostat: true, setpoint: 21, temperature: 21.3 },
  "shellywalldisplay-aabbccddeeff-notify": wall,
};

/** Which built-in model speaks so, and the name in its topics. */
const families: readonly [topic: RegExp, profile: (item: Item, said: string) => string][] = [
  [/^zigbee2mqtt\/(bridge)\/state$/, () => "zigbee2mqtt-bridge"],
  [/^zigbee2mqtt\/(.+?)(?:\/availability)?$/, (_, said) => `zigbee2mqtt-${zigbeeModel(said)}`],
  [/^(?:tele|stat)\/(.+)\/[A-Z0-9]+$/, (_, said) => (said.includes('"UID"') ? "tasmota-card" : "tasmota")],
  [/^(shelly.+?)\/(?:status\/.+|events\/rpc|online)$/, ({ topic }) => `shelly-${shellyModel(topic)}`],
  [/^(.+?)\/(?:status|(?:binary_)?sensor\/.+|switch\/.+)$/, () => "mqtt-esphome-air"],
];

function zigbeeModel(said: string): string {
  const keys: [string, RegExp][] = [
    ["contact", /"contact"/],
    ["motion", /"(occupancy|presence)"/],
    ["alarm", /"(water_leak|smoke|gas)"/],
    ["button", /"action"/],
    ["plug", /"(state_\w+|power|energy)"|"state":"O(N|FF)"/],
  ];
  return keys.find(([, key]) => key.test(said))?.[0] ?? "climate";
}

function shellyModel(topic: string): string {
  if (topic.startsWith("shellywalldisplay")) return "wall-display";
  if (/^shelly(pro)?3em/.test(topic)) return "3em";
  return /^shelly\w*(ht|smoke|flood)/.test(topic) ? "ht" : "switch";
}

const textOf = ({ payload }: Item) => (typeof payload === "string" ? payload : JSON.stringify(payload));

/** The device that says it, in a school of its own, and all that this means. */
function hear(item: Item): { values: Record<string, Value>; faults: unknown[] } {
  const said = textOf(item);
  const [topic, profileOf] = families.find(([pattern]) => pattern.test(item.topic)) ?? [];
  if (topic === undefined || profileOf === undefined) throw new Error(`nobody speaks on ${item.topic}`);
  const name = topic.exec(item.topic)?.[1] ?? "";
  const profile = profileOf(item, said);
  const bridge = profile === "zigbee2mqtt-bridge" ? "" : "via: z2m";
  const entries =
    profile.startsWith("zigbee2mqtt-") && bridge !== ""
      ? [
          "z2m: { profile: zigbee2mqtt-bridge, via: broker, user: z2m, password: secret:x }",
          `it: { profile: ${profile}, ${bridge}, friendly: ${name} }`,
        ]
      : [`it: { profile: ${profile}, via: broker, user: it, password: secret:x, friendly: ${name} }`];
  const { plan, problems } = loadPlan(
    folderOf({
      "school.yaml": school,
      "link.yaml": 'links: { broker: { kind: mqtt-broker, listen: "127.0.0.1:1883" } }\n',
      "devices.yaml": `devices:\n${entries.map((entry) => `  ${entry}\n`).join("")}`,
    }),
    kinds,
    [],
    { env: { CE_SECRET_X: "x" }, nowMs },
  );
  expect(problems.filter(({ severity }) => severity === "error")).toEqual([]);
  const [link] = plan?.links ?? [];
  const devices = (link?.devices ?? []) as readonly MqttDevice[];
  const device = devices.find(({ id }) => id === "it");
  const points = link?.points.get("it");
  if (device === undefined || points === undefined) throw new Error("the device is not planned");
  // It may say so, and it is listened to there.
  expect(
    connectionsOf(devices).some(({ topics }) => topics.some((filter) => matches(filter, item.topic))),
  ).toBe(true);
  expect(intakeTopics(device)).toContain(item.topic);
  const { readings } = decode(Buffer.from(said), [device], {
    topic: item.topic,
    wallMs: nowMs,
    digest: (identity) => `digest of ${identity.length}`,
  });
  const normalizer = createNormalizer(points);
  const values: Record<string, Value> = {};
  const faults: unknown[] = [];
  for (const reading of readings) {
    const { records, faults: found } = normalizer.normalize(reading, { wallMs: nowMs, monotonicMs: 0 });
    faults.push(...reading.faults, ...found);
    for (const { series, value, quality } of records) values[series.point] = quality < 32 ? value : null;
  }
  return { values, faults };
}

/** In our words; an identity is known by its digest alone. */
function inOurWords(decoded: Record<string, Value>): Record<string, Value> {
  return Object.fromEntries(
    Object.entries(decoded).map(([word, value]) => {
      const point = words[word] ?? word;
      return [point, point === "card" ? `digest of ${String(value).length}` : value];
    }),
  );
}

describe.skipIf(!present)("what a device of a known family said", () => {
  it("is there to be read, all of it", () => {
    expect(items.length).toBeGreaterThanOrEqual(25);
    expect(Object.keys(meant).filter((id) => !items.some((item) => item.id === id))).toEqual([]);
  });

  it.each(items.map((item) => [item.id, item] as const))("means what is known of it: %s", (_, item) => {
    const { values, faults } = hear(item);
    expect(faults).toEqual([]);
    const known = item.decoded === undefined ? meant[item.id] : inOurWords(item.decoded);
    if (known === undefined) expect(Object.keys(values)).not.toEqual([]);
    else expect(values).toMatchObject(known);
  });

  it("never gives a card's number away", () => {
    const cards = items.filter(({ decoded }) => decoded?.card_uid !== undefined);
    expect(cards.length).toBeGreaterThan(0);
    for (const item of cards)
      expect(JSON.stringify(hear(item))).not.toContain(String(item.decoded?.card_uid));
  });
});
