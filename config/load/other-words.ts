/**
 * Keys by the other names that manuals and other programs have for them. Pure.
 */
import { nearestAll } from "./nearest.ts";

const otherWords: Readonly<Record<string, readonly string[]>> = {
  di: ["id", "dataid", "identifier", "标识", "数据标识"],
  meter: ["id", "addr", "address", "number", "表号", "地址", "通信地址"],
  unit: [
    "id",
    "addr",
    "address",
    "slave",
    "slaveid",
    "slaveaddress",
    "station",
    "站号",
    "从站",
    "从站地址",
    "地址",
  ],
  profile: ["model", "型号"],
  host: ["ip", "addr", "address", "server", "hostname", "主机"],
  baud: ["baudrate", "speed", "line", "settings", "波特率"],
  format: ["parity", "line", "settings", "校验"],
  device: ["tty", "serialport", "串口"],
  kind: ["protocol", "协议"],
  space: ["room", "房间", "教室"],
  period: ["interval", "周期"],
  address: ["addr", "reg", "register", "寄存器", "地址"],
  fc: ["function", "functioncode", "功能码"],
  type: ["datatype", "类型"],
  order: ["byteorder", "wordorder", "endian", "字节序"],
  credential: ["token", "apikey", "bearer", "authorization", "user", "password", "令牌", "密钥"],
  rest: ["then", "wait", "pause", "delay"],
  within: ["timeout"],
  confirm: ["readback", "verify"],
  args: ["arg", "params", "arguments"],
  scale: ["factor", "multiplier", "ratio", "倍率", "系数"],
};

/** The keys that are also called so. */
export function keysCalled(written: string, known: readonly string[]): string[] {
  const word = written.normalize("NFKC").toLowerCase().replace(/[_ -]/g, "");
  return known.filter((key) => key !== written && otherWords[key]?.includes(word) === true);
}

/** The keys that were probably meant: all that are also called so, else the one that is nearest by its letters. */
export function keysMeant(written: string, known: readonly string[]): string[] {
  const named = keysCalled(written, known);
  return named.length > 0 ? [...new Set(named)] : nearestAll(written, known).slice(0, 1);
}

export const keyMeant = (written: string, known: Iterable<string>): string | undefined =>
  keysMeant(written, [...known])[0];
