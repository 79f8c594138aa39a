/** The Modbus drivers: RS-485 lines, by a port of this machine or a serial server, and Modbus TCP. */
import type { Driver } from "../contract/index.ts";
import type {
  ModbusAction,
  ModbusProfile,
  ModbusSource,
  RtuAddress,
  RtuLink,
  TcpAddress,
  TcpLink,
} from "./fields.ts";
import { RtuSession } from "./rtu-session.ts";
import { modbusRtuKind, modbusTcpKind } from "./schema.ts";
import { TcpSession } from "./tcp-session.ts";

export const modbusRtuDriver: Driver<RtuLink, RtuAddress, ModbusProfile, ModbusSource, ModbusAction> = {
  kind: modbusRtuKind,
  open: (link, _devices, context, signal) => RtuSession.open(link, context, signal),
};

export const modbusTcpDriver: Driver<TcpLink, TcpAddress, ModbusProfile, ModbusSource, ModbusAction> = {
  kind: modbusTcpKind,
  async open(link, devices, context, signal) {
    signal.throwIfAborted();
    return new TcpSession(link, devices, context);
  },
};
