/** The driver of DL/T 645-2007 meters: RS-485 lines, by a port of this machine or a serial server. */
import type { Driver } from "../contract/index.ts";
import type { DltAction, DltAddress, DltLink, DltProfile, DltSource } from "./fields.ts";
import { dltKind } from "./schema.ts";
import { DltScrubber } from "./scrubber.ts";
import { DltSession } from "./session.ts";

export const dltDriver: Driver<DltLink, DltAddress, DltProfile, DltSource, DltAction> = {
  kind: dltKind,
  open: (link, _devices, context, signal) => DltSession.open(link, context, signal),
  scrubber: (link, devices, context) =>
    new DltScrubber(
      { baud: link.baud, format: link.format, behind: "device" in link ? "port" : "serial-server" },
      devices,
      context,
    ),
};
