/**
 * The fields of every link that is a serial line: a port of this machine, or one of a serial server. Pure.
 */
import { z } from "zod";
import { withPort } from "../../config/schema/address.ts";
import { type Complaint, complain, host, integer } from "../../config/schema/scalar.ts";
import { bauds, type Format, formats, type Pace } from "./pace.ts";

/** A serial port of this machine, or one of a serial server that passes bytes through. */
export type SerialEnd = { device: string } | { host: string; port: number };
export type SerialLink = Pace & SerialEnd;

/** What two must never use at once. */
export const tcpLineName = (host: string, port: number): string => `tcp:${withPort(host, port)}`;
export const serialLineName = (end: SerialEnd): string =>
  "device" in end ? `serial:${end.device}` : tcpLineName(end.host, end.port);

export const tcpPort = integer(1, 65_535);

export const serialPort = z.string().transform((raw, context): string => {
  if (/^\/[\x21-\x7e]{1,255}$/.test(raw)) return raw;
  return complain(context, {
    what: { zh: `“${raw}” 不是串口`, en: `"${raw}" is no serial port` },
    fix: {
      zh: "写 /dev/serial/by-id/… 或 /dev/ttyS4 这样的完整路径",
      en: "write the whole path, such as /dev/serial/by-id/… or /dev/ttyS4",
    },
  });
});

/** The TCP port of a line at its serial server; who writes a serial port of this machine there is told its word. */
const serverPort = z
  .string()
  .transform((raw, context): string => {
    if (!/^(\/dev\/|tty)/.test(raw)) return raw;
    return complain(context, {
      what: {
        zh: `port 是串口服务器的 TCP 端口，“${raw}” 是本机的串口`,
        en: `port is the TCP port of a serial server; "${raw}" is a serial port of this machine`,
      },
      fix: { zh: "把 port: 改成 device:", en: "write device: instead of port:" },
    });
  })
  .pipe(tcpPort);

/** How a serial server is set: each way belongs to one kind of link. */
export const modeOf = (mode: "transparent" | "gateway", fix: Complaint["fix"]) =>
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

const speed = z
  .enum(bauds)
  .transform(Number)
  .describe("Speed of the line; behind a serial server the one set on its page");
const format = z
  .enum(formats)
  .describe("Data bits, parity, stop bits; behind a serial server those set on its page");

/**
 * The keys of a serial link.
 * @param usual what its devices are delivered with, taken where nothing is written; absent: it must be written
 * @param gateway what to do when the serial server speaks a protocol of its own
 */
export const serialLinkSchema = (
  gateway: Complaint["fix"],
  usual?: { baud: (typeof bauds)[number]; format: Format },
) =>
  z
    .strictObject({
      device: serialPort
        .optional()
        .describe("Serial port of this machine, best by /dev/serial/by-id/…, which stays the same"),
      host: host
        .optional()
        .describe("Serial server in front of the line; absent: that of the device named by via"),
      port: serverPort.optional().describe("TCP port of this line at the serial server"),
      baud: usual === undefined ? speed : speed.prefault(usual.baud),
      format: usual === undefined ? format : format.prefault(usual.format),
      mode: modeOf("transparent", gateway)
        .optional()
        .describe("How the serial server is set: transparent, that is, without a protocol of its own"),
    })
    .transform(({ device, host, port, baud, format, mode }, context): SerialLink => {
      if (device !== undefined && host === undefined && port === undefined && mode === undefined)
        return { baud, format, device };
      if (device === undefined && host !== undefined && port !== undefined)
        return { baud, format, host, port };
      return complain(context, wrongEnd(device, host));
    });

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
