/**
 * Rooms: rows of one floor each, later rows overriding earlier ones; the long provincial code is computed.
 */
import type { z } from "zod";
import type { SpacePlan } from "../schema/plan.ts";
import { read, readWhole } from "./entry.ts";
import { suggest } from "./findings.ts";
import type { Loading } from "./loading.ts";
import { present } from "./present.ts";
import { noRange, roomRange } from "./room-range.ts";
import { spacePattern } from "./shape/identifier.ts";
import { spaceShape } from "./shape/space.ts";
import type { Place } from "./source.ts";
import { type Mapping, type Node, placeText, type Scalar } from "./tree.ts";

type Row = Partial<z.output<typeof spaceShape>>;
interface Room {
  row: Row;
  code: string;
  /** Row that first named it. */
  from: Mapping;
}

/** A school has no more rooms than this. */
const maxRooms = 20_000;

/** @param school its 10-digit id; absent when broken */
export function readSpaces(
  rows: readonly Node[],
  school: string | undefined,
  loading: Loading,
): Map<string, SpacePlan> {
  const rooms = new Map<string, Room>();
  for (const node of rows) {
    if (node.type !== "mapping") {
      loading.incomplete.spaces = true;
      read(spaceShape, node, node, loading.findings);
      continue;
    }
    const key: Scalar = { ...node, type: "scalar", text: "", plain: true };
    const { value: row } = readWhole(
      spaceShape,
      ["building", "floor", "rooms"],
      { key, body: node },
      loading.findings,
    );
    if (row.building === undefined || row.floor === undefined || row.rooms === undefined) {
      loading.incomplete.spaces = true;
      continue;
    }
    for (const room of roomsOf(row.rooms, node, loading))
      addRoom(rooms, room, row, node, school ?? "0000000000", loading);
  }
  return new Map([...rooms].map(([id, room]) => [id, planOf(id, room)]));
}

function planOf(id: string, { row, code }: Room): SpacePlan {
  return present({
    id,
    code,
    name: row.name,
    kind: row.kind ?? "other",
    areaM2: row.area,
    heightM: row.height,
    seats: row.seats,
  });
}

function addRoom(
  rooms: Map<string, Room>,
  room: string,
  row: Row,
  node: Mapping,
  school: string,
  loading: Loading,
): void {
  const id = `${row.prefix ?? ""}${room}`;
  const place = placeOfRooms(node);
  if (!spacePattern.test(id)) {
    loading.incomplete.spaces = true;
    loading.findings.error(
      "bad-id",
      place,
      { zh: `房间短号 “${id}” 超过 12 个字符`, en: `the short room id "${id}" is longer than 12` },
      { zh: "缩短 prefix 或房间号", en: "shorten the prefix or the room" },
    );
    return;
  }
  const code = `${school}-${row.campus ?? "01"}-${row.building}-${row.floor}-${room}`;
  const before = rooms.get(id);
  if (before === undefined && rooms.size >= maxRooms) {
    loading.incomplete.spaces = true;
    loading.findings.error(
      "too-many-rooms",
      place,
      { zh: `房间超过 ${maxRooms} 间`, en: `more than ${maxRooms} rooms` },
      { zh: "检查范围的两端", en: "check both ends of the range" },
    );
    return;
  }
  if (before !== undefined && before.code !== code) {
    const first = placeText(before.from);
    loading.findings.error(
      "room-twice",
      place,
      {
        zh: `房间 ${id} 在 ${first} 属于另一栋楼或另一层`,
        en: `room ${id} is on another floor or in another building at ${first}`,
      },
      {
        zh: "第二栋楼加 prefix（例如 prefix: B）；同一间房要写同样的 building 和 floor",
        en: "give the second building a prefix (such as prefix: B); the same room needs the same building and floor",
      },
    );
    return;
  }
  rooms.set(id, { row: { ...before?.row, ...present(row) }, code, from: before?.from ?? node });
}

const placeOfRooms = (node: Mapping): Place => {
  const rooms = node.entries.get("rooms");
  return rooms === undefined ? node : rooms.value.type === "scalar" ? rooms.value : rooms.key;
};

function roomsOf(rooms: string | readonly string[], node: Mapping, loading: Loading): string[] {
  const value = node.entries.get("rooms")?.value;
  const words = typeof rooms === "string" ? [rooms] : rooms;
  return words.flatMap((word, index) => {
    const place = value?.type === "list" ? (value.items[index] ?? value) : (value ?? node);
    return roomsOfWord(word, place, loading);
  });
}

function roomsOfWord(word: string, place: Place, loading: Loading): string[] {
  const rooms = roomRange(word);
  if (rooms !== null) return rooms;
  loading.incomplete.spaces = true;
  const { what, fix } = noRange(word);
  loading.findings.error("bad-range", place, what, fix);
  return [];
}

/** Without any room it is told once, not at each name of one. */
export function tellNoSpaces({ findings }: Loading): void {
  findings.error(
    "no-spaces",
    { file: "" },
    { zh: "没有 spaces：一间房也没有写", en: "there are no spaces: no room is known" },
    {
      zh: "加上 spaces:，例如 - { building: JX1, floor: F01, rooms: 101..108, kind: classroom }",
      en: "add spaces:, such as - { building: JX1, floor: F01, rooms: 101..108, kind: classroom }",
    },
  );
}

/** Tells a room that does not exist. */
export function knownSpace(
  id: string,
  place: Place,
  spaces: ReadonlyMap<string, SpacePlan>,
  loading: Loading,
): boolean {
  if (spaces.has(id)) return true;
  if (loading.incomplete.spaces) return false;
  if (spaces.size === 0) tellNoSpaces(loading);
  else
    loading.findings.error(
      "unknown-space",
      place,
      { zh: `没有房间 “${id}”`, en: `there is no room "${id}"` },
      () => suggest(id, [...spaces.keys()], { zh: "房间", en: "rooms" }),
    );
  return false;
}
