import { expect } from "vitest";
import type { CameraEnd } from "./camera-end.ts";
import { cameraAt, type Opened, valuesOf } from "./world.ts";

export const serialAt = (port: number, id?: string) => cameraAt(port, id, { serial: { ask: "serial" } });

/** Asks `cam-0` and `cam-1` at once, again and again: each says its own serial number. */
export async function neverMix(at: Opened, one: CameraEnd, two: CameraEnd, rounds: number): Promise<void> {
  one.serial = "DS2CD-1";
  two.serial = "DS2CD-2";
  for (let round = 0; round < rounds; round++) {
    const readings = await Promise.all([at.ask("cam-0"), at.ask("cam-1")]);
    expect(readings.map(valuesOf)).toEqual([{ serial: "DS2CD-1" }, { serial: "DS2CD-2" }]);
    one.heard = [];
    two.heard = [];
  }
}
