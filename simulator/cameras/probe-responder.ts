/**
 * Answers for all cameras of a host whoever looks for them (WS-Discovery of April 2005 over SOAP-over-UDP): one datagram for
 * each, as it would come from its own place.
 *
 * Holds: only a probe is answered, and only for cameras that have power and ONVIF switched on; nothing leaves this machine;
 * what cannot be opened is told and is no failure; after `stop` nothing is open and nothing is timed.
 */
import type { Clock } from "../../config/schema/context.ts";
import { randomBytes } from "../garble.ts";
import { type Datagram, type Group, UdpDoor, type Unopened } from "../links/udp-door.ts";
import { seeded } from "../seeded.ts";
import { systemClock } from "../system-clock.ts";
import { Watch } from "../watch.ts";
import type { Acting } from "./camera-faults.ts";
import { type MakerName, makers } from "./makers.ts";
import { namespaces } from "./namespaces.ts";
import { concerns, type Probe, readProbe, transmitter } from "./probe.ts";
import { type ProbeManner, probeManners } from "./probe-manners.ts";
import { probeMatches } from "./probe-matches.ts";
import type { SimulatedCamera } from "./simulated-camera.ts";
import { spoiledText } from "./spoil.ts";

/** WS-Discovery, 3.1.1. */
export const probePort = 3702;
export const probeGroups: readonly Group[] = [
  { address: "239.255.255.250", how: "joined" },
  { address: "ff02::c", how: "joined" },
];

export interface ProbeResponderOptions {
  /** Default: loopback, one address of it. */
  hosts?: readonly string[];
  /** Default 3702; 0: any free one. */
  port?: number;
  groups?: readonly Group[];
  clock?: Clock;
  seed?: string | number;
}

/** What one camera remembers of probes; lost when one came and it had no power. */
interface Memory {
  answered: number;
  /** Ids of the latest. */
  seen: string[];
  heardMs: number;
}

/** APP_MAX_DELAY (3.1.3). */
const longestDelayMs = 500;
/** For so long after a probe a sleepy one is awake, ms. */
const awakeMs = 10_000;
const mostSeen = 100;
/** What one datagram holds, beside an answer. */
const mostInside = { depth: 8000, bytes: 56_000 };
/** Where one was that was moved: an address of no network (RFC 5737). */
const oldHost = "203.0.113.108";

export class ProbeResponder {
  /** Datagrams of this machine that were a probe, and that were none. */
  probes = 0;
  ignored = 0;
  readonly #cameras: Iterable<SimulatedCamera>;
  readonly #door: UdpDoor;
  readonly #clock: Clock;
  readonly #chance: () => number;
  readonly #memories = new Map<SimulatedCamera, Memory>();
  readonly #watch = new Watch<ProbeResponder>(this);
  #stopping = new AbortController();

  /** Nothing is open yet. @param cameras asked for anew at every probe */
  constructor(cameras: Iterable<SimulatedCamera>, options: ProbeResponderOptions = {}) {
    const { hosts, port = probePort, groups = probeGroups, clock = systemClock, seed = 1 } = options;
    this.#cameras = cameras;
    this.#clock = clock;
    this.#chance = seeded("probes", seed);
    const where = { port, groups, ...(hosts === undefined ? {} : { hosts }) };
    this.#door = new UdpDoor(where, (datagram) => this.#hear(datagram));
  }

  get port(): number {
    return this.#door.port;
  }

  /** What could not be opened: nobody is found from there. */
  get unopened(): readonly Unopened[] {
    return this.#door.unopened;
  }

  /** @throws RangeError for an address that is not this machine's own; nothing else */
  async start(): Promise<void> {
    this.#stopping = new AbortController();
    await this.#door.start();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#door.stop();
  }

  /** Resolves once it is so; asked now and whenever something was heard. */
  until(predicate: (responder: ProbeResponder) => boolean, signal?: AbortSignal): Promise<void> {
    return this.#watch.until(predicate, signal);
  }

