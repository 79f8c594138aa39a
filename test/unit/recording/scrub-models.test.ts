/** What the built-in models are known to say means the same in a recording: a card is another card, and nothing else differs. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parse } from "yaml";
import type { MessageEntry } from "../../../config/schema/recording.ts";
import { announcementTopic } from "../../../drivers/mqtt/carried.ts";
import { intakeTopics } from "../../../drivers/mqtt/connections.ts";
import { decode } from "../../../drivers/mqtt/decode.ts";
import type { MqttDevice, MqttLink } from "../../../drivers/mqtt/schema.ts";
import { MqttScrubber } from "../../../drivers/mqtt/scrubber.ts";
import { casePlan } from "../../recorded/plan.ts";
import { folderOf, nowMs, school } from "../config/school-folder.ts";

interface Model {
  profile: string;
  driver: string;
  vectors?: { name?: string; topic?: string; payload?: string }[];
}

const folder = join(import.meta.dirname, "../../../config/profiles");
const models = readdirSync(folder)
  .map((name) => parse(readFileSync(join(folder, name), "utf8")) as Model)
  .filter(({ driver, vectors = [] }) => driver === "mqtt" && vectors.length > 0);

it("knows many models", () => {
  expect(models.length).toBeGreaterThan(15);
});

it.each(models.map((model) => [model.profile, model] as const))("%s", (name, { vectors = [] }) => {
  const { link } = casePlan(
    folderOf({
      "school.yaml": school,
      "devices.yaml": `links: { broker: { kind: mqtt-broker, listen: "127.0.0.1:1883" } }
devices: { it-7: { profile: ${name}, via: broker, user: u-7, password: secret:x, space: 101${name === "shelly-channel" ? ", with: { channel: 1 }" : ""} } }
`,
    }),
  );
  const devices = link.devices as readonly MqttDevice[];
  const words = [...(link.points.get("it-7")?.points.values() ?? [])].flatMap((point) => [
    ...(point.enum?.keys() ?? []),
  ]);
  const entries: MessageEntry[] = [];
  const scrubber = new MqttScrubber(link.settings as MqttLink, devices, {
    key: new Uint8Array(32),
    secret: () => Buffer.from("password of it"),
    wallMs: () => nowMs,
    words: new Set(words),
    take: (entry) => void entries.push(entry as MessageEntry),
  });
  const [device] = devices;
  if (device === undefined) throw new Error("it is no device");
  const heard = [...intakeTopics(device), announcementTopic(device)];
  let known = 0;
  for (const { name: what, topic, payload } of vectors) {
    if (payload === undefined) continue;
    const at = (topic ?? device.profile.topic[0] ?? "").replace(/\{\w+\}/g, device.id);
    // Of a device with other options.
    if (!heard.includes(at)) continue;
    known += 1;
    const read = (said: string) => {
      const context = { topic: at, wallMs: nowMs, digest: ({ length }: string) => `card of ${length}` };
      const { readings } = decode(Buffer.from(said), devices, context);
      return readings.map(({ samples, faults }) => ({
        samples: samples.map(({ point, raw }) => ({ point, raw })),
        faults: faults.map(({ code, point }) => ({ code, point })),
      }));
    };
    scrubber.message(
      0,
      { given: "", client: "", address: "" },
      { topic: at, payload: Buffer.from(payload), qos: 0, dup: false },
      false,
    );
    const shown = entries.at(-1)?.payload;
    expect(shown, `${what ?? at}: ${payload}`).toBeDefined();
    expect(read(shown ?? ""), `${what ?? at}: ${payload} → ${shown}`).toEqual(read(payload));
  }
  expect(known).toBeGreaterThan(0);
});
