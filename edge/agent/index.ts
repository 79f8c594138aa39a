export { type Agent, type AgentOptions, socketName, startAgent } from "./agent.ts";
export { createLog } from "./log.ts";
export { systemClock } from "./system-clock.ts";
