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

/** Well links of one device each that get a line of their own, and that are named when there are more. */
const mostAlone = 3;

/** Links that are told together: each has one device, which is well. */
function together(links: readonly LinkStatus[]): ReadonlySet<LinkStatus> {
  const quiet = links.filter(
    (link) =>
      link.listening === undefined &&
      link.devices.total === 1 &&
      link.devices.ok === 1 &&
      linkState(link) === "ok" &&
      (link.cyclesMissed ?? 0) === 0,
  );
  return new Set(quiet.length > mostAlone ? quiet : []);
}

/** A line for each link; many that are well and have one device each are one line. */
export function linkLines(links: readonly LinkStatus[], lang: Language): string[] {
  const zh = lang === "zh";
  const quiet = together(links);
  const lines = links
    .filter((link) => !quiet.has(link))
    .map((link) => {
      const { listening } = link;
      const where = zh ? ` · 监听 ${listening}` : ` · listening at ${listening}`;
      return linkMark(link) + (listening === undefined ? "" : where);
    });
  if (quiet.size === 0) return lines;
  const named = [...quiet].slice(0, mostAlone).map(({ id }) => id);
  const all = zh
    ? `${named.join("、")} 等 ${quiet.size} 条 ${mark("ok")} 各 1/1`
    : `${named.join(", ")} and ${quiet.size - mostAlone} more ${mark("ok")} 1/1 each`;
  return [...lines, all];
}

/** How busy the links are that are polled; those that are told together are left out. */
export function busyParts(links: readonly LinkStatus[], lang: Language): string[] {
  const quiet = together(links);
  return links.flatMap((link) => {
    const part = quiet.has(link) ? null : busyPart(link, lang);
    return part === null ? [] : [`${link.id} ${part}`];
  });
}

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
