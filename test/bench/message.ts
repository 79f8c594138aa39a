/** The one message that all candidates carry: a device's three values, the first of which is a moment. */
import { saidNothing } from "./moment.ts";

/** Its points, and where they lie in the payload. */
export const points = ["energy", "power", "voltage"] as const;

/** The point whose value is the moment of sending; there is one in each message. */
export const momentPoint = points[0];

export const payload = `{"p":{"energy":${saidNothing},"power":812.4,"voltage":229.7}}`;

export const valuesPerMessage = points.length;

/** Id, user name and client id of the nth device, from 0. */
export const deviceId = (n: number) => `d${String(n).padStart(4, "0")}`;

export const passwordOf = (device: string) => `of-${device}`;

export const topicOf = (device: string) => `ce/v1/${device}/up/prop`;
