/** What commands are made of, and what edge/command needs from around it. */
import type { CommandAnswer, CommandCode, CommandState } from "../../config/schema/command.ts";
import type { Clock, Log } from "../../config/schema/context.ts";
import type { ActionPlan, DevicePoints, TimetablePlan } from "../../config/schema/plan.ts";
import type { Text, Value } from "../../config/schema/vocabulary.ts";
import type { Done } from "../../drivers/contract/index.ts";
import type { Draft } from "../../gateway/contract/index.ts";
import type { Audit, AuditEntry } from "../audit.ts";

export interface Order {
  req: string;
  device: string;
  action: string;
  /** Raw values, as the driver wants them. */
  args: Record<string, Value>;
}

export interface CommanderParts {
  clock: Clock;
  log: Log;
  school: string;
  gateway: string;
  /** Wall ms UTC; null while the clock is not to be trusted. */
  wallMs(): number | null;
  /** Of this machine, whatever it is worth. */
  machineMs(): number;
  devices(): ReadonlyMap<string, DevicePoints>;
  timetable(): TimetablePlan | undefined;
  audit: Pick<Audit, "write">;
  /** What the audit has of before this start. */
  remembered: readonly AuditEntry[];
  /** Puts records into the journal. */
  append(drafts: Draft[]): Promise<unknown>;
  /**
   * Does it, when the device's line is free. Rejects when nothing was sent to the device.
   * @param begun to be called when the device's turn has come: what it says from then on counts. Its throw: it must
   *   not be done any more
   */
  execute(order: Order, action: ActionPlan, begun: () => void, signal: AbortSignal): Promise<Done>;
  /** Has the device asked for these points now; resolves when it was tried. */
  read(device: string, points: readonly string[], signal: AbortSignal): Promise<void>;
}

/** What a person at this machine asks for. */
export interface LocalCommand {
  req: string;
  device: string;
  action: string;
  args: Record<string, Value>;
  by: string;
  why: string;
  /** Also during a lesson. */
  duringLesson: boolean;
}

export type Answer = (answer: CommandAnswer) => void;

/** One that was accepted. */
export interface Task {
  order: Order;
  /** As they were asked for. */
  asked: Record<string, Value>;
  action: ActionPlan;
  device: DevicePoints;
  /** Wall ms UTC; null: never. */
  expires: number | null;
  duringLesson: boolean;
}

/** What became of it. */
export interface Ending {
  state: CommandState;
  code: CommandCode | null;
  detail?: Text;
  readBack?: Record<string, Value>;
}
