export type {
  HistoryAnswer,
  HistoryAsk,
  HistoryExtent,
  HistoryFact,
  HistoryValue,
} from "./contract.ts";
export { History, type HistoryOptions, historyFile } from "./history.ts";
export { historyEncoder } from "./wire.ts";
