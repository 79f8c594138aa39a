/**
 * What health remembers of one link, and how it judges it: open or not, whether all its devices fell silent
 * together, or all from one piece of its cable on, which one cause explains.
 *
 * Holds: a silence of all is told as one of switches, of wires, or of settings that were never right, by what is
 * known of the link; a port that does not take us is told otherwise than a box that is not there.
 */

import { reasonFor } from "../../config/catalogue/reasons.ts";
import { Aftermath } from "./aftermath.ts";
import { breakIn, type Member } from "./chain.ts";
import type { DeviceVerdict } from "./device.ts";
import type { LinkFact } from "./facts.ts";
import { PolledLines } from "./polled.ts";
import type { Finding } from "./verdict.ts";

/** Fewer devices than this may fall silent together by chance; of a polled line, its wires are likelier. */
const fewestForOneCause = 3;
const fewestOfPolled = 2;
/** A shorter interruption gives devices no new patience. */
const realOutageMs = 60_000;
const silentCodes = new Set(["E113", "E115", "E116", "E131", "E132"]);
/** The other end is there and does not take us. */
const refused = "E120";
const noPort = "E107";

/** Nothing was heard of it, and nothing else explains that. */
export const isSilent = ({ state, findings }: DeviceVerdict): boolean =>
  state === "down" && silentCodes.has(findings[0]?.code ?? "");

export interface LinkEnd {
  address?: string;
  host?: string;
  local?: boolean;
}

export class LinkHealth {
  readonly id: string;
  kind: string;
  listening: string | undefined;
  /** Device or box that carries it. */
  via: string | undefined;
  /** Where the box is. */
  place: string | undefined;
  /** Spaces in the order along its cable: long code and short id. */
  chain: readonly { code: string; id: string }[] = [];
  /** Where it leads: a host with its port, or a serial port of this machine. */
  end: LinkEnd = {};
  readonly lines = new PolledLines();
  readonly aftermath = new Aftermath();
  #open = false;
  #everOpen = false;
  /** The first refusal since it was last open. */
  #failed: { since: number; code: string; retryAt: number | null } | null = null;

  constructor(id: string, kind: string) {
    this.id = id;
    this.kind = kind;
  }

  /** True when devices can be expected anew from now on. */
  take(fact: LinkFact, code: string, now: number): boolean {
    if (fact.what === "polled") {
      this.lines.take(fact.lines, now);
      return false;
    }
    if (fact.what === "open") {
      const anew = !this.#everOpen || (this.#failed !== null && now - this.#failed.since >= realOutageMs);
      this.#open = true;
      this.#everOpen = true;
      this.#failed = null;
      return anew;
    }
    this.#open = false;
    if (fact.what === "closed") {
      const { nextMs } = fact;
      const retryAt = typeof nextMs === "number" && nextMs > 0 ? now + nextMs : null;
      this.#failed = { since: this.#failed?.since ?? now, code, retryAt };
    }
    return false;
  }

  get open(): boolean {
    return this.#open;
  }

  get down(): { since: number; root: string } | null {
    return this.#failed === null ? null : { since: this.#failed.since, root: this.id };
  }

  /** Its devices speak when they are asked. */
  get polled(): boolean {
    return this.lines.any;
  }

  /** Its devices are at the network themselves, or behind a gateway that is. */
  get networked(): boolean {
    return this.kind === "modbus-tcp";
  }

  /** Why it is not open, or what is wrong with its lines. */
  findings(devices: number, now: number): Finding[] {
    if (this.#failed === null) return this.#open ? this.lines.findings(now, this.via) : [];
    const { since, code, retryAt } = this.#failed;
    const facts = {
      ...{ code, devices, address: this.listening ?? this.end.address ?? null },
      ...(this.via === undefined ? {} : { box: this.via, place: this.place ?? null }),
      retry: retryAt === null || retryAt <= now ? null : Math.ceil((retryAt - now) / 1000),
    };
    const row = reasonFor(code, "E109").code;
    return [{ code: row === refused && this.end.local ? noPort : row, state: "down", since, facts }];
  }

  /**
   * The one cause of a silence of all: when every device of an open link is silent.
   * Devices that were refused, or never connected, have causes of their own.
   */
  commonCause(on: readonly { judged: DeviceVerdict; seen: boolean }[]): Finding | null {
    if (!this.#open || on.length === 0 || !on.every(({ judged }) => isSilent(judged))) return null;
    const never = on.every(({ seen }) => !seen);
    // Behind a serial server, the first device of a line tells its settings.
    const least = !this.polled
      ? fewestForOneCause
      : never && this.via !== undefined && !this.networked
        ? 1
        : fewestOfPolled;
    if (on.length < least || (this.networked && !this.lines.isOne)) return null;
    const since = Math.max(...on.map(({ judged }) => judged.findings[0]?.since ?? 0));
    return { code: "E111", state: "down", since, facts: { [this.#wayOf(never)]: on.length } };
  }

  /** Its devices are at a broker that is not ours. */
  get relayed(): boolean {
    return this.kind === "mqtt-external";
  }

  /** Which words tell a silence of all. */
  #wayOf(never: boolean): string {
    if (!this.polled) return this.relayed ? "relayed" : "devices";
    if (this.networked) return "behind";
    if (!never) return "polled";
    return this.end.local ? "wired" : "unheard";
  }

  /** The broken piece of its cable, and whom it silences. */
  brokenCable<M extends Member>(members: readonly M[]): { finding: Finding; silent: readonly M[] } | null {
    if (!this.#open || !this.polled) return null;
    const found = breakIn(
      this.chain.map(({ code }) => code),
      members,
    );
    if (found === null) return null;
    const short = (long: string) => this.chain.find(({ code }) => code === long)?.id ?? null;
    const facts = { devices: found.silent.length, from: short(found.from), after: short(found.after) };
    return {
      finding: { code: "E112", state: "down", since: found.since, facts },
      silent: found.silent,
    };
  }
}
