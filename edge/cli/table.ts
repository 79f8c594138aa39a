/**
 * Columns that stand below each other also where a cell is Chinese. Pure.
 */
import { columns } from "../../config/load/print-problem.ts";

/** Beyond this a cell does not push the next column. */
const widest = 40;

/** Lines of rows with the same number of cells; two blanks between columns, none at an end. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, index) =>
    Math.max(...rows.map((row) => columns(row[index] ?? "")).filter((width) => width <= widest), 0),
  );
  return rows.map((row) =>
    row
      .map((cell, index) => cell + " ".repeat(Math.max(0, (widths[index] ?? 0) - columns(cell))))
      .join("  ")
      .trimEnd(),
  );
}
