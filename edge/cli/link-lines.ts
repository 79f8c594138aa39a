/**
 * Links as a technician reads them: how each is, how many of its devices are well, and how busy it is. Pure.
 */
import type { LinkStatus, Status } from "../../config/schema/status.ts";
import type { Language } from "./io.ts";

/** One mark for each state. */
export function mark(state: Status["state"]): string {
  return { ok: "●", degraded: "◆", down: "▲", off: "□", unknown: "…" }[state];
}

/** A link that is open is not well while none of its devices is. */
export function linkState({ state, devices }: LinkStatus): Status["state"] {
  if (state !== "ok" || devices.ok > 0 || devices.total === 0) return state;
  if (devices.down > 0) return "down";
  return devices.degraded > 0 ? "degraded" : devices.unknown > 0 ? "unknown" : state;
}

/** `rs1 ▲ 0/8` */
export const linkMark = (link: LinkStatus): string =>
  `${link.id} ${mark(linkState(link))} ${link.devices.ok}/${link.devices.total}`;

/** How busy a polled link is, and what it had no time for; null: nothing is polled there. */
export function busyPart({ busyShare, cyclesMissed }: LinkStatus, lang: Language): string | null {
  if (cyclesMissed === undefined) return null;
  const share = busyShare === undefined ? "–" : `${Math.round(100 * busyShare)} %`;
  if (cyclesMissed === 0) return share;
  return (
    share +
    (lang === "zh" ? ` (启动后漏 ${cyclesMissed} 次)` : ` (${cyclesMissed} polls missed since the start)`)
  );
}
