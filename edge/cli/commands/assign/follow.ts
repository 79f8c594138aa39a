/** Follows a device that is being set: tells each step, asks before anything is written, and says what became of it. */
import type { z } from "zod";
import {
  type AssignAsk,
  type AssignOffer,
  type AssignTaken,
  assignRefusalSchema,
  assignTakenSchema,
} from "../../../../config/schema/assign.ts";
import type { Text } from "../../../../config/schema/vocabulary.ts";
import { type Asked, endLines, offerLines, stepText } from "../../assign-lines.ts";
import { exit, type Language, type Setting } from "../../io.ts";
import { isYes, type Question } from "../../question.ts";
import { rest } from "../../rest.ts";
import { refused } from "../status.ts";
import type { Technician } from "../technician.ts";
import { mistakes, nobodyToAsk, problemsOf } from "./trouble.ts";

const askEveryMs = 250;
const tellEveryMs = 5_000;

const takenOrNot = assignTakenSchema.or(assignRefusalSchema);
type Taken = z.output<typeof takenOrNot>;

const howFar: Text = {
  zh: "如果已经开始写，做到哪里、设备可能在哪里，都在审计里：campus-edge report audit --json",
  en: "if anything was written, where the device may be is in the audit: campus-edge report audit --json",
};

/** Who sets it: the running gateway, or this program. */
export type Assigning = Technician<AssignAsk>;

export class Follower {
  readonly #setting: Setting;
  readonly #lang: Language;
  readonly #assigning: Assigning;
  readonly #id: string;
  /** null: nobody has to be asked. */
  readonly #question: Question | null;
  readonly #over = new AbortController();
  #answer: Promise<void> | null = null;
  #answered: boolean | null = null;
  #told = { step: "", at: Number.NEGATIVE_INFINITY };

  constructor(setting: Setting, lang: Language, assigning: Assigning, id: string, question: Question | null) {
    this.#setting = setting;
    this.#lang = lang;
    this.#assigning = assigning;
    this.#id = id;
    this.#question = question;
  }

  async follow(asked: Omit<Asked, "offer" | "audited">): Promise<number> {
    const { signal } = this.#setting;
    let nobody = false;
    for (;;) {
      const isOver: boolean = signal.aborted || nobody || this.#answered === false;
      const order: "stop" | "agree" | "take" = isOver ? "stop" : this.#answered === true ? "agree" : "take";
      const taken: Taken | null = await this.#assigning.ask({ do: order, id: this.#id }, takenOrNot);
      if (taken === null) {
        this.#over.abort();
        this.#setting.err(howFar[this.#lang]);
        return exit.cannot;
      }
      if ("error" in taken) return mistakes(this.#setting, this.#lang, problemsOf(taken.error));
      if (taken.end !== null) {
        this.#over.abort();
        await this.#answer;
        if (nobody) return refused(this.#setting, this.#lang, ...nobodyToAsk);
        return this.#end(taken, asked);
      }
      if (taken.step.what === "offer" && taken.offer !== null && this.#answered === null)
        nobody = !this.#offer(taken.offer);
      else this.#tell(taken);
      if (!nobody) await rest(askEveryMs, signal);
    }
  }

  /** Shows what would be written and has it asked, once. @returns false: there is nobody to ask */
  #offer(offer: AssignOffer): boolean {
    if (this.#answer !== null) return true;
    if (!this.#setting.json) for (const line of offerLines(offer, this.#lang)) this.#setting.err(line);
    if (this.#question === null) {
      this.#answered = true;
      return true;
    }
    const text: Text = { zh: "现在写吗？[y/N] ", en: "write it now? [y/N] " };
    const { signal } = this.#setting;
    const asked = this.#setting.json
      ? null
      : this.#question(text[this.#lang], AbortSignal.any([signal, this.#over.signal]));
    if (asked === null) return false;
    this.#answer = asked.then((answer) => {
      this.#answered = isYes(answer);
    });
    return true;
  }

  #tell({ step }: AssignTaken): void {
    if (this.#setting.json || step.what === "offer") return;
    const name = `${step.what} ${step.place ?? ""}`;
    const now = Date.now();
    if (name === this.#told.step && now - this.#told.at < tellEveryMs) return;
    this.#told = { step: name, at: now };
    this.#setting.err(`  ${stepText(step)[this.#lang]}`);
  }

  #end({ end, offer, audited }: AssignTaken, asked: Omit<Asked, "offer" | "audited">): number {
    if (end === null) return exit.cannot;
    // A "no" stops it: nobody has broken it off.
    const isDeclined = this.#answered === false && end.written.length === 0 && !this.#setting.signal.aborted;
    const told = isDeclined ? { ...end, code: "declined" as const, detail: null } : end;
    if (this.#setting.json) this.#setting.out(JSON.stringify({ ...told, audited }));
    else for (const line of endLines(told, { ...asked, offer, audited }, this.#lang)) this.#setting.out(line);
    return told.code === "done" ? exit.well : exit.findings;
  }
}
