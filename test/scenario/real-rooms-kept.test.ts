import { expect, it } from "vitest";
import { haveRealRooms, type RoomRow, roomRows } from "./real-rooms.ts";
import { distinct, points, replay, rooms } from "./replay.ts";

const deadband = { co2: 20, temperature: 0.2, humidity: 1 } as const;
const maxSilenceMs = 1_800_000;
const rule = `{ ${points.map((point) => `${point}: { deadband: ${deadband[point]}, maxSilence: 1800s }`).join(", ")} }`;

/** The storing rule in a few lines of its own: which rows of one quantity are to be stored. */
function selected(rows: RoomRow[], point: (typeof points)[number]): RoomRow[] {
  let last: RoomRow | null = null;
  return rows.filter((row) => {
    const store: boolean =
      last === null ||
      row.time < last.time ||
      row.time - last.time >= maxSilenceMs ||
      Math.abs(row[point] - last[point]) >= deadband[point] * (1 - 1e-6);
    if (store) last = row;
    return store;
  });
}

it.runIf(haveRealRooms)(
  "stores exactly the rows that the storing rule selects from two recorded classrooms",
  async () => {
    const { arrived } = await replay(rule);
    const counts: Record<string, number> = {};
    for (const room of rooms) {
      for (const point of points) {
        const wanted = selected(distinct(roomRows(room)), point);
        // Backlog and live arrive side by side: in the order of record time they are the file's rows.
        const got = arrived
          .filter((one) => one.device === `room-${room}` && one.point === point)
          .sort((a, b) => a.time - b.time);
        expect(got.map(({ time, value }) => [time, value])).toEqual(
          wanted.map((row) => [row.time, row[point]]),
        );
        counts[`${room} ${point}`] = got.length;
      }
    }
    console.log(`real rooms, deadbands 20 ppm, 0.2, 1 and 1800 s: ${JSON.stringify(counts)}`);
  },
  900_000,
);
