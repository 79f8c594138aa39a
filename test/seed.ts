import fc from "fast-check";

/**
 * Generated cases are the same at every run of `npm test`, so that a failure names the change that made it.
 * CE_SEED=random (or a number) looks further; `npm run test:long` always does, and a failure prints its seed.
 */
const wanted = process.env.CE_SEED ?? (process.env.CE_LONG === "1" ? "random" : "20260901");
if (wanted !== "random") fc.configureGlobal({ seed: Number(wanted) });
