/** The driver of cameras that speak ONVIF: whether each is well, and never its pictures. */
import type { Driver } from "../contract/index.ts";
import { findCameras } from "./discovery.ts";
import {
  type OnvifAction,
  type OnvifAddress,
  type OnvifLink,
  type OnvifProfile,
  type OnvifSource,
  onvifKind,
} from "./schema.ts";
import { OnvifSession } from "./session.ts";

/** No scrubber: what cameras say names people, places and networks in too many ways. Their links cannot be recorded. */
export const onvifDriver: Driver<OnvifLink, OnvifAddress, OnvifProfile, OnvifSource, OnvifAction> = {
  kind: onvifKind,
  async open(link, devices, context, signal) {
    signal.throwIfAborted();
    return OnvifSession.open(link, devices, context);
  },
  discover: (context, signal) => findCameras(context, signal),
};
