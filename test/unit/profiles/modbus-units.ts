/**
 * A unit of every built-in Modbus model in each of its variants, with and without transformers, as the loader plans it.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Profile } from "../../../config/load/profile.ts";
import type { Kind } from "../../../config/schema/kind.ts";
import type { PointPlan } from "../../../config/schema/plan.ts";
import {
  type ModbusProfile,
  type ModbusSource,
  modbusTcpKind,
  type Place,
  placeOf,
} from "../../../drivers/modbus/schema.ts";
import { builtInProfiles, hangings, type Planned, planUnits } from "./school-of-units.ts";

const kinds = [modbusTcpKind] as unknown as readonly Kind[];

export const { profiles, findings } = builtInProfiles(kinds);

export const byId: ReadonlyMap<string, Profile> = new Map(profiles.map((profile) => [profile.id, profile]));

/** Names of its register maps; one that is undefined where it has a single one. */
export const variantsOf = (profile: Profile | undefined): readonly (string | undefined)[] =>
  profile?.options.get("variant")?.choices ?? [undefined];

interface Ratio {
  ct: number;
  pt: number;
}
export const without: Ratio = { ct: 1, pt: 1 };
/** Two different primes: what is multiplied by one of them shows by which. */
export const transformers: Ratio = { ct: 2, pt: 3 };

const made = profiles.flatMap((profile) =>
  variantsOf(profile).flatMap((variant) =>
    [without, transformers].map((ratio) => {
      // What has no default may be anything for what is looked at here.
      const needed = [...profile.options].flatMap(([name, { default: preset, choices, range }]) =>
        preset === undefined ? [[name, choices?.[0] ?? String(range?.[0] ?? 1)]] : [],
      );
      const given = {
        ...(Object.fromEntries(needed) as Record<string, string>),
        ct: String(ratio.ct),
        pt: String(ratio.pt),
        ...(variant === undefined ? {} : { variant }),
      };
      const values = Object.entries(given).filter(([name]) => profile.options.has(name));
      return { profile: profile.id, values, name: nameOf(profile.id, variant, ratio) };
    }),
  ),
);
const planned = new Map(
  planUnits(made, hangings.modbus, kinds).map((unit, index) => [made[index]?.name, unit] as const),
);

function nameOf(profile: string, variant: string | undefined, { ct }: Ratio): string {
  return `${profile} ${variant ?? ""} ${ct}`;
}

/** @throws when there is no such model or variant */
export function unitOf(profile: string, variant?: string, ratio = without): Planned {
  const unit = planned.get(nameOf(profile, variant, ratio));
  if (unit === undefined) throw new Error(`no unit of ${profile} ${variant ?? ""}`);
  return unit;
}

export const settingsOf = ({ device }: Planned) => device.profile as ModbusProfile;

/** Where a point is, and how it reads; undefined: the unit has none of that name. */
export function foundAt(
  unit: Planned,
  id: string,
): (Place & { scale: number; offset: number; point: PointPlan }) | undefined {
  const source = unit.device.points.find((point) => point.id === id)?.source as ModbusSource | undefined;
  const point = unit.points.points.get(id);
  if (source === undefined || point === undefined) return undefined;
  return { ...placeOf(source, settingsOf(unit)), scale: point.scale, offset: point.offset, point };
}

/** The rows of the page about devices that are wanted: id, and the other cells. */
export function wantedDevices(): { id: string; cells: string[] }[] {
  const page = readFileSync(join(import.meta.dirname, "../../../docs/wanted-devices.md"), "utf8");
  return page.split("\n").flatMap((line) => {
    const [, id] = /^\| `([a-z0-9-]+)` \|/.exec(line) ?? [];
    if (id === undefined) return [];
    return [
      {
        id,
        cells: line
          .split("|")
          .slice(2, -1)
          .map((cell) => cell.trim()),
      },
    ];
  });
}
