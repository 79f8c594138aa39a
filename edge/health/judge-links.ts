/**
 * Verdicts of all links, and what they explain: a link its devices, a broken cable those behind the break, a line
 * that answers wrongly those whose answers are wrong, a serial server all links that it carries.
 */
import type { DeviceVerdict } from "./device.ts";
import type { InVain } from "./facts.ts";
import { causeOfEverything, causesOfAll, nameOnLine, type OnLine } from "./line-causes.ts";
import { isSilent, type LinkHealth } from "./link.ts";
import type { Memory } from "./memory.ts";
import { type Finding, type Verdict, verdict } from "./verdict.ts";

interface Member extends OnLine {
  /** It says nothing on this line: what is known of it tells nothing of the line. */
  witnessed: boolean;
  space: string;
  noticedMs: number;
  heardAt: number | null;
  inVain: InVain | null;
}

/** The serial server, or whatever carries a link, cannot be reached; or it is there and takes us not. */
export const unreachable = "E101";
const refused = "E120";
const behindGateway = "E132";
const silentCodes = new Set(["E113", "E131", behindGateway]);

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
    const { noticedMs, seen, plan, host, witnessed, lastSeen: heardAt } = health;
    const inVain = memory.links.get(health.link)?.lines.inVain(id) ?? null;
    const member = { id, judged, witnessed, space: plan.space, seen, noticedMs, host, heardAt, inVain };
    members.get(health.link)?.push(member);
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

function own(link: LinkHealth, all: readonly Member[], now: number): Finding[] {
  const findings = link.findings(all.length, now);
  const on = all.filter(({ witnessed }) => !witnessed);
  if (link.polled) {
    nameOnLine(link, on);
    findings.push(...causesOfAll(link, on, findings));
  }
  explain(on, link.id, findings);
  const everything = link.polled ? causeOfEverything(link, on, findings) : null;
  if (everything !== null) {
    for (const { judged } of on) mark(judged, link.id);
    return findings;
  }
  const silenced = silencedBy(link, on, now);
  const silent = on.filter(({ judged }) => isSilent(judged));
  const held = link.aftermath.hold(silenced, silent, now);
  const { finding, ids } =
    held !== null
      ? { finding: { ...held.finding }, ids: held.silenced }
      : { finding: silenced?.finding, ids: new Set(silenced?.silenced) };
  if (finding !== undefined) findings.push(finding);
  for (const { id, judged } of on) if (ids.has(id)) mark(judged, link.id);
  if (link.polled) tellOthers(on);
  return findings;
}

/** What silences all of a line, or all from one place of its cable on. */
function silencedBy(
  link: LinkHealth,
  on: readonly Member[],
  now: number,
): { finding: Finding; silenced: string[] } | null {
  const common = link.commonCause(on);
  if (common !== null) return { finding: common, silenced: on.map(({ id }) => id) };
  const silence = on.map((member) => {
    const { first: vainAt = null } = member.inVain ?? {};
    return { ...member, vainAt, silentSince: silentSince(member, now) };
  });
  const broken = link.brokenCable(silence);
  return broken === null ? null : { finding: broken.finding, silenced: broken.silent.map(({ id }) => id) };
}

const silentSince = ({ judged }: Member, now: number): number | null =>
  isSilent(judged) ? (judged.findings[0]?.since ?? now) : null;

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

/** That others on its line, or behind its gateway, answer says that it is sound. */
function tellOthers(on: readonly Member[]): void {
  const well = on.filter(({ judged: { state } }) => state === "ok");
  for (const { judged, host } of on)
    for (const finding of judged.findings) {
      if (!silentCodes.has(finding.code)) continue;
      const others = finding.code === behindGateway ? well.filter((other) => other.host === host) : well;
      if (others.length > 0) finding.facts.others = others.length;
    }
}

/**
 * Links whose common carrier cannot be reached are one trouble, told of the first. While devices answer through one
 * port of it, the carrier is there: then another port is what does not take us.
 */
function explainByCarrier(
  memory: Memory,
  links: ReadonlyMap<string, Verdict>,
  members: ReadonlyMap<string, readonly Member[]>,
): void {
  const carried = Map.groupBy(
    [...memory.links.values()].filter(({ via }) => via !== undefined),
    ({ via }) => via,
  );
  for (const all of carried.values()) {
    const answers = all.some(
      ({ id, open }) =>
        open && members.get(id)?.some(({ judged, witnessed }) => judged.state === "ok" && !witnessed),
    );
    const dead = all.map(({ id }) =>
      links.get(id)?.findings.find(({ code }) => code === unreachable || code === refused),
    );
    if (answers) for (const finding of dead) if (finding !== undefined) finding.code = refused;
    const [first, told] = [all[0], dead[0]];
    if (first === undefined || told === undefined || all.length === 1) continue;
    if (dead.some((finding) => finding?.code !== told.code)) continue;
    const devices = all.reduce((sum, { id }) => sum + (members.get(id)?.length ?? 0), 0);
    Object.assign(told.facts, { devices, links: all.length, address: first.end.host ?? null });
    for (const [at, link] of all.entries()) {
      const finding = dead[at];
      if (finding === undefined || finding === told) continue;
      finding.root = first.id;
      for (const { judged } of members.get(link.id) ?? []) mark(judged, first.id);
    }
  }
}
