/**
 * What needs somebody, one entry per cause: devices of one link with the same trouble are one matter, and what
 * another reason explains is counted there. Pure.
 */
import type { DeviceStatus, SpaceStatus, Status } from "../../config/schema/status.ts";
import type { Reason, Value } from "../../config/schema/vocabulary.ts";
import type { Language } from "./io.ts";

export interface Matter {
  /** As `sayReason` takes it; its subject names all that share the trouble. */
  reason: Reason;
  /** Devices that suffer, those of its subjects included. */
  devices: readonly DeviceStatus[];
  /** How many of them the subjects do not name: what hangs on a bridge that is down. */
  behind: number;
  /** Their rooms. */
  spaces: readonly SpaceStatus[];
}

/** An uplink keeps to its hours, or waits as it was asked to: no matter for anybody, but seen. */
const waits: ReadonlySet<string> = new Set(["E520", "E521", "E522"]);

/** Why an uplink that is well sends nothing just now, or not all. */
export const waitsOf = (uplink: string, { reasons }: Status): Reason[] =>
  reasons.filter(
    ({ subject, code, state }) =>
      subject === uplink && waits.has(code) && (state === "ok" || state === "off"),
  );

/** Names told of many. */
const told = 3;

/** In the order of the reasons: worst first. */
export function mattersOf(status: Status, lang: Language): Matter[] {
  const open = status.reasons.filter(
    ({ root, state }) => root === undefined && (state === "down" || state === "degraded"),
  );
  return grouped(open, status).map((reasons) => matterOf(reasons, status, lang));
}

/** The matter of these reasons, which share code and link. */
export function matterOf(reasons: readonly Reason[], status: Status, lang: Language): Matter {
  const [first] = reasons;
  if (first === undefined) throw new RangeError("a matter has a reason");
  const devices = affected(reasons, status);
  const codes = new Set(devices.map(({ space }) => space));
  const spaces = (status.spaces ?? []).filter(({ code }) => codes.has(code));
  const subjects = subjectsOf(reasons);
  const reason: Reason = {
    ...first,
    subject: named(subjects, lang),
    since: Math.min(...reasons.map(({ since }) => since)),
    facts: common(reasons),
  };
  const own = first.level === "device" || first.level === "point";
  const behind = own ? Math.max(0, devices.length - subjects.length) : 0;
  return { reason, devices, behind, spaces };
}

function grouped(reasons: readonly Reason[], { devices }: Status): Reason[][] {
  const links = new Map(devices.map(({ id, link }) => [id, link]));
  const points = new Map<string, string[]>();
  const pointKey = (device: string, code: string) => JSON.stringify([device, code]);
  for (const { subject, code } of reasons) {
    const [device = "", point] = subject.split("/");
    if (point === undefined) continue;
    points.set(pointKey(device, code), [...(points.get(pointKey(device, code)) ?? []), point].sort());
  }
  const groups = new Map<string, Reason[]>();
  for (const reason of reasons) {
    const { level, subject, code, state } = reason;
    const [device = ""] = subject.split("/");
    const alone = level === "gateway" || level === "bus";
    const key = alone
      ? JSON.stringify([code, level, subject])
      : JSON.stringify([code, state, links.get(device), level, points.get(pointKey(device, code))]);
    groups.set(key, [...(groups.get(key) ?? []), reason]);
  }
  return [...groups.values()];
}

/** Devices by name; a point of one device alone is named with its device. */
function subjectsOf(reasons: readonly Reason[]): string[] {
  const byDevice = new Map<string, string[]>();
  for (const { subject } of reasons) {
    const [device = "", ...point] = subject.split("/");
    byDevice.set(device, [...(byDevice.get(device) ?? []), ...point]);
  }
  return [...byDevice].map(([device, points]) =>
    points.length === 0 ? device : `${device}/${points.join("+")}`,
  );
}

function named(subjects: readonly string[], lang: Language): string {
  const names = subjects.slice(0, told).join(lang === "zh" ? "、" : ", ");
  if (subjects.length <= told) return names;
  return lang === "zh" ? `${names} 等 ${subjects.length} 台` : `${names} and ${subjects.length - told} more`;
}

/** Facts that are the same for all. */
function common(reasons: readonly Reason[]): Record<string, Value> {
  const [first, ...rest] = reasons;
  return Object.fromEntries(
    Object.entries(first?.facts ?? {}).filter(([name, value]) =>
      rest.every(({ facts }) => facts[name] === value),
    ),
  );
}

function affected(reasons: readonly Reason[], status: Status): DeviceStatus[] {
  const subjects = new Set(reasons.map(({ subject }) => subject.split("/")[0] ?? ""));
  const explained = new Set(
    status.reasons
      .filter(({ root }) => root !== undefined && subjects.has(root))
      .map(({ subject }) => subject.split("/")[0] ?? ""),
  );
  const downLinks = new Set(
    status.links.filter(({ id, state }) => subjects.has(id) && state === "down").map(({ id }) => id),
  );
  return status.devices.filter(
    ({ id, link, state, trial }) =>
      trial !== true &&
      (state === "down" || state === "degraded") &&
      (subjects.has(id) || explained.has(id) || downLinks.has(link)),
  );
}
