import { existsSync, readFileSync } from "node:fs";

/** Where recorded rooms lie on machines that have them. */
const folder = new URL("../../../shared/data/", import.meta.url).pathname;
export const haveRealRooms = existsSync(`${folder}airmon_classroom_106.csv`);

export interface RoomRow {
  /** Local time of Lisbon, `YYYY-MM-DD HH:MM:SS`. */
  local: string;
  /** ms UTC. */
  time: number;
  co2: number;
  temperature: number;
  humidity: number;
}

/** Summer time of Lisbon in the recorded spring: from 2023-03-26 01:00 UTC on, one hour ahead. */
const summerFrom = Date.UTC(2023, 2, 26, 1);

export interface Attendance {
  /** Counted by staff; 0 when no class was logged. */
  people: number;
  /** Which class was logged, if any. */
  lesson: string | null;
}

/** Rows of one recorded classroom, in the order of the file. */
export function roomRows(room: "106" | "204"): RoomRow[] {
  return columns(room, ["Time", "CO2", "Temperature", "Humidity"]).map(
    ([time = "", co2, temperature, humidity]) => {
      const asUtc = Date.parse(`${time.replace(" ", "T")}Z`);
      return {
        local: time,
        time: asUtc - (asUtc >= summerFrom + 3_600_000 ? 3_600_000 : 0),
        co2: Number(co2),
        temperature: Number(temperature),
        humidity: Number(humidity),
      };
    },
  );
}

/** Who was there, row by row as `roomRows`. */
export function attendance(room: "106" | "204"): Attendance[] {
  return columns(room, ["persons_in_classroom", "ClassId"]).map(([people, lesson = "None"]) => ({
    people: Number(people),
    lesson: lesson === "None" ? null : lesson,
  }));
}

/** Some columns of a file, row by row. */
function columns(room: "106" | "204", wanted: readonly string[]): string[][] {
  const [head = "", ...lines] = readFileSync(`${folder}airmon_classroom_${room}.csv`, "utf8")
    .trim()
    .split(/\r?\n/);
  const places = wanted.map((name) => head.split(",").indexOf(name));
  return lines.map((line) => {
    const cells = line.split(",");
    return places.map((place) => cells[place] ?? "");
  });
}
