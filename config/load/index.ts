export { checkDevice, type DeviceCheck } from "./explain.ts";
export type { Shown, ShownOrigin } from "./explain-shown.ts";
export { type LoadOptions, loadPlan } from "./load-plan.ts";
export { printProblem } from "./print-problem.ts";
