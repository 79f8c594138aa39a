/**
 * What a search has found, on screen: each with what it said and what can be read of it, and the lines to paste for what
 * stands in no file. Pure.
 */
import { cataloguePoints } from "../../config/catalogue/points.ts";
import { printable, reasonFor, sayReason } from "../../config/catalogue/reasons.ts";
import type { Fit, FoundDevice } from "../../config/schema/search.ts";
import type { Text } from "../../config/schema/vocabulary.ts";
import type { Language } from "./io.ts";
import { table } from "./table.ts";

/** Values shown of each. */
const mostValues = 4;

/** What the files have already, so that nothing pasted clashes with it. */
export interface Taken {
  /** Ids of links and devices. */
  ids: ReadonlySet<string>;
  /** Links by kind. */
  links: readonly { id: string; kind: string }[];
}

/** Where one answers, as the files have it, without the link: `unit 7`, `fd12:20::301 port 8000`. */
export const whereOf = ({ address }: FoundDevice): string =>
  Object.entries(address)
    .map(([name, value]) => (name === "host" ? String(value) : `${name} ${value}`))
    .join(" ");

export function foundLines(all: readonly FoundDevice[], taken: Taken, lang: Language): string[] {
  const say = (text: Text) => text[lang];
  const found = all.toSorted(byAddress);
  const fresh = found.filter(({ known }) => known === null);
  if (found.length === 0) return [say({ zh: "没有找到", en: "nobody answered" })];
  const rows = found.map((device) => [
    ...(device.link === null ? [] : [device.link]),
    whereOf(device),
    settingsOf(device),
    device.known ?? say({ zh: "没写进配置", en: "in no file" }),
    wordsOf(device, lang),
  ]);
  const faults = [...new Set(fresh.flatMap(({ fault }) => fault ?? []))];
  return [
    say({
      zh: `找到 ${found.length} 台，${fresh.length} 台没写进配置`,
      en: `found: ${found.length}, of which ${fresh.length} stand in no file`,
    }),
    ...table(rows),
    ...faults.flatMap((code) => {
      const { line, next } = sayFault(code, fresh, lang);
      return ["", line, `  → ${next}`];
    }),
    ...toPaste(
      fresh.filter(({ fault }) => fault === undefined),
      taken,
      lang,
    ),
  ];
}

const byAddress = (a: FoundDevice, b: FoundDevice) =>
  placeOf(a).localeCompare(placeOf(b), "en", { numeric: true });
const placeOf = (device: FoundDevice) => `${device.link ?? ""} ${whereOf(device)}`;

/** The speed that the line has to be set to for it. */
const settingsOf = ({ settings = {} }: FoundDevice) => Object.values(settings).join(" ");

/** What it says of itself, or what is read of it by the likeliest model. */
function wordsOf({ told, fits: [best], fault }: FoundDevice, lang: Language): string {
  if (fault !== undefined) return rowOf(fault).code;
  const own = Object.values(told).map((word) => printable(word, 64));
  return [...own, ...(best === undefined ? [] : [`${best.text[lang]}: ${valuesOf(best, lang)}`])].join(" · ");
}

/** The first values that a model reads. */
export function valuesOf({ values }: Pick<Fit, "values">, lang: Language): string {
  const shown = values.slice(0, mostValues).map(({ point, value, unit }) => {
    const row = cataloguePoints.get(point);
    const number =
      typeof value === "number" ? Math.round(value * (row?.display?.factor ?? 1) * 100) / 100 : value;
    const shownUnit = row?.display?.unit ?? unit ?? "";
    return `${row?.text[lang] ?? point} ${String(number)}${shownUnit === "" || shownUnit === "1" ? "" : ` ${shownUnit}`}`;
  });
  return shown.join(lang === "zh" ? "，" : ", ") + (values.length > mostValues ? " …" : "");
}

const rowOf = (code: string) => reasonFor(code, "E121");

function sayFault(code: string, all: readonly FoundDevice[], lang: Language) {
  const those = all.filter(({ fault }) => fault === code);
  const subject = those.map((device) => `${device.link ?? ""} ${whereOf(device)}`.trim()).join(", ");
  return sayReason({ ...reasonOf(code), subject }, lang);
}

