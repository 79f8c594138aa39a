/** What the moods of a platform make of a publish. Pure but for the chance it is given. */
import type { Chance } from "../seeded.ts";
import { drawRefusal, happens, type Moods, type Refusal } from "./moods.ts";

/** PUBACK "quota exceeded" (MQTT 5, 3.4.2.1): no room now. */
export const noRoom = 0x97;

/** Unspecified error, implementation specific error, quota exceeded, no PUBACK at all. */
const reasons: Record<Refusal, number | null> = {
  error: 0x80,
  unavailable: 0x83,
  busy: noRoom,
  nothing: null,
};

/** The PUBACK's reason for a batch that is not taken, null for none; 0 when it may be taken. */
export function pubackRefusal(moods: Readonly<Moods>, chance: Chance): number | null {
  if (moods.blackHole) return null;
  const refusal = drawRefusal(moods, chance);
  if (refusal !== null) return reasons[refusal];
  const { puback } = moods;
  return puback !== null && happens(puback.share, chance) ? puback.reason : 0;
}
