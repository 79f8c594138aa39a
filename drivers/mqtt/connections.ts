/**
 * Which device belongs to which connection, and what each connection may publish. Pure.
 */
import { topicPatterns } from "./carried.ts";
import type { MqttDevice } from "./fields.ts";
import { fillTopic, hasWildcard } from "./topics.ts";

/** One credential and everything that speaks through it. */
export interface ConnectionPlan {
  /** Device that carries the credential; absent for the devices without any. */
  device?: MqttDevice;
  /** Absent: anonymous. */
  user?: string;
  devices: MqttDevice[];
  /** Filters it may publish on. */
  topics: string[];
  /** Filters on which it may say more, which nobody reads. */
  unread: string[];
}

/** A device's topics: those of its profile and points, filled in; `{friendly}` ones only for devices that have such a name. */
export function profileTopics(device: MqttDevice): string[] {
  return topicPatterns(device).flatMap(
    (pattern) => fillTopic(pattern, device.id, device.address.friendly) ?? [],
  );
}

/** Names on which a device's own readings arrive: its profile's, and the exact ones written at the device. */
export function intakeTopics(device: MqttDevice): string[] {
  const own = ownTopics(device) ?? [];
  return [...new Set([...profileTopics(device), ...own.filter((topic) => !hasWildcard(topic))])];
}

/**
 * Groups devices by the connection they speak through, in the order of the files; those without one
 * share the anonymous connection. A connection may publish the topics written at its device; without
 * such a list, what the devices behind it say.
 */
export function connectionsOf(devices: readonly MqttDevice[]): ConnectionPlan[] {
  const byId = new Map(devices.map((device) => [device.id, device]));
  const plans = new Map<string | undefined, ConnectionPlan>();
  for (const device of devices) {
    if (device.address.user === undefined) continue;
    plans.set(device.id, { device, user: device.address.user, devices: [], topics: [], unread: [] });
  }
  for (const device of devices) {
    const carrier = carrierOf(device, byId);
    let plan = plans.get(carrier?.id);
    if (plan === undefined) {
      plan = { devices: [], topics: [], unread: [] };
      plans.set(undefined, plan);
    }
    plan.devices.push(device);
  }
  for (const plan of plans.values()) {
    const speakers = plan.device?.address.topics === undefined ? plan.devices : [plan.device];
    plan.topics = [...new Set(speakers.flatMap((device) => ownTopics(device) ?? profileTopics(device)))];
    plan.unread = [...new Set(speakers.flatMap(unreadTopics))];
  }
  return [...plans.values()];
}

/** What its model says beside its points; a list at the device stands for all that it may publish. */
function unreadTopics(device: MqttDevice): string[] {
  if (device.address.topics !== undefined) return [];
  return device.profile.unread.flatMap((topic) => fillTopic(topic, device.id, device.address.friendly) ?? []);
}

/** The topics written at the device itself, filled in. */
function ownTopics(device: MqttDevice): string[] | undefined {
  return device.address.topics?.flatMap(
    (topic) => fillTopic(topic, device.id, device.address.friendly) ?? [],
  );
}

/** The device with a credential that this one is, or hangs on; undefined when there is none. */
export function carrierOf(device: MqttDevice, byId: ReadonlyMap<string, MqttDevice>): MqttDevice | undefined {
  const seen = new Set<string>();
  let here: MqttDevice | undefined = device;
  while (here !== undefined && here.address.user === undefined && !seen.has(here.id)) {
    seen.add(here.id);
    here = here.via === undefined ? undefined : byId.get(here.via);
  }
  return here?.address.user === undefined ? undefined : here;
}
