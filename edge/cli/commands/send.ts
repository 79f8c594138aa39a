/**
 * `send DEVICE ACTION name=value …`: has the running gateway make a device do something, and waits for what became of
 * it. Without an action it lists what the device can do.
 */
import { randomUUID } from "node:crypto";
import { nearest } from "../../../config/load/nearest.ts";
import { type CommandAnswer, type CommandCode, maxCommandLifeMs } from "../../../config/schema/command.ts";
import type { Text, Value } from "../../../config/schema/vocabulary.ts";
import { postCommand } from "../../../gateway/status/client.ts";
import {
  type CommandAsk,
  type CommandList,
  commandAnsweredSchema,
  commandListSchema,
  commandRefusalSchema,
} from "../../agent/index.ts";
import { exit, type Language, type Options, type Setting } from "../io.ts";
import { table } from "../table.ts";
import { whoAmI } from "../who-am-i.ts";
import { ask, type Door, findDoor, refused } from "./status.ts";

const lookMs = 300;
const tellEveryMs = 5_000;
/** Beyond what the action itself may take: others may be before it. */
const graceMs = maxCommandLifeMs;

type Trouble = [what: Text, fix: Text];

export async function command(setting: Setting, options: Options): Promise<number> {
  const door = findDoor(setting, options);
  const { lang } = door;
  const say = (trouble: Trouble) => refused(setting, lang, ...trouble);
  const { argument: device, second: name } = options;
  if (typeof device !== "string")
    return say([
      { zh: "没有写哪台设备", en: "it does not say which device" },
      { zh: "写 campus-edge send 设备，看它能做什么", en: "campus-edge send DEVICE lists what it can do" },
    ]);
  const listed = await ask(
    setting,
    door,
    post({ do: "list", device }),
    commandListSchema.or(commandRefusalSchema),
  );
  if (listed === null) return exit.cannot;
  if ("error" in listed) return say(noDevice(device, listed.error.devices));
  const { actions } = listed;
  if (typeof name !== "string") return list(setting, lang, device, actions);
  const action = actions.find(({ id }) => id === name);
  if (action === undefined) return say(noAction(device, name, actions));
  const args = argumentsIn(String(options.rest ?? ""), action);
  if (Array.isArray(args)) return say(args);
  const asked: CommandAsk = {
    do: "send",
    req: randomUUID(),
    device,
    action: name,
    args,
    by: whoAmI(setting.env),
    why: String(options.why ?? "").slice(0, 200),
    duringLesson: options["during-lesson"] === true,
  };
  const begun = await ask(setting, door, post(asked), commandAnsweredSchema.or(commandRefusalSchema));
  if (begun === null) return exit.cannot;
  if ("error" in begun) return say(noDevice(device, begun.error.devices));
  if (begun.answer.state === "accepted" && !setting.json)
    setting.err(
      {
        zh: `已交给网关，等 ${device} 做完并读回…`,
        en: `accepted; waiting for ${device} to do it and say so…`,
      }[lang],
    );
  const answer = await follow(setting, door, begun.answer, action.withinMs);
  if (answer === null) return exit.cannot;
  if (setting.json) setting.out(JSON.stringify(answer));
  else for (const line of answerLines(answer, device, name, lang)) setting.out(line);
  return answer.state === "done" ? exit.well : answer.state === "unknown" ? exit.findings : exit.cannot;
}

async function follow(
  setting: Setting,
  door: Door,
  first: CommandAnswer,
  withinMs: number,
): Promise<CommandAnswer | null> {
  let answer = first;
  const begun = Date.now();
  for (let told = begun; answer.state === "accepted" && answer.req !== null; ) {
    await new Promise((resolve) => setTimeout(resolve, lookMs));
    if (setting.signal.aborted || Date.now() - begun > withinMs + graceMs) return answer;
    const found = await ask(
      setting,
      door,
      post({ do: "look", req: answer.req }),
      commandAnsweredSchema.or(commandRefusalSchema),
    );
    if (found === null || "error" in found) return found === null ? null : answer;
    answer = found.answer;
    if (Date.now() - told < tellEveryMs || setting.json) continue;
    told = Date.now();
    const seconds = Math.round((told - begun) / 1000);
    setting.err({ zh: `还在等，${seconds} 秒了`, en: `still waiting, ${seconds} s` }[door.lang]);
  }
  return answer;
}

