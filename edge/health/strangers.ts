/**
 * Those who were refused: a ring of 64 (client, address, code, time), never what they sent.
 * A flood of invented names pushes out other names and nothing else.
 */
import { type ReasonRow, reasonFor } from "../../config/catalogue/reasons.ts";
import { maxStrangers } from "../../config/schema/status.ts";
import type { Finding } from "./verdict.ts";

/** How long after the last knock it is still worth a line. */
const viewMs = 3_600_000;

export interface Knock {
  link: string;
  client: string;
  address: string;
  code: string;
  /** Devices whose credential it named, or its own name. */
  meant: readonly string[];
  first: number;
  last: number;
  times: number;
  /** It was let in since: nothing to tell any more. */
  settled: boolean;
}

export class Strangers {
  /** Oldest first. */
  #ring = new Map<string, Knock>();

  /** @param devices those whose credential it named */
  knock(
    link: string,
    client: string,
    address: string,
    code: string,
    devices: readonly string[],
    now: number,
  ): void {
    const key = JSON.stringify([link, client, address, code]);
    const known = this.#ring.get(key);
    this.#ring.delete(key);
    this.#ring.set(key, {
      ...{ link, client, address, code, last: now },
      meant: [client, ...devices],
      settled: false,
      first: known?.first ?? now,
      times: (known?.times ?? 0) + 1,
    });
    const oldest = this.#ring.keys().next().value;
    if (this.#ring.size > maxStrangers && oldest !== undefined) this.#ring.delete(oldest);
  }

  /** A device came in: what it was refused for before has been put right. */
  admitted(link: string, device: string): void {
    for (const knock of this.#ring.values())
      if (knock.link === link && knock.meant.includes(device)) knock.settled = true;
  }

  /** Newest first. */
  list(): Knock[] {
    return [...this.#ring.values()].reverse();
  }

  /** One notice per sort of refusal at a link, naming the most stubborn. */
  findings(link: string, now: number): Finding[] {
    const sorts = new Map<ReasonRow, Knock[]>();
    for (const knock of this.#ring.values()) {
      if (knock.link !== link || knock.settled || now - knock.last > viewMs) continue;
      const row = reasonFor(knock.code, "E401");
      sorts.set(row, [...(sorts.get(row) ?? []), knock]);
    }
    return [...sorts].map(([{ code, level, state }, knocks]) => {
      const most = knocks.reduce((a, b) => (b.times >= a.times ? b : a));
      const { client, address, times } = most;
      const strangers = knocks.length > 1 ? knocks.length : null;
      // What a stranger does breaks nothing of ours, unless it takes the place of others.
      return {
        code,
        state: level === "bus" ? state : "ok",
        since: most.last,
        facts: { client, address, times, strangers },
      };
    });
  }
}
