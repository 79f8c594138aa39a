import { describe, expect, it } from "vitest";
import type { KindProblem } from "../../../config/schema/kind.ts";
import { budgetOf, much } from "../../../drivers/modbus/budget.ts";
import type { ModbusJob } from "../../../drivers/modbus/plan.ts";
import { type ModbusDevice, modbusRtuKind, type RtuLink } from "../../../drivers/modbus/schema.ts";
import { device } from "./bytes.ts";

const at = (baud: number, format: RtuLink["format"]): RtuLink => ({ device: "/dev/ttyS1", baud, format });
const none = new Set<string>();

/** So many sensors with so many registers in a row. */
const sensors = (devices: number, registers: number, everyMs: number): ModbusDevice[] =>
  Array.from({ length: devices }, (_, index) =>
    device(
      `s${index + 1}`,
      Object.fromEntries(
        Array.from({ length: registers }, (_, address) => [
          `r${address}`,
          { at: { address: String(address) }, everyMs },
        ]),
      ),
      { unit: index + 1 },
    ),
  );
const check = (link: RtuLink, devices: ModbusDevice[], off: ReadonlySet<string> = none): KindProblem[] =>
  modbusRtuKind.check?.(link, devices as never, off) ?? [];

describe("what a line can carry", () => {
  it("is told with its arithmetic when it cannot be done", () => {
    // 30 × (20 + 2 × 10) characters × 10 bits ÷ 9,600 = 1.25 s; with 11 bits 1.375 s.
    expect(check(at(9600, "8N1"), sensors(30, 10, 1000))).toEqual([
      {
        what: {
          zh: "30 台 × 10 个寄存器，每秒一遍，在 9600 8N1 下跑不完：最快 1.25 s（8E1 时 1.375 s）",
          en: "30 slaves × 10 registers each second cannot be done at 9600 8N1: 1.25 s is the best (1.375 s at 8E1)",
        },
        fix: {
          zh: "把 period 放长到 2s 或以上；或提高波特率（设备和串口服务器一起改），或把一部分设备移到另一条线路",
          en: "set a period of 2s or more; or raise the baud rate, of the devices as well, or move some devices to another line",
        },
      },
    ]);
    const [even] = check(at(9600, "8E1"), sensors(30, 10, 1200));
    expect(even?.what.en).toBe(
      "30 slaves × 10 registers each 1.2 s cannot be done at 9600 8E1: 1.375 s is the best (1.25 s at 8N1)",
    );
  });

  it("is only warned of while it can be done, from 70 % on with the answers", () => {
    const [problem, ...more] = check(at(9600, "8N1"), sensors(30, 10, 1250));
    expect(more).toEqual([]);
    expect(problem?.severity).toBe("warning");
    expect(problem?.what).toEqual({
      zh: "30 台 × 10 个寄存器，每 1.25 s 一遍，在 9600 8N1 下每遍至少 1.25 s，每次应答按 5 ms 算要 1.4 s，占线路时间的 112 %：设备应答慢一点或要重试就没有余量",
      en: "30 slaves × 10 registers each 1.25 s take at least 1.25 s at 9600 8N1, and 1.4 s with 5 ms for each answer: 112 % of the line's time, so that slower answers and repeats find no room",
    });
    // 5 ms for each of 30 answers: 1.4 s a round.
    const share = (everyMs: number) => (1250 + 30 * 5) / everyMs;
    for (const everyMs of [1251, 1500, 1780, 1990, 2000, 5000]) {
      const told = check(at(9600, "8N1"), sensors(30, 10, everyMs)).map(({ severity }) => severity);
      expect(told, `${everyMs}`).toEqual(share(everyMs) > much ? ["warning"] : []);
    }
    expect(check(at(9600, "8N1"), sensors(30, 10, 1249)).map(({ severity }) => severity)).toEqual([
      undefined,
    ]);
  });

  it("counts the time to answer towards what is too much, and not towards what cannot be", () => {
    // 16 × 41.67 ms are 66.7 % of a second, and 74.7 % with the answers.
    expect(check(at(9600, "8N1"), sensors(16, 10, 1000)).map(({ severity }) => severity)).toEqual([
      "warning",
    ]);
    expect(check(at(9600, "8N1"), sensors(15, 10, 1000))).toEqual([]);
    // 24 × 41.67 ms are a second exactly.
    expect(check(at(9600, "8N1"), sensors(24, 10, 1000)).map(({ severity }) => severity)).toEqual([
      "warning",
    ]);
  });

  it("names the period that the fix needs, and that is enough", () => {
    const [problem] = check(at(4800, "8E1"), sensors(20, 40, 1000));
    const [, period] = /period of (\d+)s/.exec(problem?.fix.en ?? "") ?? [];
    expect(check(at(4800, "8E1"), sensors(20, 40, Number(period) * 1000))).toEqual([]);
  });

  it("counts devices that differ together", () => {
    const mixed = [...sensors(20, 10, 1000), ...sensors(10, 40, 2000).map((each, n) => other(each, n))];
    // 20 × 41.67 ms each second and 10 × 104.17 ms each two: 135.4 %.
    expect(check(at(9600, "8N1"), mixed)[0]?.what).toEqual({
      zh: "30 台的 30 个请求在 9600 8N1 下要占线路时间的 136 %（20 × 41.7 ms 每秒 + 10 × 104.2 ms 每 2 s）：跑不完",
      en: "30 requests to 30 slaves take 136 % of the line's time at 9600 8N1 (20 × 41.7 ms each second + 10 × 104.2 ms each 2 s): that cannot be done",
    });
    expect(check(at(9600, "8N1"), mixed)[0]?.fix.en).toContain("make their periods 2.2 times as long");
    const [fast] = check(at(19_200, "8N1"), mixed);
    expect(fast?.severity).toBe("warning");
    expect(fast?.what.en).toBe(
      "30 requests to 30 slaves take 80 % of the line's time at 19200 8N1 (20 × 25.8 ms each second + 10 × 57.1 ms each 2 s, with 5 ms for each answer): slower answers and repeats find no room",
    );
    expect(check(at(38_400, "8N1"), mixed)).toEqual([]);
  });

  it("leaves out devices that are off", () => {
    const devices = sensors(30, 10, 1000);
    const off = new Set(devices.slice(10).map(({ id }) => id));
    expect(check(at(9600, "8N1"), devices, off)).toEqual([]);
  });

  it("counts every job by its bytes and its period", () => {
    const jobs = modbusRtuKind.plan(at(9600, "8N1"), sensors(3, 1, 500) as never) as ModbusJob[];
    expect(budgetOf(jobs, at(9600, "8N1"))).toEqual({
      roundMs: expect.closeTo((3 * 22 * 10) / 9.6, 9),
      share: expect.closeTo((3 * 22 * 10) / 9.6 / 500, 9),
    });
    expect(check(at(1200, "8N1"), [])).toEqual([]);
  });

  function other(each: ModbusDevice, index: number): ModbusDevice {
    return { ...each, id: `m${index}`, address: { unit: 100 + index } };
  }
});
