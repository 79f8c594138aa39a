/** The one message that all candidates carry: a device's values, mostly three, the first of which is a moment. */
import { saidNothing } from "./moment.ts";

export const valuesPerMessage = 3;

/** What a three-phase meter says, of the catalogue, with values that it believes. */
const meter: readonly (readonly [point: string, value: string])[] = [
  ["energy", saidNothing],
  ["power", "812.4"],
  ["voltage", "229.7"],
  ...["a", "b", "c"].flatMap((phase) => [
    [`power_${phase}`, "270.8"] as const,
    [`voltage_${phase}`, "229.7"] as const,
    [`current_${phase}`, "1.179"] as const,
  ]),
  ["current", "3.537"],
  ["current_n", "0.011"],
  ["frequency", "50.01"],
  ["power_reactive", "102.5"],
  ["power_apparent", "818.9"],
  ["power_factor", "0.992"],
  ["energy_reactive", "4711.2"],
  ["energy_export", "0.5"],
];

/** Its points, of a message with so many values, at most 20. */
export function pointsOf(values: number): string[] {
  return meter.slice(0, values).map(([point]) => point);
}

export const points = pointsOf(valuesPerMessage);

/** The point whose value is the moment of sending; there is one in each message. */
export const momentPoint = "energy";

export function payloadOf(values: number): string {
  const texts = meter.slice(0, values).map(([point, value]) => `"${point}":${value}`);
  return `{"p":{${texts.join(",")}}}`;
}

/** Id, user name and client id of the nth device, from 0. */
export const deviceId = (n: number) => `d${String(n).padStart(4, "0")}`;

export const passwordOf = (device: string) => `of-${device}`;

export const topicOf = (device: string) => `ce/v1/${device}/up/prop`;