const reasonOf = (code: string) => {
  const { code: row, level, state } = rowOf(code);
  return { code: row, level, state, since: 0, facts: {} };
};

/** Lines for the files, of those that they do not have. */
function toPaste(fresh: readonly FoundDevice[], { ids, links }: Taken, lang: Language): string[] {
  if (fresh.length === 0) return [];
  const say = (text: Text) => text[lang];
  const used = new Set(ids);
  const named = (wanted: string) => {
    let id = wanted;
    for (let n = 2; used.has(id); n++) id = `${wanted}-${n}`;
    used.add(id);
    return id;
  };
  const newLinks = new Map<string, string>();
  const linkOf = (kind: string) => {
    const own = links.find((link) => link.kind === kind)?.id ?? newLinks.get(kind);
    if (own !== undefined) return own;
    const id = named(kind);
    newLinks.set(kind, id);
    return id;
  };
  const devices = fresh.map((device) => deviceLine(device, device.link ?? linkOf(device.kind), named, lang));
  return [
    "",
    say({
      zh: "没写进配置的，照抄到文件里，改成自己的编号，加上 space: 房间（# 后面是说明）：",
      en: "those in no file, to paste; give them ids of yours and add space: ROOM (what follows # is a note):",
    }),
    ...(newLinks.size === 0
      ? []
      : ["links:", ...[...newLinks].map(([kind, id]) => `  ${id}: { kind: ${kind} }`)]),
    "devices:",
    ...devices,
  ];
}

function deviceLine(
  device: FoundDevice,
  link: string,
  named: (wanted: string) => string,
  lang: Language,
): string {
  const { address, settings = {}, fits, told } = device;
  const own = profilesByKind[device.kind];
  const [best, ...others] = fits;
  const profile = best?.profile ?? own?.profile;
  const id = named(idOf(device, own?.id ?? link));
  const needs = best?.needs ?? [];
  const options = [
    ...(best?.variant === undefined ? [] : [`variant: ${quoted(best.variant)}`]),
    ...needs.map((name) => `${name}: ?`),
  ];
  const fields = [
    `via: ${link}`,
    ...Object.entries(address).map(
      ([name, value]) => `${name}: ${typeof value === "string" ? quoted(value) : value}`,
    ),
    ...(options.length === 0 ? [] : [`with: { ${options.join(", ")} }`]),
  ];
  const notes = [
    ...Object.values(told).map((word) => printable(word, 64)),
    ...(others.length === 0
      ? []
      : [{ zh: "也可能是 ", en: "or " }[lang] + [...new Set(others.map((fit) => fit.profile))].join(" ")]),
    ...(needs.length === 0
      ? []
      : [{ zh: "? 换成实际的数，再去掉行首的 #", en: "put the right number for ?, then take # away" }[lang]]),
    ...(Object.keys(settings).length === 0
      ? []
      : [{ zh: "先改速率: campus-edge assign", en: "set its speed first: campus-edge assign" }[lang]]),
  ];
  // What cannot run as it is must not look as if it could.
  const whole = profile !== undefined && needs.length === 0 && Object.keys(settings).length === 0;
  const body = `${id}: { profile: ${profile ?? { zh: "型号", en: "MODEL" }[lang]}, ${fields.join(", ")} }`;
  return `  ${whole ? "" : "# "}${body}${notes.length === 0 ? "" : `  # ${notes.join(" · ")}`}`;
}

/** Models of those that are called by name of their kind. */
const profilesByKind: Readonly<Record<string, { profile: string; id: string }>> = {
  onvif: { profile: "onvif-camera", id: "cam" },
  pjlink: { profile: "pjlink-projector", id: "projector" },
};

function idOf({ link, address }: FoundDevice, start: string): string {
  const last = Object.values(address).map(String).join("-");
  const tail = last
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");
  return `${link === null ? start : link}-${tail}`.slice(0, 48);
}

/** As YAML must have it: an address with colons, or a number that is text. */
const quoted = (value: string) =>
  /^[a-z][a-z0-9_.-]*$/i.test(value) ? value : `"${value.replaceAll(/["\\]/g, "")}"`;
