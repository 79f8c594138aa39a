/** One difference between two plans, as people read it. */
import type { Text } from "../../config/schema/vocabulary.ts";

/** In the order in which people should read them: what ends comes before what begins. */
export const changeKinds = ["question", "stops", "renamed", "restarts", "changes", "starts"] as const;
export type ChangeKind = (typeof changeKinds)[number];

export const changeSubjects = ["school", "page", "uplink", "link", "device"] as const;

export interface PlanChange {
  what: ChangeKind;
  of: (typeof changeSubjects)[number];
  id: string;
  /** One whole line for people, with what it means for history. */
  text: Text;
}
