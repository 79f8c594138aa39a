/** Why a door cannot be opened, or what is behind it cannot be asked. The message says what to do next. */
export type DoorCode =
  | "not-loopback"
  | "in-use"
  | "already-running"
  | "folder-open"
  | "not-a-socket"
  | "path-too-long"
  | "not-allowed"
  | "not-running"
  | "timeout"
  | "too-large"
  | "bad-answer";

const later: ReadonlySet<DoorCode> = new Set(["in-use", "not-running", "timeout"]);

export class DoorError extends Error {
  readonly code: DoorCode;
  readonly retry: "later" | "never";
  constructor(code: DoorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "DoorError";
    this.code = code;
    this.retry = later.has(code) ? "later" : "never";
  }
}
