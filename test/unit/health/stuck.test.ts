import { describe, expect, it } from "vitest";
import { Stuck } from "../../../edge/health/stuck.ts";
import { haveRealRooms, roomRows } from "../../scenario/real-rooms.ts";

const hourMs = 3_600_000;
const minuteMs = 60_000;

/** Says a value once a minute. */
function says(id: string, value: (minute: number) => number, hours: number): Stuck {
  const stuck = new Stuck();
  for (let minute = 0; minute <= hours * 60; minute++) stuck.hear({ id }, value(minute), minute * minuteMs);
  return stuck;
}

describe("a sensor that is stuck", () => {
  it("is found after twenty hours of one value, and is well with the next", () => {
    const stuck = says("temperature", () => 21.3, 20);
    expect(stuck.at(20 * hourMs)).toMatchObject({ value: 21.3, since: 0 });
    stuck.hear({ id: "temperature" }, 21.4, 20 * hourMs + minuteMs);
    expect(stuck.at(20 * hourMs + minuteMs)).toBeNull();
  });

  it.each([
    ["earlier", says("temperature", () => 21.3, 19.9), 19.9],
    ["when one digit moved", says("humidity", (minute) => (minute === 300 ? 51 : 50), 21), 21],
    ["of what may well be still", says("power", () => 0, 48), 48],
    ["at the floor of a sensor that calibrates itself", says("co2", () => 400, 48), 48],
  ])("is not claimed %s", (_, stuck, hours) => {
    expect(stuck.at(hours * hourMs)).toBeNull();
  });

  it("is not claimed of a few readings, however far apart", () => {
    const stuck = new Stuck();
    for (let hour = 0; hour < 29; hour++) stuck.hear({ id: "temperature" }, 20, hour * hourMs);
    expect(stuck.at(29 * hourMs)).toBeNull();
  });

  it("is not claimed of one that was off for a weekend and comes back with the value that it had", () => {
    const stuck = says("temperature", () => 21, 1);
    for (let minute = 0; minute <= 60; minute++)
      stuck.hear({ id: "temperature" }, 21, 60 * hourMs + minute * minuteMs);
    expect(stuck.at(61 * hourMs)).toBeNull();
  });

  it.runIf(haveRealRooms)(
    "is found in recorded classrooms when their logger stood still, and at no other time",
    () => {
      const found: string[] = [];
      for (const room of ["106", "204"] as const)
        for (const point of ["temperature", "humidity", "co2"] as const) {
          const stuck = new Stuck();
          let was = false;
          for (const row of roomRows(room)) {
            stuck.hear({ id: point }, row[point], row.time);
            const is = stuck.at(row.time) !== null;
            if (is && !was) found.push(`${room} ${point} ${row.local.slice(0, 10)}`);
            was = is;
          }
        }
      console.log(`stuck in recorded rooms: ${found.join(", ")}`);
      expect(new Set(found.map((one) => one.slice(-10)))).toEqual(new Set(["2023-03-31"]));
    },
  );
});
