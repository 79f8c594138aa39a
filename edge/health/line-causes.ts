/**
 * What the findings of a polled line's devices mean in the light of one another: garbled answers of one alone are two
 * devices at one address, those of several are the line's settings or cable; and what nobody on the line survives is
 * the line's own trouble. Changes verdicts in place; a device's state stays as it was judged.
 */
import type { DeviceVerdict } from "./device.ts";
import type { LinkHealth } from "./link.ts";
import { garbled, oneGarbled } from "./polled.ts";
import type { Finding } from "./verdict.ts";

export interface OnLine {
  id: string;
  judged: DeviceVerdict;
  /** It was there at some time since the start. */
  seen: boolean;
  host: string | undefined;
}

const silent = "E113";
/** The same of a device at the network, where there are no wires A/B to swap. */
const silentOnNetwork = "E131";
/** The same of one that shares its host with others: a gateway is in front of it. */
const silentBehind = "E132";
/** Messages that are not understood. */
const foreign = "E203";
const tooLate = "E127";
const late = ["modbus.late", "dlt645.late"];
const wrongMode = "E124";
const inPieces = "E128";
/** Its requests and the answers to them fall on top of ours. */
const secondMaster = "E125";
/** With one of these, nobody on a line may be understood; the first that is so explains the others. */
const ofAll = [wrongMode, inPieces, "E126", garbled];
const isWell = ({ judged }: OnLine) => judged.state === "ok";
/** Its link or its wires are why it is not well, or what they carry. */
const isUnreached = ({ judged: { state, findings } }: OnLine) =>
  (state === "down" || state === "degraded") && findings[0]?.code.startsWith("E1") === true;
const isGarbled = ({ code }: Finding) => code === garbled || code === oneGarbled;

/** Names each device's findings as what they are on this link. */
export function nameOnLine(link: LinkHealth, on: readonly OnLine[]): void {
  const hosts = Map.groupBy(on, ({ host }) => host);
  const well = on.some(isWell);
  for (const { id, judged, host } of on) {
    const isBehind = host !== undefined && (hosts.get(host)?.length ?? 0) > 1;
    for (const finding of judged.findings) {
      const turns =
        finding.code === silent ? late.reduce((all, code) => all + link.lines.turnsOf(code, id), 0) : 0;
      if (turns > 0) Object.assign(finding, { code: tooLate, facts: { ...finding.facts, times: turns } });
      if (finding.code === tooLate && link.via !== undefined && !link.networked && !well)
        finding.facts.box = link.via;
      if (!link.networked) continue;
      if (finding.code === silent) finding.code = isBehind ? silentBehind : silentOnNetwork;
      else if (isGarbled(finding)) finding.code = foreign;
    }
    merge(judged);
  }
}

/**
 * What the line has because of what its devices have, given what is known of it already: garbled answers of all, or
 * answers that all come too late. Names those of one device alone as two at one address.
 */
export function causesOfAll(link: LinkHealth, on: readonly OnLine[], known: readonly Finding[]): Finding[] {
  if (link.networked) return [];
  const ill = on.filter(({ judged }) => judged.findings.some(isGarbled));
  const well = on.filter(isWell).length;
  const told = known.some(({ code }) => code === garbled);
  const isShared = known.some(({ code }) => code === secondMaster);
  const many = told || (ill.length > 1 && (well === 0 || ill.length > well));
  for (const { judged } of ill) {
    for (const finding of judged.findings) {
      if (!isGarbled(finding)) continue;
      if (isShared) finding.root = link.id;
      if (many) finding.code = garbled;
      else if (ill.length === 1 && well > 0)
        Object.assign(finding, { code: oneGarbled, facts: { ...finding.facts, others: well } });
    }
    merge(judged);
  }
  const found: Finding[] = [];
  if (many && !told) found.push(ofThese(ill, garbled, {}));
  const tardy = on.filter(({ judged }) => judged.findings[0]?.code === tooLate);
  if (link.via !== undefined && well === 0 && tardy.length > 1 && tardy.length * 2 > on.length)
    if (!known.some(({ code }) => code === inPieces))
      found.push(ofThese(tardy, inPieces, { late: tardy.length }));
  return found;
}

/** What leaves nobody on the line well explains everybody: it is as bad as what it does. */
export function causeOfEverything(
  { via }: LinkHealth,
  on: readonly OnLine[],
  findings: readonly Finding[],
): Finding | null {
  if (on.length === 0 || !on.every(isUnreached)) return null;
  const cause = ofAll
    .map((code) => findings.find((finding) => finding.code === code))
    .find((one) => one !== undefined);
  if (cause === undefined) return null;
  if (on.some(({ judged }) => judged.state === "down")) cause.state = "down";
  // Answers of before say nothing of now.
  delete cause.facts.share;
  if (via !== undefined && cause.code === garbled && on.every(({ seen }) => !seen)) cause.facts.box = via;
  return cause;
}

function ofThese(ill: readonly OnLine[], code: string, facts: Finding["facts"]): Finding {
  const all = ill.map(({ judged }) => judged);
  const since = Math.min(...all.map(({ findings }) => findings[0]?.since ?? Number.POSITIVE_INFINITY));
  const state = all.some((one) => one.state === "down") ? "down" : "degraded";
  return { code, state, since, facts };
}

/** Findings that have become the same are one. */
function merge({ findings }: DeviceVerdict): void {
  const byCode = new Map<string, Finding>();
  for (const finding of findings.splice(0)) {
    const same = byCode.get(finding.code);
    if (same === undefined) {
      byCode.set(finding.code, finding);
      findings.push(finding);
      continue;
    }
    same.since = Math.min(same.since, finding.since);
    const [one, other] = [same.facts.times, finding.facts.times];
    if (typeof one === "number" && typeof other === "number") same.facts.times = one + other;
  }
}
