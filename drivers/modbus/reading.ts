/** What a request came to, as a reading. Pure. */
import type { Job, Reading } from "../contract/index.ts";
import { lineFault } from "../line/faults.ts";
import { decode, refused } from "./decode.ts";
import { type ModbusFaultCode, modbusFault, unanswered } from "./faults.ts";
import type { Outcome } from "./outcome.ts";
import type { ModbusJob } from "./plan.ts";
import { split } from "./split.ts";

/** Something that the request covers, or its length, is not to the device's liking: less of it may be. */
const divisible: ReadonlySet<ModbusFaultCode> = new Set<ModbusFaultCode>([
  "modbus.illegal-address",
  "modbus.illegal-value",
]);

/**
 * Values, or what was wrong. After an exception that says so, `instead` are the parts of the request, and nothing is
 * wrong yet; a part that cannot be divided any more is a fault of each of its points.
 */
export function readingOf(
  job: ModbusJob,
  outcome: Outcome,
): { reading: Reading; instead?: Job[]; turnaroundMs?: number } {
  const { device, body } = job;
  if ("data" in outcome) {
    const { data, turnaroundMs } = outcome;
    const reading = { device, ...decode(body, data) };
    return turnaroundMs === undefined ? { reading } : { reading, turnaroundMs };
  }
  if ("fault" in outcome) {
    const { fault: code, sign } = outcome;
    const fault = sign ? lineFault(sign) : modbusFault(code, { facts: { unit: body.unit } });
    return { reading: { device, samples: [], faults: [fault] } };
  }
  const { refusal: code } = outcome;
  const instead = divisible.has(code) ? split(job) : [];
  if (instead.length > 0) return { reading: { device, samples: [], faults: [] }, instead };
  const fault = modbusFault(code, { facts: { unit: body.unit } });
  if (fault.retry === "never") return { reading: { device, ...refused(body, code) } };
  return {
    reading: { device, samples: [], faults: [unanswered.has(code) ? { ...fault, layer: "answer" } : fault] },
  };
}
