/**
 * Device models as a device that says nothing more would have them: for a search, which tries whether one fits who
 * answered.
 */
import { isDeepStrictEqual } from "node:util";
import type { DevicePlan, Kind } from "../schema/kind.ts";
import type { DevicePoints } from "../schema/plan.ts";
import type { Text } from "../schema/vocabulary.ts";
import { Findings } from "./findings.ts";
import type { Loading } from "./loading.ts";
import { examples, type Option, type Values, variantOption } from "./options.ts";
import { planPoints, sourcesOf } from "./points.ts";
import { type Profile, profileWith } from "./profile.ts";

export interface Model {
  profile: string;
  text: Text;
  /** What its profile has to say about it. */
  note?: string;
  /** The variant that a device would have to name; absent: none. */
  variant?: string;
  /** Options that a device has to give, because nothing stands in for them. */
  needs: string[];
  /** What the kind's `profile` schema gave. */
  settings: unknown;
  /** As its driver gets them. */
  sources: DevicePlan["points"];
  /** As normalising gets them. */
  points: DevicePoints["points"];
}

/** All sound models of a driver, each variant for itself; none whose points are where its device alone would say. */
export function modelsOf(driver: Kind["driver"], profiles: readonly Profile[], loading: Loading): Model[] {
  const scratch = { ...loading, findings: new Findings() };
  const planned = (profile: Profile, values: Values) => {
    const own = profileWith(profile, values, scratch);
    const points = own === null ? null : planPoints(nobody(own), own, { value: {} }, scratch);
    return own === null || points === null ? null : { own, points, sources: sourcesOf(points) };
  };
  return profiles.flatMap((profile) => {
    if (profile.driver !== driver || !profile.ok) return [];
    const preset = profile.options.get(variantOption)?.default;
    const needs = [...profile.options].filter(
      ([name, option]) => name !== variantOption && option.default === undefined,
    );
    return examples(profile.options).flatMap((values): Model[] => {
      const made = planned(profile, values);
      const other = needs.length === 0 ? made : planned(profile, otherThan(values, needs));
      if (made === null || !isDeepStrictEqual(made.sources, other?.sources)) return [];
      const variant = values.get(variantOption);
      return [
        {
          profile: profile.id,
          text: textOf(profile),
          ...noteOf(profile),
          ...(variant === undefined || variant === preset ? {} : { variant }),
          needs: needs.map(([name]) => name),
          settings: made.own.settings,
          sources: made.sources,
          points: new Map([...made.points].map(([id, { plan }]) => [id, plan])),
        },
      ];
    });
  });
}

/** The same with other values of these options. */
const otherThan = (values: Values, options: readonly [string, Option][]): Values =>
  new Map([
    ...values,
    ...options.map(([name, { choices, range }]): [string, string] => [
      name,
      choices?.at(-1) ?? String(range?.[1] ?? 1),
    ]),
  ]);

/** A device of this model that has nothing of its own. */
export function nobody(profile: Profile) {
  return {
    id: "nobody",
    key: profile.key,
    body: { ...profile.body, entries: new Map() },
    common: { value: {}, ok: true, meant: new Set<string>() },
    off: false,
  };
}

/** What it calls itself, in both languages. */
function textOf({ id, body }: Profile): Text {
  const node = body.entries.get("text")?.value;
  if (node?.type === "scalar") return { zh: node.text, en: node.text };
  const word = (lang: string) => {
    const said = node?.type === "mapping" ? node.entries.get(lang)?.value : undefined;
    return said?.type === "scalar" ? said.text : id;
  };
  return { zh: word("zh"), en: word("en") };
}

function noteOf({ body }: Profile): Pick<Model, "note"> {
  const node = body.entries.get("note")?.value;
  return node?.type === "scalar" ? { note: node.text } : {};
}
