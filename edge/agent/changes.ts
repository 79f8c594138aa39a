/**
 * What becomes different when one Plan takes the place of another: for people, line by line, and for the agent,
 * part by part. Pure: compares plans, knows nothing of what runs but what it is told.
 *
 * Holds: every difference that is acted on has a line; `restart` names what can only change at a start, and with
 * any of it nothing may be applied.
 */
import { isDeepStrictEqual } from "node:util";
import { contactWords } from "../../config/load/contact-words.ts";
import { withPort } from "../../config/schema/address.ts";
import type { LinkPlan, Plan, UplinkPlan } from "../../config/schema/plan.ts";
import type { Text } from "../../config/schema/vocabulary.ts";
import { compareDevices } from "./device-changes.ts";
import { type ChangeKind, changeKinds, type PlanChange } from "./plan-change.ts";
import { renewedIn } from "./secret-digests.ts";

/** What is to be done with the parts of one kind, by id or with the new plan. */
export interface PartChanges<P> {
  stop: string[];
  /** Closed and opened again. */
  restart: P[];
  /** Told of its new devices, with its connections open. */
  update: P[];
  start: P[];
}

export interface Comparison {
  /** Sorted by `changeKinds`. */
  changes: PlanChange[];
  restart: Text[];
  links: PartChanges<LinkPlan>;
  uplinks: PartChanges<UplinkPlan>;
  /** Uplinks came or went, or take other records. */
  filters: boolean;
  page: boolean;
}

export interface Circumstances {
  /** Records of an uplink that the platform has not confirmed. */
  waiting(uplink: string): number;
  /** Names of secrets whose content is another than the one in use. */
  renewed: ReadonlySet<string>;
}

export function compare(from: Plan, to: Plan, circumstances: Circumstances): Comparison {
  const { renewed } = circumstances;
  const links = compareLinks(from, to, renewed);
  const uplinks = compareUplinks(from, to, circumstances);
  const page = !isDeepStrictEqual(from.status, to.status);
  const changes = [
    ...schoolChanges(from, to),
    ...(page ? [pageChange(to)] : []),
    ...links.changes,
    ...uplinks.changes,
    ...compareDevices(from, to, renewed),
  ];
  changes.sort((a, b) => changeKinds.indexOf(a.what) - changeKinds.indexOf(b.what));
  return {
    changes,
    restart: onlyAtStart(from, to),
    links: links.parts,
    uplinks: uplinks.parts,
    filters: uplinks.filters,
    page,
  };
}

/** What is fixed for the life of a process: who the records are of, and where and how they are stored. */
function onlyAtStart(from: Plan, to: Plan): Text[] {
  const texts: Text[] = [];
  const add = (differs: boolean, zh: string, en: string) => void (differs && texts.push({ zh, en }));
  add(
    from.school.id !== to.school.id,
    "学校编号（school.id）变了",
    "the school's number (school.id) changed",
  );
  add(
    from.school.gateway !== to.school.gateway,
    "网关编号（school.gateway）变了",
    "the gateway's id (school.gateway) changed",
  );
  const { folder } = from.buffer;
  add(
    folder !== to.buffer.folder,
    `数据文件夹（buffer.folder）变了：${folder} 里的数据不会自己搬过去`,
    `the data folder (buffer.folder) changed: what is in ${folder} does not move by itself`,
  );
  const same = { ...to.buffer, folder };
  add(!isDeepStrictEqual(from.buffer, same), "buffer: 的其他设置变了", "other settings of buffer: changed");
  return texts;
}

