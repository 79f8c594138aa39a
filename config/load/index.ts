export { checkDevice, type DeviceCheck } from "./explain.ts";
export type { Shown, ShownOrigin } from "./explain-shown.ts";
export { type LoadOptions, loadModels, loadPlan } from "./load-plan.ts";
export type { Model } from "./models.ts";
export { printProblem } from "./print-problem.ts";
