/** The status as page, beacon and command line get it, made from one assessment. */
import { printable } from "../../config/catalogue/reasons.ts";
import type { Spare } from "../../config/schema/plan.ts";
import {
  type BoxStatus,
  type DeviceStatus,
  maxReasons,
  type StateCounts,
  type Status,
} from "../../config/schema/status.ts";
import { type Assessment, codeOf, overall } from "./assess.ts";
import { whole } from "./gateway.ts";
import { unreachable } from "./judge-links.ts";
import type { Memory } from "./memory.ts";
import type { PolledLines } from "./polled.ts";
import type { Verdict } from "./verdict.ts";

export function report(memory: Memory, seen: Assessment, now: number): Status {
  const { plan, gateway, tally } = memory;
  const { wall } = seen;
  const { journal, days } = gateway;
  const perDay = gateway.rate.perDay;
  const quota = plan.buffer.quotaBytes;
  const devices = [...seen.devices].filter(([id]) => !memory.devices.get(id)?.trial);
  return {
    v: 1,
    school: plan.school.id,
    name: plan.school.name.slice(0, 200),
    gateway: plan.school.gateway,
    at: wall(now),
    state: overall(seen),
    revision: {
      running: printable(gateway.configuration.running, 64),
      files: gateway.configuration.files === null ? null : printable(gateway.configuration.files, 64),
      problems: gateway.configuration.problems.length,
    },
    started: wall(gateway.startedAt),
    uptimeMs: Math.max(0, Math.round(now - gateway.startedAt)),
    clock: {
      known: gateway.clock.known,
      quality: Math.min(3, whole(gateway.clock.quality)),
      since: wall(gateway.clock.since),
    },
    journal: {
      state: journal?.state ?? "unknown",
      head: whole(journal?.head),
      bytes: whole(journal?.bytes),
      lastCommit: finite(journal?.lastCommitMs),
      ...(journal?.fault === undefined ? {} : { fault: printable(journal.fault, 64) }),
      ...(Number.isFinite(quota) ? { quotaBytes: whole(quota) } : {}),
      ...(perDay === null ? {} : { bytesPerDay: whole(perDay) }),
      ...(days === null ? {} : { days }),
    },
    ...memory.history.report(plan.buffer.history),
    counts: {
      links: countStates(seen.links.values()),
      devices: countStates(devices.map(([, judged]) => judged)),
      trial: seen.devices.size - devices.length,
      uplinks: countStates(seen.uplinks.values()),
    },
    ...(plan.school.contact === undefined ? {} : { contact: printable(plan.school.contact, 200) }),
    spaces: [...plan.spaces.values()].map(({ id, code, name, kind }) => ({
      ...{ id, code, kind },
      ...(name === undefined ? {} : { name: printable(name, 200) }),
    })),
    spares: plan.spares.map((spare) => spokenOf(spare)),
    uplinks: [...seen.uplinks].map(([id, judged]) => {
      const uplink = memory.uplinks.get(id);
      return {
        id,
        kind: uplink?.plan.kind ?? "",
        ...standing(judged, seen),
        confirms: uplink?.confirms ?? "receipt",
        ...gateway.account(id),
        strays: uplink?.strays ?? 0,
        lastReceipt: uplink?.lastReceipt == null ? null : wall(uplink.lastReceipt),
        ...(days === null ? {} : { days }),
      };
    }),
    links: [...seen.links].map(([id, judged]) => {
      const link = memory.links.get(id);
      const own = devices.filter(([device]) => memory.linkOf(device) === id);
      return {
        id,
        kind: link?.kind ?? "",
        ...(link?.via === undefined ? {} : { via: link.via }),
        ...standing(judged, seen),
        ...(link?.listening === undefined ? {} : { listening: link.listening }),
        devices: countStates(own.map(([, verdict]) => verdict)),
        ...(link?.open && link.polled ? busyness(link.lines) : {}),
      };
    }),
    ...(memory.plan.links.some(({ box }) => box !== undefined) ? { boxes: boxesOf(memory, seen) } : {}),
    devices: [...seen.devices].map(([id, judged]): DeviceStatus => {
      const device = memory.devices.get(id);
      const off = device === undefined ? memory.off.get(id) : undefined;
      return {
        id,
        link: memory.linkOf(id),
        space: device?.plan.space ?? off?.space ?? "",
        profile: (device?.plan.profile ?? off?.profile ?? "").slice(0, 64),
        ...standing(judged, seen, [...judged.points.values()]),
        ...(off === undefined ? {} : { why: printable(off.why, 200) }),
        ...(finite(off?.untilMs) === null ? {} : { until: off?.untilMs }),
        ...(off?.behind === undefined ? {} : { behind: off.behind }),
        lastSeen: device?.lastSeen == null ? null : wall(device.lastSeen),
        points: countStates(judged.points.values()),
        ...(device?.trial ? { trial: true } : {}),
        ...(device?.simulated ? { simulated: true } : {}),
      };
    }),
    reasons: seen.reasons.slice(0, maxReasons),
    moreReasons: Math.max(0, seen.reasons.length - maxReasons),
    counters: {
      measured: tally.measured,
      kept: tally.kept,
      stored: whole(journal?.stored),
      repeated: whole(journal?.repeated),
      refused: tally.refused,
      unplanned: tally.unplanned,
      faults: tally.faults,
    },
    strangers: memory.strangers.list().map(({ link, client, address, code, times, first, last }) => ({
      ...{ link, client, address, code, times },
      first: wall(first),
      last: wall(last),
    })),
  };
}

