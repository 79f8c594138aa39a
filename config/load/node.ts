/** A file's YAML as a tree of texts with places. */
import type { Source } from "./source.ts";

export interface Base {
  source: Source;
  /** Offset in the file. */
  offset: number;
  /** Offset of the first character behind it. */
  end: number;
  /** What the value was written for, weakest first; absent: the entry's own. A row beats its template. */
  layer?: "template" | "row";
  /** Heading of its column, for a cell of a table. */
  heading?: string;
  /** How it was made, for what a template says; also for a row's text with parameters. */
  made?: Made;
}
/** One use of a template's words for one row. */
export interface Made {
  /** The same object for everything of one row. */
  row: { label: string; source: Source };
  /** The words and the values of parameters in them: when one of these has been told, so has what was made of it. */
  of: readonly Node[];
  /** The words, where the text itself stands in the row: it is the value of a parameter and nothing else. */
  words?: Scalar;
  /** For how many rows those words were used in all. */
  uses?: { count: number };
  /** The first value in the text that was written in the row, and for how many rows the words were used in all. */
  varying?: { value: Scalar; uses: { count: number } };
}
export interface Scalar extends Base {
  type: "scalar";
  text: string;
  /** Written without quotes. */
  plain: boolean;
}
export interface List extends Base {
  type: "list";
  items: Node[];
}
export interface Mapping extends Base {
  type: "mapping";
  entries: Map<string, Entry>;
}
export interface Entry {
  key: Scalar;
  value: Node;
}
export type Node = Scalar | List | Mapping;
