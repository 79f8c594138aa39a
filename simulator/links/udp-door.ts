/**
 * A UDP port of boxes on the school's network: at addresses of this machine, and at the groups that are asked in their place.
 *
 * Holds: it hears and answers this machine alone, whoever else is in a group; what cannot be opened is on record and the rest
 * goes on; the port stays the same over `stop` and `start`; after `stop` nothing is open.
 */
import { createSocket, type Socket } from "node:dgram";
import { isIPv4 } from "node:net";
import { networkInterfaces } from "node:os";
import { isLoopback, ownAddress, plainAddress, withPort } from "../../config/schema/address.ts";
import type { Text } from "../../config/schema/vocabulary.ts";

/** An address that several boxes hear: one to be joined, or one that all of a network have. */
export interface Group {
  address: string;
  how: "joined" | "broadcast";
}

export interface UdpDoorOptions {
  /** Default: loopback, one address of it. */
  hosts?: readonly string[];
  /** Default 0: any free one. Others may have the same. */
  port?: number;
  groups?: readonly Group[];
}

/** A datagram from this machine, and how it is answered. */
export interface Datagram {
  bytes: Uint8Array;
  /** Resolves once it is out, or could not be sent. */
  answer(bytes: Uint8Array): Promise<void>;
}

/** What could not be opened. */
export interface Unopened {
  /** Address and port. */
  at: string;
  code: string;
}

export class UdpDoor {
  /** Datagrams from other machines, which are not looked at. */
  strangers = 0;
  readonly unopened: Unopened[] = [];
  readonly #hosts: readonly string[];
  readonly #groups: readonly Group[];
  readonly #hear: (datagram: Datagram) => void;
  #port: number;
  #sockets: Socket[] = [];

  constructor(options: UdpDoorOptions, hear: (datagram: Datagram) => void) {
    this.#hosts = options.hosts ?? [ownAddress()];
    this.#groups = options.groups ?? [];
    this.#port = options.port ?? 0;
    this.#hear = hear;
  }

  /** Where it listens; valid once started. */
  get port(): number {
    return this.#port;
  }

  /** @throws RangeError for an address that is not this machine's own; nothing else */
  async start(): Promise<void> {
    const strange = this.#hosts.find((host) => !isLoopback(host));
    if (strange !== undefined) throw new RangeError(`${strange} is not this machine alone`);
    this.unopened.length = 0;
    const families = new Set<boolean>();
    for (const host of this.#hosts) {
      const own = await this.#open(host, host);
      // A second socket of a group would hear everything again.
      if (own === null || families.has(isIPv4(host))) continue;
      families.add(isIPv4(host));
      const groups = this.#groups.filter(({ address }) => isIPv4(address) === isIPv4(host));
      for (const group of groups) await this.#openGroup(group, host, own);
    }
  }

  async stop(): Promise<void> {
    const sockets = this.#sockets.splice(0);
    await Promise.all(sockets.map((socket) => new Promise<void>((done) => socket.close(done))));
  }

  /** Nobody but the group's own members, and none that is meant for a single box, comes in there. */
  async #openGroup({ address, how }: Group, host: string, own: Socket): Promise<void> {
    // A group of IPv6 is one of a network port (RFC 4007, 11).
    const zone = isIPv4(host) ? "" : `%${portOf(host)}`;
    const socket = await this.#open(`${address}${zone}`, host, own);
    if (socket === null || how === "broadcast") return;
    try {
      socket.addMembership(`${address}${zone}`, isIPv4(host) ? host : `::${zone}`);
    } catch (error) {
      this.#tell(`${address}${zone}`, error);
    }
  }

  /** @param own what answers; default: itself @returns null: it could not be opened */
  async #open(address: string, host: string, own?: Socket): Promise<Socket | null> {
    const socket = createSocket(
      isIPv4(host) ? { type: "udp4", reuseAddr: true } : { type: "udp6", reuseAddr: true, ipv6Only: true },
    );
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once("error", reject);
        socket.bind(this.#port, address, resolve);
      });
    } catch (error) {
      socket.close();
      this.#tell(address, error);
      return null;
    }
    this.#port = socket.address().port;
    this.#sockets.push(socket);
    socket.on("error", () => undefined);
    socket.on("message", (bytes, from) => {
      if (!isOfThisMachine(from.address)) {
        this.strangers += 1;
        return;
      }
      this.#hear({ bytes, answer: (said) => send(own ?? socket, said, from) });
    });
    return socket;
  }

  #tell(address: string, error: unknown): void {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    this.unopened.push({ at: withPort(address, this.#port), code });
  }
}

/** What a person is told of it. @param what of whom it is, in both languages */
export const unopenedText = ({ at, code }: Unopened, what: Text): Text => ({
  zh: `${what.zh}：打不开 UDP ${at}（${code}），从那里找不到它们`,
  en: `${what.en}: UDP ${at} cannot be opened (${code}), they are not found from there`,
});

const ownAddresses = () =>
  Object.entries(networkInterfaces()).flatMap(([name, all = []]) =>
    all.map(({ address }) => ({ name, address: plainAddress(address) })),
  );

/** Whether a datagram from there did not come over a network, and an answer does not leave over one. */
export function isOfThisMachine(address: string): boolean {
  const plain = plainAddress(address.replace(/%.*$/, ""));
  return isLoopback(plain) || ownAddresses().some((own) => own.address === plain);
}

/** The network port that has this address. */
const portOf = (host: string): string =>
  ownAddresses().find(({ address }) => address === plainAddress(host))?.name ?? "lo";

function send(socket: Socket, bytes: Uint8Array, to: { address: string; port: number }): Promise<void> {
  return new Promise((resolve) => {
    try {
      // Whoever is gone by now, or a datagram that is too long, is nobody's trouble.
      socket.send(bytes, to.port, to.address, () => resolve());
    } catch {
      // Closed meanwhile.
      resolve();
    }
  });
}