function schoolChanges(from: Plan, to: Plan): PlanChange[] {
  const changes: PlanChange[] = [];
  const tell = (zh: string, en: string) =>
    void changes.push({
      what: "changes",
      of: "school",
      id: to.school.id,
      text: { zh: `学校：${zh}`, en: `school: ${en}` },
    });
  if (from.school.clock === "auto" && to.school.clock === "trusted")
    tell(
      "时钟 auto→trusted，从现在起系统时间当作准的",
      "clock auto→trusted, the system's time is taken as right from now on",
    );
  if (from.school.clock === "trusted" && to.school.clock === "auto")
    tell(
      "时钟 trusted→auto，从现在起系统自己说对过时才算准；在此之前按原来的时间走",
      "clock trusted→auto, from now on it is right when the system says so; until then it goes on from where it is",
    );
  const parts = shownParts.filter(([, , of]) => !isDeepStrictEqual(of(from), of(to)));
  if (parts.length > 0) {
    const [zh, en] = [parts.map(([word]) => word).join("、"), parts.map(([, word]) => word).join(", ")];
    tell(`${zh}变了；只影响显示`, `${en} changed; it only shows differently`);
  }
  return changes;
}

/** What is only shown. Codes of rooms follow the school's number, which has its own line. */
const shownParts: readonly (readonly [zh: string, en: string, of: (plan: Plan) => unknown])[] = [
  ["名称", "name", ({ school }) => school.name],
  ["区县", "district", ({ school }) => school.district],
  ["联系人", "contact", ({ school }) => school.contact],
  ["语言", "language", ({ school }) => school.language],
  [
    "房间",
    "rooms",
    ({ spaces }) => [...spaces.values()].map((space) => ({ ...space, code: placeCode(space.code) })),
  ],
  ["备件", "spares", ({ spares }) => spares],
];

const placeCode = (code: string) => code.slice(code.indexOf("-"));

function pageChange(to: Plan): PlanChange {
  const id = "status";
  if (to.status === undefined)
    return { what: "stops", of: "page", id, text: { zh: "状态页：关闭", en: "status page: closes" } };
  const at = withPort(to.status.host, to.status.port);
  return {
    what: "restarts",
    of: "page",
    id,
    text: { zh: `状态页：在 ${at}`, en: `status page: at ${at}` },
  };
}

function compareLinks(from: Plan, to: Plan, renewed: ReadonlySet<string>) {
  const parts: PartChanges<LinkPlan> = { stop: [], restart: [], update: [], start: [] };
  const changes: PlanChange[] = [];
  const tell = (what: ChangeKind, id: string, zh: string, en: string) =>
    void changes.push({ what, of: "link", id, text: { zh: `线路 ${id}：${zh}`, en: `link ${id}: ${en}` } });
  const now = new Map(to.links.map((link) => [link.id, link]));
  const known = new Map(from.links.map((link) => [link.id, link]));
  for (const { id } of from.links)
    if (!now.has(id)) {
      parts.stop.push(id);
      tell("stops", id, "关闭", "closes");
    }
  for (const link of to.links) {
    const { id } = link;
    const before = known.get(id);
    const count = link.devices.length;
    if (before === undefined) {
      parts.start.push(link);
      tell("starts", id, `打开，${count} 台设备`, `opens, ${count} devices`);
    } else if (reopens(before, link, renewed)) {
      parts.restart.push(link);
      tell(
        "restarts",
        id,
        `设置变了，关掉重开；${count} 台设备重新连接`,
        `its settings changed, it closes and opens again; ${count} devices connect anew`,
      );
    } else {
      if (!sameForDriver(before, link, renewed)) parts.update.push(link);
      if (before.via !== link.via || !isDeepStrictEqual(before.chain, link.chain))
        tell("changes", id, "布线的说明变了", "what is noted of its cable changed");
    }
  }
  return { parts, changes };
}

const reopens = (before: LinkPlan, after: LinkPlan, renewed: ReadonlySet<string>) =>
  before.kind !== after.kind ||
  !isDeepStrictEqual(before.settings, after.settings) ||
  renewedIn(after.settings, renewed);

const sameForDriver = (before: LinkPlan, after: LinkPlan, renewed: ReadonlySet<string>) =>
  isDeepStrictEqual(before.devices, after.devices) && !renewedIn(after.devices, renewed);

