/**
 * Reasons as a technician reads them, each with what to do next. What another explains leaves that to the other: its
 * own next step would send somebody to the wrong place. Pure.
 */
import { sayReason } from "../../config/catalogue/reasons.ts";
import type { Status } from "../../config/schema/status.ts";
import type { Reason } from "../../config/schema/vocabulary.ts";
import type { Language } from "./io.ts";
import { wrap } from "./wrap.ts";

/** Causes first, each with its next step; then what they explain. */
export function reasonLines(
  reasons: readonly Reason[],
  status: Status,
  lang: Language,
  width: number,
): string[] {
  const next = { zh: "下一步", en: "next" }[lang];
  const causes = new Set(reasons.flatMap((reason) => causesOf(reason, status)));
  const explained = reasons.filter((reason) => !causes.has(reason));
  return [
    ...[...causes].flatMap((reason) => {
      const said = sayReason(reason, lang, status.at);
      return [...wrap(said.line, width, 2), ...wrap(`  ${next}: ${said.next}`, width, 4)];
    }),
    ...explained.flatMap((reason) => {
      const { line } = sayReason(reason, lang, status.at);
      const by = { zh: `（由 ${reason.root} 引起）`, en: ` (because of ${reason.root})` }[lang];
      return wrap(line + by, width, 2);
    }),
  ];
}

/** What must be mended for this one to go: what explains it, or itself. */
export function causesOf(reason: Reason, status: Status): Reason[] {
  const { root, state } = reason;
  if (root === undefined) return [reason];
  const open = status.reasons.filter((other) => other.subject === root && other.root === undefined);
  const same = open.filter((other) => other.state === state);
  const causes = same.length > 0 ? same : open.filter((other) => other.state !== "ok");
  return causes.length > 0 ? causes : [reason];
}
