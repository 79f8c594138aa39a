/**
 * What was heard and not yet looked at. Pure.
 *
 * Holds: the senders take turns, each with its oldest; nobody has more waiting than `mostOfOne`, nor all together more
 * than `most`: what is beyond is counted and forgotten.
 */

export interface Heard {
  readonly bytes: Uint8Array;
  /** Address of the sender, with its zone where it has one. */
  readonly host: string;
  readonly port: number;
}

export interface Room {
  readonly pieces: number;
  readonly bytes: number;
}
const most: Room = { pieces: 4096, bytes: 4_000_000 };
const mostOfOne: Room = { pieces: 1024, bytes: 1_000_000 };

interface Queue {
  heard: Heard[];
  bytes: number;
}

export class WaitingRoom {
  /** In the order of their turns; none is empty. */
  readonly #queues = new Map<string, Queue>();
  #pieces = 0;
  #bytes = 0;
  /** What there was no room for. */
  refused = 0;

  get waiting(): number {
    return this.#pieces;
  }

  add(heard: Heard): void {
    const queue = this.#queues.get(heard.host) ?? { heard: [], bytes: 0 };
    const size = heard.bytes.length;
    const isFull =
      exceeds({ pieces: this.#pieces + 1, bytes: this.#bytes + size }, most) ||
      exceeds({ pieces: queue.heard.length + 1, bytes: queue.bytes + size }, mostOfOne);
    if (isFull) {
      this.refused += 1;
      return;
    }
    queue.heard.push(heard);
    queue.bytes += size;
    this.#queues.set(heard.host, queue);
    this.#pieces += 1;
    this.#bytes += size;
  }

  next(): Heard | undefined {
    const [first] = this.#queues;
    if (first === undefined) return undefined;
    const [host, queue] = first;
    const heard = queue.heard.shift();
    this.#queues.delete(host);
    if (heard === undefined) return undefined;
    queue.bytes -= heard.bytes.length;
    if (queue.heard.length > 0) this.#queues.set(host, queue);
    this.#pieces -= 1;
    this.#bytes -= heard.bytes.length;
    return heard;
  }
}

const exceeds = (room: Room, limit: Room) => room.pieces > limit.pieces || room.bytes > limit.bytes;
