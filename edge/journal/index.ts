export type { Account, Journal, JournalStatus, UplinkFilter, Urgency } from "./contract.ts";
export { openJournal } from "./journal.ts";
export type { JournalOptions } from "./journal-options.ts";
export { StoreError } from "./writer-thread.ts";
