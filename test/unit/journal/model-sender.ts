import type { Draft } from "../../../gateway/contract/index.ts";
import { plainRow } from "../../plain-row.ts";
import { co2 } from "../../suites/journal.ts";
import type { Life } from "./model-line.ts";
import type { Variant } from "./model-variant.ts";

interface Message {
  ns: number[];
  point: string;
  kind: "measurement" | "alarm" | "event";
}

/** The devices of a life, and the encoder that makes rows of what they say: what is put to the journal, the witness knows. */
export class Sender {
  readonly #life: Life;
  readonly #variant: Variant;
  #emitted = 0;
  readonly #keyed: Message[] = [];

  constructor(life: Life, variant: Variant) {
    this.#life = life;
    this.#variant = variant;
  }

  /** Rows with a number are so long that a store with a quota gets full. */
  row(draft: Draft, seq: number, s: number, t: number): string {
    const text = plainRow(draft, seq, s, t);
    const { value } = draft;
    if (typeof value !== "number") {
      this.#life.witness.ownChars += text.length;
      return text;
    }
    const more = this.#variant.quota ? 250 + (value % 5) * 100 : value % 50;
    const padded = `${text.slice(0, -1)},"${"abcdefghijk"[value % 11]?.repeat(more)}"]`;
    this.#life.witness.made(draft, seq, padded);
    return padded;
  }

  emit(): void {
    const { dice } = this.#life;
    const kind = dice.chance(0.1) ? dice.pick(["alarm", "event"] as const) : "measurement";
    const message = this.#message(1 + dice.below(3), kind);
    const withKey = dice.chance(0.5);
    if (withKey) this.#keyed.push(message);
    this.#append(message, withKey);
  }

  /** Much at once, so that the store gets full. */
  emitMuch(): void {
    const { dice } = this.#life;
    const { noisy, healthy } = this.#variant;
    const kind = noisy && dice.chance(0.6) ? dice.pick(["alarm", "event"] as const) : "measurement";
    this.#append(this.#message(healthy ? 18 : 20 + dice.below(50), kind), false);
  }

  emitAgain(): void {
    const again = this.#keyed.at(-1 - this.#life.dice.below(5));
    if (again !== undefined) this.#append(again, true);
  }

  #message(records: number, kind: Message["kind"]): Message {
    const { dice } = this.#life;
    return {
      ns: Array.from({ length: records }, () => ++this.#emitted),
      point: dice.chance(0.2) ? dice.pick(["secret", "private"]) : "co2",
      kind,
    };
  }

  #append({ ns, point, kind }: Message, withKey: boolean): void {
    const { journal, witness, disk, dice, run } = this.#life;
    const which = (ns[0] ?? 0) % 3;
    const series = { ...co2, device: `30${which}-air`, point, kind };
    witness.put(ns, withKey, point);
    const keys = withKey ? [{ slot: `d/${which}`, value: String(ns[0]), rule: "once" as const }] : [];
    const recordClass = kind === "measurement" ? "T" : "K";
    const before = journal.status();
    witness.epoch = before.epoch;
    journal
      .append(
        ns.map((n) => ({ series, class: recordClass, value: n, quality: 0 }) as const),
        keys,
        dice.pick(["now", "ack", "polled"] as const),
      )
      .then(
        () => {
          if (run === this.#life.run) witness.acked(ns);
        },
        () => {
          if (before.full && recordClass === "K" && disk.refusals === 0)
            witness.broke(`an ${kind} was refused for want of room`);
        },
      );
  }
}
