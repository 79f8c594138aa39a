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
  /** Counted by staff; 0 when no class was logged. */
  people: number;
  /** Which class was logged, if any. */
  lesson: string | null;
}

/** Summer time of Lisbon in the recorded spring: from 2023-03-26 01:00 UTC on, one hour ahead. */
const summerFrom = Date.UTC(2023, 2, 26, 1);

/** Rows of one recorded classroom, in the order of the file. */
export function roomRows(room: "106" | "204"): RoomRow[] {
  const [head = "", ...lines] = readFileSync(`${folder}airmon_classroom_${room}.csv`, "utf8")
    .trim()
    .split(/\r?\n/);
  const names = head.split(",");
  const column = (name: string) => names.indexOf(name);
  const [time, co2, temperature, humidity] = ["Time", "CO2", "Temperature", "Humidity"].map(column) as [
    number,
    number,
    number,
    number,
  ];
  const [people, lesson] = ["persons_in_classroom", "ClassId"].map(column) as [number, number];
  return lines.map((line) => {
    const cells = line.split(",");
    const local = cells[time] ?? "";
    const asUtc = Date.parse(`${local.replace(" ", "T")}Z`);
    return {
      local,
      time: asUtc - (asUtc >= summerFrom + 3_600_000 ? 3_600_000 : 0),
      co2: Number(cells[co2]),
      temperature: Number(cells[temperature]),
      humidity: Number(cells[humidity]),
      people: Number(cells[people] ?? 0),
      lesson: cells[lesson] === "None" ? null : (cells[lesson] ?? null),
    };
  });
}
