/**
 * Uplinks: where records go, and which of them.
 */
import { cataloguePoints } from "../catalogue/points.ts";
import { historyId } from "../schema/history.ts";
import type { UplinkKind } from "../schema/kind.ts";
import type { BacklogPlan, CommandKey, DailyRange, SpacePlan, UplinkPlan } from "../schema/plan.ts";
import { defaultRecordsPerS } from "./contact-words.ts";
import { keysElsewhere, type Named, readCommon, readRest, tellStrangers } from "./entry.ts";
import { type Findings, suggest } from "./findings.ts";
import { unknownKind } from "./links.ts";
import type { Loading } from "./loading.ts";
import { placeOf } from "./locate.ts";
import { narrowed } from "./plain.ts";
import { present } from "./present.ts";
import { keysOf } from "./schema-keys.ts";
import { checkSecrets } from "./secret-use.ts";
import { inBoth } from "./shape/contact-window.ts";
import { type Backlog, type Commands, type Send, uplinkShape } from "./shape/uplink.ts";
import { knownSpace } from "./spaces.ts";
import { type Node, placeText } from "./tree.ts";

/** Those that are right; what is wrong has been told. */
export function readUplinks(
  entries: readonly Named[],
  spaces: ReadonlyMap<string, SpacePlan>,
  loading: Loading,
): UplinkPlan[] {
  const owners = new Map<string, Named>();
  return entries.flatMap((named) => {
    if (named.id === historyId) tellReserved(named, loading);
    const plan = readUplink(named, spaces, loading);
    if (plan === null) return [];
    checkClient(plan, named, owners, loading);
    return plan;
  });
}

function tellReserved({ key }: Named, { findings }: Loading): void {
  findings.error(
    "reserved-id",
    key,
    {
      zh: `“${historyId}” 是本机历史自己的编号，上行不能用`,
      en: `"${historyId}" is the id of the local history itself, and no uplink's`,
    },
    {
      zh: "给这个上行换一个编号，例如 province；本机历史在 buffer: 里用 history: 设置",
      en: "give this uplink another id, such as province; the local history is set by history: in buffer:",
    },
  );
}

/** A platform knows a client by its id: of two with one id each throws the other out. */
function checkClient(
  { kind, settings }: UplinkPlan,
  { key, body, id }: Named,
  owners: Map<string, Named>,
  { findings, uplinkKinds }: Loading,
): void {
  const schema = uplinkKinds.find((candidate) => candidate.kind === kind)?.config;
  if (schema === undefined || !keysOf(schema).includes("clientId")) return;
  const { url, clientId } = settings as { url?: unknown; clientId?: string };
  const client = JSON.stringify([kind, url, clientId ?? null]);
  const first = owners.get(client);
  if (first === undefined) {
    owners.set(client, { key, body, id });
    return;
  }
  findings.error(
    "client-twice",
    placeOf(body, [clientId === undefined ? "url" : "clientId"], key, findings),
    {
      zh: `${first.id}（${placeText(first.key)}）用同样的地址和 clientId，两个会互相顶掉`,
      en: `${first.id} (${placeText(first.key)}) has the same address and clientId: each would throw the other out`,
    },
    {
      zh: `删掉一个，或给这个写 clientId，例如 clientId: gw-${id}`,
      en: `remove one, or give this one a clientId of its own, such as clientId: gw-${id}`,
    },
  );
}

function readUplink(
  named: Named,
  spaces: ReadonlyMap<string, SpacePlan>,
  loading: Loading,
): UplinkPlan | null {
  const { findings, uplinkKinds } = loading;
  const schemas = uplinkKinds.map(({ config }) => config);
  const { value, ok } = readCommon(uplinkShape, ["kind"], named, schemas, findings);
  const shared = keysOf(uplinkShape);
  checkSecrets(
    narrowed(named.body, (name) => !shared.includes(name)),
    loading,
  );
  checkSend(named, spaces, loading);
  const kind = uplinkKinds.find((candidate) => candidate.kind === value.kind);
  if (kind === undefined) {
    if (value.kind === undefined) tellStrangers(uplinkShape, schemas, named, findings);
    else unknownKind(value.kind, named, uplinkKinds, loading);
    return null;
  }
  const others = uplinkKinds
    .filter((other) => other !== kind)
    .map((other) => ({ name: other.kind, schema: other.config }));
  const settings = readRest(
    kind.config,
    uplinkShape,
    named,
    findings,
    keysElsewhere(others, keysOf(kind.config)),
  );
  checkConfirm(value, kind, named, findings);
  checkCommands(value, kind, named, loading);
  if (ok) checkWindows(value, named, findings);
  if (!ok || settings === null) return null;
  return {
    id: named.id,
    kind: kind.kind,
    settings: settings.value,
    confirm: value.confirm ?? "receipt",
    accepts: value.accepts ?? "real",
    send: sendOf(value.send ?? { levels: [1, 2] }, spaces),
    start: value.start ?? "oldest",
    ...(value.carryKey === undefined ? {} : { carryKey: value.carryKey }),
    ...commandsOf(value.commands),
    backlog: backlogOf(value.backlog ?? {}),
    ...windowOf(value.window),
  };
}