  #hear(datagram: Datagram): void {
    const probe = readProbe(datagram.bytes);
    if (probe === null) this.ignored += 1;
    else {
      this.probes += 1;
      for (const camera of this.#cameras) void this.#answer(camera, probe, datagram);
    }
    this.#watch.changed();
  }

  async #answer(camera: SimulatedCamera, probe: Probe, datagram: Datagram): Promise<void> {
    const manner: ProbeManner = probeManners[camera.maker.name as MakerName];
    if (!isThere(camera)) {
      this.#memories.delete(camera);
      return;
    }
    const memory = this.#memoryOf(camera);
    if (!isMeant(camera, manner, probe) || !listens(manner, memory, probe, this.#clock.monotonicMs())) return;
    const acting = camera.faults.atProbe();
    if (acting.get("silent") !== undefined) return;
    const delayMs = this.#chance() * longestDelayMs + (acting.get("late")?.byMs ?? 0);
    const { signal } = this.#stopping;
    await this.#clock.sleep(delayMs, signal).catch(() => undefined);
    if (signal.aborted || !isThere(camera)) return;
    const flood = acting.get("flood");
    const answers = flood === undefined ? 1 : (flood.answers ?? 1000);
    for (let left = answers; left > 0; left -= 1) {
      if (signal.aborted) return;
      memory.answered += 1;
      await datagram.answer(wordsOf(camera, manner, probe, memory.answered, acting));
    }
  }

  #memoryOf(camera: SimulatedCamera): Memory {
    const memory = this.#memories.get(camera) ?? {
      answered: 0,
      seen: [],
      heardMs: Number.NEGATIVE_INFINITY,
    };
    this.#memories.set(camera, memory);
    return memory;
  }
}

const isThere = ({ doors: [main], onvif }: SimulatedCamera): boolean => main.isOpen && onvif !== "404";

function isMeant({ maker }: SimulatedCamera, { types, isOpen }: ProbeManner, probe: Probe): boolean {
  const own = types.map((type) => {
    const [space, name] = type.split(":") as ["dn" | "tds", string];
    return `${namespaces[space]}:${name}`;
  });
  if (!isOpen && !probe.types.includes(transmitter)) return false;
  return concerns(probe, { types: own, scopes: maker.scopes });
}

/** Whether it takes notice of it, after what it has heard before. */
function listens({ hears }: ProbeManner, memory: Memory, { messageId }: Probe, nowMs: number): boolean {
  const isAwake = nowMs - memory.heardMs <= awakeMs;
  const isNew = !memory.seen.includes(messageId);
  memory.heardMs = nowMs;
  if (isNew) memory.seen.push(messageId);
  memory.seen.splice(0, memory.seen.length - mostSeen);
  if (hears === "once") return isNew;
  return hears === "all" || isAwake;
}

function wordsOf(
  camera: SimulatedCamera,
  manner: ProbeManner,
  { messageId }: Probe,
  count: number,
  acting: Acting,
): Uint8Array {
  const garbage = acting.get("garbage");
  if (garbage !== undefined) return randomBytes(garbage.bytes ?? 200, acting.chance);
  const [main] = camera.doors;
  const foreign = acting.get("foreign")?.base;
  const own = manner.isMoved
    ? [
        main.baseAt(oldHost),
        ...main.hosts.filter((host) => host.includes(":")).map((host) => main.baseAt(host)),
      ]
    : main.bases;
  const found = {
    serial: acting.get("flood") === undefined ? camera.state.serial : `${camera.state.serial}-${count}`,
    scopes: camera.maker.scopes,
    bases: foreign === undefined ? own : [foreign],
  };
  const relatesTo = acting.get("wrong-relation")?.to ?? messageId;
  const { declaration } = makers[camera.maker.name as MakerName].hand;
  const text = probeMatches(manner, found, relatesTo, count, declaration);
  return Buffer.from(spoiledText(text, acting, mostInside));
}
