/**
 * Device models: built-in ones and those of the folder's profiles/. An id exists once among both.
 */
import type { Kind } from "../schema/kind.ts";
import { read, readCommon, readRest, tellStrangers } from "./entry.ts";
import { suggest } from "./findings.ts";
import { readBuiltIn } from "./folder.ts";
import type { Loading } from "./loading.ts";
import { type ProfilePointPlan, readProfilePoints } from "./profile-points.ts";
import { codeOf } from "./read-bounded.ts";
import { profileShape } from "./shape/profile.ts";
import type { Source } from "./source.ts";
import { type Mapping, parseTree, placeText, type Scalar } from "./tree.ts";

export interface Profile {
  id: string;
  /** Where its id is written. */
  key: Scalar;
  driver: string;
  /** Driver-wide settings, as the kind's `profile` schema gave them. */
  settings: unknown;
  periodMs?: number;
  points: ReadonlyMap<string, ProfilePointPlan>;
  actions: Record<string, unknown>;
  /** Built in, for a driver that this program was not given. */
  foreign?: true;
  /** Without any fault; the fault of a broken one has been told. */
  ok: boolean;
}

/** Reads all of them; a broken profile is there with `ok` false, so that naming it is no error. */
export function readProfiles(
  own: readonly Source[],
  builtIn: string,
  loading: Loading,
): Map<string, Profile> {
  const profiles = new Map<string, Profile>();
  for (const source of builtInSources(builtIn, loading)) add(profiles, source, true, loading);
  for (const source of own) add(profiles, source, false, loading);
  return profiles;
}

function builtInSources(folder: string, loading: Loading): Source[] {
  try {
    return readBuiltIn(folder, loading.findings);
  } catch (error) {
    loading.incomplete.profiles = true;
    loading.findings.error(
      "no-profiles",
      { file: "<built-in>" },
      {
        zh: `程序自带的型号读不了（${codeOf(error)}）`,
        en: `the built-in profiles cannot be read (${codeOf(error)})`,
      },
      { zh: "程序安装不完整，请重新安装", en: "the program is not complete: install it again" },
    );
    return [];
  }
}

function add(profiles: Map<string, Profile>, source: Source, builtIn: boolean, loading: Loading): void {
  const body = parseTree(source, loading.findings);
  const id = body?.entries.get("profile")?.value;
  if (body === null || (id !== undefined && loading.findings.silent(id))) {
    loading.incomplete.profiles = true;
    return;
  }
  if (id?.type !== "scalar") {
    loading.incomplete.profiles = true;
    const key: Scalar = { ...body, type: "scalar", text: "", plain: true };
    if (id !== undefined) read(profileShape, body, key, loading.findings);
    else {
      readCommon(profileShape, ["profile"], { key, body }, schemasOf(loading.kinds), loading.findings);
      tellStrangers(profileShape, schemasOf(loading.kinds), { key, body }, loading.findings);
    }
    return;
  }
  const before = profiles.get(id.text);
  if (before !== undefined) {
    const place = placeText(before.key);
    loading.findings.error(
      "duplicate-id",
      id,
      {
        zh: `型号 “${id.text}” 有两个，另一个在 ${place}`,
        en: `there are two profiles "${id.text}"; the other is at ${place}`,
      },
      { zh: "给自己的型号换编号", en: "give your own profile another id" },
    );
    return;
  }
  const profile = readProfile(id, body, builtIn, loading);
  profiles.set(id.text, profile);
}

const schemasOf = (kinds: readonly Kind[]) => kinds.map(({ profile }) => profile);

function readProfile(id: Scalar, body: Mapping, builtIn: boolean, loading: Loading): Profile {
  const { findings, kinds } = loading;
  const named = { key: id, body };
  const required = ["text", "proof", "driver", "points"];
  const driver = body.entries.get("driver")?.value;
  const kind = kinds.find((candidate) => driver?.type === "scalar" && candidate.driver === driver.text);
  if (builtIn && kind === undefined && driver?.type === "scalar")
    return {
      id: id.text,
      key: id,
      driver: driver.text,
      settings: undefined,
      points: new Map(),
      actions: {},
      foreign: true,
      ok: false,
    };
  const { value, ok } = readCommon(profileShape, required, named, schemasOf(kinds), findings);
  loading.notYet.noteKeys("profile", body, builtIn ? [] : ["options", "vectors"]);
  const profile: Profile = {
    id: id.text,
    key: id,
    driver: value.driver ?? "",
    settings: undefined,
    points: new Map(),
    actions: {},
    ok: false,
  };
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
  const points = readProfilePoints(body, kind, loading);
  const actions = readActions(body, kind, loading);
  profile.settings = settings?.value;
  profile.points = points.points;
  profile.actions = actions ?? {};
  profile.ok = ok && settings !== null && points.ok && actions !== null;
  return profile;
}

function readActions(body: Mapping, kind: Kind, loading: Loading): Record<string, unknown> | null {
  const actions = body.entries.get("actions")?.value;
  if (actions === undefined) return {};
  if (actions.type !== "mapping") return null;
  const result: Record<string, unknown> = {};
  let ok = true;
  for (const [name, { key, value }] of actions.entries) {
    const action = read(kind.action, value, key, loading.findings);
    if (action === null) ok = false;
    else Object.defineProperty(result, name, { value: action.value, enumerable: true });
  }
  return ok ? result : null;
}

/** Tells a profile that does not exist. */
export function unknownProfile(
  written: Scalar,
  profiles: ReadonlyMap<string, Profile>,
  loading: Loading,
): void {
  if (loading.incomplete.profiles) return;
  loading.findings.error(
    "unknown-profile",
    written,
    { zh: `没有型号 “${written.text}”`, en: `there is no profile "${written.text}"` },
    () => suggest(written.text, [...profiles.keys()], { zh: "型号", en: "profiles" }),
  );
}
