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
import { modbusRtuKind, modbusTcpKind, rtuLine, tcpLineOf } from "./schema.ts";
import { ModbusScrubber } from "./scrubber.ts";
import { TcpSession } from "./tcp-session.ts";

export const modbusRtuDriver: Driver<RtuLink, RtuAddress, ModbusProfile, ModbusSource, ModbusAction> = {
  kind: modbusRtuKind,
  async open(link, devices, context, signal) {
    const session = await RtuSession.open(link, context, signal);
    await session.update(devices);
    return session;
  },
  scrubber: (link, devices, context) =>
    new ModbusScrubber(
      { baud: link.baud, format: link.format, behind: "device" in link ? "port" : "serial-server" },
      { framing: "rtu", devices, lineOf: () => rtuLine(link) },
      context,
    ),
};

export const modbusTcpDriver: Driver<TcpLink, TcpAddress, ModbusProfile, ModbusSource, ModbusAction> = {
  kind: modbusTcpKind,
  async open(link, devices, context, signal) {
    signal.throwIfAborted();
    return new TcpSession(link, devices, context);
  },
  scrubber: (link, devices, context) =>
    new ModbusScrubber(
      {},
      { framing: "tcp", devices, lineOf: ({ address }) => tcpLineOf(link, address) },
      context,
    ),
};
