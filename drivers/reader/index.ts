/** The driver of readers of cards and codes on a serial line. What they read leaves it as a keyed digest alone. */
import type { Driver } from "../contract/index.ts";
import type { ReaderAction, ReaderAddress, ReaderLink, ReaderProfile, ReaderSource } from "./fields.ts";
import { readerKind } from "./schema.ts";
import { ReaderScrubber } from "./scrubber.ts";
import { ReaderSession } from "./session.ts";

export const readerDriver: Driver<ReaderLink, ReaderAddress, ReaderProfile, ReaderSource, ReaderAction> = {
  kind: readerKind,
  open: (link, devices, context, signal) => ReaderSession.open(link, devices, context, signal),
  scrubber: (link, devices, context) => new ReaderScrubber(link, devices, context),
};
