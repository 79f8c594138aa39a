/**
 * The rooms of a school, one mark each, floor by floor from the top. Pure.
 */
import type { Status } from "../../config/schema/status.ts";
import type { Text } from "../../config/schema/vocabulary.ts";
import type { Language } from "./io.ts";
import { columnsAtMost, wrap } from "./wrap.ts";

type Mark = "■" | "▲" | "◆" | "◇" | "·";

const meaning: Record<Mark, Text> = {
  "■": { zh: "好", en: "well" },
  "▲": { zh: "坏", en: "down" },
  "◆": { zh: "部分", en: "in part" },
  "◇": { zh: "未装/送修", en: "not fitted or off" },
  "·": { zh: "还不知道", en: "not known yet" },
};

interface Floor {
  building: string;
  /** Above ground from 1, below from -1. */
  level: number;
  rooms: { id: string; mark: Mark }[];
}

/** Lines of the map and its legend; none for a school without rooms. */
export function roomMap(status: Status, lang: Language, width: number): string[] {
  const floors = floorsOf(status);
  if (floors.length === 0) return [];
  const several = new Set(floors.map(({ building }) => building)).size > 1;
  const lines: string[] = [];
  for (const { building, level, rooms } of floors) {
    const name = `${several ? `${building} ` : ""}${level < 0 ? `B${-level}` : `${level}F`} `;
    const inLine = Math.max(1, Math.floor((width - columnsAtMost(name)) / 2));
    const marks = rooms.map(({ mark }) => mark);
    const drawn: string[] = [];
    for (let at = 0; at < marks.length; at += inLine) drawn.push(marks.slice(at, at + inLine).join(""));
    const ill = rooms.filter(({ mark }) => mark === "▲" || mark === "◆").map(({ id }) => id);
    const [first = "", ...rest] = drawn;
    const names = ill.length === 0 || ill.length === rooms.length ? "" : ` ${ill.join(" ")}`;
    lines.push(name + first, ...rest.map((more) => " ".repeat(name.length) + more));
    const last = lines.pop() ?? "";
    if (columnsAtMost(last + names) <= width) lines.push(last + names);
    else lines.push(last, ...wrap(" ".repeat(name.length) + names.trim(), width, name.length));
  }
  const used = new Set(floors.flatMap(({ rooms }) => rooms.map(({ mark }) => mark)));
  const legend = Object.entries(meaning)
    .filter(([mark]) => used.has(mark as Mark))
    .map(([mark, text]) => `${mark}${text[lang]}`);
  return [...lines, ...wrap(legend.join("  "), width)];
}

/** Worst of what stands in a room; what is on trial has no say. */
function markOf(devices: readonly Status["devices"][number][]): Mark {
  const states = new Set(devices.filter(({ trial }) => trial !== true).map(({ state }) => state));
  if (states.has("down")) return "▲";
  if (states.has("degraded")) return "◆";
  if (states.has("unknown")) return "·";
  return states.has("ok") ? "■" : "◇";
}

function floorsOf({ spaces = [], devices }: Status): Floor[] {
  const inSpace = new Map<string, Status["devices"]>();
  for (const device of devices) inSpace.set(device.space, [...(inSpace.get(device.space) ?? []), device]);
  const floors = new Map<string, Floor>();
  for (const { id, code } of spaces) {
    const [, building, way, number] = /^\d{10}-\d{2}-([A-Z0-9]+)-([BF])(\d{2})-/.exec(code) ?? [];
    if (building === undefined) continue;
    const level = way === "B" ? -Number(number) : Number(number);
    const key = `${building} ${level}`;
    const floor = floors.get(key) ?? { building, level, rooms: [] };
    floor.rooms.push({ id, mark: markOf(inSpace.get(code) ?? []) });
    floors.set(key, floor);
  }
  const order = [...new Set([...floors.values()].map(({ building }) => building))];
  return [...floors.values()].sort(
    (a, b) => order.indexOf(a.building) - order.indexOf(b.building) || b.level - a.level,
  );
}
