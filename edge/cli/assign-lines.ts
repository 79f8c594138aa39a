/** What setting a device says on screen: each step, what would be written, and what became of it with what to do next. Pure. */
import type { AssignCode, AssignEnd, AssignOffer, AssignStep } from "../../config/schema/assign.ts";
import type { Text } from "../../config/schema/vocabulary.ts";
import { valuesOf } from "./found-lines.ts";
import type { Language } from "./io.ts";

export function stepText({ what, place, leftMs }: AssignStep): Text {
  const at = place ?? "";
  const left = Math.ceil((leftMs ?? 0) / 1000);
  const said: Record<AssignStep["what"], Text> = {
    open: { zh: "借用线路，采集暂停", en: "taking the line; it is not polled meanwhile" },
    look: { zh: `问 ${at}`, en: `asking ${at}` },
    read: { zh: `${at}：按型号读`, en: `${at}: reading it by its profile` },
    offer: { zh: `${at}：可以写了`, en: `${at}: ready to write` },
    write: { zh: `写 ${at}`, en: `writing to ${at}` },
    power:
      place === null
        ? {
            zh: `没有应答：接通设备电源，还等 ${left} 秒`,
            en: `no answer: switch its power on; ${left} s left`,
          }
        : {
            zh: `它还在 ${at} 应答：把设备断电，等 5 秒再通电，还等 ${left} 秒`,
            en: `it answers at ${at} still: take its power off for 5 s and put it on again; ${left} s left`,
          },
    keep:
      place === null
        ? { zh: `断电了：接通电源，还等 ${left} 秒`, en: `it has no power: switch it on; ${left} s left` }
        : {
            zh: `已在 ${at}。看它断电后还记不记得：断电 5 秒再通电，还等 ${left} 秒（不想等按 Ctrl-C，已经改好了）`,
            en: `it is at ${at}. To see that it keeps that: take its power off for 5 s and put it on; ${left} s left (Ctrl-C skips this: it is set)`,
          },
    verify: { zh: `核对：${at} 应当没有应答`, en: `verifying: ${at} must be silent` },
  };
  return said[what];
}

export function offerLines(offer: AssignOffer, lang: Language): string[] {
  const { link, profile, from, to, writes, restart, reads, notes } = offer;
  const say = (text: Text) => text[lang];
  return [
    say({
      zh: `${link} ${from} 上有一台 ${profile}：${valuesOf(reads, "zh")}`,
      en: `${link} ${from}: one ${profile}: ${valuesOf(reads, "en")}`,
    }),
    say({ zh: `要改成 ${to}，写：`, en: `to become ${to}, written are:` }),
    ...writes.map((text) => `  ${say(text)}`),
    ...(restart
      ? [
          say({
            zh: "写完要断电再通电才生效，到时会提示",
            en: "it counts after its power was off and on: you will be told when",
          }),
        ]
      : []),
    ...notes.map((text) => `! ${say(text)}`),
  ];
}

export interface Asked {
  link: string;
  profile: string;
  from: string | undefined;
  to: string;
  /** The driver's word for `scan`. */
  scan: string;
  /** A device of the files has its place. */
  replace: boolean;
  offer: AssignOffer | null;
  audited: boolean | null;
}

