import { expect, it } from "vitest";
import { mutations } from "./hostile-mutations.ts";

it("a hundred thousand sessions changed by dice neither end the broker nor disturb another device", async () => {
  await mutations(3_000, 20260903); // warm
  const before = process.memoryUsage.rss();
  const verdict = await mutations(100_000, 20260902);
  const grownMb = (process.memoryUsage.rss() - before) / 1024 ** 2;
  console.log(`100,000 mutated sessions: ${JSON.stringify(verdict)}, grown by ${grownMb.toFixed(0)} MB`);
  expect(verdict).toMatchObject({ served: 5_000, left: 0, rejections: [] });
  expect(grownMb).toBeLessThan(100);
});
