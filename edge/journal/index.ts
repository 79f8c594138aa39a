export type { Account, Journal, JournalStatus, UplinkFilter, Urgency } from "./contract.ts";
export { type JournalOptions, openJournal } from "./journal.ts";
export { StoreError } from "./writer-thread.ts";
