/**
 * A call into the networks of this machine: the same few datagrams to all who listen, from each of its addresses, and
 * what comes back.
 *
 * Holds:
 * - it ends by itself, at once when the signal is aborted, and when nobody can be called at all; then and when the
 *   caller goes away, each socket is closed and nothing is timed;
 * - a network port that refuses is passed over;
 * - nothing is sent but to the targets: what is heard is not answered;
 * - of what comes no more is looked at than `mostASecond`, and others have a turn of the loop after each piece.
 */
import { createSocket, type Socket } from "node:dgram";
import { networkInterfaces } from "node:os";
import { setImmediate as turn } from "node:timers/promises";
import { plainAddress } from "../../config/schema/address.ts";
import type { SearchContext } from "../contract/index.ts";
import { type CallPlace, placesOf } from "./places.ts";
import { type Heard, WaitingRoom } from "./waiting-room.ts";

export type { CallPlace, Heard };

export interface UdpCall {
  /** Where it is listened to. */
  readonly port: number;
  /** Whom a call from there is sent to; none: it is not called from there. */
  readonly targets: (place: CallPlace) => readonly string[];
  /** Port that a call from there comes from, where it is free; else, and for 0, any. */
  readonly from?: (place: CallPlace) => number;
  readonly datagrams: readonly Uint8Array[];
  /** All is sent once, and again after each of these. */
  readonly gapsMs: readonly number[];
  /** How long is listened from the first call on. */
  readonly lastsMs: number;
  /** Where from; the addresses of this machine unless a test says others. */
  readonly places?: readonly CallPlace[];
}

/** Of texts as hostile as they come, 500 kB take a small ARM core a third of its time. */
const mostASecond = { pieces: 1000, bytes: 500_000 };

/** @throws nothing */
export async function* udpCall(
  call: UdpCall,
  { clock, log }: SearchContext,
  signal: AbortSignal,
): AsyncGenerator<Heard, void, void> {
  if (signal.aborted) return;
  const over = new AbortController();
  const end = () => over.abort();
  const room = new WaitingRoom();
  const knock = new Knock();
  const ears: Ear[] = [];
  signal.addEventListener("abort", end, { once: true });
  over.signal.addEventListener("abort", () => knock.now(), { once: true });
  const pause = (ms: number) => clock.sleep(ms, over.signal).catch(() => {});
  const hear = (heard: Heard) => {
    room.add(heard);
    knock.now();
  };
  try {
    const places = (call.places ?? placesOf(networkInterfaces())).filter(
      (place) => call.targets(place).length > 0,
    );
    ears.push(...(await Promise.all(places.map((place) => Ear.open(place, call, hear)))).filter(isOpen));
    void pause(call.lastsMs).then(end);
    void callOut(call, ears, pause, over.signal).then((sent) => {
      if (sent > 0 || over.signal.aborted) return;
      log.warn({ ports: places.length }, "no network port of this machine can be called from");
      end();
    });
    const pace = new Pace();
    while (!over.signal.aborted) {
      const heard = room.next();
      if (heard === undefined) {
        await knock.next();
        continue;
      }
      const waitMs = pace.waitMs(clock.monotonicMs());
      if (waitMs > 0) await pause(waitMs);
      if (over.signal.aborted) break;
      pace.took(heard.bytes.length, clock.monotonicMs());
      yield heard;
      await turn();
    }
    const lost = room.refused + room.waiting;
    if (lost > 0 && !signal.aborted) log.warn({ lost }, "more answers came than a search looks at");
  } finally {
    signal.removeEventListener("abort", end);
    end();
    await Promise.all(ears.map((ear) => ear.close()));
  }
}

/** @returns how many datagrams went out */
async function callOut(
  { datagrams, gapsMs }: UdpCall,
  ears: readonly Ear[],
  pause: (ms: number) => Promise<void>,
  over: AbortSignal,
): Promise<number> {
  let sent = 0;
  if (ears.length === 0) return sent;
  for (const gapMs of [0, ...gapsMs]) {
    if (gapMs > 0) await pause(gapMs);
    for (const datagram of datagrams) {
      if (over.aborted) return sent;
      const went = await Promise.all(ears.map((ear) => ear.say(datagram)));
      sent += went.reduce((sum, each) => sum + each, 0);
    }
  }
  return sent;
}

/** Wakes who waits; one that came before is not missed. */
class Knock {
  #wake: (() => void) | null = null;
  #came = false;

  now(): void {
    this.#came = true;
    this.#wake?.();
  }

  async next(): Promise<void> {
    if (!this.#came)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    this.#came = false;
    this.#wake = null;
  }
}

/** How much is looked at in each second. Monotonic ms. */
class Pace {
  #from = Number.NEGATIVE_INFINITY;
  #pieces = 0;
  #bytes = 0;

  /** How long not to look at anything. */
  waitMs(now: number): number {
    if (this.#pieces < mostASecond.pieces && this.#bytes < mostASecond.bytes) return 0;
    return Math.max(0, this.#from + 1000 - now);
  }

  took(bytes: number, now: number): void {
    if (now >= this.#from + 1000) [this.#from, this.#pieces, this.#bytes] = [now, 0, 0];
    this.#pieces += 1;
    this.#bytes += bytes;
  }
}

/** One address of this machine that was called from. */
class Ear {
  readonly #socket: Socket;
  readonly #targets: readonly string[];
  readonly #port: number;

  private constructor(socket: Socket, targets: readonly string[], port: number) {
    this.#socket = socket;
    this.#targets = targets;
    this.#port = port;
  }

  /** null: that address cannot be used. */
  static async open(place: CallPlace, call: UdpCall, hear: (heard: Heard) => void): Promise<Ear | null> {
    const wanted = call.from?.(place) ?? 0;
    const socket = (wanted === 0 ? null : await bound(place, wanted, hear)) ?? (await bound(place, 0, hear));
    return socket === null ? null : new Ear(socket, call.targets(place), call.port);
  }

  /** @returns to how many targets it went */
  async say(datagram: Uint8Array): Promise<number> {
    const went = await Promise.all(
      this.#targets.map(
        (target) =>
          new Promise<number>((resolve) => {
            try {
              this.#socket.send(datagram, this.#port, target, (error) => resolve(error === null ? 1 : 0));
            } catch {
              resolve(0); // closed meanwhile
            }
          }),
      ),
    );
    return went.reduce((sum, each) => sum + each, 0);
  }

  close(): Promise<void> {
    return closed(this.#socket);
  }
}

const isOpen = (ear: Ear | null): ear is Ear => ear !== null;

const closed = (socket: Socket) => new Promise<void>((resolve) => void socket.close(() => resolve()));

async function bound(
  { family, address, port: name }: CallPlace,
  port: number,
  hear: (heard: Heard) => void,
): Promise<Socket | null> {
  const socket = createSocket(family === 4 ? { type: "udp4" } : { type: "udp6", ipv6Only: true });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.bind({ address, port, exclusive: true }, () => resolve());
    });
    socket.removeAllListeners("error");
    // What the system says of a datagram that went astray ends nothing.
    socket.on("error", () => {});
    socket.on("message", (bytes, from) => hear({ bytes, host: plainAddress(from.address), port: from.port }));
    socket.setBroadcast(true);
    socket.setMulticastInterface(family === 4 ? address : `::%${name}`);
    return socket;
  } catch {
    await closed(socket);
    return null;
  }
}
