/** A test vector of a projector model: an answer names what it answers, so that nothing need be said of the question. */
import type { VectorDevice, VectorReading } from "../../../config/schema/kind.ts";
import type { Fault, Sample } from "../../contract/index.ts";
import { displayFault } from "../faults.ts";
import { textOf } from "../question.ts";
import { asVector, strangeQuestion } from "../vectors.ts";
import { answerTo, judgeLine, pjlinkAsks } from "./codec.ts";
import type { PjlinkProfile, PjlinkSource } from "./fields.ts";

export function pjlinkVector(
  device: VectorDevice<PjlinkProfile, PjlinkSource>,
  { asked, said }: { asked?: Uint8Array; said: Uint8Array },
): VectorReading {
  const samples: Sample[] = [];
  const faults: Fault[] = [];
  const reading = { device: device.id, samples, faults };
  const line = judgeLine(said);
  if (!("answer" in line)) {
    faults.push(displayFault("pjlink", "fault" in line ? line.fault : "short"));
    return asVector(reading);
  }
  const [, question] =
    asked === undefined ? [] : (/^(?:[0-9a-f]{32})?(%[12][A-Z0-9]{4}) \?\r$/.exec(textOf(asked)) ?? []);
  if (asked !== undefined && question === undefined) return strangeQuestion;
  const command = question ?? line.answer.slice(0, 6);
  const came = answerTo(command, line.answer);
  if ("fault" in came) faults.push(displayFault("pjlink", came.fault));
  if (!("said" in came)) return asVector(reading);
  for (const { id, source } of device.points) {
    const ask = pjlinkAsks[source.ask];
    const raw = ask?.command === command ? ask.read(came.said, source.lamp ?? 1) : undefined;
    if (raw === null) faults.push(displayFault("pjlink", "value", id));
    else if (raw !== undefined) samples.push({ point: id, raw });
  }
  return asVector(reading);
}
