import { expect, it } from "vitest";
import { haveRealRooms, roomRows } from "./real-rooms.ts";
import { distinct, points, replay, rooms } from "./replay.ts";

const off = "{ co2: { deadband: off }, temperature: { deadband: off }, humidity: { deadband: off } }";

it.runIf(haveRealRooms)(
  "brings every distinct row of two recorded classrooms exactly once, with its time and values",
  async () => {
    const { arrived, repeated, sent } = await replay(off);
    const counts: Record<string, number> = {};
    let repeats = 0;
    for (const room of rooms) {
      const rows = roomRows(room);
      const wanted = distinct(rows);
      repeats += rows.length - wanted.length;
      for (const point of points) {
        const got = arrived.filter((one) => one.device === `room-${room}` && one.point === point);
        const key = (time: number, value: unknown) => `${time} ${value}`;
        expect(got.map(({ time, value }) => key(time, value)).sort()).toEqual(
          wanted.map((row) => key(row.time, row[point])).sort(),
        );
      }
      counts[room] = wanted.length;
    }
    expect(counts).toEqual({ 106: 17_392, 204: 17_386 });
    expect({ sent, repeated, repeats }).toEqual({ sent: 34_802, repeated: 24, repeats: 24 });
    console.log(
      `real rooms, all stored: ${sent} rows sent, ${JSON.stringify(counts)} distinct rows arrived once, ${repeated} repeats counted`,
    );
  },
  900_000,
);
