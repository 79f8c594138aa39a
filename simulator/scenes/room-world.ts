/**
 * The rooms of a scene as a model of the school knows them, and what the scene's sensors make of their air.
 *
 * Holds: whoever asks first moves the rooms to that moment; asking changes nothing.
 */
import type { Clock } from "../../config/schema/context.ts";
import type { RoomValues } from "../devices/room-values.ts";
import { zhejiang2026 } from "../rooms/calendar.ts";
import { SchoolModel } from "../rooms/model.ts";
import { type SchoolPlan, usualRoom } from "../rooms/plan.ts";
import { type Quantity, type Readings, Sensor } from "../rooms/sensor.ts";
import { placedDevices, placedRooms } from "./placed.ts";
import { roomFittings } from "./room-fittings.ts";
import type { SceneFile } from "./scene-schema.ts";
import type { World } from "./world.ts";

const quantities: readonly Quantity[] = [
  "co2",
  "temperature",
  "humidity",
  "pm25",
  "pm10",
  "tvoc",
  "illuminance",
  "noise",
];

/** Power factor of a panel with its computer (recalled). */
const panelFactor = 0.95;

/** @param clock wall ms of the rooms: they may live faster than who measures them */
export function roomWorld(scene: SceneFile, clock: Pick<Clock, "wallMs">): World {
  const model = new SchoolModel(planOf(scene), clock.wallMs());
  const sensors = new Map<string, Sensor>();
  const rooms = new Set(placedRooms(scene).map(({ id }) => id));
  const devices = placedDevices(scene);
  for (const { id: unit, space } of devices) {
    if (!rooms.has(space)) continue;
    const sensor = new Sensor({ seed: scene.school.seed, unit, quantities });
    model.hang(space, sensor);
    sensors.set(unit, sensor);
  }
  const stuck = new Map<string, RoomValues>();
  const lasting = new Map<string, Readings>();
  const now = () => model.advanceTo(clock.wallMs());
  const read = (device: string, room?: string) => {
    now();
    // A newcomer that no scene knows hangs beside another one.
    const beside = () => devices.find(({ space }) => space === room)?.id ?? "";
    return (sensors.get(device) ?? sensors.get(beside()))?.read() ?? {};
  };
  /** What is wired has a register, and leaves in it what was there before. */
  const registers = (device: string, room: string) => {
    const said = Object.entries(read(device, room)).filter(([, value]) => value !== null);
    const held = {
      ...(lasting.get(device) ?? sensors.get(device)?.held()),
      ...Object.fromEntries(said),
    };
    lasting.set(device, held);
    return held;
  };
  /** All but the relay, which is no sensor. */
  const measured = (device: string, room: string): RoomValues => {
    const air = read(device, room);
    const { state, circuits } = model.room(room);
    const { voltage, frequency } = model.meter(room);
    const { watts: power, energy: energyImport } = circuits.sockets;
    return {
      ...air,
      ...{
        voltage,
        frequency,
        power,
        energyImport,
        current: power / voltage / panelFactor,
        powerFactor: panelFactor,
      },
      contact: !state.door,
      motion: state.people > 0,
    };
  };
  return {
    air: (device, room) => stuck.get(device) ?? registers(device, room),
    room(device, room) {
      now();
      const { powered, people } = model.room(room).state;
      return { ...(stuck.get(device) ?? measured(device, room)), people, lamp: powered };
    },
    circuit(room) {
      now();
      return model.meter(room);
    },
    floor(floor) {
      now();
      return model.mainMeter(floor);
    },
    fittings: (room) => roomFittings(model, now, room),
    power(floor, on) {
      now();
      model.power(floor, on);
    },
    stick(device, room) {
      stuck.set(device, { ...measured(device, room), ...registers(device, room) });
      return () => void stuck.delete(device);
    },
  };
}

/** The rooms of the scene, and a corridor on each floor. */
function planOf(scene: SceneFile): SchoolPlan {
  const { stage, seed, pupils } = scene.school;
  const rooms = placedRooms(scene).map(({ id, use, floor }) => {
    const room = usualRoom(stage, seed, use, id, floor);
    return use === "classroom" ? { ...room, area: scene.area, height: scene.height, pupils } : room;
  });
  const corridors = scene.floors.map(({ floor }) =>
    usualRoom(stage, seed, "corridor", `corridor-${floor}`, floor),
  );
  return { stage, seed, calendar: zhejiang2026, rooms: [...rooms, ...corridors] };
}
