/**
 * How a device gets its number and its speed: what is typed, what is written for it, and where it may be found. Pure.
 *
 * Its number is written first, then its speed, both at the speed that it has: a device that is asked at the number it
 * had and at the one it gets tells in between which of them it obeys by now, and the line need not be set for that. One
 * that only counts what is written after its power was off keeps its place until then.
 * Never by broadcast: every device on the line would take the number.
 */
import type { Assignment, AssignWrite, KindProblem } from "../../config/schema/kind.ts";
import { bauds, type Format, formats, type Pace } from "../line/pace.ts";
import type { ModbusProfile, RtuLink } from "./fields.ts";
import type { Needs } from "./outcome.ts";
import type { Write } from "./pdu.ts";
import { rtuLine, wayOf } from "./rtu-link.ts";
import { seekUnit } from "./seek.ts";

type Complaint = Pick<KindProblem, "what" | "fix">;

export type ModbusAssignWrite = AssignWrite & { body: Needs & { request: Write } };

interface Typed {
  unit?: number;
  baud?: number;
  format?: Format;
}

const lastUnit = 247;

/** `N@BAUD` or `N@BAUD/FORMAT`, each part if it is wanted; null: it is none of this. */
function parse(text: string): Typed | null {
  const [, unit, baud, format] = /^(\d{1,5})?(?:@(\d{1,7}))?(?:\/(\w{3}))?$/.exec(text) ?? [];
  if (unit === undefined && baud === undefined && format === undefined) return null;
  const known = formats.find((one) => one === format?.toUpperCase());
  if (format !== undefined && known === undefined) return null;
  return {
    ...(unit === undefined ? {} : { unit: Number(unit) }),
    ...(baud === undefined ? {} : { baud: Number(baud) }),
    ...(known === undefined ? {} : { format: known }),
  };
}

/** As `Kind.assignment`. */
export function assignmentOf(
  link: RtuLink,
  profile: ModbusProfile,
  typed: { from?: string; to: string },
): Assignment | Complaint[] | null {
  const { assign, factory } = profile;
  if (assign === undefined) return null;
  const problems: Complaint[] = [];
  const [before, after] = [parse(typed.from ?? "@"), parse(typed.to)];
  if (typed.from !== undefined && before === null) problems.push(unread("--from", typed.from));
  if (after?.unit === undefined) problems.push(unread("--to", typed.to));
  const isServer = !("device" in link);
  const usual = isServer ? link : (factory ?? link);
  const from = {
    unit: before?.unit ?? factory?.unit,
    baud: before?.baud ?? usual.baud,
    format: before?.format ?? usual.format,
  };
  const to = { unit: after?.unit, baud: after?.baud ?? link.baud };
  if (factory === undefined && (before?.unit === undefined || (before.baud === undefined && !isServer)))
    problems.push(notDelivered);
  for (const [option, { unit, baud }] of [["--from", from] as const, ["--to", to] as const]) {
    if (unit !== undefined && (unit < 1 || unit > lastUnit)) problems.push(noUnit(option, unit));
    if (!bauds.some((one) => Number(one) === baud)) problems.push(noBaud(option, baud, bauds));
    else if (isServer && baud !== link.baud) problems.push(atServer(option, `${link.baud}`));
  }
  if (isServer && from.format !== link.format) problems.push(atServer("--from", link.format));
  if (after?.format !== undefined && after.format !== from.format) problems.push(noFormat(from.format));
  if (to.baud !== from.baud && problems.length === 0) {
    const speeds = Object.keys((assign.both ?? assign.baud)?.values ?? {});
    if (speeds.length === 0) problems.push(fixedSpeed(from.baud));
    else if (!speeds.includes(String(to.baud))) problems.push(noBaud("--to", to.baud, speeds));
  }
  if (assign.both !== undefined && codeOf(assign.both.values, to.baud) === undefined && problems.length === 0)
    problems.push(noBaud("--to", to.baud, Object.keys(assign.both.values)));
  if (problems.length > 0 || from.unit === undefined || to.unit === undefined) return problems;
  const [old, fresh] = [
    { unit: from.unit, baud: from.baud },
    { unit: to.unit, baud: to.baud },
  ];
  if (old.unit === fresh.unit && old.baud === fresh.baud) return [nothingToDo(fresh)];
  return assignment(link, profile, assign, from.format, old, fresh);
}

interface Place {
  unit: number;
  baud: number;
}

