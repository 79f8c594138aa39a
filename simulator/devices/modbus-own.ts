/**
 * The registers in which Modbus devices keep their own address and speed.
 *
 * Registers and codes are those of our facts about the models where these have them. Of when a setting comes into effect only
 * XY-MD02's is known (after power was off); the others are made so that each way occurs. What is out of range is exception 3.
 */
import { type Field, illegalValue } from "../modbus/bank.ts";
import type { ModbusSlave, OwnSettings } from "../modbus/slave.ts";
import { fromWords, toWords, type WordType, widthOf } from "../modbus/words.ts";

export interface OwnRegisters {
  unit?: number;
  baud?: number;
  /** Both in one: the address in the high byte, the code of the speed in the low one. */
  both?: number;
  /** Speed by the code that stands for it. */
  bauds?: Readonly<Record<number, number>>;
  /** Default uint16. */
  type?: "uint16" | "float32";
  /** The largest address; default 247. */
  mostUnit?: number;
  /** They can be written and not read. */
  writeOnly?: boolean;
  /** Of the address and of the speed; default: at once. */
  from?: Partial<Record<keyof OwnSettings, "at once" | "power">>;
  /** The answer to whoever has changed it comes as from the changed one. */
  answersAsNew?: boolean;
}

/** Codes of many makers, and those that hold the rate itself. */
export const fewBauds = { 0: 2400, 1: 4800, 2: 9600 } as const;
export const ratesAs = (...rates: number[]): Record<number, number> =>
  Object.fromEntries(rates.map((rate) => [rate, rate]));

const numberOf = (type: WordType, cells: readonly number[]): number =>
  type === "float32"
    ? Buffer.from(cells.flatMap((cell) => [cell >> 8, cell & 0xff])).readFloatBE()
    : fromWords(cells);

/** @param initial its speed as it is delivered, while it has none of its own */
export function ownFields(slave: ModbusSlave, own: OwnRegisters, initial: number): Field[] {
  const { type = "uint16", bauds = {}, mostUnit = 247, from = {}, writeOnly = false } = own;
  slave.answersAsNew = own.answersAsNew ?? false;
  const isUnit = (unit: number) => Number.isInteger(unit) && unit >= 1 && unit <= mostUnit;
  const set = (what: keyof OwnSettings, value: number) =>
    slave.set({ [what]: value }, from[what] ?? "at once");
  const codeNow = () => {
    const found = Object.entries(bauds).find(([, baud]) => baud === (slave.saved.baud ?? initial));
    return Number(found?.[0] ?? 0);
  };
  const number = (
    address: number,
    read: () => number,
    is: (value: number) => boolean,
    put: (value: number) => void,
  ) =>
    ({
      table: "holding",
      address,
      width: widthOf(type),
      writeOnly,
      read: () => toWords(type, read()),
      accepts: (cells) => (is(numberOf(type, cells)) ? undefined : illegalValue),
      write: (cells) => void put(numberOf(type, cells)),
    }) satisfies Field;
  const fields: Field[] = [];
  if (own.unit !== undefined)
    fields.push(
      number(
        own.unit,
        () => slave.saved.unit,
        isUnit,
        (unit) => set("unit", unit),
      ),
    );
  if (own.baud !== undefined)
    fields.push(
      number(
        own.baud,
        codeNow,
        (code) => code in bauds,
        (code) => set("baud", bauds[code] ?? initial),
      ),
    );
  if (own.both !== undefined)
    fields.push(
      number(
        own.both,
        () => slave.saved.unit * 256 + codeNow(),
        (both) => isUnit(both >> 8) && (both & 0xff) in bauds,
        (both) => {
          set("unit", both >> 8);
          set("baud", bauds[both & 0xff] ?? initial);
        },
      ),
    );
  return fields;
}
