/** Case folders of recordings: a configuration, what one of its links said, and what that must give. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { loadPlan } from "../../config/load/index.ts";
import type { LinkPlan, Plan } from "../../config/schema/plan.ts";
import { type Recording, readRecording } from "../../config/schema/recording.ts";
import type { Value } from "../../config/schema/vocabulary.ts";
import type { Reading } from "../../drivers/contract/index.ts";
import { kinds } from "../../drivers/registry.ts";
import { createNormalizer } from "../../edge/normalize/normalizer.ts";

export const caseRoot = new URL("../cases/recorded/", import.meta.url).pathname;
export const recordingFile = "recording.jsonl";

/** The plan of a case, whose one link is the recorded one; each secret is `password of NAME`. */
export function casePlan(folder: string): { plan: Plan; link: LinkPlan } {
  const env = new Proxy<Record<string, string>>(
    {},
    {
      get: (_, name) => (String(name).startsWith("CE_SECRET_") ? `password of ${String(name)}` : undefined),
      has: (_, name) => String(name).startsWith("CE_SECRET_"),
    },
  );
  const { plan, problems } = loadPlan(folder, kinds, [], { env, nowMs: Date.UTC(2026, 8, 1) });
  const errors = problems.filter(({ severity }) => severity === "error");
  if (plan === null)
    throw new Error(errors.map(({ file, line, what }) => `${file}:${line} ${what.en}`).join("\n"));
  const [link, ...more] = plan.links;
  if (link === undefined || more.length > 0) throw new Error("a case has one link");
  return { plan, link };
}

export const caseRecording = (folder: string): Recording =>
  readRecording(readFileSync(join(folder, recordingFile), "utf8"));

/** What a reading comes to. */
export interface Told {
  device: string;
  values: Record<string, Value>;
  faults: string[];
}

/** Readings in the words of the catalogue; bad values are null. */
export function toldBy(link: LinkPlan, wallMs: () => number): (reading: Reading) => Told {
  const normalizers = new Map([...link.points].map(([id, points]) => [id, createNormalizer(points)]));
  return (reading) => {
    const now = { wallMs: wallMs(), monotonicMs: 0 };
    const { records, faults } = normalizers.get(reading.device)?.normalize(reading, now) ?? {
      records: [],
      faults: [],
    };
    return {
      device: reading.device,
      values: Object.fromEntries(
        records.map(({ series, value, quality }) => [series.point, quality < 32 ? value : null]),
      ),
      faults: [...reading.faults, ...faults].map(({ code }) => code),
    };
  };
}
