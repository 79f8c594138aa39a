/** The protocols of displays, by the names that a profile gives them. */
import { benq } from "./benq.ts";
import { epson } from "./epson.ts";
import { hisense } from "./hisense.ts";
import { lg } from "./lg.ts";
import { nec } from "./nec.ts";
import type { Protocol } from "./protocol.ts";
import { samsungMdc } from "./samsung-mdc.ts";

export const protocols = {
  "samsung-mdc": samsungMdc,
  lg,
  nec,
  epson,
  hisense,
  benq,
} as const satisfies Readonly<Record<string, Protocol>>;

export type ProtocolName = keyof typeof protocols;
export const protocolNames = Object.keys(protocols) as [ProtocolName, ...ProtocolName[]];

/** By its name, as one of many. */
export const protocolOf = (name: ProtocolName): Protocol => protocols[name];
export type { Manner, Protocol } from "./protocol.ts";
