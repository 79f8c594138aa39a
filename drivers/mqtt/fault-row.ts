/** One row of the tables of fault codes, and how to write one. */
import type { Text } from "../../config/schema/vocabulary.ts";
import type { Fault } from "../contract/index.ts";

export type Row = Pick<Fault, "layer" | "retry"> & { what: Text };

export const row = (layer: Fault["layer"], retry: Fault["retry"], zh: string, en: string): Row => ({
  layer,
  retry,
  what: { zh, en },
});
