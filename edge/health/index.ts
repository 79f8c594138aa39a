export type * from "./facts.ts";
export { createHealth, type Health, type HealthOptions } from "./health.ts";
