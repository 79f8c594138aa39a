/**
 * Which cameras were found, each once. Pure.
 *
 * Holds:
 * - a camera is where its answer came from, whatever it names; of what it names the port alone is taken, and only
 *   where that is its own address or one of the other family;
 * - one that answers from several addresses is given by one that says the same on every machine, rather than by one
 *   with the name of a network port of ours;
 * - there are `mostCameras` at most, of one address `mostOfOne`.
 */
import { isIP } from "node:net";
import type { Found } from "../contract/index.ts";
import { hostNamed, type Place, serviceAt, usualPort } from "./place.ts";
import type { CameraAnswer } from "./probe.ts";

export const mostCameras = 2000;
export const mostOfOne = 512;

/** A camera, as an answer had it; the lower its rank, the surer. */
interface Candidate {
  found: Found;
  identity: string;
  at: string;
  rank: number;
}

export class FoundCameras {
  readonly #given = new Set<string>();
  /** Those that a better answer may still come of, by identity. */
  readonly #held = new Map<string, Candidate>();
  readonly #ofOne = new Map<string, number>();
  #count = 0;

  /** There are more than are listed. */
  get isFull(): boolean {
    return this.#count >= mostCameras;
  }

  /**
   * @param host sender of the answer
   * @returns what is to be given now; null: nothing yet, or nothing new
   */
  add(host: string, answer: CameraAnswer): Found | null {
    const candidate = candidateOf(host, answer);
    const { identity, at, rank } = candidate;
    if (this.#given.has(identity) || this.#given.has(at)) return null;
    const held = this.#held.get(identity);
    if (held === undefined && !this.#admits(host)) return null;
    if (rank === 0) {
      this.#held.delete(identity);
      return this.#give(candidate);
    }
    if (held === undefined || rank < held.rank) this.#held.set(identity, candidate);
    return null;
  }

  /** Those that no better answer came of. */
  rest(): Found[] {
    const held = [...this.#held.values()].sort((a, b) => a.rank - b.rank);
    this.#held.clear();
    return held.flatMap((candidate) => (this.#given.has(candidate.at) ? [] : [this.#give(candidate)]));
  }

  #give({ found, identity, at }: Candidate): Found {
    this.#given.add(identity).add(at);
    return found;
  }

  #admits(host: string): boolean {
    const already = this.#ofOne.get(host) ?? 0;
    if (this.isFull || already >= mostOfOne) return false;
    this.#ofOne.set(host, already + 1);
    this.#count += 1;
    return true;
  }
}

function candidateOf(host: string, { identity, xaddrs, told }: CameraAnswer): Candidate {
  const named = portOf(host, xaddrs, false);
  // One that was moved names where it was; its port it has kept.
  const port = named ?? portOf(host, xaddrs, true);
  const address = port === null || port === "usual" ? { host } : { host, port };
  const at = `${host} ${address.port ?? ""}`;
  const rank = (host.includes("%") ? 2 : 0) + (named === null ? 1 : 0);
  return { found: { address, told }, identity: identity === "" ? at : identity, at, rank };
}

/**
 * Never anything but a port of `host`.
 * @param foreign also what it names of another host
 * @returns null: it names none that can be used
 */
function portOf(host: string, xaddrs: readonly string[], foreign: boolean): number | "usual" | null {
  for (const scheme of ["http", "https"] satisfies Place["scheme"][])
    for (const xaddr of xaddrs) {
      if (!xaddr.toLowerCase().startsWith(`${scheme}:`)) continue;
      const usual = usualPort(scheme);
      const service = serviceAt({ host, port: usual, scheme }, xaddr);
      if (service === null || (service.foreign && !foreign && !isOtherFamily(host, xaddr))) continue;
      return service.port === usual ? "usual" : service.port;
    }
  return null;
}

function isOtherFamily(host: string, xaddr: string): boolean {
  const named = isIP(hostNamed(xaddr) ?? "");
  return named !== 0 && named !== isIP(host);
}
