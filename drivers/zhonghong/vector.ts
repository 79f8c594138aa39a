/**
 * A test vector of a model: the request for a unit's status and the answer, through the same code as a poll. Pure.
 */
import type { VectorReading } from "../../config/schema/kind.ts";
import type { Text } from "../../config/schema/vocabulary.ts";
import type { Sample } from "../contract/index.ts";
import type { Field, ZhonghongProfile, ZhonghongSource } from "./fields.ts";
import { findStatus, isSealed, readRequest, type Status, statusBytes, sumOf } from "./frame.ts";

/** The samples of a status. */
export const samplesOf = (status: Status, points: readonly { id: string; field: Field }[]): Sample[] =>
  points.map(({ id, field }) => ({ point: id, raw: status[field] }));

interface Device {
  id: string;
  profile: ZhonghongProfile;
  points: { id: string; source: ZhonghongSource }[];
}

export function readVector(
  { points }: Device,
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
      { zh: "只有应答，不知道问的是哪台", en: "which unit was asked is not known" },
      { zh: "加上 asked: 请求的十六进制", en: "add asked: the request in hexadecimal" },
    );
  for (const [key, frame] of [
    ["asked", asked],
    ["bytes", said],
  ] as const) {
    if (isSealed(frame)) continue;
    const right = sumOf(frame.subarray(0, -1)).toString(16).toUpperCase().padStart(2, "0");
    return none(
      key,
      { zh: `${key} 末尾的和不对`, en: `the sum at the end of ${key} is wrong` },
      {
        zh: `前面的字节之和是 ${right}；是字节抄错了就照原文改`,
        en: `of the bytes before it is ${right}; if a byte was copied wrongly, mend that`,
      },
    );
  }
  const request = readRequest(asked);
  if (request === null)
    return none(
      "asked",
      { zh: "asked 不是查询一台内机的请求", en: "asked does not ask for the status of one unit" },
      {
        zh: "写 7 个字节：网关、50 01 01、外机、内机、和",
        en: "write 7 bytes: gateway, 50 01 01, outdoor, indoor, sum",
      },
    );
  const found = findStatus(request.gateway, request.unit, said);
  if (!("status" in found) || said.length !== statusBytes)
    return none(
      "bytes",
      { zh: "bytes 不是 asked 那台内机的状态", en: "bytes are not the status of the unit that was asked" },
      { zh: "两行要抄自同一次问答", en: "copy both from one exchange" },
    );
  const placed = points.map(({ id, source }) => ({ id, field: source.field }));
  return { samples: samplesOf(found.status, placed), faults: [] };
}
