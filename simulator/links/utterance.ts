/** Something to be said. */
export interface Utterance {
  /** From when the request was over, ms; of what is said unasked: from that moment. */
  afterMs: number;
  bytes: Uint8Array;
  /** Pause after each byte, ms. */
  gapMs: number;
  /** What follows without a pause, until null. */
  more?: () => Uint8Array | null;
  /** Closes the connection instead, where there is one. */
  hangUp?: boolean;
}
