/**
 * One device model: read once with stand-ins for its options, and again for each set of options that devices give.
 */
import type { Kind } from "../schema/kind.ts";
import type { Complaint } from "../schema/scalar.ts";
import { type ProfileAction, readActions } from "./actions.ts";
import { keysAsMeant, namesAsMeant } from "./as-meant.ts";
import { checkNames, configured, isComplete } from "./configured.ts";
import { meantKeys, readCommon, readRest, tellStrangers } from "./entry.ts";
import { Findings, suggest } from "./findings.ts";
import type { Loading } from "./loading.ts";
import { placeOf } from "./locate.ts";
import { examples, type Options, optionValues, readOptions, type Values } from "./options.ts";
import type { ProfilePointPlan } from "./profile-point.ts";
import { pointsAsMeant, readProfilePoints } from "./profile-points.ts";
import { keysOf } from "./schema-keys.ts";
import { deviceShape } from "./shape/device.ts";
import { profileShape } from "./shape/profile.ts";
import type { Mapping, Scalar } from "./tree.ts";
import { readVectors, type Vector } from "./vectors.ts";

export interface Profile {
  id: string;
  /** Where its id is written. */
  key: Scalar;
  driver: string;
  /** Driver-wide settings, as the kind's `profile` schema gave them. */
  settings: unknown;
  periodMs?: number;
  /** With options: as they are for some values of them. */
  points: ReadonlyMap<string, ProfilePointPlan>;
  actions: ReadonlyMap<string, ProfileAction>;
  options: Options;
  vectors: readonly Vector[];
  /** The entry as written. */
  body: Mapping;
  /** What was made of it for devices, by their options. */
  made?: Map<string, Profile | Complaint>;
  /** Built in, for a driver that this program was not given. */
  foreign?: true;
  /** Without any fault; the fault of a broken one has been told. */
  ok: boolean;
}

export const schemasOf = (kinds: readonly Kind[]) => kinds.map(({ profile }) => profile);

export function readProfile(id: Scalar, body: Mapping, builtIn: boolean, loading: Loading): Profile {
  const { findings, kinds } = loading;
  const driver = body.entries.get("driver")?.value;
  const known = kinds.some((kind) => driver?.type === "scalar" && kind.driver === driver.text);
  if (builtIn && !known && driver?.type === "scalar")
    return { ...empty(id, body), driver: driver.text, foreign: true };
  const meant = namesAsMeant(pointsAsMeant(keysAsMeant(body, id, loading), findings), findings);
  const declared = readOptions(meant, loading);
  const { options, whole, ok } = declared;
  const sound = checkNames(meant, declared, loading) && meant === body;
  // Every variant is read, so that each is checked; those that no device has included.
  const readings = examples(options).map((values) =>
    readConfigured(id, configured(meant, values, loading), loading, isComplete(meant, values)),
  );
  const [first = empty(id, body)] = readings;
  const profile: Profile = {
    ...first,
    options,
    body,
    ok: ok && sound && readings.every((reading) => reading.ok),
  };
  checkProof(profile, findings);
  const vectors = readVectors({ id: id.text, options, whole, body: meant }, loading);
  if (vectors === null) profile.ok = false;
  else profile.vectors = vectors;
  const run = kinds.some((kind) => kind.driver === profile.driver && kind.readVector !== undefined);
  if (!builtIn) loading.notYet.noteKeys("profile", body, run ? ["vectors"] : []);
  return profile;
}

const empty = (id: Scalar, body: Mapping): Profile => ({
  id: id.text,
  key: id,
  body,
  driver: "",
  settings: undefined,
  points: new Map(),
  actions: new Map(),
  options: new Map(),
  vectors: [],
  ok: false,
});

/**
 * @param body the entry with its options filled in
 * @param complete false: a variant that belongs to it could not be read, so its points cannot be
 */
