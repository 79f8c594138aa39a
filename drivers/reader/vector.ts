/**
 * A test vector of a reader: the bytes of one scan, through the same code. What comes out is what would be digested:
 * the canonical number or the text itself, so a vector is made up, or of a card that is nobody's. Pure.
 */
import type { VectorDevice, VectorReading } from "../../config/schema/kind.ts";
import type { Text } from "../../config/schema/vocabulary.ts";
import { readerFaults } from "./faults.ts";
import type { ReaderProfile, ReaderSource } from "./fields.ts";
import { Framer } from "./framer.ts";
import { identityOf } from "./identity.ts";

export function readVector(
  { profile, points }: VectorDevice<ReaderProfile, ReaderSource>,
  { asked, said }: { asked?: Uint8Array; said: Uint8Array },
): VectorReading {
  if (asked !== undefined)
    return none(
      "asked",
      { zh: "读头不用问", en: "a reader is not asked" },
      { zh: "删掉 asked", en: "remove asked" },
    );
  const framer = new Framer(profile.end, profile.gapMs);
  const [first, ...others] = [...framer.push(said), ...framer.rest()];
  if (first === undefined || others.length > 0)
    return none(
      "bytes",
      { zh: "这不是刚好一次读取", en: "these are not the bytes of one scan" },
      { zh: "写一次读取的全部字节，包括结束符", en: "write all bytes of one scan, with its end" },
    );
  const read = "scan" in first ? identityOf(first.scan, profile) : first;
  if ("identity" in read)
    return { samples: points.map(({ id }) => ({ point: id, raw: read.identity })), faults: [] };
  return none("bytes", readerFaults[read.fault].what, {
    zh: "照抓到的一次读取抄全，并核对 form、bits、end",
    en: "copy one scan whole, and compare form, bits and end",
  });
}

const none = (key: "asked" | "bytes", what: Text, fix: Text): VectorReading => ({
  samples: [],
  faults: [],
  problem: { key, what, fix },
});
