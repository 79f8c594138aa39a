/** Statuses of a school with three floors, as health makes them, for tests of what people read. */
import type { SpacePlan } from "../../../config/schema/plan.ts";
import { type Status, statusSchema } from "../../../config/schema/status.ts";
import { type DeviceWords, plan, School } from "../health/world.ts";

const code = (building: string, floor: string, room: string) => `2133000001-01-${building}-${floor}-${room}`;

const spaces: SpacePlan[] = ["1", "2", "3"].flatMap((floor) =>
  ["01", "02", "03", "04"].map((room) => ({
    id: `${floor}${room}`,
    code: code("JX1", `F0${floor}`, `${floor}${room}`),
    kind: "classroom",
  })),
);

/** One air sensor a room on link `broker`; room 304 has a camera that is off, and 303 nothing. */
export function threeFloors(more: { devices?: Record<string, DeviceWords>; until?: number } = {}): School {
  const fitted = spaces.filter(({ id }) => id !== "303" && id !== "304");
  const devices = Object.fromEntries(fitted.map(({ id }) => [`${id}-air`, {} as DeviceWords]));
  const of = plan({ broker: { ...devices, ...more.devices } }, [{}, { id: "district" }], {
    spaces: new Map(spaces.map((space) => [space.id, space])),
    off: [
      {
        ...{ device: "304-cam", link: "broker", profile: "onvif-camera", why: "返厂 RMA 20931" },
        space: code("JX1", "F03", "304"),
        untilMs: more.until ?? Date.parse("2026-10-31T00:00+08:00"),
      },
    ],
    spares: [{ profile: "p", serial: "JX2409-0117", note: "总务处柜子" }],
  });
  of.school.contact = "总务处 8021";
  for (const { points } of of.links)
    for (const [id, device] of points) device.space = code("JX1", `F0${id[0]}`, id.slice(0, 3));
  const school = School.well(of);
  for (const { id } of fitted) {
    school.up(`${id}-air`);
    school.say(`${id}-air`);
  }
  for (const id of ["province", "district"])
    school.health.uplink(id, { what: "settled", taken: 9, rejected: 0, lane: "live" });
  return school;
}

export const airs = ["101", "102", "103", "104", "201", "202", "203", "204", "301", "302"].map(
  (room) => `${room}-air`,
);

/** As it comes through the local door. */
export const statusOf = (school: School): Status =>
  statusSchema.parse(JSON.parse(JSON.stringify(school.health.status())));
