/**
 * What health remembers of one link, and how it judges it: open or not, whether all its devices fell silent
 * together, or all from one piece of its cable on, which one cause explains.
 */
import { reasonFor } from "../../config/catalogue/reasons.ts";
import { breakIn, type Member } from "./chain.ts";
import type { DeviceVerdict } from "./device.ts";
import type { LinkFact } from "./facts.ts";
import { PolledLines } from "./polled.ts";
import type { Finding } from "./verdict.ts";

/** Fewer devices than this may fall silent together by chance. */
const fewestForOneCause = 3;
/** A shorter interruption gives devices no new patience. */
const realOutageMs = 60_000;
const silentCodes = new Set(["E113", "E115", "E116"]);

/** Nothing was heard of it, and nothing else explains that. */
export const isSilent = ({ state, findings }: DeviceVerdict): boolean =>
  state === "down" && silentCodes.has(findings[0]?.code ?? "");

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
  readonly lines = new PolledLines();
  #open = false;
  #everOpen = false;
  /** The first refusal since it was last open. */
  #failed: { since: number; code: string } | null = null;

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
    if (fact.what === "closed") this.#failed = { since: this.#failed?.since ?? now, code };
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

  /** Why it is not open, or what is wrong with its lines. */
  findings(devices: number, now: number): Finding[] {
    if (this.#failed === null) return this.#open ? this.lines.findings(now) : [];
    const { since, code } = this.#failed;
    const facts = { code, devices, address: this.listening ?? null };
    return [{ code: reasonFor(code, "E109").code, state: "down", since, facts }];
  }

  /**
   * The one cause of a silence of all: when every device of an open link fell silent after it had been there.
   * Devices that were refused, or never came, have causes of their own.
   */
  commonCause(devices: readonly DeviceVerdict[]): Finding | null {
    if (!this.#open || devices.length < fewestForOneCause) return null;
    if (!devices.every(isSilent)) return null;
    const since = Math.max(...devices.map(({ findings }) => findings[0]?.since ?? 0));
    const count = devices.length;
    return {
      code: "E111",
      state: "down",
      since,
      facts: this.polled ? { polled: count } : { devices: count },
    };
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
