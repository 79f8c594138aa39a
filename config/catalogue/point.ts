/**
 * What the catalogue says of one point.
 */
import type { RecordKind, Text } from "../schema/vocabulary.ts";

export interface CataloguePoint {
  id: string;
  text: Text;
  kind: RecordKind;
  type: "number" | "boolean" | "text";
  /** UCUM; exactly for numbers. */
  unit?: string;
  /** What people see: shown = value × factor in `unit`, rounded. */
  display?: { unit: string; decimals: number; factor?: number };
  /** Physically possible, in `unit`; outside is no value. */
  range?: readonly [min: number, max: number];
  /** Data level 1 to 4; a profile may raise it, never lower it. */
  level: 1 | 2 | 3 | 4;
  /** Smallest change worth storing; absent: every value is stored. For states any change is one. */
  deadband?: { abs: number } | { share: number };
  maxSilenceMs?: number;
  /** Names a person or a card: only a keyed digest may pass the driver. */
  identity?: true;
  /** A unit that counts this never moves faster, per hour in `unit` as it shows it itself. */
  perHour?: number;
  limits?: readonly Limit[];
}

export interface Limit {
  text: Text;
  above?: number;
  below?: number;
  /** Over which time the standard takes the mean; absent: at any time. */
  meanMs?: number;
  standard: string;
  /** True: the number was compared with a published text of the standard. False: recalled; read the standard before relying on it. */
  verified: boolean;
}
