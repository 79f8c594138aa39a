/** What can be wrong with a meter, and what that makes of its answers. */
import type { Drawn, FaultLimits } from "../fault-list.ts";
import { randomBytes } from "../garble.ts";
import type { Frame645 } from "./frame.ts";

export type MeterFault = FaultLimits &
  (
    | /** Off: says nothing. */ { kind: "silent" }
    | /** The answer begins later by so many ms. */ { kind: "late"; byMs: number }
    | /** A pause of so many ms after each byte. */ { kind: "slow"; gapMs: number }
    | /** The sum does not fit. */ { kind: "checksum" }
    | /** The sum fits, and a digit of the value is none (seen in the field). */ { kind: "non-bcd" }
    | /** The answer ends after so many bytes, wake-up bytes included. */ { kind: "cut"; bytes: number }
    | /** The request comes back in place of the answer, or in front of it. */ {
        kind: "echo";
        thenAnswer?: boolean;
      }
    | /** Answers, well sealed, as this meter. */ { kind: "wrong-address"; address: string }
    | /** Answers, well sealed, with this identifier in front of the value. */ {
        kind: "wrong-item";
        di: string;
      }
    | /** Refuses with these bits: 1 other, 2 no such data, 4 not allowed. */ { kind: "error"; bits: number }
    | /** Meaningless bytes without a pause before and behind the answer. */ {
        kind: "noise";
        before?: number;
        after?: number;
      }
    | /** The answer twice without a pause. */ { kind: "glued" }
    | /** It is a meter of 1997: what it is asked in the words of 2007 it does not know, and does not say so, or does. */ {
        kind: "standard-1997";
        refuses?: boolean;
      }
  );

export type DrawnMeterFaults = Drawn<MeterFault>;

/** Bytes of the identifier, in front of the values. */
const diBytes = 4;

/** What goes wrong before the frame is sealed. */
export function mangledAnswer(frame: Frame645, acting: DrawnMeterFaults): Frame645 {
  const data = Uint8Array.from(frame.data);
  if (acting.get("non-bcd") !== undefined && data.length > diBytes) {
    const at = diBytes + Math.floor(acting.chance() * (data.length - diBytes));
    data[at] = ((data[at] ?? 0) & 0xf0) | (0x0a + Math.floor(acting.chance() * 6));
  }
  const item = acting.get("wrong-item");
  if (item !== undefined && data.length >= diBytes)
    data.set(Uint8Array.from(Buffer.from(item.di, "hex")).reverse());
  return { ...frame, data, address: acting.get("wrong-address")?.address ?? frame.address };
}

/** What goes wrong with the sealed frame. */
export function mangledBytes(good: Uint8Array, request: Uint8Array, acting: DrawnMeterFaults): Uint8Array {
  const { chance } = acting;
  let out = Uint8Array.from(good);
  if (acting.get("checksum") !== undefined) out[out.length - 2] = (out.at(-2) ?? 0) + 1;
  if (acting.get("glued") !== undefined) out = Uint8Array.of(...out, ...out);
  const echo = acting.get("echo");
  if (echo !== undefined) out = Uint8Array.of(...request, ...(echo.thenAnswer === true ? out : []));
  const noise = acting.get("noise");
  if (noise !== undefined) {
    const { before = 0, after = 0 } = noise;
    out = Uint8Array.of(...randomBytes(before, chance), ...out, ...randomBytes(after, chance));
  }
  return out.slice(0, acting.get("cut")?.bytes);
}
