/**
 * The search for projectors (PJLink class 2): `%2SRCH` to all of each network of this machine, `%2ACKN=` and the MAC
 * address from each that is of that class. It answers after a while of its own choice of up to 10 s, and to port 4352,
 * whatever it was asked from (PJLink Specifications 2.10, 3.2): so that is where we ask from, where it is free.
 * IPv6 has no broadcast: projectors that have nothing else are written in the files by their address, and so are those
 * of class 1. Nothing is sent to those that are found.
 */
import { macIn } from "../../call/told.ts";
import { type CallPlace, type UdpCall, udpCall } from "../../call/udp-call.ts";
import type { Found, SearchContext } from "../../contract/index.ts";
import { textOf } from "../question.ts";

const port = 4352;
const longest = 64;
const mostProjectors = 2000;
const search = Buffer.from("%2SRCH\r");

const targets = ({ own, address, broadcast }: CallPlace): string[] => [
  ...(broadcast === null ? [] : [broadcast]),
  ...(own ? [address] : []),
];

export type ProjectorSearch = Partial<Pick<UdpCall, "port" | "gapsMs" | "lastsMs" | "places">>;

/** @param own what a test has otherwise @throws nothing */
export async function* findProjectors(
  context: SearchContext,
  signal: AbortSignal,
  own: ProjectorSearch = {},
): AsyncGenerator<Found, void, void> {
  const call: UdpCall = {
    ...{ port, targets, datagrams: [search], gapsMs: [500, 500], lastsMs: 12_000 },
    // Not on loopback, where a projector of a simulator has that port.
    from: (place) => (place.own ? 0 : call.port),
    ...own,
  };
  const hosts = new Set<string>();
  for await (const { bytes, host } of udpCall(call, context, signal)) {
    const projector = projectorIn(bytes);
    if (projector === null || hosts.has(host)) continue;
    hosts.add(host);
    yield { address: { host }, told: projector };
    if (hosts.size < mostProjectors) continue;
    context.log.warn({}, "as many projectors were found as a search lists; there may be more");
    return;
  }
}

/** What it tells; null: it is no answer. Some are said to give something else than their MAC address. */
function projectorIn(bytes: Uint8Array): Found["told"] | null {
  if (bytes.length > longest) return null;
  const [, given] = /^%2ACKN=([\x20-\x7e]*)\r?\n?$/i.exec(textOf(bytes)) ?? [];
  if (given === undefined) return null;
  const mac = macIn(given.trim());
  return mac === undefined ? {} : { mac };
}
