/** What a driver does for a recording of its link: it alone knows what of its bytes and messages may leave the school. */
import type { RecordingEntry } from "../../config/schema/recording.ts";

/** A message as it came, before anything was judged. Nobody keeps it. */
export interface TracedMessage {
  topic: string;
  payload: Uint8Array;
  qos: number;
  retain?: boolean;
  dup: boolean;
}

/** Who said it; the same object as long as the connection is. */
export interface Speaker {
  /** Client ids: as it was given, and as it goes by. */
  readonly given: string;
  readonly client: string;
  readonly address: string;
}

export interface ScrubberContext {
  /** Drawn for this recording alone: stand-ins of two recordings cannot be compared. */
  key: Uint8Array;
  /** Bytes of a secret; throws when it is not there. They are looked for in what is said, and never shown. */
  secret(name: string): Uint8Array;
  /** Wall ms UTC. */
  wallMs(): number;
  /** Words that values of the plan's points may be, such as the names of an enumeration. */
  words: ReadonlySet<string>;
  /** Is given what may be kept, in the order of time. */
  take(entry: RecordingEntry): void;
}

/** For one recording. Never throws, whatever was said. @param atMs since the recording began */
export interface Scrubber {
  /** The link's settings, without addresses and secrets. */
  readonly settings: Readonly<Record<string, string | number | boolean>>;
  /** How a device is known in the recording; null: it is not one of the link's. */
  known(device: string): Readonly<Record<string, string | number>> | null;
  bytes?(atMs: number, line: string, way: "tx" | "rx", bytes: Uint8Array): void;
  /** What a trace is not shown, such as the scans of a reader. */
  scan?(atMs: number, line: string, bytes: Uint8Array): void;
  message?(atMs: number, from: Speaker, message: TracedMessage, will: boolean): void;
  /** Gives out what was held back to be understood. */
  flush(): void;
}
