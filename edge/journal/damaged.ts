/** What is on disk is not what was written: the file is set aside and read by salvage. */
export class DamagedError extends Error {
  readonly code = "damaged";
  constructor(what: string, options?: ErrorOptions) {
    super(`the journal file is damaged: ${what}`, options);
    this.name = "DamagedError";
  }
}

/** The WAL cannot be brought into the database. */
export const checkpointCode = "checkpoint";

/** Codes that say: what is on disk is not what was written. */
export function isDamage(code: string | undefined): boolean {
  if (code === undefined) return false;
  return (
    code === "damaged" ||
    code === "foreign" ||
    code === "SQLITE_NOTADB" ||
    code === "SQLITE_ERROR" ||
    code === "SQLITE_IOERR_SHORT_READ" ||
    code === "SQLITE_IOERR_CORRUPTFS" ||
    code.startsWith("SQLITE_CORRUPT")
  );
}
