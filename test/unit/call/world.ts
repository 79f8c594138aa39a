/** A network of one machine: who calls, and who answers, over real sockets on loopback; time stands still until moved. */
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { networkInterfaces } from "node:os";
import { type CallPlace, placesOf } from "../../../drivers/call/places.ts";
import type { Found } from "../../../drivers/contract/index.ts";
import { FakeClock, recordingLog } from "../../fake-clock.ts";

/** Those of loopback alone: nothing of a test leaves the machine. */
export const ownPlaces: CallPlace[] = placesOf(networkInterfaces()).filter(({ own }) => own);
export const ownOf = (family: 4 | 6): CallPlace[] => ownPlaces.filter((place) => place.family === family);

/** Somebody who hears calls, and says what a test wants. */
export class Hearer {
  readonly heard: { bytes: Buffer; from: RemoteInfo }[] = [];
  /** Called with each call. */
  onCall: (bytes: Buffer, from: RemoteInfo) => void = () => {};
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("message", (bytes, from) => {
      this.heard.push({ bytes, from });
      this.onCall(bytes, from);
    });
  }

  /** @param group joined on loopback */
  static async open(address: string, port = 0, group?: string): Promise<Hearer> {
    const socket = createSocket({ type: address.includes(":") ? "udp6" : "udp4", reuseAddr: true });
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.bind({ address, port }, () => resolve());
    });
    if (group !== undefined) socket.addMembership(group, "127.0.0.1");
    return new Hearer(socket);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  say(bytes: Uint8Array | string, to: { port: number; address: string }): Promise<void> {
    return new Promise((resolve) => this.#socket.send(bytes, to.port, to.address, () => resolve()));
  }

  close(): Promise<void> {
    return new Promise((resolve) => void this.#socket.close(() => resolve()));
  }
}

/** One search under way. */
export class Searching {
  readonly found: Found[] = [];
  readonly clock = new FakeClock();
  readonly log = recordingLog();
  readonly stop = new AbortController();
  isOver = false;
  over: Promise<void> = Promise.resolve();

  start(
    search: (context: Pick<Searching, "clock" | "log">, signal: AbortSignal) => AsyncIterable<Found>,
  ): this {
    this.over = (async () => {
      for await (const each of search(this, this.stop.signal)) this.found.push(each);
      this.isOver = true;
    })();
    return this;
  }

  /** Until all that is timed has passed. */
  async end(): Promise<Found[]> {
    while (!this.isOver) {
      await this.clock.advance(100);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await this.over;
    return this.found;
  }
}

/** Until nothing more comes: time of the network, not of the search. */
export const settle = (ms = 30) => new Promise((resolve) => setTimeout(resolve, ms));

/** Sockets that this process holds, those under way to be closed left out. */
export async function openSockets(): Promise<number> {
  await settle(1);
  return process.getActiveResourcesInfo().filter((kind) => /UDP/i.test(kind)).length;
}
