/** A scene with fewer rooms. Pure. */
import { gateSpace } from "./placed.ts";
import type { SceneFile } from "./scene-schema.ts";

/**
 * @param rooms how many are left, from the first floor up; all when it has no more
 * @returns the scene without the other rooms, their devices and the faults that hit nothing that is left
 */
export function sceneOfRooms(scene: SceneFile, rooms: number): SceneFile {
  let left = rooms;
  const floors = scene.floors.flatMap((floor) => {
    const here = floor.rooms.slice(0, Math.max(0, left));
    left -= here.length;
    const use = Object.fromEntries(Object.entries(floor.use).filter(([room]) => here.includes(room)));
    return here.length === 0 ? [] : [{ ...floor, rooms: here, use }];
  });
  const known = new Set(floors.flatMap((floor) => floor.rooms));
  const devices = scene.devices.flatMap((device) => {
    if (device.in === undefined) return [device];
    const only = device.in
      .map((range) => range.filter((room) => known.has(room)))
      .filter(({ length }) => length > 0);
    return only.length === 0 ? [] : [{ ...device, in: only }];
  });
  const faults = scene.faults.filter((fault) => {
    if ("floor" in fault) return floors.some(({ floor }) => floor === fault.floor);
    if ("room" in fault) return known.has(fault.room);
    if (!("device" in fault)) return true;
    const room = (fault.device.split("-")[0] ?? "").toUpperCase();
    return known.has(room) || room === gateSpace || floors.some(({ floor }) => room === `F${floor}`);
  });
  return { ...scene, floors, devices, faults };
}
