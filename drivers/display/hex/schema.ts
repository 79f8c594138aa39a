/** What command tables in hexadecimal add to the configuration files: one driver, two kinds of link. Pure. */
import type { Kind } from "../../../config/schema/kind.ts";
import { serialLineName, tcpLineName } from "../../line/fields.ts";
import { checkHex } from "./check.ts";
import {
  type HexAction,
  type HexProfile,
  type HexSerialAddress,
  type HexSerialLink,
  type HexSource,
  type HexTcpAddress,
  type HexTcpLink,
  hexActionSchema,
  hexProfileSchema,
  hexSerialAddressSchema,
  hexSerialLinkSchema,
  hexSourceSchema,
  hexTcpAddressSchema,
  hexTcpLinkSchema,
} from "./fields.ts";
import { planHex } from "./plan.ts";
import { hexVector } from "./vector.ts";

export * from "./fields.ts";

export const hexTcpLine = (link: HexTcpLink, { host, port }: HexTcpAddress): string =>
  tcpLineName(host, port ?? link.port);

const shared = {
  driver: "hex",
  profile: hexProfileSchema,
  source: hexSourceSchema,
  action: hexActionSchema,
  placeOf: ({ ask, at }: HexSource) => ({
    ask: ask.map((byte) => (byte ?? 0).toString(16).toUpperCase().padStart(2, "0")).join(" "),
    at: String(at),
  }),
  rawOf: () => ({ type: "number", min: 0, max: 255, whole: true }) as const,
  argumentsOf: ({ arg }: HexAction) => (arg === undefined ? [] : [arg]),
  readVector: hexVector,
} as const;

export const hexSerialKind: Kind<HexSerialLink, HexSerialAddress, HexProfile, HexSource, HexAction> = {
  ...shared,
  kind: "hex-serial",
  link: hexSerialLinkSchema,
  address: hexSerialAddressSchema,
  line: serialLineName,
  lineOfAll: serialLineName,
  plan: (link, devices) => devices.flatMap((device) => planHex(device, serialLineName(link))),
  check: (link, devices) =>
    checkHex(
      devices,
      devices.map(() => serialLineName(link)),
      true,
    ),
};

export const hexTcpKind: Kind<HexTcpLink, HexTcpAddress, HexProfile, HexSource, HexAction> = {
  ...shared,
  kind: "hex-tcp",
  link: hexTcpLinkSchema,
  address: hexTcpAddressSchema,
  line: hexTcpLine,
  plan: (link, devices) => devices.flatMap((device) => planHex(device, hexTcpLine(link, device.address))),
  check: (link, devices) =>
    checkHex(
      devices,
      devices.map(({ address }) => hexTcpLine(link, address)),
      false,
    ),
};
