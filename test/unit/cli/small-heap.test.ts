import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";

const module = join(import.meta.dirname, "../../../edge/cli/small-heap.ts");

/** Bytes of the young generation of a program that lets objects live for a while. */
function young(first: string): number {
  const program = `
    import { getHeapSpaceStatistics } from "node:v8";
    ${first}
    const held = [];
    for (let n = 0; n < 3_000_000; n++) held[n % 100_000] = { n };
    console.log(getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space").space_size);`;
  return Number(execFileSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" }));
}

it("keeps the young generation at 8 MB, where it would grow to several times that", () => {
  expect(young("")).toBeGreaterThan(16e6);
  const kept = young(`(await import(${JSON.stringify(module)})).keepHeapSmall();`);
  expect(kept).toBeGreaterThan(4e6);
  expect(kept).toBeLessThan(9e6);
});
