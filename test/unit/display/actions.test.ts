/** What the built-in models of displays can be told: each action, with each of its arguments, is something to send. */
import { describe, expect, it } from "vitest";
import type { ActionPlan } from "../../../config/schema/plan.ts";
import type { Value } from "../../../config/schema/vocabulary.ts";
import { hexSpeech } from "../../../drivers/display/hex/speech.ts";
import { displaySpeech } from "../../../drivers/display/panels/speech.ts";
import { pjlinkSets } from "../../../drivers/display/pjlink/codec.ts";
import type { PjlinkAction } from "../../../drivers/display/pjlink/fields.ts";
import { kinds } from "../../../drivers/registry.ts";
import { builtInProfiles, hangings, type Planned, planUnits } from "../profiles/school-of-units.ts";

type Args = Record<string, Value>;
type Own = "pjlink" | "display" | "hex";

/** What is sent; null: there is nothing. */
const senders: Record<Own, (device: Planned["device"], action: string, args: Args) => string | null> = {
  display: (device, action, args) =>
    named(displaySpeech.order(device as never, { action, args }, true)?.question.bytes),
  hex: (device, action, args) =>
    named(hexSpeech.order(device as never, { action, args }, true)?.question.bytes),
  pjlink(device, action, args) {
    const { set, value, arg } = device.actions[action] as PjlinkAction;
    return pjlinkSets[set]?.parameter((arg === undefined ? value : args[arg]) ?? null) ?? null;
  },
};
const named = (bytes: Uint8Array | undefined) =>
  bytes === undefined ? null : Buffer.from(bytes).toString("hex");

/** Raw values that an argument may come as, each with the word for it. */
function valuesOf(
  argument: ActionPlan["args"] extends ReadonlyMap<string, infer A> ? A : never,
): [string, Value][] {
  if (argument.type === "choice") return [...argument.choices];
  const { min, max, scale, offset } = argument;
  return [min, max].map((value) => [String(value), (value - offset) / scale]);
}

const { profiles } = builtInProfiles(kinds);
const models = (["pjlink", "display", "hex"] as const).flatMap((driver) => {
  const own = profiles.filter((profile) => profile.driver === driver);
  const units = own.flatMap(({ id, options, vectors }) => {
    const variants = options.get("variant")?.choices ?? [null];
    const values = vectors[0]?.values ?? new Map();
    return variants.map((variant) => ({
      profile: id,
      values: variant === null ? values : new Map([...values, ["variant", variant]]),
    }));
  });
  const planned = planUnits(units, hangings[driver], kinds);
  return planned.map((unit, index) => [units[index]?.profile ?? "", driver, unit] as const);
});

it("are eight models in all their variants", () => {
  expect(new Set(models.map(([profile]) => profile)).size).toBe(8);
  expect(models).toHaveLength(11);
});

describe.each(models)("the model %s", (_, driver, { device, points }) => {
  const actions = [...(points.actions ?? [])];

  it("can be switched on and off, the latter not during a lesson, and shows it", () => {
    const [on, off] = ["power-on", "power-off"].map((id) => points.actions?.get(id));
    expect(on?.confirm).toEqual(new Map([["display_on", true]]));
    expect(off?.confirm).toEqual(new Map([["display_on", false]]));
    expect(off?.notDuring).toBe("lesson");
    for (const action of [on, off])
      expect(Math.min(action?.restMs ?? 0, action?.everyMs ?? 0)).toBeGreaterThan(0);
  });

  it.each(actions)(
    "is told %s with whatever it may be told, each in its own bytes",
    (id, { args, confirm }) => {
      const send = (given: Args) => senders[driver](device, id, given);
      const [first] = args;
      if (first === undefined) {
        expect(send({})).not.toBeNull();
        return;
      }
      expect(args.size).toBe(1);
      const [name, argument] = first;
      const values = valuesOf(argument);
      const sent = values.map(([, raw]) => send({ [name]: raw }));
      expect(sent).not.toContain(null);
      expect(new Set(sent).size).toBe(values.length);
      expect(send({})).toBeNull();
      // What is read back is named as it was asked for.
      for (const [point, wanted] of confirm) {
        const words = points.points.get(point)?.enum;
        if (words === undefined || typeof wanted !== "object") continue;
        for (const [word, raw] of values) {
          const read = words.get(String(raw)) ?? words.get(String(raw).padStart(2, "0"));
          expect(String(read), word).toBe(word);
        }
      }
    },
  );
});
