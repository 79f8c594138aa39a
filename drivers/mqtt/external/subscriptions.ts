/**
 * What is asked of a school's broker: exactly the topics on which its devices speak, and who they are. Pure.
 */
import { Announcements } from "../availability.ts";
import { ownPatterns } from "../carried.ts";
import type { Access } from "../credentials.ts";
import { isExpected } from "../serials.ts";
import { fillTopic, hasWildcard, isDownlink, TopicTable } from "../topics.ts";
import { Covering } from "./covering.ts";
import type { ExternalDevice } from "./fields.ts";

/** Filters on which a device is heard, filled in, each once. */
export function filtersOf(device: ExternalDevice): string[] {
  const { address, profile, points } = device;
  // Its serial number may come on a topic of its own.
  const isGeneral =
    points.some(({ source }) =>
      source.places.some(({ topic, availability }) => topic === undefined && availability !== true),
    ) || isExpected(device);
  const general = isGeneral ? (address.topics ?? profile.topic) : [];
  const filters = [...general, ...ownPatterns(device)].flatMap(
    (pattern) => fillTopic(pattern, device.id, address.friendly) ?? [],
  );
  return [...new Set(filters)];
}

/**
 * What to subscribe to: all of them but those that another one covers. By two filters that match one topic a broker
 * may send each message twice.
 */
export function subscriptionsOf(devices: readonly ExternalDevice[]): Set<string> {
  const all = [...new Set(devices.flatMap(filtersOf))];
  const wide = new Covering(all.filter(hasWildcard));
  return new Set(all.filter((filter) => !wide.hasOther(filter)));
}

/** Topics of theirs that the files name in full. */
export const namedBy = (devices: readonly ExternalDevice[]): Set<string> =>
  new Set(devices.flatMap(filtersOf).filter((filter) => !hasWildcard(filter)));

/** True iff every topic that `inner` matches is matched by `outer`, too. */
export function covers(outer: string, inner: string): boolean {
  const wanted = outer.split("/");
  const levels = inner.split("/");
  for (const [index, word] of wanted.entries()) {
    if (word === "#") return true;
    const level = levels[index];
    if (level === undefined || level === "#" || (word !== "+" && word !== level)) return false;
  }
  return wanted.length === levels.length;
}

/** Whose topic a filter is, for what is told of it. */
export const speakersOf = (filter: string, devices: readonly ExternalDevice[]): string[] =>
  devices
    .filter((device) => filtersOf(device).some((own) => own === filter || covers(filter, own)))
    .map(({ id }) => id);

/** What the connection to the broker may bring: nobody behind it has a credential of its own. */
export function accessOf(devices: readonly ExternalDevice[]): Access {
  const table = new TopicTable<ExternalDevice>();
  for (const device of devices) for (const filter of filtersOf(device)) table.add(filter, device);
  return {
    devices,
    mayPublish: (topic) => table.has(topic) && !isDownlink(topic),
    mayLeave: () => false,
    maySubscribe: () => false,
    mayForward: () => false,
    mayPassBy: () => false,
    speakers: (topic) => table.find(topic).filter(({ points }) => points.length > 0),
    announcements: new Announcements(devices),
  };
}
