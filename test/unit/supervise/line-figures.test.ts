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

  it("says nothing of a minute that is not over: all that is planned is read at once in the beginning", () => {
    const record = new LineRecord(5000);
    record.turn("poll", 5000, 30_000);
    expect(record.busyShare(null, 5000)).toBeNull();
    expect(record.busyShare(40_000, 64_999)).toBeNull();
    expect(record.busyShare(null, 65_000)).toBeCloseTo(0.4, 1);
    expect(record.busyShare(65_000, 65_000)).toBeLessThanOrEqual(1);
  });

  it("counts answers and faults of the last minutes, by code and by devices", () => {
    const record = new LineRecord(0);
    record.failed("a", "modbus.silent", 1000);
    for (let minute = 0; minute < 5; minute++) {
      record.answered("b", minute * 60_000 + 500);
      record.failed("a", "modbus.crc", minute * 60_000 + 500);
    }
    record.failed("b", "modbus.crc", 250_000);
    expect(record.recent(299_000)).toMatchObject({
      answered: 5,
      faults: [
        { code: "modbus.silent", turns: 1, devices: 1, who: new Map([["a", 1]]) },
        {
          ...{ code: "modbus.crc", turns: 6, devices: 2 },
          who: new Map([
            ["a", 5],
            ["b", 1],
          ]),
        },
      ],
    });
    expect(record.recent(310_000).answered).toBe(4);
    expect(record.recent(900_000)).toEqual({ answered: 0, faults: [], lately: new Map(), inVain: new Map() });
  });

  it("forgets a fault that stayed away for a minute with good answers, and counts it anew when it comes again", () => {
    const record = new LineRecord(0);
    for (let second = 0; second < 30; second++) record.failed("a", "modbus.crc", second * 1000);
    for (let second = 30; second < 200; second++) {
      record.answered("b", second * 1000);
      expect(record.recent(second * 1000).faults).toHaveLength(second < 89 ? 1 : 0);
    }
    record.failed("a", "modbus.crc", 200_000);
    expect(record.recent(200_000).faults).toMatchObject([{ code: "modbus.crc", turns: 1 }]);
  });

  it("does not forget a fault because nothing is answered, nor between two of one that comes each minute", () => {
    const silent = new LineRecord(0);
    silent.failed("a", "modbus.crc", 0);
    for (let second = 10; second < 14; second++) silent.answered("b", second * 1000);
    expect(silent.recent(200_000).faults).toHaveLength(1);
    const slow = new LineRecord(0);
    for (let second = 0; second < 300; second++) {
      if (second % 60 === 0) slow.failed("a", "modbus.second-master", second * 1000);
      else slow.answered("b", second * 1000);
      if (second >= 61) expect(slow.recent(second * 1000).faults).toHaveLength(1);
    }
  });

  it("says of a device what its last turns in vain have in common, and forgets it", () => {
    const record = new LineRecord(0);
    const fail = (code: string, ...at: number[]) => {
      for (const now of at) record.failed("a", code, now);
      return [...record.recent(at.at(-1) ?? 0).lately];
    };
    expect(fail("modbus.silent", 0, 1000, 2000)).toEqual([["a", "modbus.silent"]]);
    expect(fail("modbus.late", 3000)).toEqual([]);
    expect(fail("modbus.late", 4000, 5000)).toEqual([["a", "modbus.late"]]);
    expect(fail("line.refused", 6000)).toEqual([["a", "line.refused"]]);
    expect([...record.recent(400_000).lately]).toEqual([]);
  });

  it("says since when a device is asked in vain, and since when as often as makes it silent", () => {
    const record = new LineRecord(0);
    const asked = (now: number) => record.recent(now).inVain.get("a");
    for (const at of [1000, 2000]) record.failed("a", "modbus.silent", at);
    record.failed("b", "modbus.silent", 2500);
    expect(asked(2500)).toEqual({ first: 1000, enough: null });
    for (const at of [3000, 4000]) record.failed("a", "modbus.silent", at);
    expect(asked(4000)).toEqual({ first: 1000, enough: 2000 });
    record.answered("a", 5000);
    expect([...record.recent(5000).inVain.keys()]).toEqual(["b"]);
    record.failed("a", "modbus.silent", 6000);
    expect(asked(6000)).toEqual({ first: 6000, enough: null });
    // It may have left the plan.
    expect(asked(400_000)).toBeUndefined();
  });

  it("tells many codes together, so that it stays small", () => {
    const record = new LineRecord(0);
    for (let code = 0; code < 1000; code++) record.failed("a", `x${code}`, 0);
    const { faults } = record.recent(0);
    expect(faults).toHaveLength(17);
    expect(faults.find(({ code }) => code === "other")?.turns).toBe(984);
  });
});
