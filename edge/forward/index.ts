export type { Fact, ForwarderOptions, Pace, Served } from "./contract.ts";
export { Forwarder } from "./forwarder.ts";
export { credentialCodes } from "./outcome.ts";
export { TokenBucket } from "./token-bucket.ts";
