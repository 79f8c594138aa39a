/**
 * What was asked in the last week, and what became of it. It is made anew from the audit at each start.
 *
 * Holds: a request that was accepted is never forgotten while it is open, and its answer for a week.
 */
import type { CommandAnswer } from "../../config/schema/command.ts";
import type { AuditEntry } from "../audit.ts";

const keepMs = 7 * 86_400_000;
/** More answers than a technician and a platform can ask for in a week. */
const most = 20_000;

export interface Asked {
  device: string;
  action: string;
  /** Who asked, as the audit has it. */
  who: string;
  /** null: it is open. */
  answer: CommandAnswer | null;
  /** Wall ms by this machine. */
  at: number;
}

export class Requests {
  readonly #asked = new Map<string, Asked>();
  /** Wall ms of this machine at which each was done last, by device and action. */
  readonly #doneAt = new Map<string, number>();

  /** @param entries of the audit, the oldest first */
  constructor(entries: readonly AuditEntry[]) {
    for (const { what, who, at, facts } of entries) {
      const { req, device, action, answer } = facts;
      if (typeof req !== "string") continue;
      if (what === "command.accepted" && typeof device === "string" && typeof action === "string")
        this.open(req, { device, action, who, at });
      else if (typeof answer === "string") this.#close(req, answer, { who, at, device, action });
    }
  }

  get(req: string): Asked | undefined {
    return this.#asked.get(req);
  }

  /** Those that have no answer yet. */
  get pending(): [req: string, asked: Asked][] {
    return [...this.#asked].filter(([, { answer }]) => answer === null);
  }

  open(req: string, asked: Omit<Asked, "answer">): void {
    this.#asked.set(req, { ...asked, answer: null });
    this.#forget(asked.at);
  }

  answered(req: string, answer: CommandAnswer, asked: Omit<Asked, "answer">): void {
    this.#asked.set(req, { ...asked, answer });
    this.#forget(asked.at);
  }

  /** It goes out to the device now. */
  sent(device: string, action: string, at: number): void {
    this.#doneAt.set(`${device}/${action}`, at);
  }

  sentAt(device: string, action: string): number | undefined {
    return this.#doneAt.get(`${device}/${action}`);
  }

  #close(
    req: string,
    text: string,
    { who, at, device, action }: Pick<AuditEntry, "who" | "at"> & Record<string, unknown>,
  ) {
    try {
      const answer = JSON.parse(text) as CommandAnswer;
      const known = this.#asked.get(req);
      const names = {
        device: String(device ?? known?.device ?? ""),
        action: String(action ?? known?.action ?? ""),
      };
      this.answered(req, answer, { ...names, who: known?.who ?? who, at });
      if (known !== undefined) this.sent(names.device, names.action, at);
    } catch {
      // Not what we wrote; the audit's own check tells that.
    }
  }

  #forget(now: number): void {
    for (const [req, { answer, at }] of this.#asked) {
      if (at >= now - keepMs && this.#asked.size <= most) return;
      if (answer !== null) this.#asked.delete(req);
    }
  }
}
