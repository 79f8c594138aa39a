/** What was typed to set a device, against the files: all that is wrong with it at once, or what is to be done. Pure. */
import type { Model } from "../../config/load/index.ts";
import { nearest } from "../../config/load/nearest.ts";
import type { AssignAsk } from "../../config/schema/assign.ts";
import type { Assignment, Kind } from "../../config/schema/kind.ts";
import type { LinkPlan, Plan } from "../../config/schema/plan.ts";
import type { Text } from "../../config/schema/vocabulary.ts";
import { deviceAt } from "../search/line-search.ts";

export interface Problem {
  what: Text;
  fix: Text;
}

export interface Order {
  link: LinkPlan;
  kind: Kind;
  assignment: Assignment;
  /** The model by its variants, or by the one that was named. */
  own: readonly Model[];
  models: readonly Model[];
  /** What should be known before. */
  notes: Text[];
}

type Start = Extract<AssignAsk, { do: "start" }>;
const shown = (text: string) => text.slice(0, 64);
/** No profile says more in a message. */
const noteLength = 600;

/** @param models all of the link's driver */
export function orderOf(
  asked: Start,
  { links }: Pick<Plan, "links">,
  kinds: readonly Kind[],
  models: readonly Model[],
): Order | Problem[] {
  const kindOf = (link: LinkPlan) => kinds.find(({ kind }) => kind === link.kind);
  const link = links.find(({ id }) => id === asked.link);
  const kind = link === undefined ? undefined : kindOf(link);
  if (link === undefined || kind === undefined) {
    const able = links.filter((one) => kindOf(one)?.assignment !== undefined).map(({ id }) => id);
    return [noLink(asked.link, able)];
  }
  if (kind.assignment === undefined) return [notOver(link)];
  const [profile = "", variant] = asked.profile.split(":");
  const known = models.filter((model) => model.profile === profile);
  const own = variant === undefined ? known : known.filter((model) => (model.variant ?? "") === variant);
  const typed = asked.from === undefined ? { to: asked.to } : { from: asked.from, to: asked.to };
  const made = (model: Model) => kind.assignment?.(link.settings, model.settings, typed) ?? null;
  const [model] = own;
  if (model === undefined) return [noProfile(asked.profile, known, models, (one) => made(one) !== null)];
  const assignment = made(model);
  if (assignment === null) return [notWritten(model, models, (one) => made(one) !== null)];
  if ("length" in assignment) return [...assignment];
  const taken = ownerOf(link, assignment, "to");
  const isMeant = taken !== null && link.points.get(taken)?.profile === profile;
  if (taken !== null && !(asked.replace && isMeant))
    return [isMeant ? inFiles(taken, assignment) : another(taken, assignment)];
  return { link, kind, assignment, own, models, notes: notesOf(link, assignment, taken) };
}

/** The device of the files that has the new number; or the old one, where the link's line is set as it is now. */
function ownerOf(link: LinkPlan, { places }: Assignment, which: "from" | "to"): string | null {
  const place = which === "to" ? places.at(-1) : places[0];
  return place === undefined ? null : deviceAt(link, place.address);
}

function notesOf(link: LinkPlan, assignment: Assignment, replaced: string | null): Text[] {
  const [from, to] = [assignment.places[0]?.typed ?? "", assignment.places.at(-1)];
  const before = ownerOf(link, assignment, "from");
  const differs = JSON.stringify(to?.settings) !== JSON.stringify(link.settings);
  return [
    ...(replaced === null
      ? []
      : [
          {
            zh: `它取代 ${replaced}：那一台要已经拆下或断电`,
            en: `it takes the place of ${replaced}, which has to be off the wire`,
          },
        ]),
    ...(before === null
      ? []
      : [
          {
            zh: `配置里这个地址是 ${before}：确认现在应答的不是它`,
            en: `in the files that number is ${before}: make sure that it is not the one that answers`,
          },
        ]),
    ...(differs
      ? [
          {
            zh: `线路 ${link.id} 现在的设置与 ${to?.typed ?? ""} 不同：改好后在线上听不到它，除非线路也改`,
            en: `link ${link.id} is set otherwise than ${to?.typed ?? ""}: it will not be heard there unless the link is changed`,
          },
        ]
      : []),
    {
      zh: `线上只能有这一台是 ${from}：别的新设备先不要接`,
      en: `no other device may be ${from} on the wire: connect other new ones later`,
    },
  ];
}

