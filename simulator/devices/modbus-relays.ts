/** Relay boards with eight channels: one whose relays are coils, one whose relays are commands in registers. */
import { type Field, illegalValue } from "../modbus/bank.ts";
import type { ModbusSlave } from "../modbus/slave.ts";
import { type FactoryLine, type ModbusDeviceOptions, modbusDevice } from "./modbus-map.ts";
import { type OwnRegisters, ownFields } from "./modbus-own.ts";

export type RelayModel = "waveshare-8" | "r421a08";

export interface RelayBoard {
  slave: ModbusSlave;
  /** Which relays are closed, by channel from 0. Hands on the board may set them. */
  relays: boolean[];
}

export const relayLines: Record<RelayModel, FactoryLine> = {
  "waveshare-8": { baud: 9600, format: "8N1" },
  r421a08: { baud: 9600, format: "8N1" },
};

const channels = 8;
/** Code of the speed in the low byte; the high one, of parity, must be 0: none (register and codes recalled). */
const waveshareOwn: OwnRegisters = {
  unit: 0x4000,
  baud: 0x2000,
  bauds: { 0: 4800, 1: 9600, 2: 19_200, 3: 38_400, 4: 57_600, 5: 115_200 },
};
/** Coils that are commands: all together, and all the other way round. */
const allCoil = 0xff;
const toggleAllCoil = 0x1ff;

/** @param changed called with the channel after each relay that a master has moved */
export function relayBoard(
  model: RelayModel,
  options: ModbusDeviceOptions,
  changed: (channel: number, on: boolean) => void = () => undefined,
): RelayBoard {
  const relays = Array.from({ length: channels }, () => false);
  const set = (channel: number, on: boolean) => {
    if (relays[channel] === on) return;
    relays[channel] = on;
    changed(channel, on);
  };
  const functions = model === "waveshare-8" ? [1, 3, 5, 6, 15] : [3, 6];
  const slave = modbusDevice(options, { abilities: { functions } }, (bank, self) => {
    if (model === "waveshare-8") bank.add(...coilFields(relays, set), ...ownFields(self, waveshareOwn, 9600));
    else bank.add(...commandFields(relays, set));
  });
  return { slave, relays };
}

function coilFields(relays: readonly boolean[], set: (channel: number, on: boolean) => void): Field[] {
  const single = relays.map(
    (_, channel): Field => ({
      table: "coils",
      address: channel,
      read: () => [relays[channel] === true ? 1 : 0],
      write: ([bit]) => void set(channel, bit === 1),
    }),
  );
  const command = (address: number, act: (bit: number) => void): Field => ({
    table: "coils",
    address,
    writeOnly: true,
    read: () => [0],
    write: ([bit = 0]) => void act(bit),
  });
  return [
    ...single,
    command(allCoil, (bit) => relays.forEach((_, channel) => void set(channel, bit === 1))),
    command(toggleAllCoil, () => relays.forEach((on, channel) => void set(channel, !on))),
  ];
}

/** High byte: 1 on, 2 off, 3 the other way, 4 on and all others off. The commands that run on a timer are refused. */
function commandFields(relays: readonly boolean[], set: (channel: number, on: boolean) => void): Field[] {
  return relays.map(
    (_, channel): Field => ({
      table: "holding",
      address: channel + 1,
      read: () => [relays[channel] === true ? 1 : 0],
      accepts: ([word = 0]) => (word >>> 8 >= 1 && word >>> 8 <= 4 ? undefined : illegalValue),
      write: ([word = 0]) => {
        const command = word >>> 8;
        if (command === 4) relays.forEach((_on, other) => void set(other, other === channel));
        else set(channel, command === 1 || (command === 3 && relays[channel] !== true));
        return undefined;
      },
    }),
  );
}
