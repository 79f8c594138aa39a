/**
 * What the parts of one load share: what is known from outside, and what is already known to be incomplete.
 */
import type { Kind, UplinkKind } from "../schema/kind.ts";
import type { Findings } from "./findings.ts";
import type { NotYet } from "./not-yet.ts";
import type { SecretStore } from "./secrets.ts";

export interface Loading {
  findings: Findings;
  notYet: NotYet;
  secrets: SecretStore;
  kinds: readonly Kind[];
  uplinkKinds: readonly UplinkKind[];
  /** Wall ms UTC of this load: decides where a moved device is now. */
  nowMs: number;
  /**
   * A part is true when some of it could not be read: a reference that finds nothing there
   * may be right, so it is not told.
   */
  incomplete: { entries: boolean; spaces: boolean; profiles: boolean };
}
