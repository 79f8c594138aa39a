/** From where this machine can call out: each address of each of its network ports. Pure. */
import { isIPv4 } from "node:net";
import type { NetworkInterfaceInfo } from "node:os";
import { lacksZone } from "../../config/schema/address.ts";

export interface CallPlace {
  /** Network port of this machine, such as eth0. */
  readonly port: string;
  /** As it is bound: with its zone where it has one. */
  readonly address: string;
  readonly family: 4 | 6;
  /** Leads to this machine alone. */
  readonly own: boolean;
  /** IPv4: the address of all of its network; null: there is none. */
  readonly broadcast: string | null;
}

/** More are not called from: a socket each. */
export const mostPlaces = 64;

/** @param ports as `networkInterfaces()` of node:os gives them */
export function placesOf(ports: Readonly<Record<string, NetworkInterfaceInfo[] | undefined>>): CallPlace[] {
  const places = Object.entries(ports).flatMap(([port, addresses = []]) =>
    addresses.map(({ address, netmask, internal }): CallPlace => {
      const family = isIPv4(address) ? 4 : 6;
      return {
        port,
        address: lacksZone(address) ? `${address}%${port}` : address,
        family,
        own: internal,
        broadcast: family === 4 ? broadcastOf(address, netmask) : null,
      };
    }),
  );
  // Of a port with very many addresses the first do for all.
  return places.slice(0, mostPlaces);
}

const bytesOf = (address: string) => address.split(".").map(Number);

/** RFC 919; a network of one or two addresses has none (RFC 3021). */
function broadcastOf(address: string, netmask: string): string | null {
  const mask = bytesOf(netmask);
  if (!isIPv4(netmask) || (mask[3] ?? 0) >= 0xfe) return null;
  return bytesOf(address)
    .map((byte, index) => byte | (~(mask[index] ?? 0) & 0xff))
    .join(".");
}