function compareUplinks(from: Plan, to: Plan, { waiting, renewed }: Circumstances) {
  const parts: PartChanges<UplinkPlan> = { stop: [], restart: [], update: [], start: [] };
  const changes: PlanChange[] = [];
  let filters = false;
  const tell = (what: ChangeKind, id: string, zh: string, en: string) =>
    void changes.push({
      what,
      of: "uplink",
      id,
      text: { zh: `上行 ${id}：${zh}`, en: `uplink ${id}: ${en}` },
    });
  const now = new Map(to.uplinks.map((uplink) => [uplink.id, uplink]));
  const known = new Map(from.uplinks.map((uplink) => [uplink.id, uplink]));
  for (const { id } of from.uplinks) {
    if (now.has(id)) continue;
    const left = waiting(id);
    parts.stop.push(id);
    filters = true;
    if (left === 0) tell("stops", id, "停止；它的都已确认", "stops; all of its records are confirmed");
    else
      tell(
        "stops",
        id,
        `停止；${left} 条还没确认，不会再送给它；别的上行都确认之后，本机就不再留着`,
        `stops; ${left} records are not confirmed: they are not sent to it any more, and are kept here only until the other uplinks have them`,
      );
  }
  for (const uplink of to.uplinks) {
    const { id } = uplink;
    const before = known.get(id);
    if (before === undefined) {
      parts.start.push(uplink);
      filters = true;
      if (uplink.start === "now")
        tell("starts", id, "开始，只送从现在起的记录", "starts, with what comes from now on");
      else tell("starts", id, "开始，从本机还存着的最早记录送起", "starts, with the oldest record kept here");
      continue;
    }
    if (before.start !== uplink.start)
      tell(
        "changes",
        id,
        "start 变了：只对新加的上行起作用，送到哪里不变",
        "start changed: it counts only when an uplink is new; where it stands stays",
      );
    const left = waiting(id);
    if (!sameDestination(before, uplink) || renewedIn(uplink.settings, renewed)) {
      parts.restart.push(uplink);
      tell(
        "restarts",
        id,
        `设置变了，重新连接；等着的 ${left} 条不动`,
        `its settings changed, it connects anew; the ${left} records that wait stay`,
      );
    }
    if (!sameContact(before, uplink)) {
      if (!parts.restart.includes(uplink)) parts.restart.push(uplink);
      const words = contactWords(uplink);
      tell(
        "changes",
        id,
        `什么时候送、送多快变了：${words?.zh ?? "随时送，旧数据按默认速度补送"}`,
        `when and how fast it sends changed: ${words?.en ?? "at any time, records kept from before at the usual pace"}`,
      );
    }
    if (before.carryKey !== uplink.carryKey) {
      const { carryKey } = uplink;
      tell(
        "changes",
        id,
        `carryKey 变了：U 盘带走的数据，从现在起${carryKey === undefined ? "没有回执能确认" : "只认这把公钥签的回执"}`,
        `carryKey changed: from now on ${carryKey === undefined ? "no receipt confirms" : "only receipts that this key signed confirm"} what was carried by hand`,
      );
    }
    if (before.accepts !== uplink.accepts || !isDeepStrictEqual(before.send, uplink.send)) {
      filters = true;
      tell(
        "changes",
        id,
        `送哪些变了：还没发出的按新的办（现在 ${left} 条等着），已发出的不变`,
        `what it takes changed: it holds for what was not sent yet (${left} wait now), not for what was`,
      );
    }
  }
  return { parts, changes, filters };
}

const sameContact = (before: UplinkPlan, after: UplinkPlan) =>
  isDeepStrictEqual(before.window, after.window) && isDeepStrictEqual(before.backlog, after.backlog);

const sameDestination = (before: UplinkPlan, after: UplinkPlan) =>
  before.kind === after.kind &&
  before.confirm === after.confirm &&
  isDeepStrictEqual(before.settings, after.settings);
