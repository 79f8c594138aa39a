/**
 * Tells changes of state: once per change, and how long it lasted when all is well again.
 * "Too early to say" is no change: whoever was down stays down until it is known to be well.
 */
import type { Log } from "../../config/schema/context.ts";
import type { HealthState } from "../../config/schema/vocabulary.ts";
import { type Assessment, codeOf } from "./assess.ts";
import type { Change } from "./facts.ts";
import type { Verdict } from "./verdict.ts";

interface Known {
  state: HealthState;
  /** Monotonic ms since when it is not well; null while well or not yet known. */
  unwellSince: number | null;
}

export class Watch {
  #known = new Map<string, Known>();

  /** Changes since the last call. */
  step(assessment: Assessment, gateway: string, now: number): Change[] {
    const next = new Map<string, Known>();
    const changes: Change[] = [];
    const look = (of: Change["of"], subject: string, judged: Verdict, points: Iterable<Verdict> = []) => {
      const key = `${of} ${subject}`;
      const before = this.#known.get(key) ?? { state: "unknown", unwellSince: null };
      if (judged.state === "unknown" || judged.state === before.state) {
        next.set(key, before);
        return;
      }
      const unwell = judged.state === "degraded" || judged.state === "down";
      const worst = judged.findings[0];
      const unwellSince = unwell ? (before.unwellSince ?? Math.min(worst?.since ?? now, now)) : null;
      next.set(key, { state: judged.state, unwellSince });
      const change: Change = { subject, of, from: before.state, to: judged.state, at: assessment.wall(now) };
      const code = codeOf(judged, points);
      if (code !== undefined) change.code = code;
      if (unwell && worst?.root !== undefined) change.root = worst.root;
      if (!unwell && before.unwellSince !== null) change.lastedMs = Math.round(now - before.unwellSince);
      changes.push(change);
    };
    look("gateway", gateway, assessment.gateway);
    for (const [id, judged] of assessment.uplinks) look("uplink", id, judged);
    for (const [id, judged] of assessment.links) look("link", id, judged);
    for (const [id, judged] of assessment.devices) look("device", id, judged, judged.points.values());
    this.#known = next;
    return changes;
  }
}

const sentences: Record<Change["of"], string> = {
  gateway: "the gateway's health changed",
  uplink: "an uplink's health changed",
  link: "a link's health changed",
  device: "a device's health changed",
};

/** One line per change; what another change explains, and the first time that all is well, only for debugging. */
export function logChange(log: Log, { of, subject, at: _, ...rest }: Change): void {
  const fields = { [of]: subject, ...rest };
  const quiet =
    rest.root !== undefined || (rest.from === "unknown" && (rest.to === "ok" || rest.to === "off"));
  const way = quiet ? "debug" : rest.to === "ok" || rest.to === "off" ? "info" : "warn";
  log[of === "gateway" && rest.to === "down" ? "error" : way](fields, sentences[of]);
}