const post = (asked: CommandAsk) => (socket: string, signal: AbortSignal) =>
  postCommand(socket, asked, signal);

type Action = CommandList["actions"][number];

function list(setting: Setting, lang: Language, device: string, actions: readonly Action[]): number {
  if (setting.json) setting.out(JSON.stringify({ device, actions }));
  else if (actions.length === 0)
    setting.out(
      {
        zh: `${device} 只读：它的型号没有写能做什么`,
        en: `${device} is only read: its profile names nothing that it can do`,
      }[lang],
    );
  else
    for (const line of table(
      actions.map(({ id, text, args, confirmed }) => [
        `campus-edge send ${device} ${id}${args.map(({ name, allowed }) => ` ${name}=${allowed[lang].replaceAll(", ", "|").replaceAll("、", "|")}`).join("")}`,
        `${text?.[lang] ?? ""}${confirmed ? "" : { zh: "（无法读回）", en: " (cannot be read back)" }[lang]}`,
      ]),
    ))
      setting.out(line);
  return exit.well;
}

/** What stands behind the action, or what is wrong with it. */
function argumentsIn(rest: string, { id, args }: Action): Record<string, Value> | Trouble {
  const given: Record<string, Value> = {};
  const words = rest === "" ? [] : rest.split("\n");
  for (const word of words) {
    const at = word.indexOf("=");
    // One argument needs no name.
    const [name, text] =
      at < 0 && args.length === 1 && words.length === 1
        ? [args[0]?.name ?? "", word]
        : [word.slice(0, at), word.slice(at + 1)];
    if (at === 0 || (at < 0 && name !== args[0]?.name))
      return [
        { zh: `看不懂“${word.slice(0, 40)}”`, en: `"${word.slice(0, 40)}" is not understood` },
        args.length === 0
          ? { zh: `${id} 不要参数`, en: `${id} takes no arguments` }
          : {
              zh: `写成 ${args.map((each) => `${each.name}=值`).join(" ")}`,
              en: `write ${args.map((each) => `${each.name}=VALUE`).join(" ")}`,
            },
      ];
    if (Object.hasOwn(given, name))
      return [
        { zh: `“${name.slice(0, 32)}” 写了两次`, en: `"${name.slice(0, 32)}" stands there twice` },
        { zh: "只留一个", en: "leave one of them" },
      ];
    Object.defineProperty(given, name, { value: valueIn(text), enumerable: true });
  }
  return given;
}

