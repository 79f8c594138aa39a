/** Light on the desks, lx: from the sky, the lamps and the panel. */
import type { RoomPlan } from "./plan.ts";
import type { Outdoors } from "./weather.ts";

/** Light of the sun's power, lm/W; 100 klx at about 900 W/m². */
const efficacy = 110;
/** A luminaire of 36 W at 125 lm/W; utilisation 0.65 (assumptions); maintenance 0.8 (GB 7793). */
export const lampW = 36;
const lampLumen = lampW * 125;
const utilisation = 0.65;
const maintenance = 0.8;
/** Of the lamps before the board, what falls on the desks (assumption). */
const boardSpill = 0.2;
/** Of a bright panel (assumption). */
const panelSpill = 12;

/** Daylight factor of a room: 2-4 % (recalled), more with more glass. */
export function daylightFactor(room: RoomPlan): number {
  return Math.min(0.04, Math.max(0.02, 0.14 * (room.windowArea / room.area)));
}

/** @param blinds part of the light that passes: 1 open, 0.1 for projection */
export function daylight(room: RoomPlan, factor: number, out: Outdoors, blinds: number): number {
  return factor * (out.diffuse + 0.5 * out.wall[room.facing]) * efficacy * blinds;
}

/** @param lamps of each group, whether they burn */
export function lampLight(room: RoomPlan, lamps: { desks: boolean; board: boolean }): number {
  const burning = (lamps.desks ? room.lamps.desks : 0) + (lamps.board ? room.lamps.board * boardSpill : 0);
  return (burning * lampLumen * utilisation * maintenance) / room.area;
}

export function panelLight(on: boolean): number {
  return on ? panelSpill : 0;
}
