/**
 * The search for cameras: SOAP-over-UDP 1.0 to the groups of WS-Discovery, from every address of this machine.
 * Cameras that are found are sent nothing: who they are is asked once they are in the files.
 */
import { randomUUID } from "node:crypto";
import { type CallPlace, type UdpCall, udpCall } from "../call/udp-call.ts";
import type { Found, SearchContext } from "../contract/index.ts";
import { FoundCameras } from "./found-cameras.ts";
import { askedTypes, camerasIn, probeText } from "./probe.ts";

/** WS-Discovery, 2.4. */
const groups = { 4: "239.255.255.250", 6: "ff02::c" } as const;
const port = 3702;

/** Loopback takes no datagram to a group of IPv6, so that who is on this machine is also called by its address. */
const targets = ({ family, own, address, port: name }: CallPlace): string[] => [
  family === 4 ? groups[4] : `${groups[6]}%${name}`,
  ...(own ? [address] : []),
];

/** SOAP-over-UDP 1.0, appendix I: sent again twice, the first time after 50 to 250 ms, then after twice as long. */
function gaps(random: () => number): number[] {
  const firstMs = 50 + 200 * random();
  return [firstMs, Math.min(2 * firstMs, 500)];
}

export type CameraSearch = Partial<Pick<UdpCall, "port" | "gapsMs" | "lastsMs" | "places">>;

/** @param own what a test has otherwise @throws nothing */
export async function* findCameras(
  context: SearchContext,
  signal: AbortSignal,
  own: CameraSearch = {},
): AsyncGenerator<Found, void, void> {
  const probes = askedTypes.map((types) => ({ id: `urn:uuid:${randomUUID()}`, types }));
  const asked = new Set(probes.map(({ id }) => id));
  const call: UdpCall = {
    ...{ port, targets, gapsMs: gaps(Math.random), lastsMs: 5000 },
    datagrams: probes.map(({ id, types }) => Buffer.from(probeText(id, types))),
    ...own,
  };
  const found = new FoundCameras();
  for await (const { bytes, host } of udpCall(call, context, signal)) {
    for (const answer of camerasIn(bytes, asked)) {
      const now = found.add(host, answer);
      if (now !== null) yield now;
      if (signal.aborted) return;
    }
    if (!found.isFull) continue;
    context.log.warn({}, "as many cameras were found as a search lists; there may be more");
    break;
  }
  if (!signal.aborted) yield* found.rest();
}
