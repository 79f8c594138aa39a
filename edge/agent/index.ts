export { type Agent, type AgentOptions, socketName, startAgent } from "./agent.ts";
export {
  type Applied,
  ApplyError,
  appliedSchema,
  type Preview,
  previewSchema,
  refusalSchema,
} from "./apply-answer.ts";
export {
  type BufferAsk,
  bufferCarriedSchema,
  bufferCarrySchema,
  bufferListSchema,
  bufferLookSchema,
  bufferRefusalSchema,
  bufferRetrySchema,
} from "./buffer-answer.ts";
export {
  type CommandAsk,
  type CommandList,
  commandAnsweredSchema,
  commandAskSchema,
  commandListSchema,
  commandRefusalSchema,
} from "./command-answer.ts";
export { createLog } from "./log.ts";
export { changeKinds } from "./plan-change.ts";
export {
  type RecordingAsk,
  type RecordingTaken,
  recordingRefusalSchema,
  recordingStartedSchema,
  recordingTakenSchema,
} from "./recording-answer.ts";
export { systemClock } from "./system-clock.ts";
