/**
 * Verdicts of all links, and what they explain: a link its devices, a broken cable those behind the break, a line
 * that answers wrongly those whose answers are wrong, a serial server all links that it carries.
 */
import type { DeviceVerdict } from "./device.ts";
import { isSilent, type LinkHealth } from "./link.ts";
import type { Memory } from "./memory.ts";
import { type Finding, type Verdict, verdict } from "./verdict.ts";

interface Member {
  judged: DeviceVerdict;
  space: string;
  silentSince: number | null;
  noticedMs: number;
}

/** The serial server, or whatever carries a link, cannot be reached. */
const unreachable = "E101";
const silent = "E113";

/** Marks findings of `devices` that a link explains. */
export function judgeLinks(
  memory: Memory,
  devices: Map<string, DeviceVerdict>,
  now: number,
): Map<string, Verdict> {
  const members = new Map<string, Member[]>([...memory.links.keys()].map((id) => [id, []]));
  for (const [id, health] of memory.devices) {
    const judged = devices.get(id);
    if (health.trial || judged === undefined) continue;
    members.get(health.link)?.push({
      judged,
      space: health.plan.space,
      silentSince: isSilent(judged) ? (judged.findings[0]?.since ?? now) : null,
      noticedMs: health.noticedMs,
    });
  }
  const links = new Map<string, Verdict>();
  for (const [id, link] of memory.links) {
    const on = members.get(id) ?? [];
    const findings = [...own(link, on, now), ...memory.strangers.findings(id, now)];
    links.set(id, verdict(findings, link.open ? "ok" : "unknown"));
  }
  explainByCarrier(memory, links, members);
  return links;
}

function own(link: LinkHealth, on: readonly Member[], now: number): Finding[] {
  const findings = link.findings(on.length, now);
  explain(on, link.id, findings);
  const common = link.commonCause(on.map(({ judged }) => judged));
  if (common !== null) {
    for (const { judged } of on) mark(judged, link.id);
    return [...findings, common];
  }
  const broken = link.brokenCable(on);
  if (broken !== null) {
    for (const { judged } of broken.silent) mark(judged, link.id);
    findings.push(broken.finding);
  }
  if (link.polled) tellOthers(on);
  return findings;
}

const mark = ({ findings }: DeviceVerdict, root: string) => {
  for (const finding of findings) finding.root = root;
};

/** What the whole line has, its devices have because of it; and it is as bad as what it does to them. */
function explain(on: readonly Member[], link: string, findings: readonly Finding[]): void {
  const byCode = new Map(findings.map((finding) => [finding.code, finding]));
  for (const { judged } of on)
    for (const finding of judged.findings) {
      const cause = byCode.get(finding.code);
      if (cause === undefined) continue;
      finding.root = link;
      if (finding.state === "down") cause.state = "down";
    }
}

/** That others on its line answer says that the line is sound. */
function tellOthers(on: readonly Member[]): void {
  const others = on.filter(({ judged: { state } }) => state === "ok").length;
  if (others === 0) return;
  for (const { judged } of on)
    for (const finding of judged.findings) if (finding.code === silent) finding.facts.others = others;
}

/** Links whose common carrier cannot be reached are one trouble, told of the first. */
function explainByCarrier(
  memory: Memory,
  links: ReadonlyMap<string, Verdict>,
  members: ReadonlyMap<string, readonly Member[]>,
): void {
  const carried = Map.groupBy(
    [...memory.links.values()].filter(({ via }) => via !== undefined),
    ({ via }) => via,
  );
  for (const [box = null, all] of carried) {
    const findings = all.map(({ id }) => links.get(id)?.findings.find(({ code }) => code === unreachable));
    const [first, told] = [all[0], findings[0]];
    if (first === undefined || told === undefined || findings.includes(undefined)) continue;
    const devices = all.reduce((sum, { id }) => sum + (members.get(id)?.length ?? 0), 0);
    Object.assign(told.facts, { box, place: first.place ?? null, devices });
    if (all.length === 1) continue;
    told.facts.links = all.length;
    for (const [at, link] of all.entries()) {
      const finding = findings[at];
      if (finding === undefined || finding === told) continue;
      finding.root = first.id;
      for (const { judged } of members.get(link.id) ?? []) mark(judged, first.id);
    }
  }
}
