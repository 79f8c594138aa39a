/**
 * What a school's devices ask of the school: the seam between the hardware and the rooms in which it hangs.
 */
import type { Fittings } from "../devices/fittings.ts";
import type { AirValues } from "../devices/modbus-air.ts";
import type { OnePhase, ThreePhase } from "../devices/modbus-meters.ts";
import type { RoomValues } from "../devices/room-values.ts";

export interface World {
  /** What the wired sensor `device` of a room has in its registers now. */
  air(device: string, room: string): AirValues;
  /** What a wireless device of a room can know: its air, its panel's socket, its door, who moves in it. */
  room(device: string, room: string): RoomValues;
  /** The circuit of a room. */
  circuit(room: string): OnePhase;
  /** All circuits of a floor on their three phases. */
  floor(floor: number): ThreePhase;
  /** What a device can move in a room. */
  fittings(room: string): Fittings;
  /** Switches the mains of a floor off, or on again. */
  power(floor: number, on: boolean): void;
  /** From now on a sensor measures the same of everything, as it did last; the result frees it. */
  stick(device: string, room: string): () => void;
}
