/**
 * A test vector of a device model: the request and the answer as they were on an RS-485 line, checksums included,
 * through the same code as a poll. Pure; for `check`, for tests, and for what shows a capture.
 */
import type { VectorReading } from "../../config/schema/kind.ts";
import type { Text } from "../../config/schema/vocabulary.ts";
import { hasCrc16, withCrc16 } from "../codec/crc16.ts";
import type { Reading } from "../contract/index.ts";
import { decode } from "./decode.ts";
import { type ModbusFaultCode, modbusFault, modbusFaults } from "./faults.ts";
import type { ModbusProfile, ModbusSource } from "./fields.ts";
import { limits, type Read } from "./pdu.ts";
import { placeOf } from "./point-fields.ts";
import { diagnose, judge } from "./rtu.ts";

/** Unit and request of a frame that reads; null: it is none, or its checksum is wrong. */
export function readRequest(frame: Uint8Array): { unit: number; request: Read } | null {
  const [unit = 0, fc, a1 = 0, a0 = 0, n1 = 0, n0 = 0] = frame;
  if (frame.length !== 8 || !hasCrc16(frame)) return null;
  if (fc !== 1 && fc !== 2 && fc !== 3 && fc !== 4) return null;
  const address = (a1 << 8) | a0;
  const count = (n1 << 8) | n0;
  if (count < 1 || count > limits[fc] || address + count > 0x1_0000) return null;
  return { unit, request: { kind: "read", fc, address, count } };
}

type Device = Parameters<typeof readVector>[0];

/** The same for a person who wrote it: a frame that is wrong is told with what would be right. */
export function vectorReading(
  device: Device,
  { asked, said }: { asked?: Uint8Array; said: Uint8Array },
): VectorReading {
  const none = (key: "asked" | "bytes", what: Text, fix: Text): VectorReading => ({
    samples: [],
    faults: [],
    problem: { key, what, fix },
  });
  if (asked === undefined)
    return none(
      "bytes",
      { zh: "只有应答，不知道问的是什么", en: "what was asked is not known" },
      { zh: "加上 asked: 请求的十六进制", en: "add asked: the request in hexadecimal" },
    );
  for (const [key, frame, length] of [
    ["asked", asked, 8],
    ["bytes", said, wholeLength(said)],
  ] as const) {
    if (hasCrc16(frame)) continue;
    const missing = frame.length === length - 2;
    if (frame.length !== length && !missing)
      return none(
        key,
        {
          zh: `${key} 有 ${frame.length} 个字节，完整的有 ${length} 个`,
          en: `${key} has ${frame.length} bytes, and the whole has ${length}`,
        },
        {
          zh: "照抓到的报文抄全，包括末尾两个字节的校验",
          en: "copy all that was captured, with the two bytes of the checksum at the end",
        },
      );
    const right = hexOf(withCrc16(missing ? frame : frame.subarray(0, -2)).subarray(-2));
    if (missing)
      return none(
        key,
        { zh: `${key} 末尾没有校验`, en: `${key} has no checksum at its end` },
        { zh: `末尾加上 ${right}`, en: `add ${right} at the end` },
      );
    return none(
      key,
      {
        zh: `${key} 的校验 ${hexOf(frame.subarray(-2))} 不对`,
        en: `the checksum ${hexOf(frame.subarray(-2))} of ${key} is wrong`,
      },
      {
        zh: `这些字节的校验是 ${right}；是字节抄错了就照原文改`,
        en: `of these bytes it is ${right}; if a byte was copied wrongly, mend that`,
      },
    );
  }
  if (readRequest(asked) === null)
    return none(
      "asked",
      { zh: "asked 不是读寄存器的请求", en: "asked is no request that reads" },
      {
        zh: "写 8 个字节：地址、功能码 01 到 04、起始地址、个数、校验",
        en: "write 8 bytes: unit, function 01 to 04, address, count, checksum",
      },
    );
  if (said[0] !== asked[0])
    return none(
      "bytes",
      {
        zh: `asked 问的是地址 ${asked[0]}，bytes 是地址 ${said[0]} 的应答`,
        en: `asked is for unit ${asked[0]}, and bytes are of unit ${said[0]}`,
      },
      { zh: "两行要抄自同一次问答", en: "copy both from one exchange" },
    );
  const { samples, faults } = readVector(device, { asked, said });
  const whatOf = (code: string) => modbusFaults[code as ModbusFaultCode].what;
  const whole = faults.find(({ point }) => point === undefined);
  if (whole !== undefined)
    return none("bytes", whatOf(whole.code), {
      zh: "照抓到的报文核对 asked 和 bytes",
      en: "compare asked and bytes with what was captured",
    });
  return {
    samples,
    faults: faults.map(({ code, point }) => ({
      ...(point === undefined ? {} : { point }),
      what: whatOf(code),
    })),
  };
}

/** Bytes of an answer by what it says itself: an exception has 5. */
const wholeLength = ([, fc = 0, count = 0]: Uint8Array) => (fc >= 0x80 ? 5 : count + 5);

const hexOf = (bytes: Uint8Array) =>
  [...bytes].map((byte) => byte.toString(16).toUpperCase().padStart(2, "0")).join(" ");

/**
 * What a device says with `said` when it was `asked`: the points that the answer carries whole. A frame that is wrong
 * is one fault of no point.
 */
export function readVector(
  device: {
    id: string;
    profile: Pick<ModbusProfile, "fc" | "order">;
    points: { id: string; source: ModbusSource }[];
  },
  vector: { asked: Uint8Array; said: Uint8Array },
): Reading {
  const asked = readRequest(vector.asked);
  const wrong = (code: ModbusFaultCode, fact?: string): Reading => ({
    device: device.id,
    samples: [],
    faults: [modbusFault(code, fact === undefined ? {} : { fact })],
  });
  if (asked === null) return wrong("modbus.noise", "asked is no request that reads");
  const { unit, request } = asked;
  const verdict = judge(unit, request, vector.said);
  if (!("data" in verdict)) {
    return wrong("fault" in verdict ? verdict.fault : diagnose(unit, request, vector.said));
  }
  const points = device.points.flatMap(({ id, source }) => {
    const place = placeOf(source, device.profile);
    const at = place.address - request.address;
    const carried = place.fc === request.fc && at >= 0 && at + place.count <= request.count;
    return carried ? [{ id, place, at }] : [];
  });
  return { device: device.id, ...decode({ points }, verdict.data) };
}
