/**
 * One file that describes a school: its rooms, what hangs in them, and when things go wrong.
 *
 * Holds: the same file and seed give the same school; a word that is accepted is acted on.
 */
import { z } from "zod";
import { type Complaint, complain, duration, integer, matching, text } from "../../config/schema/scalar.ts";
import { faultSchema } from "../faults/fault-schema.ts";
import { hexMistake, hexTableSchema } from "./hex-schema.ts";
import { type ModelName, sceneModels } from "./models.ts";
import { roomsOf } from "./rooms.ts";

/** Most rooms of a scene. */
export const maxRooms = 400;
/** Last address of a device on RS-485 (Modbus over serial line V1.02, 2.2). */
const lastUnit = 247;

const measure = (unit: string, min: number, max: number) =>
  z.string().transform((raw, context): number => {
    const [, digits] = new RegExp(`^(\\d+(?:\\.\\d+)?) ?${unit}$`).exec(raw) ?? [];
    const value = Number(digits);
    if (digits !== undefined && value >= min && value <= max) return value;
    return complain(context, {
      what: { zh: `“${raw}” 不是 ${min} 到 ${max} ${unit}`, en: `"${raw}" is not ${min} to ${max} ${unit}` },
      fix: { zh: `写成 ${min} ${unit} 这样`, en: `write it like ${min} ${unit}` },
    });
  });

const range = z.string().transform((raw, context): readonly string[] => {
  const rooms = roomsOf(raw, maxRooms);
  if (rooms !== null) return rooms;
  return complain(context, {
    what: { zh: `“${raw}” 不是房间范围`, en: `"${raw}" is not a range of rooms` },
    fix: {
      zh: "两端位数相同、小的在前，例如 101..108",
      en: "both ends have as many digits, the smaller first, such as 101..108",
    },
  });
});

/** How a room is used: it decides who is in it, when, and what they do. */
export const roomUses = ["classroom", "music", "art", "lab", "computer", "library", "office", "gym"] as const;
export type RoomUse = (typeof roomUses)[number];

const schoolSchema = z
  .strictObject({
    id: matching(/^\d{10}$/, { zh: "10 位学校标识码", en: "the school's ten digits" }),
    gateway: matching(/^[a-z0-9][a-z0-9-]{0,31}$/, {
      zh: "网关编号，例如 gw1",
      en: "a gateway such as gw1",
    }).default("gw1"),
    name: text(60).default("演示小学"),
    stage: z.enum(["primary", "junior"]).default("primary").describe("Whose school day it is"),
    pupils: integer(0, 80).default(42).describe("Pupils of one class"),
    seed: integer(0, 999_999_999).default(1).describe("Another seed is another school"),
  })
  .describe("Which school it is");

const floorSchema = z.strictObject({
  floor: integer(1, 99),
  rooms: range,
  use: z.record(z.string(), z.enum(roomUses)).default({}).describe("Rooms that are no classrooms"),
});

const modelNames = Object.keys(sceneModels) as [ModelName, ...ModelName[]];

const deviceSchema = z.strictObject({
  name: matching(/^[a-z0-9][a-z0-9-]{0,31}$/, {
    zh: "小写字母、数字、连字符",
    en: "small letters, digits, hyphens",
  }).describe("Its id is the room and this; on one floor a name is one model"),
  model: z.enum(modelNames),
  unit: integer(1, lastUnit)
    .optional()
    .describe("RS-485: address in the first room of its line, then one more a room"),
  in: z.array(range).optional().describe("Only in these rooms"),
  at: z.literal("gate").optional().describe("One, at the gate of the school, and in no room: a camera"),
  every: duration.default(60_000).describe("Between what it says, or is asked"),
  hex: hexTableSchema.optional(),
});

export const sceneSchema = z
  .strictObject({
    school: schoolSchema,
    area: measure("m2", 10, 2000).default(63).describe("Of a classroom"),
    height: measure("m", 2, 12).default(3.2).describe("Of a classroom"),
    floors: z.array(floorSchema).min(1),
    line: z
      .strictObject({
        baud: integer(1200, 115_200),
        format: z.enum(["8N1", "8N2", "8E1"]),
      })
      .default({ baud: 9600, format: "8N1" })
      .describe("The RS-485 line of each floor"),
    devices: z.array(deviceSchema).min(1),
    faults: z.array(faultSchema).default([]),
  })
  .superRefine((scene, context) => {
    for (const { path, complaint } of mistakes(scene))
      context.addIssue({
        code: "custom",
        message: complaint.what.en,
        path: [...path],
        params: { complaint },
      });
  });

export type SceneFile = z.output<typeof sceneSchema>;
type Device = SceneFile["devices"][number];

interface Mistake {
  path: readonly (string | number)[];
  complaint: Complaint;
}

/** What no word can know alone. */
function mistakes(scene: SceneFile): Mistake[] {
  return [...roomMistakes(scene), ...deviceMistakes(scene), ...faultMistakes(scene)];
}

function roomMistakes({ floors }: SceneFile): Mistake[] {
  const found: Mistake[] = [];
  const seen = new Set<string>();
  floors.forEach(({ rooms, use }, index) => {
    for (const room of rooms.filter((each) => seen.has(each)))
      found.push({
        path: ["floors", index, "rooms"],
        complaint: {
          what: { zh: `房间 ${room} 写了两次`, en: `room ${room} is there twice` },
          fix: { zh: "一间只写在一层", en: "write a room at one floor" },
        },
      });
    for (const room of rooms) seen.add(room);
    for (const room of Object.keys(use).filter((each) => !rooms.includes(each)))
      found.push({
        path: ["floors", index, "use", room],
        complaint: {
          what: { zh: `这一层没有房间 ${room}`, en: `this floor has no room ${room}` },
          fix: { zh: `可用 ${rooms[0]} 到 ${rooms.at(-1)}`, en: `it has ${rooms[0]} to ${rooms.at(-1)}` },
        },
      });
  });
  if (seen.size > maxRooms)
    found.push({
      path: ["floors"],
      complaint: {
        what: {
          zh: `共 ${seen.size} 间，最多 ${maxRooms} 间`,
          en: `${seen.size} rooms, and ${maxRooms} is the most`,
        },
        fix: { zh: "减少房间", en: "take fewer rooms" },
      },
    });
  return found;
}

