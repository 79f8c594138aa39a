/** The driver of serial sensors: whatever frames they speak, as their profile says. */
import type { Driver } from "../contract/index.ts";
import type { SerialAction, SerialAddress, SerialProfile, SerialSensorLink, SerialSource } from "./fields.ts";
import { serialKind } from "./schema.ts";
import { SerialScrubber } from "./scrubber.ts";
import { SerialSession } from "./session.ts";

export const serialDriver: Driver<
  SerialSensorLink,
  SerialAddress,
  SerialProfile,
  SerialSource,
  SerialAction
> = {
  kind: serialKind,
  open: (link, _devices, context, signal) => SerialSession.open(link, context, signal),
  scrubber: (link, devices, context) => new SerialScrubber(link, devices, context),
};