/** What became of it, what was sent, where it may be, and the next command. */
export function endLines(end: AssignEnd, asked: Asked, lang: Language): string[] {
  const say = (text: Text) => text[lang];
  const { code, places, written, heard } = end;
  const isSent = written.length > 0 && code !== "done";
  return [
    `${code === "done" ? "✓" : "✕"} ${say(endTexts[code](end, asked))}`,
    ...(end.detail === null ? [] : [`  ${end.detail}`]),
    ...(end.kept === null
      ? []
      : [
          end.kept
            ? say({ zh: "  断电再通电后还在", en: "  it was there again after its power was off and on" })
            : say({
                zh: "  没有断电验证：个别设备断电后会忘，下次停电后看一眼 campus-edge status",
                en: "  not verified without power: some forget it; look at campus-edge status after the next power cut",
              }),
        ]),
    ...(isSent
      ? [
          say({ zh: "  已发出：", en: "  sent was: " }) + written.map(say).join(lang === "zh" ? "；" : "; "),
          say({
            zh: `  它可能在：${places.join("、")}${heard === null ? "" : `；最后在 ${heard} 听到`}`,
            en: `  it may be at ${places.join(", ")}${heard === null ? "" : `; it was heard last at ${heard}`}`,
          }),
        ]
      : []),
    ...(written.length > 0 && asked.audited === false
      ? [
          say({
            zh: "  没有记入审计：网关没有运行，数据文件夹也不能由你写",
            en: "  it is not in the audit: no gateway runs, and the data folder is not yours to write",
          }),
        ]
      : []),
    ...(code === "done" ? doneLines(end, asked, lang) : [`  → ${say(nextText(end, asked))}`]),
  ];
}

const commandOf = ({ link, profile }: Asked, from: string, to: string) =>
  `campus-edge assign ${link} --profile ${profile} --from ${from} --to ${to}`;

const toOf = ({ offer, to }: Asked) => offer?.to ?? to;
const fromOf = ({ offer, from }: Asked) => offer?.from ?? from ?? "";

type Say = (end: AssignEnd, asked: Asked) => Text;

const endTexts: Record<AssignCode, Say> = {
  done: (_, asked) => ({
    zh: `${asked.link} ${fromOf(asked)} 改成了 ${toOf(asked)}，读得到，旧地址没有应答`,
    en: `${asked.link} ${fromOf(asked)} is ${toOf(asked)} now: it reads there, and the old number is silent`,
  }),
  declined: () => ({ zh: "没有写，什么也没动", en: "nothing was written" }),
  nobody: ({ heard }, asked) => ({
    zh: `${fromOf(asked) || "出厂的地址和速率上"}没有应答${heard === null ? "，别的常用速率上也没有" : `，${heard} 有应答`}`,
    en: `nobody answers at ${fromOf(asked) || "the number and speed that it is delivered with"}${heard === null ? ", nor at its other speeds" : `; somebody does at ${heard}`}`,
  }),
  unclear: ({ heard }) => ({
    zh: `${heard} 的应答不像是一台设备说的：多半有两台，或有干扰`,
    en: `what comes from ${heard} is not one device alone: two of them, probably, or noise`,
  }),
  taken: ({ heard }) => ({ zh: `${heard} 已经有设备应答`, en: `somebody answers at ${heard} already` }),
  "other-model": ({ readsAs }, { profile }) => ({
    zh: `按 ${profile} 读不出值${readsAs.length === 0 ? "，也认不出是什么型号" : `；按 ${readsAs.join("、")} 读得出`}`,
    en: `it does not read as ${profile}${readsAs.length === 0 ? ", nor as any other" : `, but as ${readsAs.join(", ")}`}`,
  }),
  "no-audit": () => ({
    zh: "审计写不下去，所以什么也没写",
    en: "the audit cannot be written, so nothing was",
  }),
  refused: () => ({ zh: "设备拒绝了", en: "the device refused" }),
  unconfirmed: () => ({
    zh: "设备没有确认，也没有变化：不再往下写",
    en: "the device did not acknowledge, and is what it was: nothing more is written",
  }),
  partly: ({ heard }, asked) => ({
    zh: `它在 ${heard}，不在 ${toOf(asked)}`,
    en: `it is at ${heard}, not at ${toOf(asked)}`,
  }),
  silent: () => ({
    zh: "写了以后哪里都没有应答",
    en: "it answers nowhere since it was written to",
  }),
  both: ({ heard }) => ({
    zh: `新地址有了，${heard} 还有一台应答：线上原来不止一台`,
    en: `it has its new number, and somebody answers at ${heard} still: there was more than one`,
  }),
  interrupted: () => ({ zh: "中断了，线路已还给采集", en: "interrupted; its line is polled again" }),
  lost: () => ({ zh: "线路打不开，或中途断了", en: "the line cannot be opened, or was lost on the way" }),
  busy: (_, { link }) => ({ zh: `${link} 已经借给别人了`, en: `${link} is lent to somebody else` }),
  offline: (_, { link }) => ({ zh: `${link} 现在没有打开`, en: `${link} is not open` }),
};

