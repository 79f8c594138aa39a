/**
 * Every fault of the drivers of this folder, in one table: each has its code as `pjlink.WORD`, `display.WORD` or
 * `hex.WORD`. A fault never repeats bytes that a device sent.
 */
import type { Text } from "../../config/schema/vocabulary.ts";
import type { Fault } from "../contract/index.ts";

type Row = Pick<Fault, "layer" | "retry"> & { what: Text };

const row = (layer: Fault["layer"], retry: Fault["retry"], zh: string, en: string): Row => ({
  layer,
  retry,
  what: { zh, en },
});

export const displayFaults = {
  silent: row("answer", "later", "在规定时间内没有应答", "no answer came in time"),
  // What came is not the answer.
  short: row("frame", "later", "应答没有收完", "the answer began but did not finish"),
  noise: row(
    "frame",
    "later",
    "收到的不是这种协议的应答（协议、波特率不对，或有干扰）",
    "what came is no answer of this protocol: another protocol or speed, or disturbance",
  ),
  checksum: row("frame", "later", "应答的校验不对", "the checksum of the answer is wrong"),
  glued: row(
    "frame",
    "later",
    "应答后面还粘着多余的字节（常见：两台设备编号相同）",
    "more came than the answer has, as when two sets have the same number",
  ),
  other: row("frame", "later", "应答的不是所问的命令", "the answer is to another command than was asked"),
  endless: row("frame", "later", "应答长得没有尽头，已断开", "the answer does not end: hung up"),
  greeting: row(
    "frame",
    "later",
    "连上后的问候语不是这种协议（端口号不对？）",
    "who answers there does not greet in this protocol: is the port right?",
  ),
  value: row(
    "map",
    "later",
    "应答里的值不是这个测点会有的值",
    "the answer holds no value that this point can have",
  ),
  // What the device itself says.
  refused: row(
    "device",
    "never",
    "设备不支持这一项，或现在不能做",
    "the device does not know this, or cannot do it now",
  ),
  "not-now": row(
    "device",
    "later",
    "设备正在升温、降温或待机，现在不能做",
    "the device is warming, cooling or on standby and cannot do this now",
  ),
  failure: row("device", "later", "设备报告自身故障", "the device reports that it failed"),
  // Access.
  password: row(
    "access",
    "never",
    "密码不对，不再尝试，直到密码文件改变",
    "the password is wrong: not tried again until the secret changes",
  ),
  "no-password": row(
    "access",
    "never",
    "设备要密码，配置里没有写",
    "the device wants a password, and none is configured",
  ),
  secret: row("access", "never", "读不到密码文件", "the file of the password cannot be read"),
  // What was asked of the driver.
  argument: row(
    "policy",
    "never",
    "这个协议没有这样的命令或值，没有发送",
    "this protocol has no such command or value: nothing was sent",
  ),
  mute: row(
    "line",
    "later",
    "线路 60 秒没有任何应答，重新连接",
    "nothing came for 60 s: the line is connected to anew",
  ),
} as const satisfies Record<string, Row>;

export type DisplayWord = keyof typeof displayFaults;
export type DisplayDriver = "pjlink" | "display" | "hex";

export function displayFault(driver: DisplayDriver, word: DisplayWord, point?: string): Fault {
  const { layer, retry, what } = displayFaults[word];
  return {
    code: `${driver}.${word}`,
    layer,
    retry,
    ...(point === undefined ? {} : { point }),
    detail: what.en,
  };
}

/** What `open` rejects with. */
export class DisplayError extends Error {
  readonly fault: Fault;
  constructor(fault: Fault, options?: ErrorOptions) {
    super(fault.detail, options);
    this.name = "DisplayError";
    this.fault = fault;
  }
}
