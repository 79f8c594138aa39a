/** The kind of link of cameras. Pure. */
import type { Kind } from "../../config/schema/kind.ts";
import { tcpLineName } from "../line/fields.ts";
import { checkOnvif } from "./check.ts";
import {
  actionSchema,
  addressSchema,
  linkSchema,
  type OnvifAction,
  type OnvifAddress,
  type OnvifLink,
  type OnvifProfile,
  type OnvifSource,
  placeOf,
  profileSchema,
  rawOf,
  sourceSchema,
} from "./fields.ts";
import { planOnvif } from "./plan.ts";
import { onvifVector } from "./vector.ts";

export * from "./fields.ts";

export const onvifLine = (link: OnvifLink, address: OnvifAddress): string => {
  const { host, port } = placeOf(link, address);
  return tcpLineName(host, port);
};

export const onvifKind: Kind<OnvifLink, OnvifAddress, OnvifProfile, OnvifSource, OnvifAction> = {
  driver: "onvif",
  kind: "onvif",
  link: linkSchema,
  address: addressSchema,
  profile: profileSchema,
  source: sourceSchema,
  action: actionSchema,
  line: onvifLine,
  plan: (link, devices) => devices.flatMap((device) => planOnvif(link, device)),
  check: checkOnvif,
  placeOf: ({ ask, events = [] }) => (ask === undefined ? { events: events.join(" ") } : { ask }),
  rawOf,
  readVector: onvifVector,
};
