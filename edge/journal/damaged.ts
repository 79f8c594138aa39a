/** What is on disk is not what was written: the file is set aside and read by salvage. */
export class DamagedError extends Error {
  readonly code = "damaged";
  constructor(what: string, options?: ErrorOptions) {
    super(`the journal file is damaged: ${what}`, options);
    this.name = "DamagedError";
  }
}
