/**
 * Changes of health as records: when a device, link or uplink is down or well again, the platform learns it
 * within seconds, over the same journal as everything else (lane early). An alarm is over, too, when its subject
 * is switched off, goes on trial or leaves the configuration: nobody would ever call it well again.
 *
 * Never happens: an alarm for what another change explains (a link's devices), for a device on trial, or for
 * the first time that all is well.
 */
import type { Log } from "../../config/schema/context.ts";
import type { DevicePoints, Plan } from "../../config/schema/plan.ts";
import { Quality, type Series } from "../../config/schema/vocabulary.ts";
import type { Draft } from "../../gateway/contract/index.ts";
import type { Change } from "../health/index.ts";
import type { Journal } from "../journal/index.ts";

/** Value of the record with which an alarm ends. */
const over = "ok";

/** The alarm record of a change, or null when it is none. Its value is the code of the reason, or `ok`. */
export function alarmOf(change: Change, device: DevicePoints | undefined): Draft | null {
  const { to, of, subject, code, lastedMs, root } = change;
  const ends = to === "ok" && lastedMs !== undefined;
  if (root !== undefined || device?.stage === "trial" || (to !== "down" && !ends)) return null;
  const simulated = device?.simulated === true;
  const series: Series = {
    device: subject,
    point: of === "device" ? "health" : `health.${of}`,
    space: device?.space ?? "",
    kind: "alarm",
    level: 2,
    source: "health",
    ...(simulated ? { simulated } : {}),
  };
  const value = ends ? over : (code ?? "down");
  return { series, class: "K", value, quality: Quality.good + (simulated ? Quality.simulated : 0) };
}

export interface Alarms {
  tell(change: Change): void;
  /** Another plan: what it no longer watches has no alarm any more. */
  adopt(plan: Plan, devices: ReadonlyMap<string, DevicePoints>): void;
}

/** Appends the alarm of each change. A store that refuses loses only the record: health and log have told it. */
export function createAlarms(
  journal: Pick<Journal, "append">,
  devices: ReadonlyMap<string, DevicePoints>,
  log: Log,
): Alarms {
  let known = devices;
  /** Alarms that are not over, by kind and id of their subject. */
  const open = new Map<string, Draft>();
  const append = (draft: Draft) => {
    journal.append([draft], [], "now").catch((error: unknown) => {
      log.warn({ subject: draft.series.device, error: String(error) }, "an alarm was not stored");
    });
  };
  return {
    tell(change) {
      const draft = alarmOf(change, change.of === "device" ? known.get(change.subject) : undefined);
      if (draft === null) return;
      const key = `${change.of} ${change.subject}`;
      // Ended under the name under which it was raised, wherever the device is by now.
      const raised = draft.value === over ? open.get(key) : undefined;
      if (draft.value === over) open.delete(key);
      else open.set(key, draft);
      append(raised === undefined ? draft : { ...raised, value: over });
    },
    adopt(plan, now) {
      const parts = new Set([
        `gateway ${plan.school.gateway}`,
        ...plan.uplinks.map(({ id }) => `uplink ${id}`),
        ...plan.links.map(({ id }) => `link ${id}`),
      ]);
      const off = new Set(plan.off.map(({ device }) => device));
      const watched = (id: string) => now.get(id)?.stage === "on" || (off.has(id) && !known.has(id));
      for (const [key, draft] of open) {
        const { device: id } = draft.series;
        if (key === `device ${id}` ? watched(id) : parts.has(key)) continue;
        open.delete(key);
        append({ ...draft, value: over });
      }
      known = now;
    },
  };
}
