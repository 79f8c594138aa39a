/**
 * Births and their opposite: the topics on which devices, or their bridge for them, say whether they are there.
 * Pure; what follows from it is the business of presence.
 */
import { announcementTopic } from "./carried.ts";
import type { MqttDevice } from "./fields.ts";
import { lookUp } from "./path.ts";
import type { Payload } from "./payload.ts";

/** One device that is spoken of. */
export interface Announced {
  device: MqttDevice;
  /** Devices that hang on it: gone with it. */
  behind: readonly string[];
}

/** The devices of one connection that say whether they are there. */
export class Announcements {
  /** Devices of whom the login of their bridge says nothing: they are there from their own first word. */
  readonly waiting: ReadonlySet<string>;
  readonly #byTopic = new Map<string, Announced[]>();

  constructor(devices: readonly MqttDevice[]) {
    const waiting = new Set<string>();
    for (const device of devices) {
      const topic = announcementTopic(device);
      if (topic === null) continue;
      if (device.address.user === undefined) waiting.add(device.id);
      const here = this.#byTopic.get(topic) ?? [];
      here.push({ device, behind: behind(device.id, devices) });
      this.#byTopic.set(topic, here);
    }
    this.waiting = waiting;
  }

  /** Whose availability a topic carries. */
  on(topic: string): readonly Announced[] {
    return this.#byTopic.get(topic) ?? none;
  }
}

const none: readonly Announced[] = [];

function behind(id: string, devices: readonly MqttDevice[]): string[] {
  const found = new Set([id]);
  for (let before = 0; before < found.size; ) {
    before = found.size;
    for (const device of devices) {
      if (device.via !== undefined && found.has(device.via)) found.add(device.id);
    }
  }
  found.delete(id);
  return [...found];
}

/** What a message on its availability topic says of a device; null: neither of its two words. */
export function readAvailability(payload: Payload, device: MqttDevice): "online" | "offline" | null {
  const { availability } = device.profile;
  if (availability === undefined) return null;
  const said = wordIn(payload, availability.path);
  if (said === availability.online) return "online";
  return said === availability.offline ? "offline" : null;
}

function wordIn(payload: Payload, path: readonly string[] | undefined): string | null {
  if (path === undefined) {
    const whole = payload.whole(false);
    return "fault" in whole ? null : whole.text;
  }
  const json = payload.json();
  // Some bridges say it in either form, by their settings: the bare word is no JSON.
  if ("fault" in json) return wordIn(payload, undefined);
  const value = lookUp(json.document, path);
  return typeof value === "string" || typeof value === "boolean" || typeof value === "number"
    ? String(value)
    : null;
}
