/**
 * Air-conditioner gateways: one bound to the unit's bus, and an infrared one that only believes what it has sent.
 *
 * Holds: the room's temperature is the source's; the one on the bus says what its unit does, whoever has set that, and the
 * other what it was told last; between two bursts of infrared there is a pause, and a write that comes before is refused
 * as busy (exception 6).
 */
import type { Clock } from "../../config/schema/context.ts";
import { type Field, illegalValue } from "../modbus/bank.ts";
import type { ModbusSlave } from "../modbus/slave.ts";
import { systemClock } from "../system-clock.ts";
import type { AcFan, AcMode, AcState, AcUnit } from "./ac-unit.ts";
import { type FactoryLine, type ModbusDeviceOptions, modbusDevice, steps } from "./modbus-map.ts";
import { ownFields } from "./modbus-own.ts";

export interface AcOptions extends ModbusDeviceOptions {
  /** °C in the room; asked at every request. */
  roomTemperature(): number | null;
  /** Least pause between two writes, ms; default 3000 for the infrared one, 0 for the other. */
  burstMs?: number;
  /** What it controls; default: a unit that is nowhere, whose state is that of the gateway. */
  controls?: AcUnit;
  clock?: Clock;
}

export interface AcGateway {
  slave: ModbusSlave;
  /** What the gateway takes for the unit's state. */
  state: AcState;
  /** Infrared: false while something stands in front of the eye, and what is sent is lost. */
  isSeen: boolean;
  /** Monotonic ms of each write. */
  bursts: number[];
}

/** `onokom-air`: mode 0 is off, temperatures in hundredths. `ir`: one register each, enumerations as Tuya has them. */
export type AcModel = "onokom-air" | "ir";

export const acLines: Record<AcModel, FactoryLine> = {
  "onokom-air": { baud: 9600, format: "8N1" },
  ir: { baud: 9600, format: "8N1" },
};

type Codes<Name extends string> = Readonly<Partial<Record<Name, number>>>;

const onokomModes: Codes<AcMode> = { heat: 1, cool: 2, auto: 3, dry: 4, fan: 5 };
const onokomFans: Codes<AcFan> = { auto: 0, quiet: 1, low: 2, medium: 5, high: 8 };
const irModes: Codes<AcMode> = { cool: 0, heat: 1, auto: 2, fan: 3, dry: 4 };
const irFans: Codes<AcFan> = { auto: 0, low: 1, medium: 2, high: 3 };
const busy = 6;

export function acGateway(model: AcModel, options: AcOptions): AcGateway {
  const { roomTemperature, burstMs = model === "ir" ? 3000 : 0, controls, clock = systemClock } = options;
  const state: AcState = { power: false, mode: "cool", target: 26, fan: "auto" };
  const bursts: number[] = [];
  const gateway = { state, bursts, isSeen: true };
  const hear = () => {
    if (model === "onokom-air" && controls !== undefined) Object.assign(state, controls.now().state);
  };
  /** One request is one burst, however many registers it writes: all are asked before the first is written. */
  let askedMs = 0;
  const tooSoon = () => {
    askedMs = clock.monotonicMs();
    return askedMs - (bursts.at(-1) ?? Number.NEGATIVE_INFINITY) < burstMs;
  };
  /** A register that can be written, with what it may hold and what then happens. */
  const knob = (
    address: number,
    read: () => number,
    known: (word: number) => boolean,
    write: (word: number) => void,
  ): Field => ({
    table: "holding",
    address,
    read: () => {
      hear();
      return [read() & 0xffff];
    },
    accepts: ([word = 0]) => (known(word) ? (tooSoon() ? busy : undefined) : illegalValue),
    write: ([word = 0]) => {
      if (bursts.at(-1) !== askedMs) bursts.push(askedMs);
      hear();
      write(word);
      // A full state every time: an infrared unit has no other.
      if (gateway.isSeen) controls?.tell({ ...state });
      return undefined;
    },
  });
  const room = (address: number, perDegree: number): Field => ({
    table: "holding",
    address,
    read: () => [(steps(roomTemperature(), perDegree) ?? 0x7fff) & 0xffff],
  });
  const fan = (address: number, codes: Codes<AcFan>) =>
    knob(
      address,
      () => codes[state.fan] ?? 0,
      (word) => nameOf(codes, word) !== null,
      (word) => {
        state.fan = nameOf(codes, word) ?? state.fan;
      },
    );
  const target = (address: number, perDegree: number, least: number) =>
    knob(
      address,
      () => Math.round(state.target * perDegree),
      (word) => word >= least * perDegree && word <= 30 * perDegree,
      (word) => {
        state.target = word / perDegree;
      },
    );
  const slave = modbusDevice(options, { abilities: { functions: [3, 6, 16] } }, (bank, self) => {
    if (model === "onokom-air") {
      const mode = knob(
        2,
        () => (state.power ? (onokomModes[state.mode] ?? 0) : 0),
        (word) => word === 0 || nameOf(onokomModes, word) !== null,
        (word) => {
          state.power = word !== 0;
          state.mode = nameOf(onokomModes, word) ?? state.mode;
        },
      );
      const active = () => {
        hear();
        return [state.power ? 1 : 0];
      };
      const activity: Field = { table: "holding", address: 6, read: active };
      bank.add(mode, room(3, 100), target(5, 100, 17), activity, fan(8, onokomFans));
      bank.zeros("holding", 0, 8);
      return;
    }
    const power = knob(
      0,
      () => (state.power ? 1 : 0),
      (word) => word <= 1,
      (word) => {
        state.power = word === 1;
      },
    );
    const mode = knob(
      1,
      () => irModes[state.mode] ?? 0,
      (word) => nameOf(irModes, word) !== null,
      (word) => {
        state.mode = nameOf(irModes, word) ?? state.mode;
      },
    );
    bank.add(
      power,
      mode,
      target(2, 1, 16),
      fan(3, irFans),
      room(4, 10),
      ...ownFields(self, { unit: 0x100 }, 9600),
    );
  });
  return Object.assign(gateway, { slave });
}

function nameOf<Name extends string>(codes: Codes<Name>, code: number): Name | null {
  for (const name in codes) if (codes[name] === code) return name;
  return null;
}
