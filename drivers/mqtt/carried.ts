/**
 * Which topics a device speaks on, and which of its points each of them carries. Pure.
 */
import type { MqttDevice } from "./fields.ts";
import { fillTopic, matches } from "./topics.ts";

export type MqttPoint = MqttDevice["points"][number];

/** Topics of its points and of its availability, as they are written. */
export function ownPatterns({ profile, points }: MqttDevice): string[] {
  const announced = profile.availability === undefined ? [] : [profile.availability.topic];
  return [...points.flatMap(({ source }) => source.topic ?? []), ...announced];
}

/** All topics that its profile gives it, as they are written. */
export const topicPatterns = (device: MqttDevice): string[] => [
  ...device.profile.topic,
  ...ownPatterns(device),
];

interface Carried {
  /** Points without a topic of their own: on those of the profile and of the device, but for that of availability. */
  general: readonly MqttPoint[];
  /** By topic: the points that name it, with the general ones where those are there too. */
  byTopic: ReadonlyMap<string, readonly MqttPoint[]>;
  announcement: string | null;
}

const known = new WeakMap<MqttDevice, Carried>();

function carriedBy(device: MqttDevice): Carried {
  let carried = known.get(device);
  if (carried === undefined) {
    carried = sort(device);
    known.set(device, carried);
  }
  return carried;
}

function sort(device: MqttDevice): Carried {
  const { points, profile } = device;
  const fill = (pattern: string) => fillTopic(pattern, device.id, device.address.friendly);
  const announcement = profile.availability === undefined ? null : fill(profile.availability.topic);
  const general = points.filter(({ source }) => source.topic === undefined);
  const byTopic = new Map<string, readonly MqttPoint[]>();
  const filters = [...profile.topic, ...(device.address.topics ?? [])].flatMap(
    (pattern) => fill(pattern) ?? [],
  );
  const isGeneral = (topic: string) =>
    topic !== announcement && filters.some((filter) => matches(filter, topic));
  for (const { source } of points) {
    const topic = source.topic === undefined ? null : fill(source.topic);
    if (topic === null || byTopic.has(topic)) continue;
    const here = points.filter((other) =>
      other.source.topic === undefined ? isGeneral(topic) : fill(other.source.topic) === topic,
    );
    byTopic.set(topic, here);
  }
  if (announcement !== null && !byTopic.has(announcement)) byTopic.set(announcement, []);
  return { general, byTopic, announcement };
}

/** The points of a device that a message on this topic, one of its own, may hold. */
export function pointsOn(device: MqttDevice, topic: string): readonly MqttPoint[] {
  const { byTopic, general } = carriedBy(device);
  return byTopic.get(topic) ?? general;
}

/** Where the device, or its bridge for it, says whether it is there; null when it has no such topic. */
export const announcementTopic = (device: MqttDevice): string | null => carriedBy(device).announcement;