function noLink(typed: string, able: readonly string[]): Problem {
  const near = nearest(shown(typed), able);
  return {
    what: {
      zh: `没有线路“${shown(typed)}”`,
      en: `there is no link "${shown(typed)}"`,
    },
    fix:
      near !== undefined
        ? { zh: `是不是 ${near}？`, en: `did you mean ${near}?` }
        : able.length === 0
          ? {
              zh: "先把 RS-485 线路（kind: modbus-rtu）写进 links",
              en: "write the RS-485 line (kind: modbus-rtu) into links first",
            }
          : { zh: `能设地址的有 ${able.join("、")}`, en: `devices are set on ${able.join(", ")}` },
  };
}

const notOver = ({ id, kind }: LinkPlan): Problem => ({
  what: {
    zh: `${id} 是 ${kind}：这种线路上的设备不经线路设地址`,
    en: `${id} is ${kind}: devices are not set over such a link`,
  },
  fix: {
    zh: "在设备自己的网页、面板或厂家工具里改；RS-485 传感器接到 modbus-rtu 线路上再 assign",
    en: "use the device's own page, panel or tool; RS-485 devices are set on a link of kind modbus-rtu",
  },
});

function noProfile(
  typed: string,
  known: readonly Model[],
  models: readonly Model[],
  isAble: (model: Model) => boolean,
): Problem {
  const variants = known.flatMap(({ profile, variant }) =>
    variant === undefined ? [] : [`${profile}:${variant}`],
  );
  const able = namesOf(models, isAble);
  const near = nearest(shown(typed), [...variants, ...able]);
  return {
    what: {
      zh: `没有能用的型号“${shown(typed)}”`,
      en: `there is no profile "${shown(typed)}" for it`,
    },
    fix:
      near !== undefined
        ? { zh: `是不是 ${near}？`, en: `did you mean ${near}?` }
        : { zh: `能设地址的型号：${able.join("、")}`, en: `profiles that can be set: ${able.join(", ")}` },
  };
}

function notWritten(
  { profile, text, note }: Model,
  models: readonly Model[],
  isAble: (model: Model) => boolean,
): Problem {
  const able = namesOf(models, isAble);
  const said = note === undefined ? "" : `\n  ${note.slice(0, noteLength)}`;
  return {
    what: {
      zh: `${profile}（${text.zh}）没有已知的地址寄存器，不能经线路设`,
      en: `${profile} (${text.en}) has no address register that is known: it is not set over the line`,
    },
    fix: {
      zh: `用拨码开关、按键或厂家工具设。能设的型号：${able.join("、")}${said}`,
      en: `use its switches, keys or its maker's tool. Profiles that can be set: ${able.join(", ")}${said}`,
    },
  };
}

const namesOf = (models: readonly Model[], isAble: (model: Model) => boolean) => [
  ...new Set(models.filter(isAble).map(({ profile }) => profile)),
];

const inFiles = (device: string, { places }: Assignment): Problem => ({
  what: {
    zh: `${places.at(-1)?.typed ?? ""} 在配置里是 ${device}`,
    en: `${places.at(-1)?.typed ?? ""} is ${device} in the files`,
  },
  fix: {
    zh: `就是要装 ${device} 这个位置：加上 --replace；不是：换一个地址`,
    en: `add --replace if this device is to be ${device}; otherwise choose another number`,
  },
});

const another = (device: string, { places }: Assignment): Problem => ({
  what: {
    zh: `${places.at(-1)?.typed ?? ""} 在配置里是 ${device}，型号不同`,
    en: `${places.at(-1)?.typed ?? ""} is ${device} in the files, of another profile`,
  },
  fix: {
    zh: `换一个地址；换了型号就先在配置里改 ${device} 的 profile`,
    en: `choose another number; if its model has changed, change the profile of ${device} first`,
  },
});