const valueIn = (text: string): Value =>
  /^[+-]?(\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : text.slice(0, 256);

function noDevice(device: string, devices: readonly string[]): Trouble {
  const near = nearest(device, devices);
  return [
    { zh: `没有设备“${device.slice(0, 64)}”`, en: `there is no device "${device.slice(0, 64)}"` },
    near === undefined
      ? { zh: "campus-edge status 看有哪些", en: "campus-edge status lists them" }
      : { zh: `是不是 ${near}？`, en: `did you mean ${near}?` },
  ];
}

function noAction(device: string, name: string, actions: readonly Action[]): Trouble {
  const names = actions.map(({ id }) => id);
  const near = nearest(name, names);
  return [
    { zh: `${device} 不会“${name.slice(0, 64)}”`, en: `${device} cannot do "${name.slice(0, 64)}"` },
    near !== undefined
      ? { zh: `是不是 ${near}？`, en: `did you mean ${near}?` }
      : names.length === 0
        ? { zh: "它的型号没有写能做什么，只读", en: "its profile names nothing that it can do" }
        : { zh: `它会：${names.join("、")}`, en: `it can do ${names.join(", ")}` },
  ];
}

function answerLines(
  { state, code, detail, readBack, req }: CommandAnswer,
  device: string,
  action: string,
  lang: Language,
): string[] {
  const values = Object.entries(readBack).map(([point, value]) => `${point} = ${value}`);
  const said =
    values.length === 0
      ? ""
      : { zh: `，读回 ${values.join("，")}`, en: `; it says ${values.join(", ")}` }[lang];
  const why = code === null ? null : reasons[code][lang];
  const more = detail === undefined ? "" : { zh: `（${detail.zh}）`, en: ` (${detail.en})` }[lang];
  const sign = { done: "✓", failed: "✕", expired: "✕", unknown: "?", accepted: "…" }[state];
  const head = {
    done: { zh: `${device} ${action} 做好了`, en: `${device} ${action}: done` },
    failed: { zh: `${device} ${action} 没有做成`, en: `${device} ${action}: did not work` },
    expired: { zh: `${device} ${action} 过期了，没有做`, en: `${device} ${action}: expired, not done` },
    unknown: { zh: `${device} ${action} 已发送、未核实`, en: `${device} ${action}: sent, not verified` },
    accepted: { zh: `${device} ${action} 还没有结果`, en: `${device} ${action}: no result yet` },
  }[state][lang];
  return [
    `${sign} ${head}${said}`,
    ...(why === null ? [] : [`  ${why}${more}`]),
    ...(state === "accepted"
      ? [
          {
            zh: `  编号 ${req}，看 campus-edge report audit`,
            en: `  request ${req}: see campus-edge report audit`,
          }[lang],
        ]
      : []),
  ];
}

/** Why, and what to do next. */
const reasons: Readonly<Record<CommandCode, Text>> = {
  malformed: {
    zh: "命令的格式不对 → 检查发命令的系统",
    en: "the command has the wrong form → look at the system that sent it",
  },
  "not-ours": { zh: "命令是给别的学校或网关的", en: "the command is for another school or gateway" },
  retained: {
    zh: "命令是留在服务器上的旧命令 → 发命令时不要 retain",
    en: "the command lay at the broker → do not send it retained",
  },
  "no-key": {
    zh: "没有这把钥匙 → 在上行的 commands 里加上",
    en: "there is no such key → add it to commands of the uplink",
  },
  signature: { zh: "签名不对", en: "the signature is wrong" },
  forbidden: {
    zh: "这把钥匙不许做这件事 → 看上行的 commands",
    en: "this key may not ask for it → see commands of the uplink",
  },
  clock: {
    zh: "网关的时钟还不可信，远程命令一律不做 → campus-edge why",
    en: "the gateway's clock is not trusted yet → campus-edge why",
  },
  expired: { zh: "轮到它时已经过期 → 再发一次", en: "it had expired when its turn came → send it again" },
  "no-device": { zh: "没有这台设备，或它停用了", en: "there is no such device, or it is off" },
  "no-action": { zh: "它不会这个动作", en: "it cannot do that" },
  "bad-argument": { zh: "参数不对", en: "an argument is wrong" },
  interlock: {
    zh: "现在不许做 → 下课再做；一定要做就加 --during-lesson",
    en: "it must not be done now → wait for the end of the lesson, or add --during-lesson",
  },
  "too-often": {
    zh: "离上一次太近，会伤设备 → 等一会儿",
    en: "too soon after the last time, which harms the device → wait",
  },
  busy: { zh: "排着的命令太多 → 等一会儿", en: "too many commands wait for it → wait" },
  offline: {
    zh: "没有送到：设备或它的线路不通 → campus-edge why",
    en: "it was not told: the device or its line cannot be reached → campus-edge why",
  },
  "store-down": {
    zh: "本机存不了，命令一律不做 → campus-edge why",
    en: "it cannot be written down here, so nothing is done → campus-edge why",
  },
  refused: { zh: "设备拒绝了", en: "the device refused" },
  "no-answer": {
    zh: "发出去了，设备没有回答 → 到现场看一眼",
    en: "it was sent and the device did not answer → look at it",
  },
  mismatch: {
    zh: "设备说不是这样 → 到现场看一眼，再试一次",
    en: "the device says otherwise → look at it, and try again",
  },
  unverified: { zh: "这台设备不能证实 → 到现场看一眼", en: "this device cannot confirm it → look at it" },
  interrupted: {
    zh: "网关中途停了，不会再做 → 到现场看一眼",
    en: "the gateway stopped on the way and will not do it again → look at it",
  },
};
