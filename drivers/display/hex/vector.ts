/** A test vector of a panel's table, through the code that reads the device. Pure. */
import type { VectorDevice, VectorReading } from "../../../config/schema/kind.ts";
import { answered, asVector, strangeQuestion, withoutQuestion } from "../vectors.ts";
import type { HexProfile, HexSource } from "./fields.ts";
import { planHex, stepsOf } from "./plan.ts";

const isSame = (one: Uint8Array, other: Uint8Array) =>
  one.length === other.length && one.every((byte, at) => byte === other[at]);

export function hexVector(
  device: VectorDevice<HexProfile, HexSource>,
  { asked, said }: { asked?: Uint8Array; said: Uint8Array },
): VectorReading {
  if (asked === undefined) return withoutQuestion;
  const steps = planHex({ ...device, address: {}, simulated: false, actions: {} }, "").flatMap(({ body }) =>
    stepsOf(body),
  );
  const step = steps.find(({ question }) => isSame(question.bytes, asked));
  if (step === undefined) return strangeQuestion;
  return asVector(answered("hex", device.id, step, said));
}
