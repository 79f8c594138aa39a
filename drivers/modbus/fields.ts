/**
 * The fields that Modbus adds to the configuration files: links and devices here, profiles in
 * profile-fields.ts, their points in point-fields.ts, their actions in action-fields.ts. Pure.
 */
import { z } from "zod";
import type { DevicePlan } from "../../config/schema/kind.ts";
import { flag, host } from "../../config/schema/scalar.ts";
import { modeOf, type SerialLink, serialLinkSchema, tcpPort } from "../line/fields.ts";
import type { ModbusAction } from "./action-fields.ts";
import type { ModbusSource } from "./point-fields.ts";
import { answerTime, type ModbusProfile } from "./profile-fields.ts";
import { serialUnit, tcpUnit } from "./scalars.ts";

export * from "./action-fields.ts";
export * from "./point-fields.ts";
export * from "./profile-fields.ts";

export const rtuLinkSchema = serialLinkSchema({
  zh: "串口服务器设成 Modbus 网关：写 kind: modbus-tcp，删掉 baud 和 format，设备照样写 unit；设成透传：写 mode: transparent",
  en: "if it is set to Modbus gateway, write kind: modbus-tcp without baud and format; if it passes bytes through, mode: transparent",
}).describe("Modbus RTU on an RS-485 line");
export type RtuLink = SerialLink;

const ownAnswer = answerTime
  .optional()
  .describe("Longest time until its answer begins, where other than its model's: behind a radio bridge, say");

export const rtuAddressSchema = z
  .strictObject({
    unit: serialUnit.describe("Its number on the line, 1 to 247, as set in the device"),
    answer: ownAnswer,
    assigned: flag
      .optional()
      .describe(
        "true: it was set to the speed and format of its line, other than those it is delivered with",
      ),
  })
  .describe("How a device is known on an RS-485 line");
export type RtuAddress = z.output<typeof rtuAddressSchema>;

export const tcpLinkSchema = z
  .strictObject({
    port: tcpPort.default(502).describe("TCP port of its devices, where they do not say another"),
    mode: modeOf("gateway", {
      zh: "串口服务器设成透传：写 kind: modbus-rtu，加上 port、baud、format；设成 Modbus 网关：写 mode: gateway",
      en: "if it passes bytes through, write kind: modbus-rtu with port, baud and format; if it is set to Modbus gateway, mode: gateway",
    })
      .optional()
      .describe("How a serial server in front of its devices is set: gateway, that is, it speaks Modbus TCP"),
  })
  .transform(({ port }) => ({ port }))
  .describe("Modbus TCP; each device says its host");
export type TcpLink = z.output<typeof tcpLinkSchema>;

export const tcpAddressSchema = z
  .strictObject({
    host: host.describe("Its address in the network, or that of the gateway in front of it"),
    port: tcpPort.optional().describe("Its TCP port, where other than the link's"),
    unit: tcpUnit.default(1).describe("Its number behind the gateway; 1, 0 or 255 for a device alone"),
    answer: ownAnswer,
  })
  .describe("How a device is known in the network");
export type TcpAddress = z.output<typeof tcpAddressSchema>;

export type ModbusAddress = RtuAddress | TcpAddress;
export type ModbusDevice<A extends ModbusAddress = ModbusAddress> = DevicePlan<
  A,
  ModbusProfile,
  ModbusSource,
  ModbusAction
>;
