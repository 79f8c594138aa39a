import { describe, expect, it } from "vitest";
import { Turnarounds } from "../../../edge/supervise/turnarounds.ts";

function measured(...rounds: number[]): { known: number | undefined; changes: number } {
  const turnarounds = new Turnarounds();
  let changes = 0;
  for (const ms of rounds) for (let n = 0; n < 32; n++) if (turnarounds.note("a", ms)) changes += 1;
  return { known: turnarounds.known.get("a"), changes };
}

describe("what a device needs before it answers", () => {
  it("is known after 32 measures, in coarse steps", () => {
    const turnarounds = new Turnarounds();
    for (let n = 0; n < 31; n++) expect(turnarounds.note("a", 7)).toBe(false);
    expect(turnarounds.known.size).toBe(0);
    expect(turnarounds.note("a", 7)).toBe(true);
    expect(turnarounds.known.get("a")).toBe(10);
  });

  it("is the median: some late answers do not count", () => {
    const turnarounds = new Turnarounds();
    for (let n = 0; n < 32; n++) turnarounds.note("a", n % 3 === 0 ? 900 : 4);
    expect(turnarounds.known.get("a")).toBe(5);
  });

  it("does not go to and fro on the edge of two steps, and follows a real change", () => {
    expect(measured(9.9, 10.1, 9.9, 10.1, 9.9)).toEqual({ known: 20, changes: 2 });
    expect(measured(60, 3)).toEqual({ known: 5, changes: 2 });
    expect(measured(60, 40, 30)).toEqual({ known: 100, changes: 1 });
    expect(measured(5000)).toEqual({ known: 1000, changes: 1 });
  });

  it("takes nothing that is no time", () => {
    expect(measured(Number.NaN, -1)).toEqual({ known: undefined, changes: 0 });
  });

  it("is forgotten with its device", () => {
    const turnarounds = new Turnarounds();
    for (let n = 0; n < 40; n++) for (const device of ["a", "b"]) turnarounds.note(device, 3);
    turnarounds.retain(new Set(["b"]));
    expect([...turnarounds.known]).toEqual([["b", 5]]);
  });
});
