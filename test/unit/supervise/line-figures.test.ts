import { describe, expect, it } from "vitest";
import { LineRecord } from "../../../edge/supervise/line-figures.ts";

describe("the record of a line", () => {
  it("says how busy it was in the last minute, the turn that runs included", () => {
    const record = new LineRecord(0);
    for (let second = 0; second < 60; second++) record.turn("poll", second * 1000, second * 1000 + 60);
    expect(record.busyShare(null, 60_000)).toBeCloseTo(0.06, 2);
    expect(record.busyShare(null, 90_000)).toBeCloseTo(0.03, 2);
    expect(record.busyShare(null, 200_000)).toBe(0);
    expect(record.busyShare(140_000, 200_000)).toBe(1);
    expect(record.turns).toEqual({ command: 0, probe: 0, poll: 60, recheck: 0 });
  });

  it("divides a long turn over the time it took, and forgets all but the last minute", () => {
    const record = new LineRecord(0);
    record.turn("probe", 10_000, 40_000);
    expect(record.busyShare(null, 60_000)).toBeCloseTo(0.5, 1);
    expect(record.busyShare(null, 95_000)).toBeLessThan(0.1);
    record.turn("poll", 100_000, 100_000_000);
    expect(record.busyShare(null, 100_000_000)).toBe(1);
  });

  it("knows nothing at its birth, and never gives what is no share", () => {
    const record = new LineRecord(5000);
    expect(record.busyShare(null, 5000)).toBe(0);
    expect(record.busyShare(5000, 5000)).toBe(0);
    expect(record.busyShare(5000, 5001)).toBe(1);
  });

  it("counts answers and faults of the last minutes, by code and by devices", () => {
    const record = new LineRecord(0);
    record.failed("a", "modbus.silent", 1000);
    for (let minute = 0; minute < 5; minute++) {
      record.answered(minute * 60_000 + 500);
      record.failed("a", "modbus.crc", minute * 60_000 + 500);
    }
    record.failed("b", "modbus.crc", 250_000);
    expect(record.recent(299_000)).toEqual({
      answered: 5,
      faults: [
        { code: "modbus.silent", turns: 1, devices: 1 },
        { code: "modbus.crc", turns: 6, devices: 2 },
      ],
    });
    expect(record.recent(300_000).answered).toBe(4);
    expect(record.recent(900_000)).toEqual({ answered: 0, faults: [] });
  });

  it("tells many codes together, so that it stays small", () => {
    const record = new LineRecord(0);
    for (let code = 0; code < 1000; code++) record.failed("a", `x${code}`, 0);
    const { faults } = record.recent(0);
    expect(faults).toHaveLength(17);
    expect(faults.find(({ code }) => code === "other")?.turns).toBe(984);
  });
});
