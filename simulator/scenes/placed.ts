/**
 * A scene's devices, each at its place: what is built, and what a technician would write down. Pure.
 */
import type { HexTable } from "../displays/hex-panel.ts";
import { mix, seeded } from "../seeded.ts";
import { plateOf } from "./camera-models.ts";
import { type ControlPlace, controlPlace } from "./control-models.ts";
import { type ModelName, sceneModels, zigbeeBridgeModel } from "./models.ts";
import type { SceneModel, SerialWay } from "./scene-model.ts";
import type { RoomUse, SceneFile } from "./scene-schema.ts";

export interface PlacedRoom {
  id: string;
  floor: number;
  use: RoomUse;
  /** Where it is along the cable of its floor, from 1. */
  position: number;
}

export interface PlacedDevice {
  /** As the configuration names it: `301-air`, `f3-meter`. */
  id: string;
  model: ModelName;
  /** Room that it hangs in; for a device of a floor the room of its distribution board. */
  space: string;
  floor: number;
  /** Address on the line of its floor. */
  unit?: number;
  /** Link that it hangs on alone, or with the other meters of its floor. */
  link?: string;
  /** Twelve digits on a meter's plate. */
  meter?: string;
  /** What an MQTT device logs in with: its id, and this. */
  password?: string;
  everyMs: number;
  /** What it calls itself where that is not its id. */
  friendly?: string;
  /** Bridge that speaks for it. */
  via?: string;
  /** Of what is told what to do over a link of its own. */
  control?: ControlPlace;
  /** Serial number of a camera. */
  plate?: string;
  /** The bytes that it knows. */
  hex?: HexTable;
}

/** A serial link that is no Modbus line: what speaks on it, and how. */
export interface PlacedLink {
  id: string;
  kind: SerialWay;
  baud: number;
  format: string;
}

/** @returns the rooms in order, floor by floor */
export function placedRooms({ floors }: SceneFile): PlacedRoom[] {
  return floors.flatMap(({ floor, rooms, use }) =>
    rooms.map((id, index) => ({ id, floor, use: use[id] ?? "classroom", position: index + 1 })),
  );
}

/** What a gate is called among the rooms. */
export const gateSpace = "GATE";
/** Room of a floor's distribution board. */
export const boardOf = (floor: number): string => `PD${floor}`;

/** @returns every device of the school, room by room */
export function placedDevices(scene: SceneFile): PlacedDevice[] {
  const rooms = placedRooms(scene);
  const { seed } = scene.school;
  const one = (
    id: string,
    space: string,
    floor: number,
    device: SceneFile["devices"][number],
    position = 1,
  ) => {
    const { way }: SceneModel = sceneModels[device.model];
    const { model, name } = device;
    const control = controlPlace(model, way, { id, name, floor, position, password: passwordOf(seed, id) });
    return {
      id,
      model: device.model,
      space,
      floor,
      everyMs: device.every,
      ...(device.unit === undefined ? {} : { unit: device.unit + position - 1 }),
      ...serialWords(way, floor, id),
      ...(way === "dlt645" ? { meter: meterOf(seed, id, floor, position) } : {}),
      ...(way === "onvif" ? { plate: plateOf(seed, model, id) } : {}),
      ...(way === "mqtt" ? { password: passwordOf(seed, id) } : {}),
      ...(way === "zigbee" ? { via: zigbeeBridgeModel.id } : {}),
      ...(control === null ? {} : { control }),
      ...(device.hex === undefined ? {} : { hex: device.hex }),
      ...(device.model === "shelly-plug" ? { friendly: `shellyplusplugs-${macOf(seed, id)}` } : {}),
    };
  };
  return [
    ...rooms.flatMap((room) =>
      scene.devices
        .filter(
          ({ model, in: only, at }) =>
            at === undefined && sceneModels[model].of === "room" && (only?.flat().includes(room.id) ?? true),
        )
        .map((device) =>
          one(`${room.id.toLowerCase()}-${device.name}`, room.id, room.floor, device, room.position),
        ),
    ),
    ...scene.floors.flatMap(({ floor }) =>
      scene.devices
        .filter(({ model }) => sceneModels[model].of === "floor")
        .map((device) => one(`f${floor}-${device.name}`, boardOf(floor), floor, device)),
    ),
    // The gate has its power from the first board.
    ...scene.devices.flatMap((device) =>
      device.at === undefined
        ? []
        : [
            one(
              `${device.at}-${device.name}`,
              gateSpace,
              Math.min(...scene.floors.map(({ floor }) => floor)),
              device,
            ),
          ],
    ),
  ];
}

function serialWords(way: SceneModel["way"], floor: number, id: string): { link?: string } {
  if (way === "dlt645") return { link: `dl${floor}` };
  return way === "serial" || way === "reader" ? { link: `${way}-${id}` } : {};
}

/** @returns every serial link that is no Modbus line, in the order of what hangs on it */
export function placedLinks(scene: SceneFile): PlacedLink[] {
  const links = new Map<string, PlacedLink>();
  for (const { link, model } of placedDevices(scene)) {
    const { way, line }: SceneModel = sceneModels[model];
    if (link === undefined || line === undefined || links.has(link)) continue;
    links.set(link, { id: link, kind: way as SerialWay, ...line });
  }
  return [...links.values()];
}

/** Seven digits by chance, then where it hangs: no two of a school are the same. */
function meterOf(seed: number, id: string, floor: number, position: number): string {
  const digits = (value: number, count: number) => String(value).padStart(count, "0").slice(-count);
  return digits(mix("meter", seed, id), 7) + digits(floor, 2) + digits(position, 3);
}

/** Good enough for a school that is not there, and the same every time. */
export function passwordOf(seed: number, id: string): string {
  const chance = seeded("password", seed, id);
  const letters = "abcdefghjkmnpqrstuvwxyz23456789";
  return Array.from({ length: 12 }, () => letters[Math.floor(chance() * letters.length)]).join("");
}

/** Twelve hex digits, as a network address is written. */
export const macOf = (seed: number, id: string): string =>
  `a8032a${mix("mac", seed, id).toString(16).padStart(8, "0").slice(-6)}`;