function assignment(
  link: RtuLink,
  profile: ModbusProfile,
  { unit, baud, both, restart }: NonNullable<ModbusProfile["assign"]>,
  format: Format,
  from: Place,
  to: Place,
): Assignment {
  const { factory } = profile;
  const isAsDelivered = factory === undefined || (factory.baud === to.baud && factory.format === format);
  const needs = { answerMs: profile.answerMs, pauseMs: profile.pauseMs };
  const write = (what: string, fc: 6 | 16, address: number, value: number): ModbusAssignWrite => {
    const where = `0x${address.toString(16).toUpperCase().padStart(4, "0")}`;
    return {
      text: {
        zh: `${what}：寄存器 ${where} 写 ${value}（功能码 ${fc}）`,
        en: `${what}: register ${where} := ${value} (function ${fc})`,
      },
      body: { ...needs, request: { kind: "write", fc, address, values: [value] } },
    };
  };
  const pace = (speed: number): Pace => ({ baud: speed, format });
  const settings = new Map<number, RtuLink>();
  const settingsAt = (speed: number) => {
    const own = settings.get(speed) ?? { ...link, ...pace(speed) };
    settings.set(speed, own);
    return own;
  };
  const place = ({ unit: at, baud: speed }: Place, has: readonly boolean[]) => ({
    typed: `${at}@${speed}${format === "8N1" ? "" : `/${format}`}`,
    settings: settingsAt(speed),
    address: { unit: at },
    seek: seekUnit(
      at,
      [profile],
      { line: rtuLine(link), pace: pace(speed), way: wayOf(link) },
      profile.answerMs,
    ),
    has,
  });
  const known = new Set([from.baud, to.baud]);
  const others = [factory?.baud, ...Object.keys((both ?? baud)?.values ?? {}).map(Number)].filter(
    (speed) => speed !== undefined && !known.has(speed),
  );
  const common = {
    restart,
    fields: { unit: to.unit, ...(isAsDelivered ? {} : { assigned: true }) },
    elsewhere:
      "device" in link
        ? [...new Set(others)].map((speed) => place({ unit: from.unit, baud: speed ?? 0 }, []))
        : [],
  };
  if (both !== undefined) {
    const value = to.unit * 256 + (codeOf(both.values, to.baud) ?? 0);
    const writes = [write(`${to.unit}@${to.baud}`, both.fc, both.address, value)];
    return { writes, places: [place(from, [false]), place(to, [true])], ...common };
  }
  const isRenamed = unit !== undefined && to.unit !== from.unit;
  const isPaced = baud !== undefined && to.baud !== from.baud;
  const writes = [
    ...(isRenamed ? [write(`unit ${to.unit}`, unit.fc, unit.address, to.unit)] : []),
    ...(isPaced ? [write(`baud ${to.baud}`, baud.fc, baud.address, codeOf(baud.values, to.baud) ?? 0)] : []),
  ];
  if (!isRenamed || !isPaced) return { writes, places: [place(from, [false]), place(to, [true])], ...common };
  return {
    writes,
    places: [
      place(from, [false, false]),
      place({ ...from, unit: to.unit }, [true, false]),
      place({ ...from, baud: to.baud }, [false, true]),
      place(to, [true, true]),
    ],
    ...common,
  };
}

const codeOf = (values: Readonly<Partial<Record<string, number>>>, baud: number) => values[String(baud)];

const unread = (option: string, text: string): Complaint => ({
  what: {
    zh: `${option} 看不懂“${text.slice(0, 40)}”`,
    en: `${option} "${text.slice(0, 40)}" is not understood`,
  },
  fix: {
    zh: `写成 地址@波特率，例如 ${option} 12@9600`,
    en: `write NUMBER@SPEED, such as ${option} 12@9600`,
  },
});

const notDelivered: Complaint = {
  what: {
    zh: "这个型号出厂是什么地址和速率，没有可靠的资料",
    en: "how devices of this profile are delivered is not known for sure",
  },
  fix: {
    zh: "加上 --from 1@4800 这样的一项；不知道就先 scan modbus 线路 --speeds",
    en: "add --from, such as 1@4800; scan modbus LINK --speeds finds out",
  },
};

const noUnit = (option: string, unit: number): Complaint =>
  unit === 0
    ? {
        what: {
          zh: `${option} 的地址 0 是广播：线上每一台都会照做`,
          en: `${option}: 0 is the broadcast, which every device on the line obeys`,
        },
        fix: { zh: "写 1 到 247", en: "write 1 to 247" },
      }
    : {
        what: { zh: `${option} 的地址 ${unit} 不存在`, en: `${option}: there is no unit ${unit}` },
        fix: { zh: "写 1 到 247", en: "write 1 to 247" },
      };

const noBaud = (option: string, baud: number, speeds: readonly string[]): Complaint => ({
  what: {
    zh: `${option} 的波特率 ${baud} 不行`,
    en: `${option}: it cannot be set to ${baud} baud`,
  },
  fix: { zh: `可以是 ${speeds.join("、")}`, en: `it may be ${speeds.join(", ")}` },
});

const atServer = (option: string, own: string): Complaint => ({
  what: {
    zh: `${option}：这条线路在串口服务器后面，它的速率和格式在网页上设，现在是 ${own}`,
    en: `${option}: this line is behind a serial server, whose page sets its speed and format: ${own} now`,
  },
  fix: {
    zh: "用 USB 转 485 把设备单独接到本机来改；或先把网页和 links 里都改成设备现在的速率",
    en: "set the device on a USB adapter at this machine, or set page and link to the device's own speed first",
  },
});

const noFormat = (format: string): Complaint => ({
  what: {
    zh: `--to：校验位和停止位不能经线路改，它是 ${format}`,
    en: `--to: parity and stop bits are not set over the line; it has ${format}`,
  },
  fix: { zh: `--to 里不写格式`, en: `leave the format out of --to` },
});

const fixedSpeed = (baud: number): Complaint => ({
  what: {
    zh: `这个型号的速率不能经线路改，它是 ${baud}`,
    en: `the speed of this profile is not set over the line; it has ${baud}`,
  },
  fix: {
    zh: `--to 写成 地址@${baud}；整条线路都要用这个速率`,
    en: `write --to NUMBER@${baud}; its whole line has to have that speed`,
  },
});

const nothingToDo = ({ unit, baud }: Place): Complaint => ({
  what: { zh: `--from 和 --to 都是 ${unit}@${baud}`, en: `--from and --to are both ${unit}@${baud}` },
  fix: { zh: "没有要改的", en: "nothing needs to be written" },
});
