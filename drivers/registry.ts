/**
 * The one visible list of drivers: their part of the files at once, their code when a link needs it.
 */
import type { Kind } from "../config/schema/kind.ts";
import type { Driver } from "./contract/index.ts";
import {
  displaySerialKind,
  displayTcpKind,
  hexSerialKind,
  hexTcpKind,
  pjlinkKind,
} from "./display/schema.ts";
import { dltKind } from "./dlt645/schema.ts";
import { modbusRtuKind, modbusTcpKind } from "./modbus/schema.ts";
import { mqttExternalKind } from "./mqtt/external/schema.ts";
import { mqttKind } from "./mqtt/schema.ts";
import { onvifKind } from "./onvif/schema.ts";
import { readerKind } from "./reader/schema.ts";
import { serialKind } from "./serial/schema.ts";
import { zhonghongKind } from "./zhonghong/schema.ts";

/** What every driver adds to the configuration files; pure, nothing of a protocol is loaded for it. */
export const kinds = [
  mqttKind,
  mqttExternalKind,
  modbusRtuKind,
  modbusTcpKind,
  dltKind,
  readerKind,
  serialKind,
  zhonghongKind,
  pjlinkKind,
  displaySerialKind,
  displayTcpKind,
  hexSerialKind,
  hexTcpKind,
  onvifKind,
] as unknown as readonly Kind[];

const drivers: Readonly<Record<string, () => Promise<Driver>>> = {
  "mqtt-broker": async () => (await import("./mqtt/index.ts")).mqttDriver as unknown as Driver,
  "mqtt-external": async () => (await import("./mqtt/index.ts")).mqttExternalDriver as unknown as Driver,
  "modbus-rtu": async () => (await import("./modbus/index.ts")).modbusRtuDriver as unknown as Driver,
  dlt645: async () => (await import("./dlt645/index.ts")).dltDriver as unknown as Driver,
  zhonghong: async () => (await import("./zhonghong/index.ts")).zhonghongDriver as unknown as Driver,
  "modbus-tcp": async () => (await import("./modbus/index.ts")).modbusTcpDriver as unknown as Driver,
  reader: async () => (await import("./reader/index.ts")).readerDriver as unknown as Driver,
  serial: async () => (await import("./serial/index.ts")).serialDriver as unknown as Driver,
  pjlink: async () => (await import("./display/index.ts")).pjlinkDriver as unknown as Driver,
  "display-serial": async () => (await import("./display/index.ts")).displaySerialDriver as unknown as Driver,
  "display-tcp": async () => (await import("./display/index.ts")).displayTcpDriver as unknown as Driver,
  "hex-serial": async () => (await import("./display/index.ts")).hexSerialDriver as unknown as Driver,
  "hex-tcp": async () => (await import("./display/index.ts")).hexTcpDriver as unknown as Driver,
  onvif: async () => (await import("./onvif/index.ts")).onvifDriver as unknown as Driver,
};

/**
 * Loads the driver of a link kind.
 * @throws when there is none of that name; the loader lets only known kinds through
 */
export async function openDriver(kind: string): Promise<Driver> {
  const load = Object.hasOwn(drivers, kind) ? drivers[kind] : undefined;
  if (load === undefined) throw new Error(`there is no driver for links of kind ${kind}`);
  return load();
}
