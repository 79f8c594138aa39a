/** What may be seen of a reader's bytes: how many there are, and where a line or a frame ends. Pure. */
const shown: ReadonlySet<number> = new Set([0x02, 0x03, 0x0a, 0x0d]);
const veil = 0x2a;

export const isShown = (byte: number): boolean => shown.has(byte);

/** As many bytes, each `*` but for line ends and the start and end of a frame. */
export const veiled = (bytes: Uint8Array): Uint8Array =>
  Uint8Array.from(bytes, (byte) => (isShown(byte) ? byte : veil));
