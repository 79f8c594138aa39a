/** How much air goes through a room: cracks, door, windows, and what wind and stack add. */

import { clamp } from "./drift.ts";
import type { RoomPlan, WindowQuality } from "./plan.ts";
import type { Outdoors } from "./weather.ts";

type Range = readonly [low: number, high: number];

/** Air change of a shut room, 1/h: 0.1 tight (Batterman, at night) to 0.3-0.8 with old windows (recalled). */
const cracks: Record<WindowQuality, Range> = { tight: [0.1, 0.3], usual: [0.3, 0.55], old: [0.5, 0.8] };
/**
 * 1/h: 1-4 with the door or some windows open, 5-15 across the room (upper end recalled); decays measured in two
 * rooms have their medians at 1.2 and 3.5 and their 90th percentile below 5.
 */
const doorOnly: Range = [1, 2.5];
const someWindows: Range = [1.2, 4];
const someAndDoor: Range = [2, 5];
const across: Range = [5, 15];

/** Air change of the room with everything shut, 1/h. @param place 0 to 1, of this room */
export function crackChange(room: RoomPlan, place: number): number {
  const [low, high] = cracks[room.windows];
  return low + (high - low) * place;
}

/** Wind and the difference of temperatures: 0.6 to 1.6 times what is usual (assumption). */
export function push(out: Outdoors, celsius: number): number {
  return clamp(0.55 + 0.13 * out.wind + 0.02 * Math.abs(out.temperature - celsius), 0.6, 1.6);
}

/**
 * Air change, 1/h.
 * @param shut of the shut room, 1/h
 * @param windows part that is open: 0 none, below 0.5 some, up to 1 all
 * @param place 0 to 1, where in the range of this state the air is at the moment
 */
export function airChange(shut: number, door: boolean, windows: number, place: number, push: number): number {
  const leak = shut * push;
  if (!door && windows <= 0) return leak;
  const range = windows <= 0 ? doorOnly : windows >= 0.5 ? across : door ? someAndDoor : someWindows;
  return Math.max(leak, range[0] * (range[1] / range[0]) ** place * push);
}
