/**
 * Which topics a device speaks on, and which of its points each of them carries. Pure.
 */
import type { MqttDevice, Place } from "./fields.ts";
import { fillTopic, matches } from "./topics.ts";

/** A point, with those of its places that a message on one topic may have. */
export type MqttPoint = MqttDevice["points"][number] & { places: readonly Place[] };

/** Topics of its points and of its availability, as they are written. */
export function ownPatterns({ profile, points }: MqttDevice): string[] {
  const announced = profile.availability === undefined ? [] : [profile.availability.topic];
  const named = points.flatMap(({ source }) => source.places.flatMap(({ topic }) => topic ?? []));
  return [...new Set(named), ...announced];
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
  const filters = [...profile.topic, ...(device.address.topics ?? [])].flatMap(
    (pattern) => fill(pattern) ?? [],
  );
  const isGeneral = (topic: string) =>
    topic !== announcement && filters.some((filter) => matches(filter, topic));
  const topicOf = ({ topic, availability }: Place) => {
    if (availability === true) return announcement;
    return topic === undefined ? undefined : fill(topic);
  };
  /** The points that have a place which `carries` says yes to. */
  const having = (carries: (topic: string | null | undefined) => boolean) =>
    points.flatMap((point): MqttPoint[] => {
      const places = point.source.places.filter((place) => carries(topicOf(place)));
      return places.length === 0 ? [] : [{ ...point, places }];
    });
  const named = points.flatMap(({ source }) => source.places.map(topicOf));
  const byTopic = new Map<string, readonly MqttPoint[]>();
  for (const topic of new Set([...named, announcement])) {
    if (topic == null) continue;
    const general = isGeneral(topic);
    byTopic.set(
      topic,
      having((own) => own === topic || (general && own === undefined)),
    );
  }
  return { general: having((own) => own === undefined), byTopic, announcement };
}

/** The points of a device that a message on this topic, one of its own, may hold. */
export function pointsOn(device: MqttDevice, topic: string): readonly MqttPoint[] {
  const { byTopic, general } = carriedBy(device);
  return byTopic.get(topic) ?? general;
}

/** Where the device, or its bridge for it, says whether it is there; null when it has no such topic. */
export const announcementTopic = (device: MqttDevice): string | null => carriedBy(device).announcement;
