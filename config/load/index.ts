export { type LoadOptions, loadPlan } from "./load-plan.ts";
export { printProblem } from "./print-problem.ts";
