/** What is told what to do over Modbus, on the RS-485 line of its floor, and moves its room. */
import type { Clock } from "../../config/schema/context.ts";
import type { Fittings } from "../devices/fittings.ts";
import { acGateway } from "../devices/modbus-ac.ts";
import type { ModbusDeviceOptions } from "../devices/modbus-map.ts";
import { relayBoard } from "../devices/modbus-relays.ts";
import type { ModbusSlave } from "../modbus/slave.ts";

/** What the relays of a board in a classroom switch, from the first on. */
const lamps = ["desks", "board"] as const;

/** @returns null when its model is none of these */
export function controlSlave(
  model: string,
  fittings: () => Fittings,
  options: ModbusDeviceOptions,
  clock: Clock,
): ModbusSlave | null {
  switch (model) {
    case "onokom-air-ac":
    case "ir-ac-modbus": {
      const controls = fittings().ac;
      const roomTemperature = () => controls.now().celsius;
      const kind = model === "ir-ac-modbus" ? "ir" : "onokom-air";
      return acGateway(kind, { ...options, controls, roomTemperature, clock }).slave;
    }
    case "waveshare-relay-8":
      return relayBoard("waveshare-8", options, (channel, on) => {
        const which = lamps[channel];
        if (which !== undefined) fittings().lamps(which, on);
      }).slave;
    default:
      return null;
  }
}
