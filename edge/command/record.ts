/**
 * A command as a record of its device: that it was accepted, and what became of it. Who asked and why stays in the
 * audit. Pure.
 */
import type { CommandCode, CommandState } from "../../config/schema/command.ts";
import type { DevicePoints } from "../../config/schema/plan.ts";
import { Quality } from "../../config/schema/vocabulary.ts";
import type { Draft } from "../../gateway/contract/index.ts";

/** Point of these events; no point of the catalogue has this name. */
export const commandPoint = "command";

export interface CommandFacts {
  req: string;
  action: string;
  state: CommandState;
  code: CommandCode | null;
  /** Of its entry in the audit: who has the records can tell whether that was changed afterwards. */
  hash: string;
}

export function commandDraft(
  { device, space, simulated }: Pick<DevicePoints, "device" | "space" | "simulated">,
  { req, action, state, code, hash }: CommandFacts,
): Draft {
  return {
    series: {
      device,
      point: commandPoint,
      space,
      kind: "event",
      level: 2,
      source: "command",
      ...(simulated ? { simulated: true } : {}),
    },
    class: "K",
    value: JSON.stringify({ req, action, state, code, audit: hash.slice(0, 16) }),
    quality: simulated ? Quality.simulated : Quality.good,
  };
}
