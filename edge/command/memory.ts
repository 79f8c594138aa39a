/**
 * What was asked, and what became of it. It is made anew from the audit at each start.
 *
 * Holds: a request that was accepted is never forgotten while it is open, and its answer until `most` others were
 * answered after it: no clock has a say, as who sets one would have things done twice.
 */
import type { CommandAnswer } from "../../config/schema/command.ts";
import type { AuditEntry } from "../audit.ts";

/** More answers than a technician and a platform can ask for in a week. */
const most = 20_000;

export interface Asker {
  /** As the audit has it. */
  who: string;
  /** Of the key that signed it, whichever uplink brought it; absent: somebody at this machine. */
  signer?: string;
}

export const isSameAsker = (one: Asker, other: Asker): boolean =>
  one.who === other.who || (one.signer !== undefined && one.signer === other.signer);

export interface Asked extends Asker {
  device: string;
  action: string;
  /** null: it is open. */
  answer: CommandAnswer | null;
  /** Who asked has the answer. */
  told?: true;
}

export class Requests {
  readonly #asked = new Map<string, Asked>();
  /** Requests from afar that were refused before they counted. */
  readonly #refused = new Set<string>();
  /** Monotonic ms at which each was done last, by device and action. */
  readonly #doneAt = new Map<string, number>();

  /**
   * @param entries of the audit, the oldest first
   * @param now wall ms by this machine, by which the audit has its times; and monotonic ms
   */
  constructor(entries: readonly AuditEntry[], now: { machineMs: number; monotonicMs: number }) {
    for (const { what, who, at, facts } of entries) {
      const { req, device, action, answer, signer } = facts;
      const signed = typeof signer === "string" ? { signer } : {};
      if (typeof req !== "string") continue;
      if (what === "command.accepted" && typeof device === "string" && typeof action === "string")
        this.open(req, { device, action, who, ...signed });
      else if (typeof answer === "string") {
        const closed = this.#close(req, answer, { who, device, action, ...signed });
        // What was done by a clock that is ahead was done just now, for all that is known.
        const sinceMs = Math.max(0, now.machineMs - at);
        if (closed !== null && mayBeDone(closed.answer))
          this.sent(closed.device, closed.action, now.monotonicMs - sinceMs);
      } else if (what === "command.told") this.told(req);
      else if (what === "command.refused") this.refuse(req);
    }
    for (const [, { device, action }] of this.pending) this.sent(device, action, now.monotonicMs);
  }

  get(req: string): Asked | undefined {
    return this.#asked.get(req);
  }

  /** Those that have no answer yet. */
  get pending(): [req: string, asked: Asked][] {
    return [...this.#asked].filter(([, { answer }]) => answer === null);
  }

  /** Those whose answer may not have arrived, the oldest first. */
  get untold(): { who: string; answer: CommandAnswer }[] {
    return [...this.#asked.values()].flatMap(({ who, answer, told }) =>
      answer === null || told === true ? [] : [{ who, answer }],
    );
  }

  /** @returns whether that is news */
  told(req: string): boolean {
    const asked = this.#asked.get(req);
    if (asked === undefined || asked.answer === null || asked.told === true) return false;
    asked.told = true;
    return true;
  }

  open(req: string, asked: Omit<Asked, "answer" | "told">): void {
    this.#asked.set(req, { ...asked, answer: null });
    this.#forget();
  }

  answered(req: string, answer: CommandAnswer, asked: Omit<Asked, "answer" | "told">): void {
    // It is as young as its answer.
    this.#asked.delete(req);
    this.#asked.set(req, { ...asked, answer });
    this.#forget();
  }

  /** @returns whether it is the first time, as far as that can be kept in mind */
  refuse(req: string): boolean {
    if (this.#refused.has(req) || this.#refused.size >= most) return false;
    this.#refused.add(req);
    return true;
  }

  /** It goes out to the device now, monotonic ms. */
  sent(device: string, action: string, at: number): void {
    this.#doneAt.set(`${device}/${action}`, at);
  }

  /** It did not go out after all, or was refused: what was before counts. @param before as `sentAt` gave it */
  notDone(device: string, action: string, before: number | undefined): void {
    if (before === undefined) this.#doneAt.delete(`${device}/${action}`);
    else this.sent(device, action, before);
  }

  sentAt(device: string, action: string): number | undefined {
    return this.#doneAt.get(`${device}/${action}`);
  }

  #close(req: string, text: string, { who, signer, device, action }: Asker & Record<string, unknown>) {
    try {
      const answer = JSON.parse(text) as CommandAnswer;
      const known = this.#asked.get(req);
      const closed = {
        device: String(device ?? known?.device ?? ""),
        action: String(action ?? known?.action ?? ""),
        ...(known === undefined
          ? { who, ...(signer === undefined ? {} : { signer }) }
          : { who: known.who, ...(known.signer === undefined ? {} : { signer: known.signer }) }),
        answer,
      };
      this.answered(req, answer, closed);
      return closed;
    } catch {
      // Not what we wrote; the audit's own check tells that.
      return null;
    }
  }

  #forget(): void {
    for (const [req, { answer }] of this.#asked) {
      if (this.#asked.size <= most) return;
      if (answer !== null) this.#asked.delete(req);
    }
  }
}

/** Of what was accepted: the device may have done it, whatever it says. */
const mayBeDone = ({ state, code }: CommandAnswer): boolean =>
  state === "done" || state === "unknown" || code === "mismatch";
