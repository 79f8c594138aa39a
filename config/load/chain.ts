/**
 * The order along a cable: `chain` of a link.
 */
import type { SpacePlan } from "../schema/plan.ts";
import type { Link } from "./device.ts";
import type { Loading } from "./loading.ts";
import { placeOf } from "./locate.ts";
import { noRange, roomRange, roomsBackwards } from "./room-range.ts";
import { roomWord } from "./shape/space.ts";
import type { Place } from "./source.ts";
import { knownSpace, tellNoSpaces } from "./spaces.ts";

/** A device on the link, with the long code of its space. */
interface Member {
  points: { space: string };
}

/** Short room ids in their order; undefined: none is written, or something is wrong with it (told). */
export function planChain(
  link: Link,
  members: readonly Member[],
  spaces: ReadonlyMap<string, SpacePlan>,
  loading: Loading,
): string[] | undefined {
  const written = link.body.entries.get("chain")?.value;
  if (written === undefined || written.type === "mapping") return undefined;
  const { findings } = loading;
  const order = new Set<string>();
  let ok = true;
  for (const item of written.type === "list" ? written.items : [written]) {
    // What is no word for rooms has been told with the link's other keys.
    if (item.type !== "scalar" || findings.silent(item) || !roomWord.safeParse(item.text).success) {
      ok = false;
      continue;
    }
    const { text: word } = item;
    const rooms = roomRange(word);
    if (rooms === null) {
      ok = false;
      const { what, fix } = noOrder(word);
      findings.error("bad-range", item, what, fix);
      continue;
    }
    ok = known(rooms, word, item, spaces, loading) && ok;
    const before = rooms.find((room) => order.has(room));
    if (before !== undefined) {
      ok = false;
      findings.error(
        "chain-twice",
        item,
        { zh: `房间 ${before} 在 chain 里出现两次`, en: `room ${before} is in the chain twice` },
        { zh: "按电缆走向每间只写一次", en: "name each room once, in the order of the cable" },
      );
    }
    for (const room of rooms) order.add(room);
  }
  if (!ok) return undefined;
  tellMissing(link, order, members, spaces, loading);
  return [...order];
}

/** The order is that of the cable: what runs from the larger to the smaller is not turned round. */
function noOrder(word: string): ReturnType<typeof noRange> {
  const rooms = roomsBackwards(word);
  if (rooms === null) return noRange(word);
  const list = `[${rooms.join(", ")}]`;
  return {
    what: {
      zh: `范围要小的在前，“${word}” 是反的`,
      en: `a range has the smaller first, and "${word}" runs backwards`,
    },
    fix:
      list.length <= 200
        ? {
            zh: `电缆先到 ${rooms[0]} 的话，按走向逐间写 ${list}`,
            en: `if the cable comes to ${rooms[0]} first, list the rooms in its order: ${list}`,
          }
        : {
            zh: "电缆从大号走向小号时，按走向逐间写",
            en: "where the cable runs from the larger to the smaller, list the rooms in its order",
          },
  };
}

/** Of a range all rooms that miss are told at once. */
function known(
  rooms: readonly string[],
  word: string,
  place: Place,
  spaces: ReadonlyMap<string, SpacePlan>,
  loading: Loading,
): boolean {
  const [only] = rooms;
  if (rooms.length === 1 && only !== undefined) return knownSpace(only, place, spaces, loading);
  const missing = rooms.filter((room) => !spaces.has(room));
  if (missing.length === 0) return true;
  if (loading.incomplete.spaces) return false;
  if (spaces.size === 0) tellNoSpaces(loading);
  else
    loading.findings.error(
      "unknown-space",
      place,
      {
        zh: `${word} 里没有这些房间：${some(missing)}`,
        en: `of ${word} these rooms do not exist: ${some(missing)}`,
      },
      { zh: "改范围，或在 spaces 里补上", en: "change the range, or add them to spaces" },
    );
  return false;
}

/** A device in a room that the chain leaves out: where the cable is broken could not be said. */
function tellMissing(
  link: Link,
  order: ReadonlySet<string>,
  members: readonly Member[],
  spaces: ReadonlyMap<string, SpacePlan>,
  loading: Loading,
): void {
  const rooms = new Map([...spaces].map(([id, { code }]) => [code, id]));
  const outside = new Set<string>();
  for (const { points } of members) {
    const room = rooms.get(points.space);
    if (room !== undefined && !order.has(room)) outside.add(room);
  }
  if (outside.size === 0) return;
  loading.findings.warning(
    "not-in-chain",
    placeOf(link.body, ["chain"], link.key, loading.findings),
    {
      zh: `这些房间有设备挂在 ${link.id} 上，却不在 chain 里：${some([...outside])}`,
      en: `rooms with devices on ${link.id} that are not in its chain: ${some([...outside])}`,
    },
    {
      zh: "按电缆走向补进 chain，断线时才能指出位置",
      en: "add them in the order of the cable, so that a broken piece can be named",
    },
  );
}

const some = (rooms: readonly string[]) =>
  `${rooms.slice(0, 10).join(", ")}${rooms.length > 10 ? ", …" : ""}`;
