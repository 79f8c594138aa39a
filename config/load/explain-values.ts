/**
 * The values of one planned device, each with who wrote it: itself, its options, its protocol, its points. Pure.
 */
import type { DevicePlan } from "../schema/kind.ts";
import { type Device, trailOf } from "./device.ts";
import {
  oneWord,
  type Shown,
  type ShownOrigin,
  shownAt,
  shownOrigin,
  writersOf,
  writtenAs,
} from "./explain-shown.ts";
import { withHost } from "./host.ts";
import type { Values } from "./options.ts";
import { type PointSettings, type SchoolDefaults, settlePoint } from "./point-settings.ts";
import type { Profile } from "./profile.ts";
import type { ProfilePointPlan } from "./profile-point.ts";
import { keysOf } from "./schema-keys.ts";
import { type Deadband, spoken } from "./shape/measure.ts";
import { offBy } from "./stage.ts";
import type { Mapping } from "./tree.ts";
import { unitShown } from "./unit-shown.ts";

export interface ToExplain {
  device: Device;
  profile: Profile;
  plan: DevicePlan;
  /** Of all options of the profile. */
  options: Values;
  /** Short id of the room that it is in, and the long code; absent: in none. */
  space?: { id: string; code: string };
  stage: "on" | "trial";
  defaults: SchoolDefaults;
}

type Inferred = NonNullable<ProfilePointPlan["inferred"]>;

const builtIn: ShownOrigin = { layer: "built-in" };
/** Shown otherwise than as written. */
const workedOut = ["profile", "via", "space", "stage", "simulated", "with", "period", "points"];

export function effectiveValues(one: ToExplain): Shown[] {
  const { device, profile, defaults } = one;
  return [
    ...whatItIs(one),
    ...optionValues(one),
    ...fields(one),
    ...lineValues(one),
    ...[...profile.points.values()].flatMap((point) => pointValues(point, device, profile, defaults)),
  ];
}

function whatItIs({ device, plan, space, stage }: ToExplain): Shown[] {
  const { body, common, link } = device;
  const said = (name: string, of = body): ShownOrigin[] => {
    const node = of.entries.get(name)?.value;
    return node === undefined ? [builtIn] : writersOf(node);
  };
  const off = offBy(device);
  const values: Shown[] = [
    { name: "profile", value: common.value.profile ?? "", from: said("profile") },
    { name: "via", value: common.value.via ?? "", from: said("via") },
    { name: "space", value: space === undefined ? "" : `${space.id} (${space.code})`, from: said("space") },
    { name: "stage", value: off === undefined ? stage : "off", from: said("stage", off?.body) },
  ];
  if (plan.simulated) {
    const front = trailOf(device).find((each) => each.common.value.simulated === true);
    const written = link?.body.entries.get("simulated")?.value;
    const onLink = written === undefined ? builtIn : shownAt("link", written);
    const from = front === undefined ? [onLink] : said("simulated", front.body);
    values.push({ name: "simulated", value: "true", from });
  }
  return values;
}

function optionValues({ device, profile, options }: ToExplain): Shown[] {
  const given = device.body.entries.get("with")?.value;
  return [...options].map(([name, value]) => {
    const written = given?.type === "mapping" ? given.entries.get(name)?.value : undefined;
    const declared = profile.options.get(name)?.key;
    const from =
      written !== undefined ? writersOf(written) : declared ? [shownAt("profile", declared)] : [builtIn];
    return { name: `with.${name}`, value: written === undefined ? value : writtenAs(name, written), from };
  });
}

