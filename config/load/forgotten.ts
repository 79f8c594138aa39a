/**
 * What lies in the folder as if somebody expected it to be read, and is not.
 */
import type { Findings } from "./findings.ts";

/** A name that is nearly right: most likely a mistake, and what it declares is missing. */
export const nearlyYaml = (name: string) => /\.ya?ml(\.txt)?$/i.test(name);

/** Names that editors and people give to texts; whether it is configuration, the text decides. A schema only tells of one. */
export const maybeText = (name: string) =>
  /\.(?:txt|conf|cfg|json)$|^[a-z]+$/i.test(name) && !name.endsWith(".schema.json");

const section =
  /^\s*"?(?:version|school|spaces|links|devices|uplinks|templates|rooms|defaults|buffer|status|profile)"?\s*[:：]/m;

/** Whether a text has a section of the configuration in it; the zeros of UTF-16 are looked through. */
export const looksConfigured = (bytes: Uint8Array) =>
  section.test(new TextDecoder().decode(bytes).replaceAll("\0", ""));

export function tellNearlyYaml(file: string, findings: Findings): void {
  findings.error(
    "file-name",
    { file },
    {
      zh: "这个文件不会被读取：名字不是以 .yaml 结尾",
      en: "this file is not read: its name does not end in .yaml",
    },
    { zh: "改名为 .yaml，或移出文件夹", en: "rename it to .yaml, or move it out of the folder" },
  );
}

export function tellText(file: string, findings: Findings): void {
  findings.warning(
    "file-not-read",
    { file },
    {
      zh: "这个文件像配置，但不会被读取：名字不是以 .yaml 结尾",
      en: "this file looks like configuration and is not read: its name does not end in .yaml",
    },
    { zh: "改名为 .yaml，或移出文件夹", en: "rename it to .yaml, or move it out of the folder" },
  );
}

export function tellTable(file: string, findings: Findings): void {
  findings.warning(
    "file-not-read",
    { file },
    {
      zh: "没有 rooms 用到这个表格，它不会被读取",
      en: "no rooms name this table: it is not read",
    },
    { zh: `在 rooms 里写 rows: ${file}，或移走`, en: `write rows: ${file} in rooms, or move it away` },
  );
}

export function tellSubfolder(folder: string, count: number, findings: Findings): void {
  findings.warning(
    "folder-not-read",
    { file: folder },
    {
      zh: `这个文件夹里的 ${count} 个 yaml 文件不会被读取`,
      en: `the yaml files in this folder (${count}) are not read`,
    },
    {
      zh: "把它们直接放进配置文件夹（型号放进 profiles），或移走",
      en: "put them straight into the configuration folder (models into profiles), or move them away",
    },
  );
}