/** A minute that is not over has no share. */
function busyness({ busyShare, cyclesMissed }: PolledLines) {
  return { ...(busyShare === null ? {} : { busyShare }), cyclesMissed };
}

/** A box is there when anything behind it can be reached, and gone when it is said of all its links. */
function boxesOf({ plan }: Memory, { links }: Assessment): BoxStatus[] {
  const byBox = Map.groupBy(
    plan.links.filter(({ box }) => box !== undefined),
    ({ box }) => box?.device,
  );
  return [...byBox.values()].flatMap((carried): BoxStatus[] => {
    const box = carried[0]?.box;
    if (box === undefined) return [];
    const verdicts = carried.flatMap(({ id }) => links.get(id) ?? []);
    const gone = verdicts.every(({ findings }) => findings.some(({ code }) => code === unreachable));
    const there = verdicts.some(({ state }) => state !== "unknown");
    const place = box.mount ?? box.note;
    return [
      {
        ...{ id: box.device, profile: box.profile.slice(0, 64), space: box.space },
        state: gone ? "down" : there ? "ok" : "unknown",
        ...(place === undefined ? {} : { place: printable(place, 200) }),
      },
    ];
  });
}

function spokenOf({ profile, serial, note }: Spare): NonNullable<Status["spares"]>[number] {
  return {
    profile: profile.slice(0, 64),
    ...(serial === undefined ? {} : { serial: printable(serial, 200) }),
    ...(note === undefined ? {} : { note: printable(note, 200) }),
  };
}

/** State, and for what is not well its code and since when. */
function standing(judged: Verdict, { wall }: Assessment, points: Verdict[] = []) {
  const { state } = judged;
  const code = codeOf(judged, points);
  if (code === undefined) return { state };
  const all = [...judged.findings, ...points.flatMap((point) => point.findings)];
  const since = all.find((finding) => finding.code === code)?.since;
  return since === undefined ? { state, code } : { state, code, since: wall(since) };
}

function countStates(verdicts: Iterable<Verdict>): StateCounts {
  const counts = { total: 0, ok: 0, degraded: 0, down: 0, off: 0, unknown: 0 };
  for (const { state } of verdicts) {
    counts.total += 1;
    counts[state] += 1;
  }
  return counts;
}

function finite(number: number | undefined): number | null {
  return number !== undefined && Number.isFinite(number) ? number : null;
}
