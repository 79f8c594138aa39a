/**
 * Where a camera is, and what of the addresses that it names is used. Pure.
 *
 * Holds: the host is always the configured one, and so is the scheme; of an address that the camera names its path is
 * taken, and its port where that can be one of a camera.
 */
import { isIPv6 } from "node:net";
import { plainAddress, withPort } from "../../config/schema/address.ts";

/** Whom we ask. */
export interface Place {
  readonly host: string;
  readonly port: number;
  readonly scheme: "http" | "https";
}

/** Where a service of it is. */
export interface Service {
  readonly port: number;
  /** With its question. */
  readonly path: string;
}

export const devicePath = "/onvif/device_service";
export const usualPort = (scheme: Place["scheme"]): number => (scheme === "https" ? 443 : 80);

const longest = 1024;

/** A zone (RFC 6874) means something to the camera alone, and nothing to URL. */
const zone = /^([a-z][a-z0-9+.-]*:\/\/\[[0-9a-f:.]+)%[^\]/?#@]*\]/i;

function read(address: string): URL | null {
  if (address.length > longest || !/^[a-z][a-z0-9+.-]*:\/\/[\x21-\x7e]+$/i.test(address)) return null;
  return URL.parse(address.replace(zone, "$1]"));
}

/** `[fe80::1]` and `FE80::1` are both the same host. */
const hostOf = ({ hostname }: URL): string =>
  plainAddress(hostname.replace(/^\[(.*)\]$/, "$1")).toLowerCase();
const plainHost = (host: string): string => plainAddress(host.replace(/%.*$/, "")).toLowerCase();

/**
 * Of an address that the camera names for a service (XAddr). A camera with two addresses, or behind another one, names
 * one that we do not use: it is not contacted there.
 * @returns null: nothing of it can be used
 */
export function serviceAt(place: Place, address: string): (Service & { foreign: boolean }) | null {
  const url = read(address.trim());
  if (url === null || !/^https?:$/.test(url.protocol)) return null;
  const isSame = url.protocol === `${place.scheme}:`;
  const port = isSame ? Number(url.port || usualPort(place.scheme)) : place.port;
  // A camera must not have us knock at other services of its host, such as a mail server's.
  if (port !== place.port && port !== 80 && port !== 443 && port < 1024) return null;
  const path = `${url.pathname}${url.search}`;
  if (!/^\/[\x21-\x7e]*$/.test(path)) return null;
  return { port, path, foreign: hostOf(url) !== plainHost(place.host) };
}

/** The host of an address; null: it is none. */
export function hostNamed(address: string): string | null {
  const url = read(address.trim());
  return url === null || url.hostname === "" ? null : hostOf(url);
}

export const streamSchemes = /^rtsps?:$/;
export const pictureSchemes = /^https?:$/;

/**
 * Whether a stream or a picture can be had there: nobody goes there to see.
 * @param own host that the camera names for itself; null: none
 */
export function isHad(place: Place, address: string, schemes: RegExp, own: string | null): boolean {
  const url = read(address.trim());
  if (url === null || !schemes.test(url.protocol)) return false;
  const host = hostOf(url);
  return host === plainHost(place.host) || (own !== null && host === own);
}

/** As the head of a request has it. */
export const hostHeader = ({ host, port, scheme }: Place): string => {
  const bare = host.replace(/%.*$/, "");
  if (port !== usualPort(scheme)) return withPort(bare, port);
  return isIPv6(bare) ? `[${bare}]` : bare;
};
