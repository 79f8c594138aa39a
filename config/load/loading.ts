/**
 * What the parts of one load share: what is known from outside, and what is already known to be incomplete.
 */
import type { Kind, UplinkKind, VectorReading } from "../schema/kind.ts";
import type { DevicePoints } from "../schema/plan.ts";
import type { Text, Value } from "../schema/vocabulary.ts";
import type { Findings } from "./findings.ts";
import type { NotYet } from "./not-yet.ts";
import type { SecretStore } from "./secrets.ts";

/** Values in the catalogue's units by point, null for none; and what is wrong with single points. */
export type Meaning = (
  device: DevicePoints,
  samples: VectorReading["samples"],
) => { values: ReadonlyMap<string, Value>; faults: ReadonlyMap<string, Text> };

export interface Loading {
  findings: Findings;
  notYet: NotYet;
  secrets: SecretStore;
  kinds: readonly Kind[];
  uplinkKinds: readonly UplinkKind[];
  /** Wall ms UTC of this load: decides where a moved device is now. */
  nowMs: number;
  /** What raw values of a device mean; absent: no test vector is run. */
  meaning?: Meaning;
  /**
   * A part is true when some of it could not be read: a reference that finds nothing there
   * may be right, so it is not told.
   */
  incomplete: { entries: boolean; spaces: boolean; profiles: boolean };
}
