/**
 * A device's effective values as a technician reads them: each with where it is written. Pure.
 */
import { cataloguePoints } from "../../config/catalogue/points.ts";
import { printable } from "../../config/catalogue/reasons.ts";
import type { Shown, ShownOrigin } from "../../config/load/index.ts";
import type { Text } from "../../config/schema/vocabulary.ts";
import type { Language } from "./io.ts";
import { table } from "./table.ts";

const words: Readonly<Record<ShownOrigin["layer"], Text>> = {
  "built-in": { zh: "内置", en: "built in" },
  catalogue: { zh: "目录", en: "catalogue" },
  profile: { zh: "型号", en: "profile" },
  defaults: { zh: "缺省", en: "defaults" },
  template: { zh: "模板", en: "template" },
  row: { zh: "房间行", en: "row" },
  device: { zh: "设备", en: "device" },
  link: { zh: "线路", en: "link" },
};

/**
 * Lines: the device's own values, then point by point. A point's unit stands once, behind its name: its values
 * can be copied into a file. A conversion is shown only where somebody wrote one.
 */
export function deviceScreen(values: readonly Shown[], lang: Language): string[] {
  const origin = ({ layer, file, line }: ShownOrigin) =>
    words[layer][lang] + (file === undefined ? "" : ` ${printable(file, 120)}:${line}`);
  const row = ({ name, value, from }: Shown, indent: string) => [
    `${indent}${printable(name)}`,
    value === "" ? "–" : printable(value, 160),
    from.map(origin).join(" + "),
  ];
  const title = (point: string) => {
    const unit = values.find((value) => value.point === point && value.unit !== undefined)?.unit;
    const name = cataloguePoints.get(point)?.text[lang] ?? "";
    return `${point}  ${name}${unit === undefined ? "" : ` (${unit})`}`;
  };
  const rows: string[][] = [
    [{ zh: "名字", en: "name" }[lang], { zh: "值", en: "value" }[lang], { zh: "来自", en: "from" }[lang]],
  ];
  let last: string | undefined;
  for (const value of values) {
    const { name, point, from } = value;
    if (point !== undefined && point !== last) rows.push([title(point), "", ""]);
    last = point;
    const unwritten = from.every(({ layer }) => layer === "built-in");
    const plain = name === "off" ? value.value === "false" : name === "scale" || name === "offset";
    if (unwritten && plain) continue;
    rows.push(row(value, point === undefined ? "" : "  "));
  }
  return table(rows);
}
