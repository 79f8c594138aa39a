/**
 * Every fault code of this driver, in one table. A fault never repeats bytes that a sensor sent.
 */
import type { Text } from "../../config/schema/vocabulary.ts";
import type { Fault } from "../contract/index.ts";

type Row = Pick<Fault, "layer" | "retry"> & { what: Text };

const row = (layer: Fault["layer"], zh: string, en: string): Row => ({
  layer,
  retry: "later",
  what: { zh, en },
});

export const serialFaults = {
  "serial.silent": row("answer", "在规定时间内什么也没有收到", "nothing came in time"),
  "serial.short": row("frame", "一帧没有收完", "a frame began but did not finish"),
  "serial.checksum": row("frame", "帧的校验不对", "the checksum of the frame is wrong"),
  "serial.end": row("frame", "帧的结尾不对", "the frame does not end as it must"),
  "serial.noise": row(
    "frame",
    "收到的字节里没有这种型号的帧（干扰、波特率不对，或型号选错）",
    "what came holds no frame of this model: disturbance, another baud rate, or another model",
  ),
  "serial.echo": row(
    "frame",
    "收到的是自己发出的请求（转换器的回显没有关，或收发线短接）",
    "our own request came back: the converter echoes, or its wires touch",
  ),
  "serial.restless": row(
    "frame",
    "线路一直不停，分不出帧的开头",
    "the line never rests, so that no frame can be seen to begin",
  ),
  // What a good frame holds.
  "serial.type": row(
    "map",
    "帧里的内容不是型号所说的类型",
    "the frame holds no value of the type that the profile says",
  ),
  "serial.beyond": row(
    "map",
    "这一帧太短，没有这个测点的字节",
    "this frame is too short: it has no bytes of the point",
  ),
} as const satisfies Record<string, Row>;

export type SerialFaultCode = keyof typeof serialFaults;

export function serialFault(code: SerialFaultCode, point?: string): Fault {
  const { layer, retry, what } = serialFaults[code];
  return { code, layer, retry, ...(point === undefined ? {} : { point }), detail: what.en };
}
