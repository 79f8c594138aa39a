import { describe, expect, it } from "vitest";
import { readingOf } from "../../../drivers/modbus/reading.ts";
import type { ModbusJob } from "../../../drivers/modbus/schema.ts";
import { rtuDevice, rtuJobs } from "./world.ts";

const job = rtuJobs({ device: "/dev/x", baud: 9600, format: "8N1" }, [
  rtuDevice("air", { a: { address: "0" }, b: { address: "1" } }, { unit: 12 }),
])[0] as ModbusJob;

describe("what a request came to", () => {
  it.each([
    ["a silence", { fault: "modbus.silent" }],
    ["two answers on top of each other", { fault: "modbus.glued" }],
    ["an exception that may pass", { refusal: "modbus.busy" }],
  ] as const)("names the device's address for whoever goes there: %s", (_name, outcome) => {
    expect(readingOf(job, outcome).reading.faults).toMatchObject([{ facts: { unit: 12 } }]);
  });

  it("has what the device needed with its values, and nothing of it without", () => {
    const data = Uint8Array.of(0, 7, 0, 8);
    expect(readingOf(job, { data, turnaroundMs: 12 })).toEqual({
      turnaroundMs: 12,
      reading: {
        device: "air",
        samples: [
          { point: "a", raw: 7 },
          { point: "b", raw: 8 },
        ],
        faults: [],
      },
    });
    expect(readingOf(job, { fault: "modbus.crc" })).not.toHaveProperty("turnaroundMs");
  });
});
