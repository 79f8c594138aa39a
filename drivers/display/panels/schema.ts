/** What displays with a protocol of their makers add to the configuration files: one driver, two kinds of link. Pure. */
import type { Kind, KindProblem } from "../../../config/schema/kind.ts";
import { serialLineName, tcpLineName } from "../../line/fields.ts";
import { protocolOf } from "../protocols/index.ts";
import { checkDisplays, withoutPort } from "./check.ts";
import {
  type DisplayAction,
  type DisplayDevice,
  type DisplayProfile,
  type DisplaySerialAddress,
  type DisplaySerialLink,
  type DisplaySource,
  type DisplayTcpAddress,
  type DisplayTcpLink,
  displayActionSchema,
  displayProfileSchema,
  displaySerialAddressSchema,
  displaySerialLinkSchema,
  displaySourceSchema,
  displayTcpAddressSchema,
  displayTcpLinkSchema,
} from "./fields.ts";
import { planDisplay } from "./plan.ts";
import { displayVector } from "./vector.ts";

export * from "./fields.ts";
export type { DisplayBody, DisplayJob } from "./plan.ts";

/** 0: nobody says it. */
export const portOf = (
  link: DisplayTcpLink,
  address: DisplayTcpAddress,
  profile: DisplayProfile | undefined,
): number =>
  address.port ??
  link.port ??
  profile?.port ??
  (profile === undefined ? null : protocolOf(profile.protocol).port) ??
  0;

export const displayTcpLine = (
  link: DisplayTcpLink,
  address: DisplayTcpAddress,
  profile?: DisplayProfile,
): string => tcpLineName(address.host, portOf(link, address, profile));

const shared = {
  driver: "display",
  profile: displayProfileSchema,
  source: displaySourceSchema,
  action: displayActionSchema,
  placeOf: (source: DisplaySource) => ({ ask: source.ask }),
  rawOf: ({ ask }: DisplaySource, { protocol }: DisplayProfile) => {
    const { asks } = protocolOf(protocol);
    return Object.hasOwn(asks, ask) ? asks[ask]?.raw : undefined;
  },
  argumentsOf: ({ arg }: DisplayAction) => (arg === undefined ? [] : [arg]),
  readVector: displayVector,
} as const;

export const displaySerialKind: Kind<
  DisplaySerialLink,
  DisplaySerialAddress,
  DisplayProfile,
  DisplaySource,
  DisplayAction
> = {
  ...shared,
  kind: "display-serial",
  link: displaySerialLinkSchema,
  address: displaySerialAddressSchema,
  line: serialLineName,
  lineOfAll: serialLineName,
  plan: (link, devices) => devices.flatMap((device) => planDisplay(device, serialLineName(link), link)),
  check: (link, devices) =>
    checkDisplays(
      devices,
      devices.map(() => serialLineName(link)),
    ),
};

export const displayTcpKind: Kind<
  DisplayTcpLink,
  DisplayTcpAddress,
  DisplayProfile,
  DisplaySource,
  DisplayAction
> = {
  ...shared,
  kind: "display-tcp",
  link: displayTcpLinkSchema,
  address: displayTcpAddressSchema,
  line: displayTcpLine,
  plan: (link, devices) =>
    devices.flatMap((device) =>
      planDisplay(device, displayTcpLine(link, device.address, device.profile), null),
    ),
  check: (link, devices): KindProblem[] => [
    ...devices
      .filter(({ address, profile }) => portOf(link, address, profile) === 0)
      .map((device) => withoutPort(device as DisplayDevice)),
    ...checkDisplays(
      devices,
      devices.map(({ address, profile }) => displayTcpLine(link, address, profile)),
    ),
  ],
};
