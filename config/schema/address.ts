/**
 * Addresses of machines: how each is written, and which are this machine's own. The only place that knows them by
 * their numbers.
 */
import { BlockList, isIP, isIPv4, isIPv6, SocketAddress } from "node:net";
import { networkInterfaces } from "node:os";

/** Where a machine reaches itself; many have both, some only one. */
const loopbacks = ["127.0.0.1", "::1"] as const;
/** All addresses of a machine at once; the one of IPv6 takes those of IPv4 as well. */
export const everywhere = { ipv4: "0.0.0.0", ipv6: "::" } as const;

/** RFC 1122, 3.2.1.3, and RFC 4291, 2.5.3. */
const own = new BlockList();
own.addSubnet("127.0.0.0", 8, "ipv4");
own.addAddress("::1", "ipv6");
/** RFC 4291, 2.5.6. */
const linkLocal = new BlockList();
linkLocal.addSubnet("fe80::", 10, "ipv6");

/** What does not leave a site: RFC 1918, RFC 3927, RFC 4193, RFC 4291 2.5.6. */
const ofASite = new BlockList();
ofASite.addSubnet("10.0.0.0", 8, "ipv4");
ofASite.addSubnet("172.16.0.0", 12, "ipv4");
ofASite.addSubnet("192.168.0.0", 16, "ipv4");
ofASite.addSubnet("169.254.0.0", 16, "ipv4");
ofASite.addSubnet("fc00::", 7, "ipv6");
ofASite.addSubnet("fe80::", 10, "ipv6");

const within = (list: BlockList, address: string) =>
  isIP(address) !== 0 && list.check(address, isIPv4(address) ? "ipv4" : "ipv6");

/** Only this machine can come from there, or get there; other names than `localhost` might lead anywhere. */
export const isLoopback = (host: string): boolean => isLocalhost(host) || within(own, host);

/** `localhost`, or one of the two addresses that stand for it, in whatever way it is written. */
export const isOwnName = (host: string): boolean =>
  isLocalhost(host) || loopbacks.some((address) => address === plainAddress(host));

export const isLocalhost = (host: string): boolean => host.toLowerCase() === "localhost";

/** An address of the site's own, or a name that only its own machines know: of one word, or below `.local` and the like. */
export const staysAtSite = (host: string): boolean =>
  isIP(host) === 0
    ? !host.includes(".") || /\.(local|lan|home\.arpa|internal)$/i.test(host)
    : isLoopback(host) || within(ofASite, host.replace(/%.*$/, ""));

/** An address that every network port has, and no port is named. */
export const lacksZone = (host: string): boolean => !host.includes("%") && within(linkLocal, host);

/**
 * One way to write each address (RFC 5952): `FD12:0::1` → `fd12::1`, and `::ffff:192.168.1.5`, an IPv4 address that
 * came over IPv6, → `192.168.1.5`. Names stay as they are.
 */
export function plainAddress(host: string): string {
  if (!isIPv6(host)) return host;
  const zone = host.includes("%") ? host.slice(host.indexOf("%")) : "";
  const { address } = new SocketAddress({ address: host, family: "ipv6" });
  const mapped = address.replace(/^::ffff:/, "");
  return isIPv4(mapped) ? mapped : `${address}${zone}`;
}

/** `::1` and 8080 → `[::1]:8080`. */
export const withPort = (host: string, port: number): string =>
  `${host.includes(":") ? `[${host}]` : host}:${port}`;

/** What to listen at for this machine alone: whichever loopback address there is. */
export function ownAddress(): string {
  const here = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses);
  return loopbacks.find((one) => here.some(({ address }) => address === one)) ?? loopbacks[0];
}

/** What to listen at for `host`: files of names may say of `localhost` what this machine does not have. */
export const listenAddress = (host: string): string => (isLocalhost(host) ? ownAddress() : host);
