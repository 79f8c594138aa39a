/** A test vector of a display model, through the code that reads the device. Pure. */
import type { VectorDevice, VectorReading } from "../../../config/schema/kind.ts";
import type { Step } from "../interview.ts";
import { protocolOf } from "../protocols/index.ts";
import { answered, asVector, strangeQuestion, withoutQuestion } from "../vectors.ts";
import type { DisplayProfile, DisplaySource } from "./fields.ts";
import { stepsOf } from "./plan.ts";

type Device = VectorDevice<DisplayProfile, DisplaySource>;

const isSame = (one: Uint8Array, other: Uint8Array) =>
  one.length === other.length && one.every((byte, at) => byte === other[at]);

/** Which of its questions these bytes are, to whatever number. */
function stepIn({ profile, points }: Device, asked: Uint8Array): Step | null {
  const { asks, ids } = protocolOf(profile.protocol);
  const queries = [...new Set(points.flatMap(({ source }) => asks[source.ask]?.query ?? []))];
  const { min, max } = ids ?? { min: 1, max: 1 };
  const words = points.map(({ id, source }) => ({ id, word: source.ask }));
  for (const network of [false, true])
    for (let id = min; id <= max; id++) {
      const steps = stepsOf({ profile, id, answerMs: 0, queries, points: words }, network);
      const found = steps.find(({ question }) => isSame(question.bytes, asked));
      if (found !== undefined) return found;
    }
  return null;
}

export function displayVector(
  device: Device,
  { asked, said }: { asked?: Uint8Array; said: Uint8Array },
): VectorReading {
  if (asked === undefined) return withoutQuestion;
  const step = stepIn(device, asked);
  return step === null ? strangeQuestion : asVector(answered("display", device.id, step, said));
}
