/** Register maps of simulated devices as rows, and the device that serves them. */
import { Bank, type Field } from "../modbus/bank.ts";
import type { Abilities } from "../modbus/pdu.ts";
import { ModbusSlave, type SlaveOptions } from "../modbus/slave.ts";
import { toWords, type WordOrder, type WordType, widthOf } from "../modbus/words.ts";

/** What every simulated Modbus device can be told. */
export type ModbusDeviceOptions = Omit<SlaveOptions, "bank" | "aliases">;

/** How a model is delivered. */
export interface FactoryLine {
  baud: number;
  format: string;
}

/** One value of a map. `of` gives the raw value in the register's own steps; null: the device has none now. */
export interface Row<Values> {
  table?: "holding" | "input";
  address: number;
  type: WordType;
  order?: WordOrder;
  of(values: Values): number | bigint | null | undefined;
}

/** Fields that ask the source at every request; the table is that of the row, else `table`. */
export function fieldsOf<Values>(
  rows: readonly Row<Values>[],
  source: () => Values,
  table: "holding" | "input",
): Field[] {
  return rows.map((row) => ({
    table: row.table ?? table,
    address: row.address,
    width: widthOf(row.type),
    read: () => toWords(row.type, row.of(source()) ?? missing(row.type), row.order),
  }));
}

/** A value in steps of a scale: 27.1 in tenths is 271. */
export function steps(value: number | null | undefined, perUnit: number): number | null {
  return value == null ? null : Math.round(value * perUnit);
}

/** A slave on its own bank; `build` adds the fields, and may use the slave itself. */
export function modbusDevice(
  options: ModbusDeviceOptions,
  model: { abilities: Partial<Abilities>; aliases?: readonly number[] },
  build: (bank: Bank, slave: ModbusSlave) => void,
): ModbusSlave {
  const bank = new Bank();
  const slave = new ModbusSlave({
    ...options,
    bank,
    abilities: { ...model.abilities, ...options.abilities },
    ...(model.aliases === undefined ? {} : { aliases: model.aliases }),
  });
  build(bank, slave);
  return slave;
}

/** What makers write for a value that is not there: the largest of a signed type, all ones, or NaN. */
function missing(type: WordType): number | bigint {
  if (type.startsWith("float")) return Number.NaN;
  const bits = BigInt(widthOf(type) * 16);
  if (type.startsWith("bcd")) return 10n ** (bits / 4n) - 1n;
  return type.startsWith("int") ? 2n ** (bits - 1n) - 1n : 2n ** bits - 1n;
}
