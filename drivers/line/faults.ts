/**
 * Every fault code of a line, in one table. A fault never repeats bytes that came over it.
 */
import type { Text } from "../../config/schema/vocabulary.ts";
import type { Fault } from "../contract/index.ts";

type Row = Pick<Fault, "layer" | "retry"> & { what: Text };

const row = (layer: Fault["layer"], zh: string, en: string): Row => ({
  layer,
  retry: "later",
  what: { zh, en },
});

export const lineFaults = {
  // Why a line cannot be opened, or was lost.
  "line.absent": row(
    "port",
    "没有这个串口（转换器没插好？）",
    "there is no such port: is the adapter plugged in?",
  ),
  "line.busy": row("port", "串口被别的程序占用", "the port is in use by another program"),
  "line.denied": row("port", "没有权限打开串口", "the port may not be opened by this user"),
  "line.unfit": row(
    "port",
    "不是串口，或不能用这个波特率和格式",
    "it is no serial port, or one that cannot have this speed and format",
  ),
  "line.refused": row(
    "port",
    "对端拒绝连接（端口号不对，或已被占用）",
    "the connection was refused: another port number, or already taken",
  ),
  "line.unreachable": row("port", "网络上找不到对端", "the other end cannot be reached over the network"),
  "line.timeout": row("port", "连接超时（断电或网线？）", "the connection was not answered: power or cable?"),
  "line.gone": row(
    "port",
    "串口被拔掉，或对端断开了连接",
    "the port was unplugged, or the other end hung up",
  ),
  "line.stalled": row("port", "对端不收数据", "what is sent is not taken"),
  "line.flood": row(
    "port",
    "收到的数据比这种线路可能有的多得多（对端不是串口服务器？）",
    "more came than such a line can carry: is the other end a serial server?",
  ),
  "line.aborted": row("port", "打开时被取消", "opening was given up"),
  // What bytes tell about the box or the cable between.
  "line.settings": row(
    "line",
    "有应答但读不懂：波特率或校验位与设备（或串口服务器网页）不一致",
    "answers come but none is readable: speed or format differ from the devices or the serial server's page",
  ),
  "line.gateway": row(
    "line",
    "串口服务器工作在 Modbus 网关模式，要改成透传（或改用 modbus-tcp）",
    "the serial server speaks Modbus TCP instead of passing bytes through",
  ),
  "line.gateway-proved": row(
    "line",
    "串口服务器应答了只有 Modbus 网关才懂的提问：要改成透传（或改用 modbus-tcp）",
    "the serial server answered what only a Modbus gateway understands: it does not pass bytes through",
  ),
  "line.packing": row(
    "line",
    "应答被拆开分段到达：串口服务器的打包间隔太长",
    "answers arrive in pieces: the serial server's packing interval is too long",
  ),
} as const satisfies Record<string, Row>;

export type LineFaultCode = keyof typeof lineFaults;

/**
 * A fault by its code.
 * @param fact words of the configuration or the system (a path, an errno), never of a device
 */
export function lineFault(code: LineFaultCode, fact?: string): Fault {
  const { layer, retry, what } = lineFaults[code];
  return { code, layer, retry, detail: fact === undefined ? what.en : `${what.en} (${fact})` };
}

/** What opening rejects with, and what an exchange rejects with when the line has ended. */
export class LineError extends Error {
  readonly fault: Fault;
  constructor(fault: Fault, options?: ErrorOptions) {
    super(fault.detail, options);
    this.name = "LineError";
    this.fault = fault;
  }
}

const byErrno: Readonly<Record<string, LineFaultCode>> = {
  ENOENT: "line.absent",
  ENODEV: "line.absent",
  ENXIO: "line.absent",
  EBUSY: "line.busy",
  EACCES: "line.denied",
  EPERM: "line.denied",
  ECONNREFUSED: "line.refused",
  EHOSTUNREACH: "line.unreachable",
  ENETUNREACH: "line.unreachable",
  EHOSTDOWN: "line.unreachable",
  EADDRNOTAVAIL: "line.unreachable",
  ENOTFOUND: "line.unreachable",
  EAI_AGAIN: "line.unreachable",
  ETIMEDOUT: "line.timeout",
  ECONNRESET: "line.gone",
  EPIPE: "line.gone",
};

/** The fault of a system error; `otherwise` for those without a row. The errno is its fact. */
export function faultOfError(error: unknown, otherwise: LineFaultCode): Fault {
  const code = errnoOf(error);
  return lineFault((code === undefined ? undefined : byErrno[code]) ?? otherwise, code);
}

/** The errno of a system error, or of the first of several; for people. */
export function errnoOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  if ("code" in error && typeof error.code === "string" && /^E[A-Z_]+$/.test(error.code)) return error.code;
  return "errors" in error && Array.isArray(error.errors) ? errnoOf(error.errors[0]) : undefined;
}