function readConfigured(id: Scalar, body: Mapping, loading: Loading, complete = true): Profile {
  const { findings, kinds } = loading;
  const named = { key: id, body };
  const required = ["text", "proof", "driver", ...(complete ? ["points"] : [])];
  const driver = body.entries.get("driver")?.value;
  const kind = kinds.find((candidate) => driver?.type === "scalar" && candidate.driver === driver.text);
  const { value, ok } = readCommon(profileShape, required, named, schemasOf(kinds), findings);
  const profile: Profile = { ...empty(id, body), driver: value.driver ?? "" };
  if (value.period !== undefined) profile.periodMs = value.period;
  if (kind === undefined) {
    if (value.driver === undefined) tellStrangers(profileShape, schemasOf(kinds), named, findings);
    else if (driver !== undefined)
      findings.error(
        "unknown-driver",
        driver,
        { zh: `本程序没有驱动 “${value.driver}”`, en: `this program has no driver "${value.driver}"` },
        suggest(value.driver, [...new Set(kinds.map((other) => other.driver))], {
          zh: "驱动",
          en: "drivers",
        }),
      );
    return profile;
  }
  const settings = readRest(kind.profile, profileShape, named, findings);
  const points = complete
    ? readProfilePoints(body, kind, settings?.value, loading)
    : { points: new Map(), ok: false };
  const actions = readActions(body, kind, { settings: settings?.value, points }, loading);
  profile.settings = settings?.value;
  profile.points = points.points;
  profile.actions = actions ?? new Map();
  profile.ok = ok && settings !== null && points.ok && actions !== null;
  return profile;
}

/** A grade is never claimed that cannot be shown. */
function checkProof({ body, key }: Profile, findings: Findings): void {
  const proof = body.entries.get("proof")?.value;
  if (proof?.type !== "scalar" || proof.text !== "bench" || body.entries.has("capture")) return;
  findings.error(
    "missing-key",
    proof ?? key,
    { zh: "proof: bench 要附实机抓包", en: "proof: bench needs a capture of a real unit" },
    {
      zh: "加上 capture: 文件名；没有抓包时写 simulated",
      en: "add capture: FILE, or write simulated without one",
    },
  );
}

/**
 * The profile as it is for one device.
 * @param given the device's `with`
 * @returns null: something is wrong with the options, told at the device
 */
export function profileFor(
  profile: Profile,
  given: Readonly<Record<string, string>>,
  body: Mapping,
  anchor: Scalar,
  loading: Loading,
): Profile | null {
  if (!profile.ok) return profile;
  const needed = [...profile.options.values()].some(({ default: preset }) => preset === undefined);
  if (needed && withMisspelt(body, loading)) return null;
  const values = optionValues(profile, given, body, anchor, loading);
  if (values === null) return null;
  const found = madeFor(profile, values, loading);
  if ("what" in found) {
    const { what, fix } = found;
    loading.findings.error("option-unfit", placeOf(body, ["with"], anchor, loading.findings), what, fix);
    return null;
  }
  return found;
}

/** The sound profile as it is with these values of all its options; null: it is not right with them. */
export function profileWith(profile: Profile, values: Values, loading: Loading): Profile | null {
  const found = madeFor(profile, values, loading);
  return "what" in found ? null : found;
}

function madeFor(profile: Profile, values: Values, loading: Loading): Profile | Complaint {
  if (values.size === 0) return profile;
  const name = JSON.stringify([...values].sort());
  const known = profile.made?.get(name);
  if (known !== undefined) return known;
  const found = made(profile, values, loading);
  profile.made ??= new Map();
  profile.made.set(name, found);
  return found;
}

/** A key of the device that is not known was meant to be `with`: what it says of the options cannot be known. */
function withMisspelt(body: Mapping, { kinds }: Loading): boolean {
  if (body.entries.has("with")) return false;
  return meantKeys(body, [deviceShape, ...kinds.map(({ address }) => address)].flatMap(keysOf)).has("with");
}

/** A profile that is sound may still not be with one value of an option: then what is wrong with it. */
function made(profile: Profile, values: Values, loading: Loading): Profile | Complaint {
  const scratch = { ...loading, findings: new Findings() };
  const { options, vectors, body, key } = profile;
  const read = readConfigured(key, configured(body, values, scratch), scratch);
  const [problem] = scratch.findings.list().filter(({ severity }) => severity === "error");
  if (problem === undefined) return { ...read, options, vectors };
  const where = `${problem.file}:${problem.line}`;
  return {
    what: {
      zh: `用这些选项时型号 ${profile.id} 不成立（${where}）：${problem.what.zh}`,
      en: `with these options the profile ${profile.id} is not right (${where}): ${problem.what.en}`,
    },
    fix: problem.fix,
  };
}
