/**
 * Every fault code of this driver, in one table. A fault never repeats bytes that came over the line.
 */
import type { Text } from "../../config/schema/vocabulary.ts";
import type { Fault } from "../contract/index.ts";

type Row = Pick<Fault, "layer" | "retry"> & { what: Text };

const row = (layer: Fault["layer"], retry: Fault["retry"], zh: string, en: string): Row => ({
  layer,
  retry,
  what: { zh, en },
});

export const zhonghongFaults = {
  "zhonghong.silent": row(
    "answer",
    "later",
    "网关在规定时间内没有应答",
    "the gateway did not answer in time",
  ),
  "zhonghong.mute": row(
    "line",
    "later",
    "网关连着，却一直没有应答，重新连接",
    "the gateway is connected and says nothing: it is connected to anew",
  ),
  "zhonghong.absent": row(
    "device",
    "later",
    "网关说没有这台内机（查外机号、内机号）",
    "the gateway knows no such indoor unit: look at its outdoor and indoor number",
  ),
  "zhonghong.checksum": row("frame", "later", "应答的校验不对", "the checksum of the answer is wrong"),
  "zhonghong.short": row("frame", "later", "应答没有收完", "the answer began but did not finish"),
  "zhonghong.noise": row(
    "frame",
    "later",
    "收到的字节不是这台内机的应答",
    "what came is no answer of this unit",
  ),
  "zhonghong.echo": row(
    "frame",
    "later",
    "只收到自己发出的请求，不知道网关收到没有",
    "only our own request came back: nobody knows whether the gateway has it",
  ),
  "zhonghong.late": row(
    "frame",
    "later",
    "应答可能是上一次同样的命令的",
    "the answer may be that to the same command of before",
  ),
  "zhonghong.unfit": row(
    "map",
    "never",
    "要写的值不是 0 到 255 的整数",
    "the value is no whole number from 0 to 255",
  ),
  "zhonghong.no-action": row("map", "never", "型号没有这个动作", "the profile has no such action"),
} as const satisfies Record<string, Row>;

export type ZhonghongFaultCode = keyof typeof zhonghongFaults;

/** A fault by its code. @param unit outdoor and indoor number of whom it is about */
export function zhonghongFault(code: ZhonghongFaultCode, unit?: string): Fault {
  const { layer, retry, what } = zhonghongFaults[code];
  return { code, layer, retry, detail: what.en, ...(unit === undefined ? {} : { facts: { unit } }) };
}
