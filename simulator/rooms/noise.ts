/** Noise in a room as LAeq of one minute, dB(A). */
import type { Chance } from "../seeded.ts";
import type { Activity } from "./timetable.ts";

export interface NoiseScene {
  activity: Activity;
  people: number;
  /** Anybody who belongs here is quiet when fewer come; people that make the room full. */
  seats: number;
  windows: number;
  door: boolean;
  /** Air conditioner's fan runs. */
  ac: boolean;
  /** The school is in a break: the corridor is loud. */
  corridor: boolean;
  /** The bell rang in this minute. */
  bell: boolean;
}

const power = (level: number) => 10 ** (level / 10);

/** @param chance keyed by room and minute */
export function minuteLevel(scene: NoiseScene, chance: Chance): number {
  const wobble = (size: number) => (chance() + chance() - 1) * size;
  // An empty room with traffic 40-45 (recalled), a limit of 35 is aimed at; the street comes in by open windows.
  let sum = power(38 + scene.windows * 8 + wobble(3));
  const speech = speechLevel(scene, chance());
  if (speech > 0) sum += power(speech + wobble(4));
  if (scene.ac) sum += power(45 + wobble(1));
  if (scene.corridor) sum += power((scene.door ? 72 : 58) + wobble(4));
  // A bell of 80-90 dB(A) for 5-10 s (recalled), as a part of the minute.
  if (scene.bell) sum += power(85) * (8 / 60) * (scene.door ? 0.3 : 0.03);
  return 10 * Math.log10(sum);
}

/**
 * Quietest and noisiest activities lie 20 dB apart (Shield and Dockrell): silent 56, the teacher's voice 65, group
 * work 70-77; breaks 75-85 (recalled).
 */
function speechLevel(scene: NoiseScene, kind: number): number {
  if (scene.people === 0) return 0;
  const full = 10 * Math.log10(Math.min(1.2, Math.max(0.02, scene.people / Math.max(1, scene.seats))));
  switch (scene.activity) {
    case "lesson":
    case "service":
      return kind < 0.2 ? 56 : kind < 0.75 ? 65 : 73.5 + full;
    case "arrival":
      return 70 + full;
    case "rest":
      return 50 + full;
    case "work":
      return 56 + full;
    case "sport":
      return 83 + full;
    case "break":
      return 81 + full;
    default:
      return 76 + full;
  }
}
