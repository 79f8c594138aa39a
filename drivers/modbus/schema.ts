/**
 * What Modbus adds to the configuration files: one driver, two kinds of link. Pure.
 */
import type { Kind } from "../../config/schema/kind.ts";
import { tcpLineName } from "../line/fields.ts";
import { checkAction } from "./action.ts";
import { assignmentOf } from "./assign.ts";
import { checkDevices, checkRtu } from "./check.ts";
import { describePlace, rawOf, sourceOf } from "./described.ts";
import {
  actionSchema,
  type ModbusAction,
  type ModbusDevice,
  type ModbusProfile,
  type ModbusSource,
  profileSchema,
  type RtuAddress,
  type RtuLink,
  rtuAddressSchema,
  rtuLinkSchema,
  sourceSchema,
  type TcpAddress,
  type TcpLink,
  tcpAddressSchema,
  tcpLinkSchema,
} from "./fields.ts";
import { type ModbusJob, planDevice } from "./plan.ts";
import { rtuLine, wayOf } from "./rtu-link.ts";
import { otherPaces, seekUnits } from "./seek.ts";
import { vectorReading } from "./vector.ts";

export * from "./fields.ts";
export type { JobPoint, ModbusBody, ModbusJob } from "./plan.ts";
export { rtuLine, wayOf } from "./rtu-link.ts";
export type { ModbusSeek } from "./seek.ts";

/** The line of a device of Modbus TCP: those behind one host and port share it. */
export const tcpLineOf = (link: TcpLink, { host, port }: TcpAddress): string =>
  tcpLineName(host, port ?? link.port);

const planRtu = (
  link: RtuLink,
  devices: readonly ModbusDevice<RtuAddress>[],
  turnarounds?: ReadonlyMap<string, number>,
): ModbusJob[] =>
  devices.flatMap((device) =>
    planDevice(device, {
      line: rtuLine(link),
      unit: device.address.unit,
      pace: link,
      way: wayOf(link),
      turnaroundMs: turnarounds?.get(device.id),
    }),
  );

const planTcp = (link: TcpLink, devices: readonly ModbusDevice<TcpAddress>[]): ModbusJob[] =>
  devices.flatMap((device) =>
    planDevice(device, { line: tcpLineOf(link, device.address), unit: device.address.unit }),
  );

const shared = {
  driver: "modbus",
  profile: profileSchema,
  source: sourceSchema,
  action: actionSchema,
  placeOf: describePlace,
  rawOf,
  sourceOf,
  checkAction,
  readVector: vectorReading,
} as const;

export const modbusRtuKind: Kind<RtuLink, RtuAddress, ModbusProfile, ModbusSource, ModbusAction> = {
  ...shared,
  kind: "modbus-rtu",
  link: rtuLinkSchema,
  address: rtuAddressSchema,
  line: rtuLine,
  lineOfAll: rtuLine,
  plan: planRtu,
  check: (link, devices, off) => {
    const polled = devices.filter(({ id }) => !off.has(id));
    const lines = devices.map(() => rtuLine(link));
    return checkRtu(link, devices, lines, polled, planRtu(link, polled));
  },
  seeks: (link, profiles) => seekUnits({ line: rtuLine(link), pace: link, way: wayOf(link) }, profiles),
  otherSettings: otherPaces,
  assignment: assignmentOf,
};

export const modbusTcpKind: Kind<TcpLink, TcpAddress, ModbusProfile, ModbusSource, ModbusAction> = {
  ...shared,
  kind: "modbus-tcp",
  link: tcpLinkSchema,
  address: tcpAddressSchema,
  line: tcpLineOf,
  plan: planTcp,
  check: (link, devices) =>
    checkDevices(
      devices,
      devices.map(({ address }) => tcpLineOf(link, address)),
    ),
};
