/**
 * Every fault code of this driver, in one table. A fault never repeats bytes that a device sent.
 */
import type { Text } from "../../config/schema/vocabulary.ts";
import type { Fault } from "../contract/index.ts";

type Row = Pick<Fault, "layer" | "retry"> & { what: Text };

const row = (layer: Fault["layer"], retry: Fault["retry"], zh: string, en: string): Row => ({
  layer,
  retry,
  what: { zh, en },
});

export const modbusFaults = {
  "modbus.silent": row("answer", "later", "在规定时间内没有应答", "no answer came in time"),
  "modbus.late": row(
    "answer",
    "later",
    "应答来得太晚，超过了规定时间（调大 answer）",
    "answers come, but later than the time that is set for them: raise `answer`",
  ),
  // What came is not the answer.
  "modbus.crc": row("frame", "later", "应答的校验不对", "the checksum of the answer is wrong"),
  "modbus.short": row("frame", "later", "应答没有收完", "the answer began but did not finish"),
  "modbus.glued": row(
    "frame",
    "later",
    "应答后面还粘着多余的字节（常见：两台设备地址相同）",
    "more bytes came than the answer has, as when two devices have the same unit",
  ),
  "modbus.noise": row(
    "frame",
    "later",
    "收到的字节不是应答的开头（干扰，或波特率、校验位不对）",
    "what came does not begin an answer: disturbance, or another baud rate or format",
  ),
  "modbus.echo": row(
    "frame",
    "later",
    "收到的是自己发出的请求（转换器的回显没有关）",
    "our own request came back: the converter echoes",
  ),
  "modbus.unit": row("frame", "later", "应答的是另一个地址", "another unit answered"),
  "modbus.twice": row(
    "frame",
    "later",
    "一个请求有两个应答（两台设备地址相同，或中继重复转发）",
    "two answers come to one request: two devices have the same unit, or a bridge repeats",
  ),
  "modbus.function": row("frame", "later", "应答的功能码不对", "the answer has another function code"),
  "modbus.count": row(
    "frame",
    "later",
    "应答的字节数、地址或值与请求不符",
    "the answer's byte count, address or value is not the one of the request",
  ),
  "modbus.transaction": row(
    "frame",
    "later",
    "应答的事务号不是这次请求的",
    "the answer belongs to another transaction",
  ),
  "modbus.protocol": row(
    "frame",
    "later",
    "应答不是 Modbus TCP（对端可能在透传模式）",
    "the answer is not Modbus TCP; the other side may pass bytes through instead",
  ),
  "modbus.second-master": row(
    "frame",
    "later",
    "线上有另一个主站在发请求",
    "another master sends requests on this line",
  ),
  // Exceptions, Modbus Application Protocol 1.1b3 §7.
  "modbus.illegal-function": row(
    "device",
    "never",
    "设备不支持这个功能码（异常 1）",
    "the device does not know this function (exception 1)",
  ),
  "modbus.illegal-address": row(
    "device",
    "never",
    "设备没有这个寄存器（异常 2）",
    "the device has no such register (exception 2)",
  ),
  "modbus.illegal-value": row(
    "device",
    "never",
    "设备不接受这个数量或值（异常 3）",
    "the device refuses this count or value (exception 3)",
  ),
  "modbus.device-failure": row(
    "device",
    "later",
    "设备报告内部故障（异常 4）",
    "the device reports that it failed (exception 4)",
  ),
  "modbus.acknowledge": row(
    "device",
    "later",
    "设备收下了，但还要时间处理（异常 5）",
    "the device accepted it but needs more time (exception 5)",
  ),
  "modbus.busy": row("device", "later", "设备正忙（异常 6）", "the device is busy (exception 6)"),
  "modbus.negative": row(
    "device",
    "never",
    "设备不能执行（异常 7）",
    "the device cannot do this (exception 7)",
  ),
  "modbus.parity": row(
    "device",
    "later",
    "设备存储校验出错（异常 8）",
    "the device found a parity error in its memory (exception 8)",
  ),
  "modbus.gateway-path": row(
    "device",
    "later",
    "网关没有到这台设备的通路（异常 10）",
    "the gateway has no path to this device (exception 10)",
  ),
  "modbus.gateway-target": row(
    "device",
    "later",
    "网关后面的设备没有应答（异常 11）",
    "the device behind the gateway does not answer (exception 11)",
  ),
  "modbus.exception": row(
    "device",
    "later",
    "设备报告了未知的异常",
    "the device reports an exception without a meaning in the standard",
  ),
  // What the registers hold.
  "modbus.type": row(
    "map",
    "later",
    "寄存器里的内容不是型号所说的类型",
    "the registers hold no value of the type that the profile says",
  ),
  // What is to be written.
  "modbus.unfit": row(
    "map",
    "never",
    "要写的值不合型号所说的类型",
    "the value cannot be written as the type that the profile says",
  ),
  "modbus.no-action": row("map", "never", "型号没有这个动作", "the profile has no such action"),
} as const satisfies Record<string, Row>;

export type ModbusFaultCode = keyof typeof modbusFaults;

const exceptions: Readonly<Record<number, ModbusFaultCode>> = {
  1: "modbus.illegal-function",
  2: "modbus.illegal-address",
  3: "modbus.illegal-value",
  4: "modbus.device-failure",
  5: "modbus.acknowledge",
  6: "modbus.busy",
  7: "modbus.negative",
  8: "modbus.parity",
  10: "modbus.gateway-path",
  11: "modbus.gateway-target",
};

/** A gateway says so of a device that did not answer. */
export const unanswered: ReadonlySet<ModbusFaultCode> = new Set<ModbusFaultCode>([
  "modbus.gateway-path",
  "modbus.gateway-target",
]);

/** The fault of an exception code (0 to 255); those without a meaning in the standard share one. */
export const exceptionFault = (exception: number): ModbusFaultCode =>
  exceptions[exception] ?? "modbus.exception";

/**
 * A fault by its code.
 * @param more `fact` adds words of the configuration or the system (an address, an errno), never of a device
 */
export function modbusFault(
  code: ModbusFaultCode,
  more: { point?: string; fact?: string; facts?: NonNullable<Fault["facts"]> } = {},
): Fault {
  const { layer, retry, what } = modbusFaults[code];
  return {
    code,
    layer,
    retry,
    ...(more.point === undefined ? {} : { point: more.point }),
    ...(more.facts === undefined ? {} : { facts: more.facts }),
    detail: more.fact === undefined ? what.en : `${what.en} (${more.fact})`,
  };
}

/** What `open` rejects with. */
export class ModbusError extends Error {
  readonly fault: Fault;
  constructor(fault: Fault, options?: ErrorOptions) {
    super(fault.detail, options);
    this.name = "ModbusError";
    this.fault = fault;
  }
}
