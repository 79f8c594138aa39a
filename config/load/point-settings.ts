/**
 * What is set for one point of one device, and where each value was written.
 *
 * The only place where layers are weighed: the Plan is made of these values, and an explanation shows them.
 */
import type { z } from "zod";
import type { Device } from "./device.ts";
import type { Base, Node } from "./node.ts";
import type { Profile } from "./profile.ts";
import type { ProfilePointPlan } from "./profile-point.ts";
import type { Defaults } from "./school.ts";
import type { overrideShape } from "./shape/device.ts";
import type { Deadband } from "./shape/measure.ts";
import type { Place } from "./source.ts";
import type { Mapping } from "./tree.ts";

/**
 * Whose word counts: the highest number. A row of `rooms` and an entry of `devices` are one level.
 * Within one level what is said of a point beats what is said of its whole device.
 */
export const precedence = {
  "built-in": 0,
  catalogue: 1,
  profile: 2,
  defaults: 3,
  template: 4,
  row: 5,
  device: 5,
} as const;
export type Layer = keyof typeof precedence;

/** Who said a value; without a place in any file it is part of this program. */
export interface Origin {
  layer: Layer;
  place?: Place & Pick<Base, "made">;
}

export interface Settled<T> {
  value: T;
  /** The strongest who said it; several where a value is made of several. */
  from: readonly Origin[];
}

export interface PointSettings {
  off: Settled<boolean>;
  /** ms */
  period: Settled<number>;
  deadband: Settled<Deadband>;
  /** ms */
  maxSilence: Settled<number>;
  /** value = raw × scale + offset: what the profile says, then the correction of this device. */
  scale: Settled<number>;
  offset: Settled<number>;
}

export interface SchoolDefaults {
  value: Defaults;
  body?: Mapping;
}

type Override = Exclude<z.output<typeof overrideShape>, "off">;

const minute = 60_000;
const ordinaryPeriodMs = minute;
const ordinarySilenceMs = 15 * minute;
const builtIn: Origin = { layer: "built-in" };

/** Who wrote a node of a device's entry. */
export const writer = (node: Node): Origin => ({ layer: node.layer ?? "device", place: node });

/** Weighs all that is said of one point. Pure; every file must have been read without an error for it. */
export function settlePoint(
  { id, catalogue, settings, body, whole }: ProfilePointPlan,
  device: Pick<Device, "body" | "common">,
  profile: Pick<Profile, "periodMs">,
  defaults: SchoolDefaults,
): PointSettings {
  const said = device.common.value.points?.[id];
  const override: Override = said === undefined || said === "off" ? {} : said;
  const school = defaults.value.points?.[id];
  const written = nodeAt(device.body, ["points", id]);
  const ours = (name: string) => (written?.type === "mapping" ? nodeAt(written, [name]) : undefined);

  const period = strongest<number>([
    [ordinaryPeriodMs, builtIn],
    [profile.periodMs, () => from("profile", nodeAt(whole, ["period"]))],
    [settings.period, () => from("profile", nodeAt(body, ["period"]))],
    [defaults.value.period, () => from("defaults", nodeAt(defaults.body, ["period"]))],
    [school?.period, () => from("defaults", nodeAt(defaults.body, ["points", id, "period"]))],
    [device.common.value.period, () => own(nodeAt(device.body, ["period"]))],
    [override.period, () => own(ours("period"))],
  ]);
  const of = <T>(name: "deadband" | "maxSilence", values: (T | undefined)[]): Said<T>[] => [
    [values[0], () => from("profile", nodeAt(body, [name]))],
    [values[1], () => from("defaults", nodeAt(defaults.body, ["points", id, name]))],
    [values[2], () => own(ours(name))],
  ];
  const silence = strongest<number>([
    [ordinarySilenceMs, builtIn],
    [catalogue.maxSilenceMs, { layer: "catalogue" }],
    ...of("maxSilence", [settings.maxSilence, school?.maxSilence, override.maxSilence]),
  ]);
  // What nobody wrote gives way to the period.
  const assumed = silence.from.every(({ place }) => place === undefined);
  return {
    off: strongest<boolean>([
      [false, builtIn],
      [said === "off" ? true : override.off, () => own(said === "off" ? written : ours("off"))],
    ]),
    period,
    deadband: strongest<Deadband>([
      ["off", builtIn],
      [catalogue.deadband, { layer: "catalogue" }],
      ...of<Deadband>("deadband", [settings.deadband, school?.deadband, override.deadband]),
    ]),
    maxSilence: assumed && silence.value < period.value ? period : silence,
    ...corrected({ scale: settings.scale ?? 1, offset: settings.offset ?? 0 }, override, body, ours),
  };
}

/** The profile's conversion, then the device's correction of its result. */
function corrected(
  profile: { scale: number; offset: number },
  { scale: trim = 1, offset: shift = 0 }: Override,
  body: Mapping,
  ours: (name: string) => Node | undefined,
): Pick<PointSettings, "scale" | "offset"> {
  const origins = (...found: (Origin | undefined)[]) => {
    const known = found.filter((origin) => origin !== undefined);
    return known.length === 0 ? [builtIn] : known;
  };
  const theirs = (name: string) => {
    const node = nodeAt(body, [name]);
    return node && from("profile", node);
  };
  const mine = (name: string) => {
    const node = ours(name);
    return node && own(node);
  };
  return {
    scale: { value: profile.scale * trim, from: origins(theirs("scale"), mine("scale")) },
    offset: {
      value: profile.offset * trim + shift,
      from: origins(theirs("offset"), profile.offset === 0 ? undefined : mine("scale"), mine("offset")),
    },
  };
}

/** A value, if it was said at all, and who said it (worked out only then). */
type Said<T> = [value: T | undefined, by: Origin | (() => Origin)];

/** Of equals the later: name what is said of the whole device before what is said of the point. */
function strongest<T>([first, ...more]: [[T, Origin], ...Said<T>[]]): Settled<T> {
  let [value, origin] = first;
  for (const [said, by] of more) {
    if (said === undefined) continue;
    const next = typeof by === "function" ? by() : by;
    if (precedence[next.layer] < precedence[origin.layer]) continue;
    value = said;
    origin = next;
  }
  return { value, from: [origin] };
}

const from = (layer: Layer, place: Node | undefined): Origin =>
  place === undefined ? { layer } : { layer, place };
const own = (node: Node | undefined): Origin => (node === undefined ? { layer: "device" } : writer(node));

function nodeAt(root: Node | undefined, path: readonly string[]): Node | undefined {
  let node = root;
  for (const step of path) node = node?.type === "mapping" ? node.entries.get(step)?.value : undefined;
  return node;
}
