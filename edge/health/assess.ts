/**
 * One look at everything: verdicts of all subjects, what explains what, and the reasons for people.
 * Computed from the memory when asked; changes nothing.
 */
import { printable } from "../../config/catalogue/reasons.ts";
import type { HealthState, Reason, Value } from "../../config/schema/vocabulary.ts";
import type { DeviceVerdict } from "./device.ts";
import { judgeLinks } from "./judge-links.ts";
import type { Memory } from "./memory.ts";
import { judgeOff } from "./off.ts";
import { type Finding, type Verdict, verdict, worstFirst } from "./verdict.ts";

export interface Assessment {
  gateway: Verdict;
  uplinks: Map<string, Verdict>;
  links: Map<string, Verdict>;
  devices: Map<string, DeviceVerdict>;
  /** Worst first. */
  reasons: Reason[];
  /** Monotonic → wall ms by the clock as it is now. */
  wall(monotonicMs: number): number;
}

/** Longest text of a fact. */
const maxFact = 160;

/** @param vouched wall ms UTC if somebody vouches for it. @param wallNow the best there is */
export function assess(memory: Memory, now: number, vouched: number | null, wallNow: number): Assessment {
  const wall = (monotonicMs: number) => Math.round(wallNow - (now - monotonicMs));
  const gateway = memory.gateway.judge(now);
  const { days } = memory.gateway;
  const uplinks = new Map(
    [...memory.uplinks].map(([id, uplink]) => [
      id,
      uplink.judge(memory.gateway.account(id), days, memory.simulated, now),
    ]),
  );
  const devices = judgeDevices(memory, now);
  const links = judgeLinks(memory, devices, now);
  explainByBridge(memory, devices);
  followMeters(memory, devices);
  for (const [id, off] of memory.off) if (!devices.has(id)) devices.set(id, judgeOff(off, now, vouched));

  const reasons: Reason[] = [];
  const tell = (level: Reason["level"], subject: string, findings: readonly Finding[]) => {
    for (const { code, state, since, facts, root } of findings) {
      const safe = Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, shown(value)]));
      const reason: Reason = { level, subject, state, code, since: wall(since), facts: safe };
      reasons.push(root === undefined ? reason : { ...reason, root });
    }
  };
  tell("gateway", memory.plan.school.gateway, [...gateway.findings, ...memory.history.findings(now)]);
  for (const [id, { findings }] of uplinks) tell("gateway", id, findings);
  for (const [id, { findings }] of links) tell("bus", id, findings);
  for (const [id, { findings, points }] of devices) {
    if (memory.devices.get(id)?.trial) continue;
    tell("device", id, findings);
    for (const [point, judged] of points) tell("point", `${id}/${point}`, judged.findings);
  }
  return { gateway, uplinks, links, devices, reasons: reasons.sort(worstFirst), wall };
}

/** The code that names a subject's state; a device that is well itself names that of its worst point. */
export function codeOf({ state, findings }: Verdict, points: Iterable<Verdict> = []): string | undefined {
  if (state !== "degraded" && state !== "down") return undefined;
  const own = findings.find((finding) => finding.state === state);
  if (own !== undefined) return own.code;
  return verdict([...points].flatMap((point) => point.findings)).findings[0]?.code;
}

/** State of the whole: what needs somebody makes it degraded, the gateway's own end makes it down. */
export function overall({ gateway, reasons }: Assessment): HealthState {
  if (gateway.state === "down") return "down";
  if (reasons.some(({ state }) => state === "down" || state === "degraded")) return "degraded";
  return gateway.state;
}

function judgeDevices(memory: Memory, now: number): Map<string, DeviceVerdict> {
  const verdicts = new Map<string, DeviceVerdict>();
  for (const [id, device] of memory.devices) {
    const link = memory.links.get(device.link);
    const opening = link !== undefined && !link.open && link.down === null && !device.seen;
    verdicts.set(
      id,
      opening
        ? { state: "unknown", findings: [], points: new Map() }
        : device.judge(link?.open ? null : (link?.down ?? null), now, link?.polled),
    );
  }
  return verdicts;
}

/** What hangs on a bridge that is down is silent because of it. */
function explainByBridge(memory: Memory, devices: Map<string, DeviceVerdict>): void {
  for (const [id, { via }] of memory.devices) {
    const judged = devices.get(id);
    if (via === undefined || via === id || devices.get(via)?.state !== "down" || judged?.state !== "down")
      continue;
    for (const finding of judged.findings) if (finding.code.startsWith("E1")) finding.root ??= via;
  }
}

/** What only a meter tells of is not known while the meter itself is not there. */
function followMeters(memory: Memory, devices: ReadonlyMap<string, DeviceVerdict>): void {
  for (const [id, { witnessed, points }] of memory.devices) {
    const judged = devices.get(id);
    if (!witnessed || judged?.state !== "ok") continue;
    const meters = [...points.values()].flatMap(({ plan }) => plan.inferred?.from?.device ?? []);
    const there = meters.every((meter) => ["ok", "degraded"].includes(devices.get(meter)?.state ?? ""));
    if (!there) judged.state = "unknown";
  }
}

function shown(value: Value): Value {
  if (typeof value === "string") return printable(value, maxFact);
  return typeof value === "number" && !Number.isFinite(value) ? null : value;
}
