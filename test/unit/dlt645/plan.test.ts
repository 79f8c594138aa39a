import { describe, expect, it } from "vitest";
import { requestFrame } from "../../../drivers/dlt645/messages.ts";
import { dltKind } from "../../../drivers/dlt645/schema.ts";
import { answer, device, energy, jobsOf, link, meter, phase, voltage, wake } from "./meters.ts";

const check = (period: string, baud = 2400, meters = 1) => {
  const points = { voltage: { ...voltage, everyMs: period }, energy: { ...energy, everyMs: period } };
  const devices = Array.from({ length: meters }, (_, at) =>
    device(`m${at}`, points, { meter: String(at + 1).padStart(12, "0") }),
  );
  return dltKind.check?.({ ...link, baud }, devices, new Set()) ?? [];
};

describe("requests", () => {
  it("are one for each identifier and period, and one for the points of a block", () => {
    const points = { a: phase(1), c: phase(3), b: { ...phase(2), everyMs: "1000" }, voltage, energy };
    expect(jobsOf([device("m", points)]).map(({ points, everyMs }) => [points, everyMs])).toEqual([
      [["a", "c"], 60_000],
      [["b"], 1000],
      [["voltage"], 60_000],
      [["energy"], 60_000],
    ]);
  });

  it("have the bytes that go over the line, wake-ups included", () => {
    const points = { a: phase(1), c: phase(3), b: { ...phase(2), everyMs: "1000" }, energy };
    const sizes = [
      answer("0201FF00", ["2205", "2205", "2205"]),
      answer("0201FF00", ["2205", "2205", "2205"]),
      answer("00010000", ["00123456"]),
    ].map((said) => wake.length + said.length);
    const jobs = jobsOf([device("m", points)]);
    expect(jobs.map(({ rxBytes }) => rxBytes)).toEqual(sizes);
    const { length } = requestFrame({ kind: "read", meter, di: "00010000" });
    expect(jobs.map(({ txBytes }) => txBytes)).toEqual([length, length, length]);
    expect(length).toBe(20);
  });

  it("of a block longer than a frame have those of the frames that follow", () => {
    const last = { di: "0001FF00", format: "XXXXXX.XX", item: "60" };
    const [job] = jobsOf([device("m", { last })]);
    // 196 bytes of data in the first, 44 in the second, which has a number more both ways.
    expect(job).toMatchObject({ txBytes: 20 + 21, rxBytes: 20 + 196 + 21 + 44 });
  });

  it("have time for the slowest answer that is allowed: 800 ms, rests, and the bytes at this speed", () => {
    const [slow, fast] = [600, 9600].map((baud) => jobsOf([device("m", { voltage })], { ...link, baud })[0]);
    const bytesMs = (baud: number) => ((20 + 22) * 11_000) / baud;
    expect(slow?.deadlineMs).toBeGreaterThan(800 + bytesMs(600));
    expect(slow?.deadlineMs).toBeLessThan(800 + bytesMs(600) + 800);
    expect((slow?.deadlineMs ?? 0) - (fast?.deadlineMs ?? 0)).toBeGreaterThan(
      bytesMs(600) - bytesMs(9600) - 1,
    );
    const [own] = jobsOf([device("m", { voltage }, { answer: "3s" })]);
    expect(own?.deadlineMs).toBeGreaterThan(3000);
  });

  it("have time for the number that is expected", () => {
    const more = { serial: "04000401" };
    const [plain] = jobsOf([device("m", { voltage }, more)]);
    const [asking] = jobsOf([device("m", { voltage }, { ...more, expect: "21081234" })]);
    expect(asking?.body.expect).toEqual({ serial: meter, di: "04000401" });
    expect((asking?.deadlineMs ?? 0) - (plain?.deadlineMs ?? 0)).toBeGreaterThan(800);
  });
});

describe("a line", () => {
  it("that cannot carry what is asked is refused, and one that is nearly full is warned of", () => {
    expect(check("60000")).toEqual([]);
    // 2 requests at 600 baud: (42 + 44) bytes of 18.33 ms, and 80 ms of silence: 1.657 s.
    expect(check("1600", 600)).toMatchObject([
      { what: { en: expect.stringContaining("104 % of the line's time at best") } },
    ]);
    expect(check("1600", 600)[0]).not.toHaveProperty("severity");
    expect(check("1700", 600)).toMatchObject([{ severity: "warning" }]);
    expect(check("2600", 600)).toMatchObject([{ severity: "warning" }]);
    expect(check("2700", 600)).toEqual([]);
  });

  it("does not count meters that are off", () => {
    const devices = [device("m", { voltage: { ...voltage, everyMs: "100" } })];
    expect(dltKind.check?.(link, devices, new Set(["m"]))).toEqual([]);
    expect(dltKind.check?.(link, devices, new Set())).toHaveLength(1);
  });
});
