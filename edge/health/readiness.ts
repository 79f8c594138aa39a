/** Whether this gateway can take data, and why not, in the language of the school; for anybody, so without addresses. */
import { sayReason } from "../../config/catalogue/reasons.ts";
import type { Assessment } from "./assess.ts";
import type { Memory } from "./memory.ts";
import { reasonWithoutWords } from "./without-words.ts";

export function readiness(
  { gateway, links, plan }: Memory,
  { reasons }: Assessment,
  wallMs: number,
): { ready: boolean; why: string[] } {
  const said = (level: "gateway" | "bus", subject: string, otherwise: string) => {
    const reason = reasons.find((r) => r.level === level && r.subject === subject && r.state === "down");
    return reason === undefined
      ? otherwise
      : sayReason(reasonWithoutWords(reason), plan.school.language, wallMs).line;
  };
  const journal = gateway.journal?.state ?? "opening";
  const why = journal === "open" ? [] : [said("gateway", plan.school.gateway, `journal: ${journal}`)];
  for (const link of links.values()) if (!link.open) why.push(said("bus", link.id, `${link.id}: opening`));
  return { ready: why.length === 0, why };
}
