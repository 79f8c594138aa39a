/**
 * From a folder of files to the Plan, or to every problem that they have.
 *
 * Never happens: a broken file yields a plan; a problem hides another elsewhere; something is accepted silently.
 */
import { resolve } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Kind, UplinkKind } from "../schema/kind.ts";
import type { LinkPlan, LoadResult, SpacePlan, UplinkPlan } from "../schema/plan.ts";
import { withBoxes } from "./box.ts";
import type { Device } from "./device.ts";
import { readDevices } from "./devices.ts";
import { checkDoors } from "./doors.ts";
import { Findings } from "./findings.ts";
import { type Folder, readFolder } from "./folder.ts";
import { deepFreeze } from "./freeze.ts";
import { planLinks } from "./link-plans.ts";
import { readLinks } from "./links.ts";
import type { Loading, Meaning } from "./loading.ts";
import { type Model, modelsOf } from "./models.ts";
import { NotYet } from "./not-yet.ts";
import type { SchoolDefaults } from "./point-settings.ts";
import { readProfiles } from "./profiles.ts";
import { expandRooms } from "./rows/rooms.ts";
import { checkVersion, readable, readBuffer, readDefaults, readSchool } from "./school.ts";
import { SecretStore } from "./secrets.ts";
import { gatherSections, type Sections } from "./sections.ts";
import { readSpaces } from "./spaces.ts";
import { readSpares } from "./spares.ts";
import { readTimetable } from "./timetable.ts";
import { type Mapping, parseTree } from "./tree.ts";
import { readUplinks } from "./uplinks.ts";

export interface LoadOptions {
  /** Where systemd credentials and CE_SECRET_NAME are looked up; default process.env. */
  env?: Record<string, string | undefined>;
  /** Folder of the built-in profiles; default: the one beside this code. */
  profiles?: string;
  /** Wall ms UTC: decides where a moved device is; default now. */
  nowMs?: number;
  /** What raw values mean; with it the test vectors of the folder's profiles are run. */
  meaning?: Meaning;
}

/** What the plan of one load is made of. */
export interface Parts {
  devices: ReadonlyMap<string, Device>;
  spaces: ReadonlyMap<string, SpacePlan>;
  defaults: SchoolDefaults;
  loading: Loading;
}

/** Beside this code, in sources and in dist alike. */
const builtInProfiles = fileURLToPath(new URL("../profiles/", import.meta.url));

/**
 * Reads, merges, checks and freezes a configuration folder.
 * @param folder e.g. /etc/campus-edge; every *.yaml in it counts
 * @param kinds protocols that this program has; the loader knows none by name
 * @param look sees what the plan is made of, for a question that the plan alone does not answer
 * @returns the plan and warnings; without plan when there is any error
 */
export function loadPlan(
  folder: string,
  kinds: readonly Kind[],
  uplinkKinds: readonly UplinkKind[],
  options: LoadOptions = {},
  look?: (parts: Parts) => void,
): LoadResult {
  const findings = new Findings();
  const files = readFolder(resolve(folder), findings);
  if (files === null) return { plan: null, problems: findings.list() };
  const secrets = new SecretStore(files.root, options.env ?? process.env);
  const loading: Loading = {
    findings,
    notYet: new NotYet(findings),
    secrets,
    kinds: withBoxes(kinds),
    uplinkKinds,
    nowMs: options.nowMs ?? Date.now(),
    ...(options.meaning === undefined ? {} : { meaning: options.meaning }),
    incomplete: { entries: files.incomplete, spaces: files.incomplete, profiles: files.incomplete },
  };
  const sections = gatherSections(readTrees(files, loading), loading);
  expandRooms(sections, files.tables, loading);
  tellUnsupported(files, loading);
  checkVersion(sections, loading);
  const school = readSchool(sections, loading);
  const timetable = readTimetable(sections, loading);
  const buffer = readBuffer(sections, loading);
  const defaults = readDefaults(sections, loading);
  const spaces = readSpaces(sections.lists.spaces, school?.plan.id, loading);
  const profiles = readProfiles(files.profiles, resolve(options.profiles ?? builtInProfiles), loading);
  const links = readLinks(sections.merged.links, sections.merged.devices, profiles, loading);
  const devices = readDevices(sections.merged.devices, links, profiles, loading);
  const { links: linkPlans, off } = planLinks(links, devices, spaces, defaults, loading);
  const spares = readSpares(sections.lists.spares, profiles, devices, loading);
  const uplinks = readUplinks(sections.merged.uplinks, spaces, loading);
  checkDoors(school, links, loading);
  tellEmpty(sections, loading);
  checkSimulated(linkPlans, uplinks, sections, loading);
  loading.notYet.tell();
  const problems = findings.list();
  look?.({ devices, spaces, defaults, loading });
  if (findings.hasError || school === null || buffer === null)
    return { plan: null, problems, ...readable(sections) };
  const plan = deepFreeze({
    folder: files.root,
    revision: files.revision(),
    school: school.plan,
    spaces,
    buffer,
    ...(school.status === undefined ? {} : { status: school.status }),
    ...(timetable === undefined ? {} : { timetable }),
    links: linkPlans,
    uplinks,
    off,
    spares,
    secret: (name: string) => secretOf(secrets, name),
  });
  return { plan, problems };
}

