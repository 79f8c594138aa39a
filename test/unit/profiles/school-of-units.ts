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
  /** One for all; or its own for each, where a unit is alone on its line. */
  link: string | ((index: number) => string);
  /** Empty: it has no field of its own. */
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
    const via = typeof link === "string" ? "line" : `line-${index + 1}`;
    const own = address(id, index);
    return `  ${id}: { profile: ${profile}, via: ${via}, ${own === "" ? "" : `${own}, `}with: ${given} }\n`;
  });
  const links =
    typeof link === "string"
      ? [`  line: ${link}\n`]
      : units.map((_, index) => `  line-${index + 1}: ${link(index)}\n`);
  const files = {
    "school.yaml": school,
    "link.yaml": `links:\n${links.join("")}`,
    "device.yaml": `devices:\n${lines.join("")}`,
  };
  const { plan, problems } = loadPlan(folderOf(files), kinds, [], { env: { CE_SECRET_X: "x" }, nowMs });
  const errors = problems.filter(({ severity }) => severity === "error");
  const planned = plan?.links ?? [];
  return units.map((_, index) => {
    const id = `unit-${index + 1}`;
    const device = planned.flatMap(({ devices }) => devices).find((one) => one.id === id);
    const points = planned.find((one) => one.points.has(id))?.points.get(id);
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
  serial: {
    link: (index: number) => `{ kind: serial, device: /dev/ttyS${index}, baud: 9600, format: 8N1 }`,
    address: () => "",
  },
  reader: {
    link: (index: number) => `{ kind: reader, device: /dev/ttyS${index}, baud: 9600, format: 8N1 }`,
    address: () => "",
  },
  zhonghong: {
    link: "{ kind: zhonghong, host: 192.0.2.2 }",
    address: (_: string, index: number) => `outdoor: 1, indoor: ${index + 1}`,
  },
  pjlink: {
    link: "{ kind: pjlink }",
    address: (_: string, index: number) => `host: 192.0.2.${index + 1}`,
  },
  display: {
    link: "{ kind: display-tcp, port: 5000 }",
    address: (_: string, index: number) => `host: 192.0.2.${index + 1}`,
  },
  hex: {
    link: "{ kind: hex-tcp, port: 1001 }",
    address: (_: string, index: number) => `host: 192.0.2.${index + 1}`,
  },
  onvif: {
    link: "{ kind: onvif }",
    address: (_: string, index: number) => `host: 192.0.2.${index + 1}`,
  },
} satisfies Readonly<Record<string, Hanging>>;
