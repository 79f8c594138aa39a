/** A gateway without files: cameras are called on no link, so that they can be found before anything is written. */
import { expect, it, vi } from "vitest";
import { typed } from "./typed.ts";

// Nobody is called by a test.
vi.mock("node:os", async (original) => ({
  ...(await original<typeof import("node:os")>()),
  networkInterfaces: () => ({}),
}));

const where = ["--config", "/nonexistent", "--data", "/nonexistent", "--lang", "en"];

it("is searched for cameras and projectors, and told that its lines are not known", async () => {
  for (const what of ["onvif", "pjlink"]) {
    const { code, out } = await typed(["scan", what, ...where]);
    expect([what, code, out]).toEqual([what, 0, ["nobody answered"]]);
  }
  const { code, err } = await typed(["scan", "modbus", ...where]);
  expect([code, err.join()]).toEqual([2, expect.stringContaining("campus-edge check")]);
});
