import { describe, expect, it } from "vitest";
import { Breaker } from "../../../edge/supervise/breaker.ts";

const failing = (breaker: Breaker<string>, job: string, times: number, now: number) =>
  Array.from({ length: times }, () => breaker.failed(job, 500, now));

describe("a device", () => {
  it("is up with its first answer, and told so once", () => {
    const breaker = new Breaker<string>();
    expect(breaker.answered("a", 100)).toEqual({ what: "up", silentMs: null });
    expect(breaker.answered("a", 200)).toBeNull();
    failing(breaker, "a", 2, 300);
    expect(breaker.answered("a", 400)).toBeNull();
  });

  it("is down after three turns in a row without an answer, and told so once", () => {
    const breaker = new Breaker<string>();
    breaker.answered("a", 0);
    expect(failing(breaker, "a", 2, 1000)).toEqual([false, false]);
    breaker.answered("a", 2000);
    expect(failing(breaker, "a", 5, 3000)).toEqual([false, false, true, false, false]);
    expect(breaker.answered("a", 63_000)).toEqual({ what: "up", silentMs: 60_000 });
  });

  it("is asked again after 1, 2, 4 … 60 s", () => {
    const breaker = new Breaker<string>();
    failing(breaker, "a", 3, 0);
    const rests: number[] = [];
    for (let time = 0; time < 9; time++) {
      const now = breaker.recheckAt;
      breaker.failed("a", 500, now);
      rests.push((breaker.recheckAt - now) / 1000);
    }
    expect(rests).toEqual([2, 4, 8, 16, 32, 60, 60, 60, 60]);
    breaker.hurry(500_000);
    expect(breaker.recheckAt).toBeLessThanOrEqual(500_000);
    breaker.failed("a", 500, 500_000);
    expect(breaker.recheckAt).toBe(502_000);
  });

  it("that answers one job is not kept down by another that it never answers: that one rests alone", () => {
    const breaker = new Breaker<string>();
    const jobs = ["a", "b"];
    expect(failing(breaker, "b", 3, 0)).toEqual([false, false, true]);
    const asked = breaker.recheckOf(jobs) as string;
    breaker.failed("a", 500, 1000);
    expect([asked, breaker.recheckOf(jobs)].sort()).toEqual(jobs);
    expect(breaker.answered("a", 3000)).toEqual({ what: "up", silentMs: 3000 });
    // It has one ordinary turn, then rests by the same steps.
    expect(breaker.restsUntil("b")).toBeNull();
    expect(breaker.failed("b", 500, 4000)).toBe(false);
    expect(breaker.restsUntil("b")).toBe(5000);
    breaker.failed("b", 500, 5000);
    expect(breaker.restsUntil("b")).toBe(7000);
    expect(breaker.down).toBe(false);
    breaker.answered("a", 7000);
    expect(breaker.restsUntil("b")).toBe(7000);
    breaker.answered("b", 8000);
    expect(breaker.restsUntil("b")).toBeNull();
  });

  it("whose jobs fail in turn is down only when none is answered in between", () => {
    const breaker = new Breaker<string>();
    for (let time = 0; time < 10; time++) {
      expect(breaker.failed("b", 500, time * 1000)).toBe(false);
      breaker.answered("a", time * 1000 + 500);
    }
    expect(breaker.restsUntil("b")).not.toBeNull();
    breaker.failed("a", 500, 20_000);
    breaker.failed("c", 500, 20_000);
    expect(breaker.failed("a", 500, 21_000)).toBe(true);
  });

  it("that answers, but takes longer than it may, is costly as well", () => {
    const slow = new Breaker<string>();
    let now = 0;
    for (; now < 20_000 && !slow.costly(now); now += 1000) {
      slow.answered("a", now);
      slow.slow(500, now);
    }
    expect(now).toBeLessThan(10_000);
    expect(slow.down).toBe(false);
  });

  it("that mostly does not answer is costly until it has made up for it; a lost answer now and then costs nothing", () => {
    const flaky = new Breaker<string>();
    let now = 0;
    for (; now < 20_000 && !flaky.costly(now); now += 1000)
      if (now % 3000 === 0) flaky.answered("a", now);
      else flaky.failed("a", 500, now);
    expect(now).toBeLessThan(15_000);
    expect(flaky.down).toBe(false);
    const costlyAt = now;
    for (; flaky.costly(now); now += 1000) flaky.answered("a", now);
    expect(now - costlyAt).toBeGreaterThan(20_000);
    expect(now - costlyAt).toBeLessThan(200_000);

    const sound = new Breaker<string>();
    for (let second = 0; second < 100_000; second++) {
      if (second % 20 === 0) sound.failed("a", 500, second * 1000);
      else sound.answered("a", second * 1000);
      if (sound.costly(second * 1000)) throw new Error(`costly after ${second} s`);
    }
  });
});
