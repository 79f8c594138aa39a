/**
 * Faults that somebody makes by hand while the school runs.
 *
 * Holds: each is taken back after its time, when asked, or when the school ends, once, also when another one cannot be.
 */
import type { Clock } from "../../config/schema/context.ts";
import type { Answer, Question } from "./door.ts";
import { faultSchema, type SchoolFault } from "./fault-schema.ts";
import { faultText } from "./fault-text.ts";
import { NoSuchTrouble } from "./no-such-trouble.ts";
import type { Episode } from "./script.ts";
import type { Troubles } from "./troubles.ts";

export class HandMade {
  readonly #troubles: Troubles;
  readonly #clock: Clock;
  readonly #tell: (episode: Episode) => void;
  readonly #open = new Map<AbortController, () => Promise<void>>();

  /** @param tell hears of each that comes and goes */
  constructor(troubles: Troubles, clock: Clock, tell: (episode: Episode) => void) {
    this.#troubles = troubles;
    this.#clock = clock;
    this.#tell = tell;
  }

  /**
   * @param forMs how long it stays; absent: until it is taken back
   * @throws NoSuchTrouble when it cannot happen here
   */
  async begin(fault: SchoolFault, forMs?: number): Promise<void> {
    const undo = await this.#troubles.begin(fault);
    const over = new AbortController();
    this.#tell({ fault, isOn: true });
    const end = async () => {
      if (!this.#open.delete(over)) return;
      over.abort();
      await undo();
      this.#tell({ fault, isOn: false });
    };
    this.#open.set(over, end);
    // What cannot be taken back, such as a port that somebody else has by now, stays as it is.
    if (forMs !== undefined)
      this.#clock
        .sleep(forMs, over.signal)
        .then(end)
        .catch(() => {});
  }

  /** What another terminal asks for; it has looked at the words before. */
  async answer(question: Question): Promise<Answer> {
    if ("allWell" in question) {
      const count = await this.takeBack();
      return { ok: true, text: { zh: `取消了 ${count} 个故障`, en: `${count} faults taken back` } };
    }
    const read = faultSchema.safeParse(question.fault);
    if (!read.success) return { ok: false, text: { zh: "故障写法不对", en: "the fault is not usable" } };
    const { at: _at, for: forMs, every: _every, ...fault } = read.data;
    try {
      await this.begin(fault as SchoolFault, forMs);
      return { ok: true, text: faultText(fault as SchoolFault) };
    } catch (error) {
      if (!(error instanceof NoSuchTrouble)) throw error;
      return { ok: false, text: error.text };
    }
  }

  /** @returns how many there were */
  async takeBack(): Promise<number> {
    const ended = await Promise.allSettled([...this.#open.values()].map((end) => end()));
    const refused = ended.find((one) => one.status === "rejected");
    if (refused !== undefined) throw refused.reason;
    return ended.length;
  }

  async stop(): Promise<void> {
    await this.takeBack().catch(() => {});
  }
}