function nextText({ code, heard, places, written }: AssignEnd, asked: Asked): Text {
  const find = `campus-edge scan ${asked.scan} ${asked.link} --speeds`;
  const to = toOf(asked);
  if (written.length > 0) {
    if (code === "both")
      return { zh: `剩下的一台单独接上，再 assign`, en: `connect the other one alone and assign it` };
    if (code === "other-model" || code === "unclear")
      return { zh: `只留这一台，再找：${find}`, en: `leave this one alone on the wire and look: ${find}` };
    // Where it was heard last, it can go on from.
    if (heard !== null && heard !== to && places.includes(heard))
      return {
        zh: `把设备断电再通电；在 ${heard} 的话接着写：${commandOf(asked, heard, to)}；找它：${find}`,
        en: `take its power off and on; where it is at ${heard}, go on: ${commandOf(asked, heard, to)}; to find it: ${find}`,
      };
    return {
      zh: `把设备断电再通电，逐个试 ${places.join("、")}；找它：${find}`,
      en: `take its power off and on and try ${places.join(", ")}; to find it: ${find}`,
    };
  }
  switch (code) {
    case "nobody":
      return heard === null
        ? {
            zh: `看灯和 A/B 接线；不知道它的速率就找：${find}`,
            en: `look at its light and at A and B; where its speed is not known: ${find}`,
          }
        : {
            zh: heard === to ? `已经改好了？核对：${find}` : `是它的话：${commandOf(asked, heard, to)}`,
            en: heard === to ? `set already? ${find}` : `if that is it: ${commandOf(asked, heard, to)}`,
          };
    case "unclear":
      return {
        zh: "线上只留一台还没改的设备，再来一次",
        en: "leave one such device alone on the wire, and do it again",
      };
    case "taken":
      return { zh: "换一个地址，或先拆下那一台", en: "choose another number, or take that one off the wire" };
    case "other-model":
      return { zh: "看铭牌，改 --profile", en: "look at its label and change --profile" };
    case "busy":
      return { zh: "过一会儿再试", en: "try again later" };
    case "offline":
    case "lost":
      return { zh: `campus-edge why ${asked.link}`, en: `campus-edge why ${asked.link}` };
    case "no-audit":
      return { zh: "先修好：campus-edge why", en: "mend that first: campus-edge why" };
    default:
      return { zh: "什么也没写，可以再来一次", en: "nothing was written: it can be done again" };
  }
}

function doneLines({ fields }: AssignEnd, asked: Asked, lang: Language): string[] {
  const say = (text: Text) => text[lang];
  if (asked.replace) return [say({ zh: "下一步：campus-edge status", en: "next: campus-edge status" })];
  const { link, offer } = asked;
  const [profile = "", named] = asked.profile.split(":");
  const variant = named ?? offer?.reads.variant;
  const needs = offer?.reads.needs ?? [];
  const body = [
    `profile: ${profile}`,
    `via: ${link}`,
    ...Object.entries(fields).map(([name, value]) => `${name}: ${value}`),
    ...(variant === undefined ? [] : [`with: { variant: "${variant}" }`]),
  ].join(", ");
  const note = needs.filter((name) => name !== "variant");
  const comment = [
    say({ zh: "加上 space: 房间", en: "add space: ROOM" }),
    ...(note.length === 0 ? [] : [say({ zh: "再写 with: ", en: "needs with: " }) + note.join(" ")]),
  ].join(" · ");
  return [
    say({ zh: "抄到文件的 devices 里：", en: "to paste below devices in a file:" }),
    `  ${link}-${fields.unit ?? ""}: { ${body} }  # ${comment}`,
    say({
      zh: `下一步：campus-edge check，campus-edge apply；再看 campus-edge status ${link}`,
      en: `next: campus-edge check, campus-edge apply, then campus-edge status ${link}`,
    }),
  ];
}
