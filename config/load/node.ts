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
