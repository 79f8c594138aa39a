/**
 * Answers for the projectors of a host whoever looks for some (PJLink class 2, search by UDP 4352).
 *
 * The answer has a MAC and no port: whoever asked goes to TCP 4352 of where it came from. Two answers of one host could not be
 * told apart by that, so a host answers once, with the MAC of the first of its projectors that has power. IPv6 has no broadcast,
 * and no group is named for it: there only a host that is asked itself answers.
 *
 * Holds: only a search is answered; class 1 says nothing; nothing leaves this machine; what cannot be opened is told and is no
 * failure.
 */
import { type Datagram, type Group, UdpDoor, type UdpDoorOptions, type Unopened } from "../links/udp-door.ts";
import { Watch } from "../watch.ts";

export const pjlinkSearchPort = 4352;
/** All of the loopback network, and all of any. */
export const pjlinkSearchGroups: readonly Group[] = [
  { address: "127.255.255.255", how: "broadcast" },
  { address: "255.255.255.255", how: "broadcast" },
];

/** A projector as whoever looks for one knows it. */
export interface Findable {
  /** Six bytes in hex, with colons. */
  mac: string;
  level: 1 | 2;
  /** It has power, whether it shows something or not. */
  isThere(): boolean;
}

const search = "%2SRCH\r";

export class PjlinkSearch {
  /** Searches, and what was none. */
  searches = 0;
  ignored = 0;
  readonly #projectors: readonly Findable[];
  readonly #door: UdpDoor;
  readonly #watch = new Watch<PjlinkSearch>(this);

  /** Nothing is open yet. Default port 4352; 0: any free one. */
  constructor(projectors: readonly Findable[], options: UdpDoorOptions = {}) {
    this.#projectors = projectors;
    const where = { port: pjlinkSearchPort, groups: pjlinkSearchGroups, ...options };
    this.#door = new UdpDoor(where, (datagram) => this.#hear(datagram));
  }

  get port(): number {
    return this.#door.port;
  }

  get unopened(): readonly Unopened[] {
    return this.#door.unopened;
  }

  /** @throws RangeError for an address that is not this machine's own; nothing else */
  start(): Promise<void> {
    return this.#door.start();
  }

  stop(): Promise<void> {
    return this.#door.stop();
  }

  /** Resolves once it is so; asked now and whenever something was heard. */
  until(predicate: (search: PjlinkSearch) => boolean, signal?: AbortSignal): Promise<void> {
    return this.#watch.until(predicate, signal);
  }

  #hear({ bytes, answer }: Datagram): void {
    if (Buffer.from(bytes).toString("latin1") === search) {
      this.searches += 1;
      const found = this.#projectors.find((one) => one.level === 2 && one.isThere());
      if (found !== undefined) void answer(Buffer.from(`%2ACKN=${found.mac}\r`));
    } else this.ignored += 1;
    this.#watch.changed();
  }
}
