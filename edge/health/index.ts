export type * from "./facts.ts";
export { clockStepMs } from "./gateway.ts";
export { createHealth, type Health, type HealthOptions } from "./health.ts";
