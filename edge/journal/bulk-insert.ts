/**
 * Inserts rows of one table in their order, many with one statement: a statement a row costs more than its row.
 * Holds: what was added is in the table after `flush`.
 */
import type { Statement } from "../sqlite.ts";

/** Most rows of one statement; a power of two. */
const mostRows = 64;

export class BulkInsert {
  readonly #columns: number;
  readonly #insert: string;
  readonly #prepare: (text: string) => Statement;
  /** By how many rows they insert. */
  readonly #statements = new Map<number, Statement>();
  #values: (string | number)[] = [];

  /** @param insert up to the word VALUES, which it leaves out */
  constructor(columns: number, insert: string, prepare: (text: string) => Statement) {
    this.#columns = columns;
    this.#insert = insert;
    this.#prepare = prepare;
  }

  add(...row: (string | number)[]): void {
    this.#values.push(...row);
    if (this.#values.length === mostRows * this.#columns) this.#run(mostRows);
  }

  /** By powers of two, so that there are few statements. */
  flush(): void {
    for (let rows = mostRows; rows >= 1; rows /= 2)
      if (this.#values.length >= rows * this.#columns) this.#run(rows);
  }

  #run(rows: number): void {
    let statement = this.#statements.get(rows);
    if (statement === undefined) {
      const row = `(${Array(this.#columns).fill("?").join()})`;
      statement = this.#prepare(`${this.#insert} VALUES ${Array(rows).fill(row).join()}`);
      this.#statements.set(rows, statement);
    }
    const values = this.#values;
    this.#values = values.splice(rows * this.#columns);
    statement.run(...values);
  }
}