function deviceMistakes({ floors, devices }: SceneFile): Mistake[] {
  const found: Mistake[] = [];
  const tell = (index: number, key: keyof Device, zh: string, en: string, fixZh: string, fixEn: string) =>
    found.push({
      path: ["devices", index, key],
      complaint: { what: { zh, en }, fix: { zh: fixZh, en: fixEn } },
    });
  const rooms = new Set(floors.flatMap((floor) => floor.rooms));
  const longest = Math.max(...floors.map((floor) => floor.rooms.length));
  const units = new Map<number, string>();
  devices.forEach((device, index) => {
    const { name, model, unit, in: only, at, hex } = device;
    const namesakes = devices.slice(0, index).filter((other) => other.name === name);
    const twice = floors.find(
      (floor) => isOn(floor, device) && namesakes.some((other) => isOn(floor, other)),
    );
    if (twice !== undefined)
      tell(
        index,
        "name",
        `${twice.floor} 楼的名字 ${name} 写了两次`,
        `the name ${name} is there twice on floor ${twice.floor}`,
        "换一个名字",
        "take another name",
      );
    for (const room of (only ?? []).flat().filter((each) => !rooms.has(each)))
      tell(
        index,
        "in",
        `没有房间 ${room}`,
        `there is no room ${room}`,
        "写 floors 里有的房间",
        "write rooms of `floors`",
      );
    const wrongTable = hexMistake(model, hex);
    if (wrongTable !== null) found.push({ path: ["devices", index, "hex"], complaint: wrongTable });
    if (at !== undefined && (sceneModels[model].way !== "onvif" || only !== undefined))
      tell(
        index,
        "at",
        "门口只有摄像机，也不在房间里",
        "there are only cameras at the gate, and they are in no room",
        "删掉 at，或删掉 in",
        "remove `at`, or remove `in`",
      );
    const onLine = sceneModels[model].way === "rs485";
    if (onLine && unit === undefined)
      tell(
        index,
        "model",
        `${model} 在 RS-485 上，缺少 unit`,
        `${model} is on RS-485 and has no unit`,
        "写第一间的地址，例如 unit: 1",
        "write the address in the first room, such as unit: 1",
      );
    if (!onLine && unit !== undefined)
      tell(
        index,
        "unit",
        `${model} 不在 RS-485 上，没有地址`,
        `${model} is not on RS-485 and has no address`,
        "删掉 unit",
        "remove unit",
      );
    if (!onLine || unit === undefined) return;
    const last = unit + longest - 1;
    if (last > lastUnit)
      tell(
        index,
        "unit",
        `最后一间的地址会是 ${last}，超过 ${lastUnit}`,
        `its last address would be ${last}, beyond ${lastUnit}`,
        "从小一点的地址开始",
        "begin lower",
      );
    const other = Array.from({ length: longest }, (_, at) => units.get(unit + at)).find(Boolean);
    if (other !== undefined)
      tell(
        index,
        "unit",
        `地址 ${unit} 到 ${last} 与 ${other} 的重叠`,
        `its addresses ${unit} to ${last} meet those of ${other}`,
        "每种设备隔开，例如 1、41",
        "keep models apart, such as 1 and 41",
      );
    for (let at = unit; at <= last; at++) units.set(at, name);
  });
  return found;
}

/** Whether one of these hangs there: its links are named after it and its floor. */
const isOn = (floor: SceneFile["floors"][number], { model, in: only, at }: Device): boolean =>
  at !== undefined ||
  sceneModels[model].of === "floor" ||
  only === undefined ||
  only.flat().some((room) => floor.rooms.includes(room));

function faultMistakes({ floors, faults, devices }: SceneFile): Mistake[] {
  const rooms = new Set(floors.flatMap((floor) => floor.rooms));
  const isDevice = (id: string) => {
    const [, place = "", name = ""] = /^([a-z0-9]+)-(.+)$/.exec(id) ?? [];
    const room = place.toUpperCase();
    return devices.some((device) => {
      if (device.name !== name) return false;
      if (device.at !== undefined) return place === device.at;
      if (sceneModels[device.model].of === "floor") return floors.some(({ floor }) => place === `f${floor}`);
      return rooms.has(room) && (device.in === undefined || device.in.flat().includes(room));
    });
  };
  return faults.flatMap((fault, index) => {
    const unknown = (key: "floor" | "room" | "device", word: string | number): Mistake => ({
      path: ["faults", index, key],
      complaint: {
        what: { zh: `这所学校里没有 ${word}`, en: `this school has no ${word}` },
        fix: { zh: "写 floors、devices 里有的", en: "write one that `floors` and `devices` give" },
      },
    });
    if ("floor" in fault && !floors.some(({ floor }) => floor === fault.floor))
      return [unknown("floor", fault.floor)];
    if ("room" in fault && !rooms.has(fault.room)) return [unknown("room", fault.room)];
    return "device" in fault && !isDevice(fault.device) ? [unknown("device", fault.device)] : [];
  });
}