function secretOf(secrets: SecretStore, name: string): Uint8Array {
  const found = secrets.find(name);
  if (typeof found === "string") throw new Error(secrets.complaint(name, found).what.en);
  return found;
}

function readTrees(files: Folder, loading: Loading): Mapping[] {
  return files.files.flatMap((source) => {
    const tree = parseTree(source, loading.findings);
    if (tree !== null) return tree;
    loading.incomplete.entries = true;
    loading.incomplete.spaces = true;
    return [];
  });
}

/** Sections of the final shape that this version does not have. */
function tellUnsupported(files: Folder, { notYet }: Loading): void {
  const [first] = files.cases;
  if (first !== undefined) notYet.note("section", "cases/", { file: first });
}

/** A gateway that would start and do nothing. */
function tellEmpty({ merged, meant }: Sections, { findings, incomplete }: Loading): void {
  if (incomplete.entries) return;
  if (merged.devices.length === 0 && !meant.has("devices"))
    findings.warning(
      "no-devices",
      { file: "" },
      { zh: "没有 devices：一台设备也没有", en: "there are no devices" },
      { zh: "加上 devices:，文件名以 .yaml 结尾", en: "add devices: in a file whose name ends in .yaml" },
    );
  if (merged.uplinks.length === 0 && !meant.has("uplinks"))
    findings.warning(
      "no-uplink",
      { file: "" },
      { zh: "没有 uplinks：数据只留在本机", en: "there are no uplinks: records stay on this machine" },
      { zh: "需要上报时加上 uplinks:", en: "add uplinks: when they should go somewhere" },
    );
}

function checkSimulated(
  links: readonly LinkPlan[],
  uplinks: readonly UplinkPlan[],
  sections: Sections,
  loading: Loading,
): void {
  const devices = links.flatMap((link) => [...link.points.values()]);
  const simulated = devices.filter((device) => device.simulated).length;
  for (const { id, accepts } of uplinks) {
    const named = sections.merged.uplinks.find((entry) => entry.id === id);
    if (named === undefined) continue;
    const place = named.body.entries.get("accepts")?.value ?? named.key;
    if (accepts === "real" && simulated > 0)
      loading.findings.warning(
        "simulated-withheld",
        place,
        {
          zh: `${simulated} 台模拟设备的数据不会送到 ${id}`,
          en: `data of simulated devices (${simulated}) will not go to ${id}`,
        },
        { zh: "测试平台可写 accepts: any", en: "for a test platform, write accepts: any" },
      );
    if (accepts === "simulated" && simulated === 0 && devices.length > 0)
      loading.findings.warning(
        "nothing-to-send",
        place,
        {
          zh: `${id} 只要模拟数据，而没有模拟设备`,
          en: `${id} takes simulated data only, and no device is simulated`,
        },
        { zh: "检查 accepts 和 simulated", en: "check accepts and simulated" },
      );
  }
}

/**
 * The device models of a driver that a folder has, built in or its own, whatever is wrong with the rest of it. Others have
 * a turn after each.
 * @param kinds as for `loadPlan`
 */
export async function loadModels(
  folder: string,
  driver: string,
  kinds: readonly Kind[],
  { profiles = builtInProfiles }: Pick<LoadOptions, "profiles"> = {},
): Promise<Model[]> {
  const findings = new Findings();
  const files = readFolder(resolve(folder), findings);
  const loading: Loading = {
    findings,
    notYet: new NotYet(findings),
    secrets: new SecretStore(files?.root ?? folder, {}),
    kinds: withBoxes(kinds),
    uplinkKinds: [],
    nowMs: 0,
    incomplete: { entries: false, spaces: false, profiles: false },
  };
  const shelf = readProfiles(files?.profiles ?? [], resolve(profiles), loading, driver);
  const models: Model[] = [];
  for (const id of [...shelf.keys()]) {
    const profile = shelf.get(id);
    if (profile !== undefined) models.push(...modelsOf(driver, [profile], loading));
    await turn();
  }
  return models;
}
