/**
 * Every fault code of this driver, in one table. A fault says nothing of what was read: no byte, no length, no number.
 */
import type { Text } from "../../config/schema/vocabulary.ts";
import type { Fault } from "../contract/index.ts";

type Row = Pick<Fault, "layer" | "retry"> & { what: Text };

const row = (layer: Fault["layer"], zh: string, en: string): Row => ({
  layer,
  retry: "later",
  what: { zh, en },
});

export const readerFaults = {
  "reader.empty": row("frame", "读到的内容是空的", "an empty scan"),
  "reader.long": row(
    "frame",
    "一次读码超过 512 个字节，整条丢弃（结束符设得不对？）",
    "a scan of more than 512 bytes was dropped: is the suffix of the reader another?",
  ),
  "reader.unfinished": row(
    "frame",
    "一次读码没有结束符，整条丢弃（读头的后缀要与型号一致）",
    "a scan without its end was dropped: the suffix of the reader must be that of the profile",
  ),
  "reader.encoding": row(
    "frame",
    "读到的内容不是所说的编码（UTF-8 或 GBK）",
    "what was read is not of the encoding that the profile says, UTF-8 or GBK",
  ),
  "reader.unreadable": row(
    "frame",
    "读到的内容不是型号所说的写法（波特率、输出格式，或型号选错）",
    "what was read has not the form that the profile says: baud rate, output format, or another model",
  ),
  "reader.number": row(
    "frame",
    "卡号超出所说的位数（26 位和 34 位选错？）",
    "the number of a card has more bits than the profile says: 26 instead of 34?",
  ),
  "reader.checksum": row(
    "frame",
    "校验或奇偶位不对，读错了卡",
    "checksum or parity is wrong: the card was misread",
  ),
  // Ours, not the reader's.
  "reader.lost": row(
    "device",
    "本机存不下期间刷的卡没有留住",
    "scans were not kept while this machine could not store them",
  ),
} as const satisfies Record<string, Row>;

export type ReaderFaultCode = keyof typeof readerFaults;

/** @param facts numbers of our own, never of what was read */
export function readerFault(code: ReaderFaultCode, facts?: { times: number }): Fault {
  const { layer, retry, what } = readerFaults[code];
  return { code, layer, retry, ...(facts === undefined ? {} : { facts }), detail: what.en };
}
