/**
 * Changes of health as records: when a device, link or uplink is down or well again, the platform learns it
 * within seconds, over the same journal as everything else (lane early).
 *
 * Never happens: an alarm for what another change explains (a link's devices), for a device on trial, or for
 * the first time that all is well.
 */
import type { Log } from "../../config/schema/context.ts";
import type { DevicePoints } from "../../config/schema/plan.ts";
import { Quality, type Series } from "../../config/schema/vocabulary.ts";
import type { Draft } from "../../gateway/contract/index.ts";
import type { Change } from "../health/index.ts";
import type { Journal } from "../journal/index.ts";

/** The alarm record of a change, or null when it is none. Its value is the code of the reason, or `ok`. */
export function alarmOf(change: Change, device: DevicePoints | undefined): Draft | null {
  const { to, of, subject, code, lastedMs, root } = change;
  const over = to === "ok" && lastedMs !== undefined;
  if (root !== undefined || device?.stage === "trial" || (to !== "down" && !over)) return null;
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
  const value = over ? "ok" : (code ?? "down");
  return { series, class: "K", value, quality: Quality.good + (simulated ? Quality.simulated : 0) };
}

/** Appends the alarm of each change. A store that refuses loses only the record: health and log have told it. */
export function alarmsOf(
  journal: Pick<Journal, "append">,
  devices: ReadonlyMap<string, DevicePoints>,
  log: Log,
): (change: Change) => void {
  return (change) => {
    const draft = alarmOf(change, change.of === "device" ? devices.get(change.subject) : undefined);
    if (draft === null) return;
    journal.append([draft], [], "now").catch((error: unknown) => {
      log.warn({ subject: change.subject, error: String(error) }, "an alarm was not stored");
    });
  };
}