/** What is taken as written; then what the protocol has where nothing is written. */
function fields({ device, plan }: ToExplain): Shown[] {
  const kind = device.link?.kind;
  const fronts = trailOf(device).slice(1);
  const { entries } =
    kind === undefined
      ? device.body
      : withHost(
          device.body,
          kind.address,
          fronts.map(({ body }) => body),
        );
  const values: Shown[] = [];
  for (const [name, { value }] of entries)
    if (!workedOut.includes(name))
      values.push({ name, value: writtenAs(name, value), from: writersOf(value) });
  const address = plan.address as Record<string, unknown> | null | undefined;
  for (const name of kind === undefined ? [] : keysOf(kind.address)) {
    const value = entries.has(name) ? undefined : oneWord(address?.[name]);
    if (value !== undefined) values.push({ name, value, from: [builtIn] });
  }
  return values;
}

/** What it shares with the others of its link: which line that is, and what is written of it. */
function lineValues({ device: { link }, plan }: ToExplain): Shown[] {
  if (link?.kind === undefined || !link.ok) return [];
  const { kind, settings, key, body } = link;
  const line = {
    name: "line",
    value: kind.line(settings, plan.address, plan.profile),
    from: [shownAt("link", key)],
  };
  const written = keysOf(kind.link).flatMap((name): Shown[] => {
    const node = body.entries.get(name)?.value;
    if (node === undefined) return [];
    return [{ name: `line.${name}`, value: writtenAs(name, node), from: [shownAt("link", node)] }];
  });
  return [line, ...written];
}

/** Where the device has it, to be compared with its manual. */
function pointPlace(
  { id, source, inferred, body, whole }: ProfilePointPlan,
  { link }: Device,
  { settings }: Profile,
): Shown[] {
  if (inferred !== undefined) return inferredFrom(id, inferred, body);
  return Object.entries(link?.kind?.placeOf?.(source, settings) ?? {}).map(([name, value]) => {
    const written = (body.entries.get(name) ?? whole.entries.get(name))?.value;
    return { name, point: id, value, from: [written === undefined ? builtIn : shownAt("profile", written)] };
  });
}

/** What it is inferred from, and its limits. */
function inferredFrom(id: string, { onW, offW }: Inferred, body: Mapping): Shown[] {
  const one = (name: string, value: string): Shown => {
    const written = body.entries.get(name)?.value;
    return { name, point: id, value, from: [written === undefined ? builtIn : shownAt("profile", written)] };
  };
  const watts = (power: number) => `${decimalText(power)} W`;
  return [one("from", "power-meter"), one("on", `> ${watts(onW)}`), one("off", `< ${watts(offW)}`)];
}

function pointValues(
  point: ProfilePointPlan,
  device: Device,
  profile: Profile,
  defaults: SchoolDefaults,
): Shown[] {
  const settings = settlePoint(point, device, profile, defaults);
  const one = <K extends keyof PointSettings>(
    name: K,
    say: (value: PointSettings[K]["value"]) => string,
    unit?: string,
  ): Shown => ({
    name,
    point: point.id,
    value: say(settings[name].value),
    ...(unit === undefined ? {} : { unit }),
    from: settings[name].from.flatMap(shownOrigin),
  });
  const off = one("off", String);
  if (settings.off.value) return [off];
  const { type } = point.catalogue;
  const number = type === "number";
  // Files have the catalogue's unit; where people see another one, that is not what is written.
  const unit = unitShown(point.catalogue);
  const absolute = typeof settings.deadband.value === "object" && "abs" in settings.deadband.value;
  return [
    off,
    ...pointPlace(point, device, profile),
    // What is inferred comes as often as its meter speaks: that device says how often.
    ...(point.inferred === undefined ? [one("period", spoken)] : []),
    one("deadband", deadbandText, absolute && number ? unit : undefined),
    one("maxSilence", spoken),
    ...(number ? [one("scale", decimalText), one("offset", decimalText, unit)] : []),
  ];
}

/** `20`, `1%` or `off`, as a file has it. */
function deadbandText(value: Deadband): string {
  if (value === "off") return "off";
  return "abs" in value ? decimalText(value.abs) : `${decimalText(value.share * 100)}%`;
}

/** Without the noise of binary fractions (0.07 × 100). */
const decimalText = (value: number) => String(Number(value.toPrecision(12)));
