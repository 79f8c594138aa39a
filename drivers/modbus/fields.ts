/**
 * The fields that Modbus adds to the configuration files: links and devices here, profiles and points in
 * profile-fields.ts, their points in point-fields.ts. Pure.
 */
import { z } from "zod";
import type { DevicePlan } from "../../config/schema/kind.ts";
import { type Complaint, complain, flag, host, integer } from "../../config/schema/scalar.ts";
import { bauds, formats, type Pace } from "./pace.ts";
import type { ModbusSource } from "./point-fields.ts";
import { answerTime, type ModbusAction, type ModbusProfile } from "./profile-fields.ts";
import { serialPort, serialUnit, tcpUnit } from "./scalars.ts";

export * from "./point-fields.ts";
export * from "./profile-fields.ts";

/** A serial port of this machine, or one of a serial server that passes bytes through. */
export type RtuLink = Pace & ({ device: string } | { host: string; port: number });

const tcpPort = integer(1, 65_535);

/** How a serial server is set: each way belongs to one kind of link. */
const modeOf = (mode: "transparent" | "gateway", fix: Complaint["fix"]) =>
  z.enum(["transparent", "gateway"]).transform((written, context) => {
    if (written === mode) return written;
    return complain(context, {
      what: {
        zh: `这种线路的 mode 只能是 ${mode}，不是 ${written}`,
        en: `the mode of this kind of link is ${mode}, not ${written}`,
      },
      fix,
    });
  });

export const rtuLinkSchema = z
  .strictObject({
    device: serialPort
      .optional()
      .describe("Serial port of this machine, best by /dev/serial/by-id/…, which stays the same"),
    host: host
      .optional()
      .describe("Serial server in front of the line; absent: that of the device named by via"),
    port: tcpPort.optional().describe("TCP port of this line at the serial server"),
    baud: z
      .enum(bauds)
      .transform(Number)
      .describe("Speed of the line; behind a serial server the one set on its page"),
    format: z
      .enum(formats)
      .describe("Data bits, parity, stop bits; behind a serial server those set on its page"),
    mode: modeOf("transparent", {
      zh: "串口服务器设成 Modbus 网关：写 kind: modbus-tcp，删掉 baud 和 format，设备照样写 unit；设成透传：写 mode: transparent",
      en: "if it is set to Modbus gateway, write kind: modbus-tcp without baud and format; if it passes bytes through, mode: transparent",
    })
      .optional()
      .describe("How the serial server is set: transparent, that is, without a protocol of its own"),
  })
  .transform(({ device, host, port, baud, format, mode }, context): RtuLink => {
    if (device !== undefined && host === undefined && port === undefined && mode === undefined)
      return { baud, format, device };
    if (device === undefined && host !== undefined && port !== undefined) return { baud, format, host, port };
    return complain(context, wrongEnd(device, host));
  })
  .describe("Modbus RTU on an RS-485 line");

function wrongEnd(device: string | undefined, host: string | undefined): Complaint {
  if (device !== undefined)
    return {
      what: {
        zh: "device 是本机的串口，不能和 host、port、mode、via 串口服务器一起写",
        en: "device is a port of this machine: it does not go together with host, port, mode or a serial server",
      },
      fix: {
        zh: "本机串口只写 device；串口服务器只写 port，加 via 或 host",
        en: "write device alone, or port together with via or host",
      },
    };
  if (host !== undefined)
    return {
      what: { zh: "缺少串口服务器的端口 port", en: "the port of the serial server is missing" },
      fix: { zh: "加上 port: 4001（看串口服务器网页上这一口）", en: "add port: 4001, as its page has it" },
    };
  return {
    what: { zh: "没有写线路在哪里", en: "it does not say where the line is" },
    fix: {
      zh: "本机串口写 device: /dev/…；串口服务器写 via: 它的编号 和 port，并在它那里写 host",
      en: "write device: /dev/…, or via: ID of a serial server (which has a host) and port",
    },
  };
}

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
