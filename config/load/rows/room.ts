/**
 * The devices of one room: the template's, as its row changes them, and the row's own.
 */
import { meantKeys, type Named } from "../entry.ts";
import { suggest } from "../findings.ts";
import type { Loading } from "../loading.ts";
import type { Entry, Mapping, Node, Scalar } from "../node.ts";
import { keysOf } from "../schema-keys.ts";
import type { Sections } from "../sections.ts";
import { deviceShape } from "../shape/device.ts";
import { idComplaint, idPattern } from "../shape/identifier.ts";
import { placeText } from "../tree.ts";
import { type Filling, filled, filledEntry, keyOf, laidOver } from "./fill.ts";
import { checkReferences } from "./references.ts";
import type { Links, RoomRow } from "./row.ts";
import type { Template } from "./template.ts";

/** A device is worth so many values: it is planned, whatever it says. */
const deviceCost = 40;

/** All rooms of one load. */
export interface Expansion {
  sections: Sections;
  links: Links;
  loading: Loading;
  budget: { left: number };
  rows: number;
  /** Row that each generated device was made for. */
  owners: Map<string, RoomRow>;
}

/** Adds the devices of one row; what is wrong is told and left out. */
export function makeRoom(row: RoomRow, template: Template, node: Mapping, expansion: Expansion): void {
  const { loading, budget } = expansion;
  const { findings } = loading;
  const filling: Filling = { template, row, findings, budget };
  budget.left -= deviceCost * template.devices.size;
  for (const { value } of row.devices.values()) checkReferences(value, template.params, findings);
  const made: [key: Scalar, name: string, body: Mapping][] = [];
  for (const [name, entry] of template.devices) {
    const other = row.devices.get(name);
    if (other !== undefined && isOff(other.value)) continue;
    const key = keyOf(entry.key, "template", filling);
    if (other === undefined || !fits(other, loading))
      made.push([key, name, filled(entry.value, "template", filling) as Mapping]);
    else made.push([key, name, laidOver(entry.value, other.value as Mapping, filling)]);
  }
  for (const [name, entry] of row.devices) {
    if (template.devices.has(name) || !isNew(name, entry, row, template, loading)) continue;
    made.push([keyOf(entry.key, "row", filling), name, filled(entry.value, "row", filling) as Mapping]);
  }
  const { room } = row;
  if (room === undefined) {
    loading.incomplete.entries = true;
    return;
  }
  const start = room.text.toLowerCase();
  if (!["x", ...made.map(([, name]) => name)].every((name) => idPattern.test(`${start}-${name}`))) {
    loading.incomplete.entries = true;
    badRoom(room, loading);
    return;
  }
  const twice: [id: string, first: RoomRow][] = [];
  for (const [key, name, body] of made) {
    const id = `${start}-${name}`;
    withShared(body, row.devices.get(name), filling);
    const first = expansion.owners.get(id);
    if (first !== undefined) twice.push([id, first]);
    else {
      expansion.owners.set(id, row);
      add({ id, key: { ...key, text: id }, body }, node, expansion);
    }
  }
  tellTwice(twice, room, loading);
}

const isOff = (node: Node) => node.type === "scalar" && node.text === "off";

/** What a row says of a device of the template is a mapping; else it is told. */
function fits({ key, value }: Entry, { findings }: Loading): boolean {
  if (value.type === "mapping") return true;
  if (!findings.silent(value) && !findings.silent(key))
    findings.error(
      "wrong-shape",
      key,
      {
        zh: `“${key.text}” 后面应当是 off 或 { 名字: 内容 }`,
        en: `off or name: content pairs must stand behind "${key.text}"`,
      },
      { zh: "不要这台写 off", en: "write off if the room does not have it" },
    );
  return false;
}

