/**
 * What health remembers of one link, and how it judges it: open or not, and whether all its devices
 * fell silent together, which one cause explains.
 */
import { reasonFor } from "../../config/catalogue/reasons.ts";
import type { DeviceVerdict } from "./device.ts";
import type { LinkFact } from "./facts.ts";
import type { Finding } from "./verdict.ts";

/** Fewer devices than this may fall silent together by chance. */
const fewestForOneCause = 3;
/** A shorter interruption gives devices no new patience. */
const realOutageMs = 60_000;
const silentCodes = new Set(["E113", "E115", "E116"]);

export class LinkHealth {
  readonly id: string;
  kind: string;
  listening: string | undefined;
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

  /** Why it is not open. */
  findings(devices: number): Finding[] {
    if (this.#failed === null) return [];
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
    const findings = devices.map(({ state, findings }) => (state === "down" ? findings[0] : undefined));
    if (!findings.every((finding) => finding !== undefined && silentCodes.has(finding.code))) return null;
    const since = Math.max(...findings.map((finding) => finding?.since ?? 0));
    return { code: "E111", state: "down", since, facts: { devices: devices.length } };
  }
}
