/**
 * Every fault code of this driver, in one table. A fault never repeats bytes that a meter sent.
 */
import type { Text } from "../../config/schema/vocabulary.ts";
import type { Fault } from "../contract/index.ts";

type Row = Pick<Fault, "layer" | "retry"> & { what: Text };

const row = (layer: Fault["layer"], retry: Fault["retry"], zh: string, en: string): Row => ({
  layer,
  retry,
  what: { zh, en },
});

export const dltFaults = {
  "dlt645.silent": row("answer", "later", "在规定时间内没有应答", "no answer came in time"),
  "dlt645.late": row(
    "answer",
    "later",
    "应答来得太晚，超过了规定时间（调大 answer）",
    "answers come, but later than the time that is set for them: raise `answer`",
  ),
  // What came is not the answer.
  "dlt645.checksum": row("frame", "later", "应答的校验不对", "the checksum of the answer is wrong"),
  "dlt645.short": row("frame", "later", "应答没有收完", "the answer began but did not finish"),
  "dlt645.noise": row("frame", "later", "收到的字节不是应答", "what came is no answer"),
  "dlt645.echo": row(
    "frame",
    "later",
    "只收到自己发出的请求（转换器回显），表没有应答",
    "only the own request came back: the converter echoes, and the meter is silent",
  ),
  "dlt645.meter": row(
    "frame",
    "later",
    "应答的是另一块表（表号不同），数据未采用",
    "a meter with another number answers; its data are not taken",
  ),
  "dlt645.identifier": row(
    "frame",
    "later",
    "应答的不是所问的数据标识，数据未采用",
    "the answer has another data identifier than was asked for; it is not taken",
  ),
  "dlt645.several": row(
    "frame",
    "later",
    "有应答却读不懂，像是几块表同时应答：线上只留一块表再找，或照铭牌写表号；都不行再核对波特率和校验位",
    "answers come that cannot be read, as when several meters answer at once: leave one on the line, or type its number from the nameplate; otherwise compare speed and format",
  ),
  "dlt645.second-master": row(
    "frame",
    "later",
    "线上有另一个主站在发请求",
    "another master sends requests on this line",
  ),
  // What the meter says of itself.
  "dlt645.old-standard": row(
    "device",
    "never",
    "这块表讲的是 DL/T 645-1997，本程序只读 2007 版",
    "this meter speaks DL/T 645-1997, which is not read",
  ),
  "dlt645.no-data": row(
    "device",
    "never",
    "表里没有这个数据标识（错误 02）",
    "the meter has no such data identifier (error 02)",
  ),
  "dlt645.no-right": row(
    "device",
    "never",
    "表要密码或权限才给这项数据（错误 04）",
    "the meter wants a password or a right for this (error 04)",
  ),
  "dlt645.refused": row(
    "device",
    "later",
    "表拒绝了，原因是“其他错误”",
    "the meter refuses, for a reason that the standard does not name",
  ),
  "dlt645.following": row(
    "device",
    "later",
    "表说后面还有数据，却不给后续帧（应答 D2）",
    "the meter announced more frames and then refused them (answer D2)",
  ),
  "dlt645.item": row(
    "device",
    "never",
    "数据块里没有这一项（表给的项数比型号的少）",
    "the block has no such item: the meter gives fewer than the profile names",
  ),
  // What the data hold.
  "dlt645.digits": row(
    "map",
    "later",
    "数据里有不是 0 到 9 的数字（校验是对的），没有采用",
    "a digit is none of 0 to 9, though the checksum is right; it is not taken",
  ),
  "dlt645.length": row(
    "map",
    "later",
    "数据比型号的格式长或短，没有采用",
    "the data are longer or shorter than the profile's format; they are not taken",
  ),
  // Whether it is the unit that the files name.
  "dlt645.serial": row(
    "access",
    "never",
    "表里的编号不是登记的那一块，数据未采用",
    "the meter has another number than is expected; its values were not taken",
  ),
  "dlt645.serial-missing": row(
    "access",
    "later",
    "这次连接还没有读到表里的编号，数据未采用",
    "the meter has not shown its number on this connection yet; its values were not taken",
  ),
} as const satisfies Record<string, Row>;

export type DltFaultCode = keyof typeof dltFaults;

/** What a refusal's byte of bits means; the standard's table of errors (§7, annex C). */
export function errorFault(bits: number): DltFaultCode {
  if ((bits & 0x02) !== 0) return "dlt645.no-data";
  return (bits & 0x04) !== 0 ? "dlt645.no-right" : "dlt645.refused";
}

export function dltFault(
  code: DltFaultCode,
  more: { point?: string; facts?: NonNullable<Fault["facts"]> } = {},
): Fault {
  const { layer, retry, what } = dltFaults[code];
  return { code, layer, retry, ...more, detail: what.en };
}