/** Whether a key that the template does not have is a device of this room alone; else it is told. */
function isNew(name: string, entry: Entry, row: RoomRow, template: Template, loading: Loading): boolean {
  const { findings } = loading;
  const { key, value } = entry;
  if (findings.silent(key) || findings.silent(value)) return false;
  const complaint = idComplaint(name, "proj");
  const lacking = value.type === "mapping" ? lackingKeys(value) : [];
  if (complaint !== null) findings.error("bad-id", key, complaint.what, complaint.fix);
  else if (value.type === "mapping" && lacking.length === 0) return true;
  else if (!isOff(value) && !fits(entry, loading)) return false;
  else
    findings.error(
      "unknown-device",
      key,
      {
        zh: `模板 ${template.id} 里没有设备 “${name}”`,
        en: `the template ${template.id} has no device "${name}"`,
      },
      () => {
        const known = suggest(name, [...template.devices.keys()], { zh: "设备", en: "devices" }, row.devices);
        const [and, also] = [lacking.join(" 和 "), lacking.join(" and ")];
        return isOff(value)
          ? known
          : { zh: `新设备要写 ${and}；${known.zh}`, en: `a new device needs ${also}; ${known.en}` };
      },
    );
  return false;
}

/** What every device has and this entry neither says nor misspells. */
function lackingKeys(entry: Mapping): string[] {
  const must = ["profile", "via"];
  const meant = meantKeys(entry, keysOf(deviceShape));
  return must.filter((name) => !entry.entries.has(name) && !meant.has(name));
}

function badRoom(room: Scalar, { findings }: Loading): void {
  findings.error(
    "bad-id",
    room,
    { zh: `“${room.text}” 不能作设备编号的开头`, en: `"${room.text}" cannot begin the ids of devices` },
    {
      zh: "用字母、数字和 -，例如 301；中文写进 spaces 的 name",
      en: "use letters, digits and -, such as 301",
    },
  );
}

/** Space, stage and its reason: of the row, where its own words for this device say nothing of it. */
function withShared(body: Mapping, own: Entry | undefined, filling: Filling): void {
  const { template, row } = filling;
  const said = own?.value.type === "mapping" ? own.value.entries : new Map<string, Entry>();
  const { space } = template;
  if (row.shared.has("space")) {
    const entry = row.shared.get("space");
    if (entry !== undefined && !said.has("space"))
      body.entries.set("space", filledEntry(entry, "row", filling));
  } else if (space !== undefined && !body.entries.has("space"))
    body.entries.set("space", filledEntry(space, "template", filling));
  // A stage of its own has reasons of its own.
  if (said.has("stage")) return;
  for (const name of ["stage", "why", "until"] as const) {
    const entry = row.shared.get(name);
    if (entry !== undefined && !said.has(name)) body.entries.set(name, filledEntry(entry, "row", filling));
  }
}

/** An id exists once among links, devices and uplinks; what was written by hand is told as the second. */
function add(named: Named, row: Mapping, { sections, loading }: Expansion): void {
  const own = sections.ids.get(named.id);
  if (own === undefined) {
    sections.ids.set(named.id, named);
    sections.merged.devices.push(named);
    return;
  }
  const { file } = named.key.source;
  const [words, place] = [placeText({ source: named.key.source, offset: named.key.offset }), placeText(row)];
  const both = words === place || file === "" ? place : `${words}, ${place}`;
  loading.findings.error(
    "duplicate-id",
    own.key,
    {
      zh: `编号 “${named.id}” 用了两次：rooms 的一行也产生它（${both}）`,
      en: `the id "${named.id}" is used twice: a row of rooms makes it as well (${both})`,
    },
    {
      zh: "删掉这一条，不同之处写在那一行的 devices 里；或换编号",
      en: "remove this entry and write what differs in that row's devices, or give it another id",
    },
  );
}

function tellTwice(
  twice: readonly [id: string, first: RoomRow][],
  room: Scalar,
  { findings }: Loading,
): void {
  const [one] = twice;
  if (one === undefined) return;
  const [id, first] = one;
  const place = first.room === undefined ? "" : placeText(first.room);
  findings.error(
    "duplicate-id",
    room,
    {
      zh: `房间 “${room.text}” 已有一行，在 ${place}：编号 ${id} 等 ${twice.length} 个用了两次`,
      en: `room "${room.text}" has a row already, at ${place}: ${id} and others (${twice.length} ids) are used twice`,
    },
    { zh: "删掉一行，或改房间号", en: "remove one of the rows, or change its room" },
  );
}
