/** Schools with Modbus lines and models of their own, and what is told of them. */
import { type LoadOptions, loadPlan } from "../../../config/load/index.ts";
import type { Problem } from "../../../config/schema/plan.ts";
import { kinds } from "../../../drivers/registry.ts";
import { folderOf, nowMs, school } from "./school-folder.ts";

export const loadModbus = (files: Record<string, string>, options: LoadOptions = {}) =>
  loadPlan(folderOf({ "school.yaml": school, ...files }), kinds, [], { env: {}, nowMs, ...options });

/** Without what every such school lacks. */
export const said = (problems: readonly Problem[]): Problem[] =>
  problems.filter(({ code }) => code !== "no-uplink" && code !== "no-devices");

/** `place: what; fix` of each. */
export const told = (files: Record<string, string>, lang: "zh" | "en" = "en", options: LoadOptions = {}) =>
  said(loadModbus(files, options).problems).map(
    ({ file, line, what, fix }) => `${file}:${line} ${what[lang]}; ${fix[lang]}`,
  );

/** A model whose points are these, and keys of the whole model. */
export const model = (points: string, more = "") => `profile: own
text: { zh: 自写, en: own }
proof: simulated
driver: modbus
points:
${points}
${more}`;
