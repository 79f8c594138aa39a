export { shareOf } from "./contact-window.ts";
export type { Fact, ForwarderOptions, Pace, Served } from "./contract.ts";
export { Forwarder } from "./forwarder.ts";
export { credentialCodes } from "./outcome.ts";
export { Schedule } from "./schedule.ts";
export { Wake } from "./wake.ts";
