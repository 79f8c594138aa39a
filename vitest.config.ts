import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

// Tests start thousands of worker threads and programs of ours: their code is compiled once, not every time.
process.env.NODE_COMPILE_CACHE ??= `${import.meta.dirname}/node_modules/.compiled`;

/** `npm test` runs what is fast; CE_LONG=1 (`npm run test:long`) runs only the long proofs, `*.long.test.ts`. */
const long = process.env.CE_LONG === "1";

export default defineConfig({
  test: {
    include: long ? ["test/**/*.long.test.ts"] : ["test/**/*.test.ts"],
    exclude: long ? ["node_modules/**"] : ["node_modules/**", "test/**/*.long.test.ts"],
    reporters: ["default", "./test/verdict-reporter.ts"],
    setupFiles: ["./test/seed.ts"],
    pool: "forks",
    // Much waits for disks, sockets and peers: of two cores one would be idle.
    ...(long ? {} : { maxWorkers: Math.max(2, availableParallelism() - 1) }),
    testTimeout: long ? 3_600_000 : 180_000,
    hookTimeout: 60_000,
  },
});
