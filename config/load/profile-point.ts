/**
 * One point of a device model as its profile says.
 */
import type { CataloguePoint } from "../catalogue/points.ts";
import type { InferredPlan } from "../schema/plan.ts";
import type { Value } from "../schema/vocabulary.ts";
import type { ProfilePoint } from "./shape/profile.ts";
import type { Mapping } from "./tree.ts";

export interface ProfilePointPlan {
  id: string;
  catalogue: CataloguePoint;
  settings: Partial<ProfilePoint>;
  /** Where the kind finds it; nothing for what is inferred. */
  source: unknown;
  /** On and off by the power of what feeds the device. */
  inferred?: Pick<InferredPlan, "onW" | "offW">;
  sentinels: readonly Value[];
  /** The part of `scale` that its options make, such as ct × pt: what stands in front of the unit. */
  ratio: number;
  enum?: ReadonlyMap<string, string | boolean>;
  /** The profile's entry, for places. */
  body: Mapping;
  /** The whole profile, for places. */
  whole: Mapping;
}
