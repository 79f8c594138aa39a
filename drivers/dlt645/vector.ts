/**
 * A test vector of a meter model: an answer as it was on the line, through the same code as a poll, and what was asked
 * where it is known. Pure; for `check` and for tests.
 */
import type { VectorReading } from "../../config/schema/kind.ts";
import type { Text } from "../../config/schema/vocabulary.ts";
import type { Reading } from "../contract/index.ts";
import { decode } from "./decode.ts";
import { type DltFaultCode, dltFault, dltFaults, errorFault } from "./faults.ts";
import type { DltProfile, DltSource } from "./fields.ts";
import { type Frame, frameAt, hexOf, sumOf } from "./frame.ts";
import { answerIn, diBytes, type Request } from "./messages.ts";

interface Device {
  id: string;
  profile: DltProfile;
  points: { id: string; source: DltSource }[];
}

const wake = 0xfe;
const read = 0x11;
const answers: ReadonlySet<number> = new Set([0x91, 0xb1]);

/** Without the wake-up in front. */
function bare(bytes: Uint8Array): Uint8Array {
  const start = bytes.findIndex((byte) => byte !== wake);
  return start < 0 ? new Uint8Array() : bytes.subarray(start);
}

/** The one frame that these bytes are; else what is wrong with them. */
function frameIn(written: Uint8Array, key: string): Frame | { what: Text; fix: Text } {
  const bytes = bare(written);
  const found = frameAt(bytes, 0);
  const copy = {
    zh: "照抓到的报文抄全，从 68 到 16",
    en: "copy all that was captured, from 68 to 16",
  };
  if (found === null || ("frame" in found && found.length !== bytes.length))
    return {
      what: { zh: `${key} 不是一帧 DL/T 645 报文`, en: `${key} is not one frame of DL/T 645` },
      fix: copy,
    };
  if ("missing" in found)
    return {
      what: { zh: `${key} 还差 ${found.missing} 个字节`, en: `${key} lacks ${found.missing} bytes` },
      fix: copy,
    };
  if (!found.damaged) return found.frame;
  const [right, is] = [sumOf(bytes.subarray(0, -2)), bytes.at(-2) ?? 0].map((byte) =>
    hexOf(Uint8Array.of(byte)),
  );
  return {
    what: { zh: `${key} 的校验 ${is} 不对`, en: `the checksum ${is} of ${key} is wrong` },
    fix: {
      zh: `这些字节的校验是 ${right}；是字节抄错了就照原文改`,
      en: `of these bytes it is ${right}; if a byte was copied wrongly, mend that`,
    },
  };
}

/** What of a vector is to be read by `readVector`; else what is wrong with it. */
export function vectorReading(
  device: Device,
  { asked, said }: { asked?: Uint8Array; said: Uint8Array },
): VectorReading {
  const none = (key: "asked" | "bytes", what: Text, fix: Text): VectorReading => ({
    samples: [],
    faults: [],
    problem: { key, what, fix },
  });
  const answer = frameIn(said, "bytes");
  if ("what" in answer) return none("bytes", answer.what, answer.fix);
  if (asked !== undefined) {
    const request = frameIn(asked, "asked");
    if ("what" in request) return none("asked", request.what, request.fix);
    if (request.control !== read || request.data.length !== diBytes)
      return none(
        "asked",
        { zh: "asked 不是读数据的请求", en: "asked is no request that reads" },
        { zh: "控制码应为 11，长度 04", en: "its control code is 11 and its length 04" },
      );
    if (request.meter !== answer.meter)
      return none(
        "bytes",
        {
          zh: `asked 问的是表 ${request.meter}，bytes 是表 ${answer.meter} 的应答`,
          en: `asked is for the meter ${request.meter}, and bytes are of ${answer.meter}`,
        },
        { zh: "两行要抄自同一次问答", en: "copy both from one exchange" },
      );
  }
  const reading = readVector(device, { said, ...(asked === undefined ? {} : { asked }) });
  const whatOf = (code: string) => dltFaults[code as DltFaultCode].what;
  const whole = reading.faults.find(({ point }) => point === undefined);
  if (whole !== undefined)
    return none("bytes", whatOf(whole.code), {
      zh: "照抓到的报文核对 asked 和 bytes",
      en: "compare asked and bytes with what was captured",
    });
  return {
    samples: reading.samples,
    faults: reading.faults.map(({ code, point }) => ({
      ...(point === undefined ? {} : { point }),
      what: whatOf(code),
    })),
  };
}

/**
 * What a meter says with `said`: the points that the answer carries. A frame that is wrong, or no answer to what was
 * asked, is one fault of no point.
 */
export function readVector(
  device: Omit<Device, "profile">,
  { asked, said }: { asked?: Uint8Array; said: Uint8Array },
): Reading {
  const wrong = (code: DltFaultCode): Reading => ({
    device: device.id,
    samples: [],
    faults: [dltFault(code)],
  });
  const frame = frameIn(said, "bytes");
  if ("what" in frame) return wrong("dlt645.noise");
  const request = requestOf(frame, asked);
  const answer = request === null ? null : answerIn(request, frame);
  if (request?.kind !== "read" || answer === null || "meter" in answer) return wrong("dlt645.identifier");
  if ("error" in answer) return wrong(errorFault(answer.error));
  const points = device.points.filter(({ source }) => source.di === request.di);
  return { device: device.id, ...decode(points, [answer.data]) };
}

/** What was asked; an answer with data says it, too. */
function requestOf({ meter, control, data }: Frame, asked: Uint8Array | undefined): Request | null {
  if (asked === undefined)
    return answers.has(control) ? { kind: "read", meter, di: hexOf(data.subarray(0, diBytes)) } : null;
  const request = frameIn(asked, "asked");
  if ("what" in request || request.control !== read) return null;
  return { kind: "read", meter: request.meter, di: hexOf(request.data) };
}
