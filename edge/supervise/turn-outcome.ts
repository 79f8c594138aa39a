/** What one poll came to: the device answered, or it did not, and why. Pure. */
import type { Job } from "../../config/schema/kind.ts";
import type { Fault, Reading } from "../../drivers/contract/index.ts";
import { TurnError } from "./bus.ts";
import { lossOf } from "./loss.ts";

export type Outcome =
  | { answered: true; reading: Reading; gave: Gave; instead?: unknown; turnaroundMs?: number }
  /** `reading`: what was wrong with what came; absent: nothing came. `mistake`: the driver's, not the device's. */
  | { answered: false; fault: Fault; reading?: Reading; mistake?: unknown };

/** `refusal`: the device has nothing of this job, and says so for good. `neither`: it may say another thing soon. */
export type Gave = "data" | "refusal" | "neither";

/** Layers below the device: it was not reached, or not understood. */
const below: ReadonlySet<Fault["layer"]> = new Set(["port", "line", "answer", "frame"]);

/** Of these: something came, and tells what is wrong. */
const heard: ReadonlySet<Fault["layer"]> = new Set(["line", "frame"]);

/** Nothing came within the time that a turn has. */
export const noAnswer: Fault = {
  code: "no-answer",
  layer: "answer",
  retry: "later",
  detail: "no answer came in the time that a turn has",
};

/** @param result what `run` of a session gave */
export function outcomeOf({ device }: Job, result: unknown): Outcome {
  const { reading, instead, turnaroundMs } = (result ?? {}) as {
    reading?: Partial<Reading>;
    instead?: unknown;
    turnaroundMs?: number;
  };
  if (!isReading(reading) || reading.device !== device)
    return {
      answered: false,
      fault: broken,
      mistake: new TypeError("the session gave no reading of this job"),
    };
  const { samples, faults } = reading;
  const [worst] = faults.filter(({ layer }) => below.has(layer)).sort((a, b) => weight(b) - weight(a));
  if (worst === undefined || samples.length > 0 || faults.some(({ layer }) => !below.has(layer)))
    return {
      answered: true,
      reading,
      gave: gaveOf(reading, instead),
      ...(instead === undefined ? {} : { instead }),
      ...(turnaroundMs === undefined ? {} : { turnaroundMs }),
    };
  const garbled = faults.filter(({ layer }) => heard.has(layer));
  return {
    answered: false,
    fault: worst,
    ...(garbled.length === 0 ? {} : { reading: { device, samples, faults: garbled } }),
  };
}

/** Values that are none of their type are data, too. */
function gaveOf({ samples, faults }: Reading, instead: unknown): Gave {
  if (instead !== undefined) return Array.isArray(instead) && instead.length === 0 ? "refusal" : "neither";
  if (samples.length > 0) return "data";
  if (faults.length > 0 && faults.every(({ layer }) => layer === "map")) return "data";
  const refused = faults.every(({ layer, retry }) => layer === "device" && retry === "never");
  return faults.length > 0 && refused ? "refusal" : "neither";
}

/** @param error what `run` threw, or why the turn gave nothing */
export function failureOf(error: unknown): Outcome {
  if (error instanceof TurnError) return { answered: false, fault: noAnswer };
  const fault = faultIn(error);
  if (fault !== null) return { answered: false, fault };
  const { code, retry } = lossOf(error, broken.code);
  return { answered: false, fault: { ...broken, code, retry }, mistake: error };
}

/** A session throws this, or something that nobody foresaw. */
const broken: Fault = {
  code: "run-failed",
  layer: "answer",
  retry: "later",
  detail: "the driver could not ask the device",
};

/** What was heard says more than that nothing was. */
const weight = ({ layer }: Fault) => (heard.has(layer) ? 1 : 0);

function isReading(reading: Partial<Reading> | undefined): reading is Reading {
  return Array.isArray(reading?.samples) && Array.isArray(reading.faults);
}

/** The fault that a driver's error carries. */
function faultIn(error: unknown): Fault | null {
  if (typeof error !== "object" || error === null || !("fault" in error)) return null;
  const { fault } = error as { fault: Partial<Fault> | null };
  const known =
    typeof fault?.code === "string" && typeof fault.layer === "string" && fault.detail !== undefined;
  return known ? (fault as Fault) : null;
}
