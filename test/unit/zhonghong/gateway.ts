/** A gateway as these tests make it, from the rules of its frames alone, and sessions that speak to it. */
import type { Job } from "../../../drivers/contract/index.ts";
import {
  actionSchema,
  type Field,
  linkSchema,
  profileSchema,
  type ZhonghongDevice,
  type ZhonghongLink,
} from "../../../drivers/zhonghong/fields.ts";
import { zhonghongKind } from "../../../drivers/zhonghong/schema.ts";

/** Bytes with the sum of them all behind. */
export const sealed = (...bytes: number[]): number[] => [
  ...bytes,
  bytes.reduce((sum, byte) => sum + byte, 0) % 256,
];

/** Power, setpoint, mode, fan, temperature, error. */
export type Six = [number, number, number, number, number, number];

export const asked = (outdoor: number, indoor: number, gateway = 1) =>
  sealed(gateway, 0x50, 1, 1, outdoor, indoor);
export const statusOf = (outdoor: number, indoor: number, six: Six, gateway = 1) =>
  sealed(gateway, 0x50, 1, 1, outdoor, indoor, ...six, 0, 0);
/** A status of several units, as a gateway says it by itself. */
export const statusOfAll = (...units: [outdoor: number, indoor: number, six: Six][]) =>
  sealed(
    1,
    0x50,
    0xff,
    units.length,
    ...units.flatMap(([outdoor, indoor, six]) => [outdoor, indoor, ...six, 0, 0]),
  );

/** What a unit's status is, so that a wrong one shows. */
export const six = (indoor: number): Six => [1, 16 + (indoor % 14), 1, 2, 20 + (indoor % 10), indoor];

/** Answers every status request, and repeats what is set. */
export function answerTo(request: Uint8Array): number[] {
  const [gateway, code, , , outdoor = 0, indoor = 0] = request;
  return code === 0x50 ? statusOf(outdoor, indoor, six(indoor), gateway) : [...request];
}

const points: readonly Field[] = ["power", "setpoint", "mode", "fan", "temperature", "error"];

export const device = (id: string, indoor: number, outdoor = 1): ZhonghongDevice => ({
  id,
  address: { outdoor, indoor },
  profile: profileSchema.parse({ answer: "200ms" }),
  simulated: false,
  points: points.map((field) => ({ id: field, source: { field }, everyMs: 60_000 })),
  actions: {
    power: actionSchema.parse({ control: "power", arg: "on" }),
    cold: actionSchema.parse({ control: "temperature", value: "18" }),
    mode: actionSchema.parse({ control: "mode", arg: "mode" }),
    fan: actionSchema.parse({ control: "fan", arg: "speed" }),
  },
});

export const linkTo = (port: number): ZhonghongLink =>
  linkSchema.parse({ host: "127.0.0.1", port: String(port) });
export const serialLinkTo = (port: number): ZhonghongLink =>
  linkSchema.parse({ host: "127.0.0.1", port: String(port), baud: "9600", format: "8N1" });

export function jobOf(link: ZhonghongLink, unit: ZhonghongDevice): Job {
  const [job] = zhonghongKind.plan(link, [unit]);
  if (job === undefined) throw new Error("no job");
  return job;
}

export const samplesOf = (values: Six) => points.map((point, index) => ({ point, raw: values[index] }));
