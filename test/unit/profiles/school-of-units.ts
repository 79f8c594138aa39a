/**
 * One school in which units of built-in device models hang, each with options of its own.
 */
import { Findings } from "../../../config/load/findings.ts";
import { loadPlan } from "../../../config/load/index.ts";
import { NotYet } from "../../../config/load/not-yet.ts";
import type { Profile } from "../../../config/load/profile.ts";
import { readProfiles } from "../../../config/load/profiles.ts";
import { SecretStore } from "../../../config/load/secrets.ts";
import type { DevicePlan, Kind } from "../../../config/schema/kind.ts";
import type { DevicePoints } from "../../../config/schema/plan.ts";
import { folderOf, nowMs, school } from "../config/school-folder.ts";

const folder = new URL("../../../config/profiles", import.meta.url).pathname;

/** Every built-in model that these protocols speak, and all that is said against any of them. */
export function builtInProfiles(kinds: readonly Kind[]): { profiles: Profile[]; findings: Findings } {
  const findings = new Findings();
  const all = readProfiles([], folder, {
    findings,
    notYet: new NotYet(findings),
    secrets: new SecretStore(folder, {}),
    kinds,
    uplinkKinds: [],
    nowMs,
    incomplete: { entries: false, spaces: false, profiles: false },
  });
  return { profiles: [...all.values()].filter(({ foreign }) => foreign !== true), findings };
}

export interface Unit {
  profile: string;
  /** What it says under `with`. */
  values: Iterable<readonly [option: string, value: string]>;
}

/** How a unit hangs in the school: its link's entry and its own address fields. */
export interface Hanging {
  link: string;
  address(id: string, index: number): string;
}

export interface Planned {
  device: DevicePlan;
  points: DevicePoints;
}

/**
 * The plan of each unit, in their order.
 * @throws when the school does not load, with all problems
 */
export function planUnits(
  units: readonly Unit[],
  { link, address }: Hanging,
  kinds: readonly Kind[],
): Planned[] {
  const lines = units.map(({ profile, values }, index) => {
    const id = `unit-${index + 1}`;
    const given = JSON.stringify(Object.fromEntries(values));
    return `  ${id}: { profile: ${profile}, via: line, ${address(id, index)}, with: ${given} }\n`;
  });
  const files = {
    "school.yaml": school,
    "link.yaml": `links: { line: ${link} }\n`,
    "device.yaml": `devices:\n${lines.join("")}`,
  };
  const { plan, problems } = loadPlan(folderOf(files), kinds, [], { env: { CE_SECRET_X: "x" }, nowMs });
  const errors = problems.filter(({ severity }) => severity === "error");
  const [planned] = plan?.links ?? [];
  return units.map((_, index) => {
    const device = planned?.devices.find(({ id }) => id === `unit-${index + 1}`);
    const points = planned?.points.get(`unit-${index + 1}`);
    if (device === undefined || points === undefined) throw new Error(JSON.stringify(errors, null, 1));
    return { device, points };
  });
}

/** How units of each driver hang: enough of them on one line, and never so many that the line is too slow. */
export const hangings = {
  mqtt: {
    link: '{ kind: mqtt-broker, listen: "127.0.0.1:1883" }',
    address: (id: string) => `user: ${id}, password: secret:x`,
  },
  modbus: {
    link: "{ kind: modbus-tcp }",
    address: (_: string, index: number) => `host: 192.0.2.1, unit: ${index + 1}`,
  },
  dlt645: {
    link: "{ kind: dlt645, device: /dev/ttyS4, baud: 19200 }",
    address: (_: string, index: number) => `meter: ${String(index + 1).padStart(12, "0")}`,
  },
} satisfies Readonly<Record<string, Hanging>>;
