export { type DoorsOptions, openStatusDoors, type StatusDoors } from "./doors.ts";
export { type DoorCode, DoorError } from "./error.ts";
