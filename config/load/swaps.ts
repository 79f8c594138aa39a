/**
 * Replaced units: `swapped` of a device. The position keeps its id, and its counters go on from the old unit's
 * last reading to the new one's first.
 */
import type { z } from "zod";
import type { CataloguePoint } from "../catalogue/points.ts";
import type { Swap } from "../schema/plan.ts";
import { hide } from "./clear-secret.ts";
import type { Device } from "./device.ts";
import { read } from "./entry.ts";
import { suggest } from "./findings.ts";
import type { Loading } from "./loading.ts";
import { locate, placeOf } from "./locate.ts";
import { plain } from "./plain.ts";
import { below, isSecret, keysOf } from "./schema-keys.ts";
import { soundsSecret } from "./secret-line.ts";
import { deviceShape, type SwapShape, swapShape } from "./shape/device.ts";

/** Oldest first; null: something is wrong, told. */
export function readSwaps(device: Device, loading: Loading): Swap[] | null {
  const written = device.body.entries.get("swapped")?.value;
  if (written === undefined) return [];
  if (written.type !== "list") return null;
  const swaps: Swap[] = [];
  let ok = true;
  for (const [index, node] of written.items.entries()) {
    // What has the wrong shape has been told with the device's other keys.
    const { data } = swapShape.safeParse(plain(node));
    const swap = data === undefined ? null : readSwap(device, data, index, swaps.at(-1), loading);
    if (swap === null) ok = false;
    else swaps.push(swap);
  }
  return ok ? swaps : null;
}

/** @param before the replacement written before it */
function readSwap(
  device: Device,
  written: SwapShape,
  index: number,
  before: Swap | undefined,
  loading: Loading,
): Swap | null {
  const { findings } = loading;
  const path = ["swapped", String(index)];
  const at = placeOf(device.body, [...path, "at"], device.key, findings);
  let ok = true;
  if (before !== undefined && before.atMs >= written.at) {
    ok = false;
    findings.error(
      "swaps-in-order",
      at,
      { zh: "换表要按时间先后写", en: "replacements are listed in the order of time" },
      { zh: "早的在前", en: "put the earlier one first" },
    );
  }
  // No error: a gateway that lost its clock must still start.
  if (written.at > loading.nowMs)
    findings.warning(
      "swap-to-come",
      at,
      { zh: "换表的时间还没到", en: "this replacement is still to come" },
      { zh: "核对年月日；换好之后再写", en: "check the date; write it down when it has been done" },
    );
  const fields = knownFields(device, written.old, [...path, "old"], loading);
  const last = readings(device, written.old.last, [...path, "old", "last"], loading);
  const first = readings(device, written.new.first, [...path, "new", "first"], loading);
  if (last === null || first === null) return null;
  // A misspelt `last` has no readings to pair.
  ok = fields && paired(device, last, first, path, loading) && ok;
  return ok ? { atMs: written.at, why: written.why, last, first } : null;
}

/** The old unit is described by the address fields of its kind and its serial number. */
function knownFields(
  { link, body, key }: Device,
  old: object,
  path: string[],
  { findings }: Loading,
): boolean {
  const address = link?.kind?.address;
  if (address === undefined) return true;
  const open = keysOf(address).filter((name) => !below(address, name).some(isSecret));
  const known = ["last", "serial", ...open];
  let ok = true;
  for (const name of Object.keys(old)) {
    const { node, holder, silent } = locate(body, [...path, name], key, findings);
    const [field] = name === "serial" ? [deviceShape.shape.serial] : below(address, name);
    if (known.includes(name)) {
      if (name !== "last" && node !== undefined && field !== undefined)
        ok = read(field as z.ZodType, node, holder, findings) !== null && ok;
      continue;
    }
    ok = false;
    if (silent) continue;
    if (node !== undefined && (keysOf(address).includes(name) || soundsSecret(name))) hide(node);
    findings.error(
      "unknown-key",
      holder,
      { zh: `不认识 “${name}”`, en: `"${name}" is not known here` },
      suggest(
        name,
        known,
        { zh: "名字", en: "keys" },
        { has: (other) => other !== "last" && Object.hasOwn(old, other) },
      ),
    );
  }
  return ok;
}

