/**
 * The four tables of a Modbus device: coils, discrete inputs, input registers, holding registers.
 *
 * Holds: one request sees each field at one moment (a wide value is never half old, half new);
 * a write changes all of its cells or none; an address that nobody declared is illegal.
 */

export type Table = "coils" | "discrete" | "input" | "holding";

/** Exception codes of the application protocol (V1.1b3, 7). */
export const illegalFunction = 1;
export const illegalAddress = 2;
export const illegalValue = 3;

/** One value of a device: one or more cells (words of 16 bits, or bits) from `address` on. */
export interface Field {
  table: Table;
  /** The number on the wire, from 0. */
  address: number;
  /** Cells; default 1. */
  width?: number;
  /** What lies there now: as many cells as wide. */
  read(): readonly number[];
  /** Takes cells; an exception code when it will not have them. Absent: read only. */
  write?(cells: readonly number[]): number | undefined;
  /** Asked for every field of a write before any of them changes; an exception code refuses the whole. */
  accepts?(cells: readonly number[]): number | undefined;
  /** Cannot be read, as the command registers of some boards. */
  writeOnly?: boolean;
}

interface Cell {
  field: Field;
  offset: number;
}

export class Bank {
  readonly #cells: Record<Table, Map<number, Cell>> = {
    coils: new Map(),
    discrete: new Map(),
    input: new Map(),
    holding: new Map(),
  };
  readonly #zeros: { table: Table; first: number; last: number }[] = [];

  /** A later field takes the place of an earlier one. */
  add(...fields: readonly Field[]): this {
    for (const field of fields) {
      for (let offset = 0; offset < (field.width ?? 1); offset += 1) {
        this.#cells[field.table].set(field.address + offset, { field, offset });
      }
    }
    return this;
  }

  /** Addresses between fields that the device answers with 0 instead of an exception. */
  zeros(table: Table, first: number, last: number): this {
    this.#zeros.push({ table, first, last });
    return this;
  }

  /** The cells, or null when one of them is not there. */
  read(table: Table, address: number, count: number): number[] | null {
    const seen = new Map<Field, readonly number[]>();
    const out: number[] = [];
    for (let at = address; at < address + count; at += 1) {
      const cell = this.#cells[table].get(at);
      if (cell === undefined || cell.field.writeOnly === true) {
        if (!this.#isZero(table, at)) return null;
        out.push(0);
        continue;
      }
      const cells = seen.get(cell.field) ?? cell.field.read();
      seen.set(cell.field, cells);
      out.push(cells[cell.offset] ?? 0);
    }
    return out;
  }

  /** null when written, else the exception code. Part of a wide field keeps its other cells. */
  write(table: Table, address: number, values: readonly number[]): number | null {
    const changes = new Map<Field, number[]>();
    for (const [index, value] of values.entries()) {
      const cell = this.#cells[table].get(address + index);
      if (cell?.field.write === undefined) return illegalAddress;
      const cells = changes.get(cell.field) ?? [...cell.field.read()];
      cells[cell.offset] = value;
      changes.set(cell.field, cells);
    }
    for (const [field, cells] of changes) {
      const refused = field.accepts?.(cells);
      if (refused !== undefined) return refused;
    }
    for (const [field, cells] of changes) {
      const refused = field.write?.(cells);
      if (refused !== undefined) return refused;
    }
    return null;
  }

  #isZero(table: Table, at: number): boolean {
    return this.#zeros.some((range) => range.table === table && at >= range.first && at <= range.last);
  }
}

/** A field that only keeps what was written, one cell wide. */
export function stored(
  table: "coils" | "holding",
  address: number,
  initial = 0,
  accepts?: (value: number) => number | undefined,
): Field {
  let held = initial;
  return {
    table,
    address,
    read: () => [held],
    ...(accepts === undefined ? {} : { accepts: ([value = 0]) => accepts(value) }),
    write: ([value = 0]) => {
      held = value;
      return undefined;
    },
  };
}