/**
 * Some 30 times what a large school writes, so that a month away is sent within hours; and little enough for a
 * platform that a whole province comes back to. No cap of bytes: only who knows the line can name one.
 */
const defaultRate = { recordsPerS: defaultRecordsPerS };

const backlogOf = ({ rate = defaultRate, window }: Backlog): BacklogPlan => ({
  ...rate,
  ...windowOf(window),
});

function commandsOf(commands: Commands | undefined): { commands?: readonly CommandKey[] } {
  if (commands === undefined) return {};
  return {
    commands: Object.entries(commands).map(([id, { key, actions, duringLesson }]) => ({
      id,
      key,
      actions,
      ...(duringLesson === true ? { duringLesson } : {}),
    })),
  };
}

/** Commands come over a connection that stands. */
function checkCommands(
  { commands }: { commands?: object | undefined },
  { kind, brings }: UplinkKind,
  { body, key }: Named,
  { findings }: Loading,
): void {
  if (commands === undefined || brings === "commands") return;
  findings.error(
    "no-commands",
    placeOf(body, ["commands"], key, findings),
    { zh: `${kind} 上行收不到命令`, en: `an uplink of kind ${kind} brings no commands` },
    { zh: "删掉 commands，或用 kind: mqtt", en: "remove commands, or use kind: mqtt" },
  );
}

/** The whole day is no window. */
const windowOf = (window: readonly DailyRange[] | undefined) =>
  window === undefined || window.some(({ from, to }) => to - from >= 1440) ? {} : { window };

/** Accepted and without effect would be worse: who writes it expects another meaning of "delivered". */
function checkConfirm(
  { confirm }: { confirm?: string | undefined },
  { kind, receiptsOnly }: UplinkKind,
  { body, key }: Named,
  findings: Findings,
) {
  if (confirm !== "broker" || receiptsOnly !== true) return;
  findings.error(
    "no-broker",
    placeOf(body, ["confirm"], key, findings),
    {
      zh: `confirm: broker 不用于 ${kind}：中间没有消息服务器，平台的应答就是回执`,
      en: `confirm: broker is not for ${kind}: there is no broker in between, the platform answers with receipts`,
    },
    { zh: "删掉 confirm", en: "remove confirm" },
  );
}

/** Old records that may never go would be lost one day, without anybody having wished it. */
function checkWindows(
  value: { window?: DailyRange[] | undefined; backlog?: Backlog | undefined },
  { body, key }: Named,
  findings: Findings,
) {
  const { window, backlog } = value;
  if (window === undefined || backlog?.window === undefined) return;
  if (inBoth(window, backlog.window).length > 0) return;
  findings.error(
    "backlog-never",
    placeOf(body, ["backlog", "window"], key, findings),
    {
      zh: "backlog.window 和 window 没有重叠：旧数据永远送不出去",
      en: "backlog.window lies outside window: old records would never be sent",
    },
    {
      zh: "改成有重叠的时段，或删掉 backlog.window（随 window）",
      en: "let them overlap, or remove backlog.window: it follows window then",
    },
  );
}

/** Spaces by their long codes, as records carry them. */
function sendOf(send: Send, spaces: ReadonlyMap<string, SpacePlan>): UplinkPlan["send"] {
  return present({ ...send, spaces: send.spaces?.map((id) => spaces.get(id)?.code ?? id) });
}

/** References of the filter, and what it lets out. */
function checkSend({ body }: Named, spaces: ReadonlyMap<string, SpacePlan>, loading: Loading): void {
  const send = body.entries.get("send")?.value;
  if (send?.type !== "mapping") return;
  for (const item of scalars(send.entries.get("points")?.value)) {
    if (cataloguePoints.has(item.text)) continue;
    loading.findings.error(
      "unknown-point",
      item,
      { zh: `目录里没有测点 “${item.text}”`, en: `the catalogue has no point "${item.text}"` },
      suggest(item.text, [...cataloguePoints.keys()], { zh: "测点", en: "points" }),
    );
  }
  for (const item of scalars(send.entries.get("spaces")?.value)) knownSpace(item.text, item, spaces, loading);
  for (const item of scalars(send.entries.get("levels")?.value)) {
    if (item.text !== "3" && item.text !== "4") continue;
    loading.findings.warning(
      "level-leaves",
      item,
      { zh: `${item.text} 级数据会离开学校`, en: `data of level ${item.text} will leave the school` },
      {
        zh: "确认有依据：3 级敏感（人数等），4 级涉及个人（刷卡、扫码摘要）",
        en: "make sure there is a ground for it: 3 is sensitive (head counts), 4 personal (digests of passes)",
      },
    );
  }
}

const scalars = (node: Node | undefined) =>
  node?.type === "list" ? node.items.filter((item) => item.type === "scalar") : [];