function readings(
  { id: device, body, key, profile }: Device,
  written: Readonly<Record<string, string>>,
  path: string[],
  { findings }: Loading,
): Map<string, number> | null {
  const values = new Map<string, number>();
  let ok = true;
  for (const [id, text] of Object.entries(written)) {
    const { node, holder, silent } = locate(body, [...path, id], key, findings);
    const point = profile?.points.get(id);
    if (silent) ok = false;
    else if (point === undefined) {
      // Of a broken profile nothing is known.
      if (profile?.ok !== true) continue;
      ok = false;
      findings.error(
        "unknown-point",
        holder,
        { zh: `型号 ${profile.id} 没有测点 “${id}”`, en: `the profile ${profile.id} has no point "${id}"` },
        suggest(id, counters(profile.points.values()), { zh: "累计量", en: "counters" }),
      );
    } else if ((point.settings.kind ?? point.catalogue.kind) !== "counter") {
      ok = false;
      findings.error(
        "not-a-counter",
        holder,
        { zh: `${id} 不是累计量，换表不用写`, en: `${id} is no counter: a replacement says nothing of it` },
        {
          zh: `只写 ${device} 的累计量（如电量），删掉它`,
          en: "write counters such as energy only; remove it",
        },
      );
    } else {
      const value = reading(text, point.catalogue);
      if (typeof value === "number") values.set(id, value);
      else {
        ok = false;
        findings.error("bad-value", node ?? holder, value.what, value.fix);
      }
    }
  }
  return ok ? values : null;
}

const counters = (points: Iterable<{ id: string; catalogue: CataloguePoint }>) =>
  [...points].filter(({ catalogue }) => catalogue.kind === "counter").map(({ id }) => id);

/** `10234.56kWh` in the unit that people see or in the catalogue's → value in the catalogue's. */
function reading(text: string, { unit = "", display, range }: CataloguePoint) {
  const [, digits, written] = /^(\d+(?:\.\d+)?)\s*(.*)$/.exec(text.trim()) ?? [];
  const shown = display?.unit ?? unit;
  const fix = {
    zh: `照表上写，例如 10234.56${shown}`,
    en: `write it as the meter shows it, such as 10234.56${shown}`,
  };
  if (digits === undefined || written === undefined)
    return { what: { zh: `“${text}” 不是读数`, en: `"${text}" is not a reading` }, fix };
  if (written === "") return { what: { zh: `“${text}” 缺少单位`, en: `"${text}" has no unit` }, fix };
  if (written !== shown && written !== unit)
    return {
      what: { zh: `单位 “${written}” 不对，应为 ${shown}`, en: `the unit is ${shown}, not "${written}"` },
      fix,
    };
  const factor = written === shown ? (display?.factor ?? 1) : 1;
  const value = Number((Number(digits) / factor).toPrecision(15));
  if (range === undefined || (value >= range[0] && value <= range[1])) return value;
  return {
    what: { zh: `读数 ${text} 超出可能的范围`, en: `the reading ${text} is beyond what is possible` },
    fix: { zh: "核对小数点和单位", en: "check the decimal point and the unit" },
  };
}

/** A counter goes on only when both of its ends are known; a model that has counters needs one at least. */
function paired(
  { body, key, profile }: Device,
  last: ReadonlyMap<string, number>,
  first: ReadonlyMap<string, number>,
  path: string[],
  { findings }: Loading,
): boolean {
  let ok = true;
  const tell = (at: string[], id: string) => {
    ok = false;
    const { holder } = locate(body, [...path, ...at], key, findings);
    findings.error(
      "reading-missing",
      holder,
      { zh: `${at.join(".")} 里没有 ${id} 的读数`, en: `${at.join(".")} has no reading of ${id}` },
      {
        zh: "旧表的最后读数和新表的最初读数要成对",
        en: "the old unit's last reading and the new one's first belong together",
      },
    );
  };
  for (const id of last.keys()) if (!first.has(id)) tell(["new", "first"], id);
  for (const id of first.keys()) if (!last.has(id)) tell(["old", "last"], id);
  const [counter] = counters(profile?.points.values() ?? []);
  if (last.size === 0 && first.size === 0 && counter !== undefined) tell(["old", "last"], counter);
  return ok;
}
