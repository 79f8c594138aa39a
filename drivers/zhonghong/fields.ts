/**
 * The fields that ZhongHong gateways add to the configuration files. Pure.
 */
import { z } from "zod";
import { within } from "../../config/load/shape/measure.ts";
import type { DevicePlan } from "../../config/schema/kind.ts";
import { complain, host, integer } from "../../config/schema/scalar.ts";
import { type SerialEnd, serialPort, tcpPort } from "../line/fields.ts";
import { bauds, formats, type Pace } from "../line/pace.ts";

const usualPort = 9999;

/** `pace`: the line is a serial one, on this machine or behind a serial server. */
export interface ZhonghongLink {
  end: SerialEnd;
  pace: Pace | null;
  /** Number of the gateway. */
  gateway: number;
}

export const linkSchema = z
  .strictObject({
    host: host.optional().describe("Address of the gateway in the network, or of the serial server in front"),
    port: tcpPort.optional().describe(`TCP port; ${usualPort} where nothing is written`),
    device: serialPort
      .optional()
      .describe("Serial port of this machine, best by /dev/serial/by-id/…, which stays the same"),
    baud: z
      .enum(bauds)
      .transform(Number)
      .optional()
      .describe("Speed of a serial line, as set at the gateway"),
    format: z.enum(formats).optional().describe("Data bits, parity, stop bits of a serial line: 8N1, 8E1"),
    gateway: integer(0, 255).default(1).describe("Number of the gateway, as set in it"),
  })
  .transform((written, context): ZhonghongLink => {
    const { device, baud, format, gateway } = written;
    const isSerial = baud !== undefined && format !== undefined;
    if ((baud === undefined) !== (format === undefined) || (device !== undefined && !isSerial))
      return complain(context, {
        what: { zh: "串口要写 baud 和 format", en: "a serial line has baud and format" },
        fix: {
          zh: "两个都写，照网关的设置；直接连网络的两个都不写",
          en: "write both, as set at the gateway; a gateway in the network has neither",
        },
      });
    if (
      (device === undefined) === (written.host === undefined) ||
      (device !== undefined && written.port !== undefined)
    )
      return complain(context, {
        what: { zh: "网关在哪里要写一个，也只写一个", en: "where the gateway is must be said, in one way" },
        fix: {
          zh: "网络写 host（和 port）；本机串口写 device、baud、format",
          en: "write host (and port) for the network, or device, baud and format for a port of this machine",
        },
      });
    const end =
      device === undefined ? { host: written.host ?? "", port: written.port ?? usualPort } : { device };
    return { end, pace: isSerial ? { baud, format } : null, gateway };
  })
  .describe("Gateway of air conditioners of several rooms (ZhongHong), in the network or on a serial line");

export const addressSchema = z
  .strictObject({
    outdoor: integer(0, 254).describe("Number of the outdoor unit"),
    indoor: integer(0, 254).describe("Number of the indoor unit at it"),
  })
  .describe("How an indoor unit is known to its gateway");
export type ZhonghongAddress = z.output<typeof addressSchema>;

export const profileSchema = z
  .strictObject({
    answer: within(50, 10_000).default(1000).describe("Longest time until the gateway answers"),
  })
  .transform(({ answer }) => ({ answerMs: answer }))
  .describe("How a gateway answers");
export type ZhonghongProfile = z.output<typeof profileSchema>;

export const fields = ["power", "setpoint", "mode", "fan", "temperature", "error"] as const;
export type Field = (typeof fields)[number];

export const sourceSchema = z
  .strictObject({ field: z.enum(fields).describe("Which part of a unit's status it is") })
  .describe("Where a point is in the status of a unit");
export type ZhonghongSource = z.output<typeof sourceSchema>;

export const controls = ["power", "temperature", "mode", "fan"] as const;
export type Control = (typeof controls)[number];

export const actionSchema = z
  .strictObject({
    control: z.enum(controls).describe("What is set"),
    value: integer(0, 255).optional().describe("What it is set to, always the same"),
    arg: z.string().optional().describe("Argument of the action that it is set to"),
  })
  .transform(({ control, value, arg }, context) => {
    if (value !== undefined && arg === undefined) return { control, value };
    if (arg !== undefined && value === undefined) return { control, arg };
    return complain(context, {
      what: { zh: "value 和 arg 要写一个，也只写一个", en: "either value or arg is needed, not both" },
      fix: { zh: "写 value: 值，或 arg: 参数名", en: "write value: VALUE or arg: NAME" },
    });
  })
  .describe("How something is set at a unit");
export type ZhonghongAction = z.output<typeof actionSchema>;

export type ZhonghongDevice = DevicePlan<
  ZhonghongAddress,
  ZhonghongProfile,
  ZhonghongSource,
  ZhonghongAction
>;
