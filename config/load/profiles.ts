/**
 * Device models: built-in ones and those of the folder's profiles/. An id exists once among both.
 */
import { read, readCommon, tellStrangers } from "./entry.ts";
import { type Findings, suggest } from "./findings.ts";
import { readBuiltIn } from "./folder.ts";
import type { Loading } from "./loading.ts";
import { type Profile, readProfile, schemasOf } from "./profile.ts";
import { ProfileShelf } from "./profile-shelf.ts";
import { codeOf } from "./read-bounded.ts";
import { runVectors } from "./run-vectors.ts";
import { profileShape } from "./shape/profile.ts";
import type { Source } from "./source.ts";
import { type Mapping, parseTree, placeText, type Scalar } from "./tree.ts";

/**
 * All of them, those built in as soon as they are asked for; a broken profile is there with `ok` false, so that naming
 * it is no error.
 * @param driver of those built in these alone
 */
export function readProfiles(
  own: readonly Source[],
  builtIn: string,
  loading: Loading,
  driver?: string,
): Map<string, Profile> {
  const profiles = new ProfileShelf();
  for (const source of builtInSources(builtIn, loading)) {
    if (driver !== undefined && !isOf(source, driver)) continue;
    const read = () => add(profiles, source, true, loading);
    const id = idOf(source);
    if (id === undefined || profiles.has(id)) read();
    else profiles.later(id, read);
  }
  for (const source of own) add(profiles, source, false, loading);
  return profiles;
}

/** Its id, where it stands in the first line, as in all that are built in. */
const idOf = ({ text }: Source) => /^profile: ([a-z0-9][a-z0-9-]*)(?=\s)/.exec(text)?.[1];

/** Its driver, where it stands at the beginning of a line, as in all that are built in. */
const isOf = ({ text }: Source, driver: string) => /^driver: *(\S+)/m.exec(text)?.[1] === driver;

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

/** Trees of built-in profiles by their text: the same at every load, and never changed. */
const builtInTrees = new Map<string, Mapping>();

function builtInTree(source: Source, findings: Findings): Mapping | null {
  const name = `${source.file}\n${source.text}`;
  const known = builtInTrees.get(name);
  if (known !== undefined) return known;
  const told = findings.list().length;
  const tree = parseTree(source, findings);
  if (tree !== null && findings.list().length === told) builtInTrees.set(name, tree);
  return tree;
}

function add(profiles: Map<string, Profile>, source: Source, builtIn: boolean, loading: Loading): void {
  const body = builtIn ? builtInTree(source, loading.findings) : parseTree(source, loading.findings);
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
  // Those built in are run by this program's own tests.
  if (!builtIn) runVectors(profile, loading);
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
