/**
 * A test vector of a sensor: what it was asked and one whole frame, through the same code as a reading. Pure.
 */

import type { VectorDevice, VectorReading } from "../../config/schema/kind.ts";
import { printBytes } from "../../config/schema/recording.ts";
import type { Text } from "../../config/schema/vocabulary.ts";
import { checksumBytes } from "../codec/sums.ts";
import { decode } from "./decode.ts";
import { type SerialFaultCode, serialFaults } from "./faults.ts";
import { placeOf, type SerialProfile, type SerialSource } from "./fields.ts";
import { type FrameShape, judgeAll, leastLength, rightChecksum } from "./frame.ts";

export function readVector(
  { profile, points }: VectorDevice<SerialProfile, SerialSource>,
  { asked, said }: { asked?: Uint8Array; said: Uint8Array },
): VectorReading {
  const { ask, shape } = profile;
  const sent = Uint8Array.from(ask);
  if (asked !== undefined && !Buffer.from(asked).equals(sent))
    return none("asked", askedOtherwise, {
      zh: ask.length === 0 ? "删掉 asked：它自己会说" : `写 ${printBytes(sent)}`,
      en: ask.length === 0 ? "remove asked: it speaks by itself" : `write ${printBytes(sent)}`,
    });
  const judged = judgeAll(shape, sent, said);
  if ("fault" in judged)
    return none("bytes", serialFaults[judged.fault].what, fixOf(judged.fault, shape, said));
  if (judged.frame.length !== said.length)
    return none(
      "bytes",
      { zh: "帧的前后还有别的字节", en: "there are other bytes around the frame" },
      {
        zh: `只写这一帧：${printBytes(judged.frame)}`,
        en: `write the frame alone: ${printBytes(judged.frame)}`,
      },
    );
  const places = points.map(({ id, source }) => ({ id, place: placeOf(source, profile) }));
  const { samples, faults } = decode(places, judged.frame);
  return {
    samples,
    faults: faults.map(({ code, point }) => ({
      ...(point === undefined ? {} : { point }),
      what: serialFaults[code as SerialFaultCode].what,
    })),
  };
}

const none = (key: "asked" | "bytes", what: Text, fix: Text): VectorReading => ({
  samples: [],
  faults: [],
  problem: { key, what, fix },
});

const askedOtherwise: Text = {
  zh: "asked 不是这个型号的请求",
  en: "asked is not what this model is asked",
};

function fixOf(fault: SerialFaultCode, shape: FrameShape, said: Uint8Array): Text {
  const { checksum } = shape;
  if (fault !== "serial.checksum" || checksum === null || said.length !== leastLength(shape))
    return { zh: "照抓到的一帧抄全", en: "copy one whole frame as it was captured" };
  const bytes = checksumBytes(checksum.kind);
  const digits = rightChecksum(checksum, said)
    .toString(16)
    .toUpperCase()
    .padStart(2 * bytes, "0");
  return {
    zh: `这些字节的校验是 0x${digits}；是字节抄错了就照原文改`,
    en: `of these bytes it is 0x${digits}; if a byte was copied wrongly, mend that`,
  };
}
