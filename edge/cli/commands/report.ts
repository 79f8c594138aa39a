/**
 * `report NAME`: what this program knows, as text for people and files for editors, which reads no configuration; and
 * `report recording LINK`, which asks the running gateway.
 */
import { cataloguePoints } from "../../../config/catalogue/points.ts";
import { reasonRows } from "../../../config/catalogue/reasons.ts";
import { nearest } from "../../../config/load/nearest.ts";
import { configurationSchema, profileSchema } from "../../../config/schema/json/editor.ts";
import { schemaText } from "../../../config/schema/json/generate.ts";
import type { Text } from "../../../config/schema/vocabulary.ts";
import { kinds } from "../../../drivers/registry.ts";
import { uplinkKinds } from "../../../gateway/uplink/registry.ts";
import { catalogueScreen } from "../catalogue-screen.ts";
import { exit, type Language, type Options, type Setting } from "../io.ts";
import { table } from "../table.ts";
import { audit, auditName, auditText } from "./report/audit.ts";
import { recording, recordingText } from "./report/recording.ts";
import { refused } from "./status.ts";

interface Report {
  text: Text;
  lines(lang: Language): string[];
  data(): unknown;
}

const schema = (text: Text, made: () => object): Report => ({
  text,
  lines: () => [schemaText(made()).trimEnd()],
  data: made,
});

/** The one that is made by the running gateway. */
const recordingName = "recording";

/** Every report that needs no gateway, by its name. */
export const reports: Readonly<Record<string, Report>> = {
  catalogue: {
    text: { zh: "测点和原因的目录", en: "the catalogue of points and reasons" },
    lines: catalogueScreen,
    data: () => ({ points: [...cataloguePoints.values()], reasons: reasonRows }),
  },
  schema: schema(
    { zh: "配置文件的 JSON Schema，给编辑器用", en: "JSON Schema of the configuration files, for editors" },
    () => configurationSchema(kinds, uplinkKinds),
  ),
  "profile-schema": schema(
    { zh: "型号文件的 JSON Schema，给编辑器用", en: "JSON Schema of profiles, for editors" },
    () => profileSchema(kinds),
  ),
};

export async function command(setting: Setting, options: Options): Promise<number> {
  const lang = setting.lang ?? "zh";
  const name = options.argument;
  if (name === recordingName) return recording(setting, options);
  if (name === auditName && options.second === undefined && options.for === undefined)
    return audit(setting, options);
  const extra = options.second ?? (options.for === undefined ? undefined : "--for");
  if (typeof name === "string" && extra !== undefined)
    return refused(setting, lang, ...unexpected(String(extra)));
  if (typeof name !== "string") {
    if (setting.json) setting.out(JSON.stringify({ reports: names }));
    else for (const line of list(lang)) setting.out(line);
    return exit.well;
  }
  const report = Object.hasOwn(reports, name) ? reports[name] : undefined;
  if (report === undefined) return unknown(setting, name, lang);
  if (setting.json) setting.out(JSON.stringify(report.data()));
  else for (const line of report.lines(lang)) setting.out(line);
  return exit.well;
}

const names = [...Object.keys(reports), auditName, recordingName];

const list = (lang: Language) =>
  table([
    ...Object.entries(reports).map(([name, { text }]) => [`campus-edge report ${name}`, text[lang]]),
    [`campus-edge report ${auditName}`, auditText[lang]],
    [`campus-edge report ${recordingName} LINK`, recordingText[lang]],
  ]);

const unexpected = (word: string): [what: Text, fix: Text] => [
  { zh: `多了“${word.slice(0, 40)}”`, en: `"${word.slice(0, 40)}" is not expected here` },
  { zh: `去掉它；只有 ${recordingName} 后面写线路`, en: `leave it out; only ${recordingName} takes a link` },
];

function unknown(setting: Setting, name: string, lang: Language): number {
  const near = nearest(name, names);
  const what: Text = {
    zh: `没有“${name.slice(0, 40)}”这份报告`,
    en: `there is no report "${name.slice(0, 40)}"`,
  };
  const all = names.join(", ");
  const fix: Text =
    near === undefined
      ? { zh: `有这些：${all}`, en: `there are ${all}` }
      : { zh: `是不是 ${near}？有这些：${all}`, en: `did you mean ${near}? There are ${all}` };
  if (setting.json) setting.out(JSON.stringify({ error: { what, fix } }));
  setting.err(`campus-edge: ${what[lang]}${lang === "en" ? "; " : "；"}${fix[lang]}`);
  return exit.cannot;
}
