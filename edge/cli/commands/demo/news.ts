/**
 * What happens in the demo, side by side: what goes wrong in the school, and what the gateway makes of it.
 *
 * Holds: each matter is told once when it comes and once when it goes; at most `remembered` of them are kept.
 */
import { sayReason } from "../../../../config/catalogue/reasons.ts";
import type { Status } from "../../../../config/schema/status.ts";
import { faultText } from "../../../../simulator/faults/fault-text.ts";
import { NoSuchTrouble } from "../../../../simulator/faults/no-such-trouble.ts";
import type { Episode } from "../../../../simulator/faults/script.ts";
import type { Language } from "../../io.ts";
import { mattersOf } from "../../matters.ts";

/** One thing that was told. */
export interface Item {
  at: number;
  /** Of the school itself, or what the gateway says of it. */
  by: "school" | "gateway";
  text: string;
}

const remembered = 50;

export class News {
  readonly items: Item[] = [];
  /** What is wrong in the school now. */
  readonly now = new Map<string, string>();
  readonly #lang: Language;
  #open = new Map<string, string>();

  constructor(lang: Language) {
    this.#lang = lang;
  }

  /** A fault has come or gone. @returns what is new */
  fault({ fault, isOn, refused }: Episode, at: number): Item[] {
    const zh = this.#lang === "zh";
    const text = faultText(fault)[this.#lang];
    const key = JSON.stringify(fault);
    if (refused !== undefined) {
      const why = refused instanceof NoSuchTrouble ? refused.text[this.#lang] : String(refused);
      return this.#add([
        { at, by: "school", text: zh ? `没能发生：${text}（${why}）` : `could not happen: ${text} (${why})` },
      ]);
    }
    if (isOn) this.now.set(key, text);
    else this.now.delete(key);
    return this.#add([{ at, by: "school", text: isOn ? text : zh ? `恢复：${text}` : `over: ${text}` }]);
  }

  /** The gateway's status, as it is now. @returns what is new */
  seen(status: Status): Item[] {
    const zh = this.#lang === "zh";
    const open = new Map<string, string>();
    const items: Item[] = [];
    const links = new Map(status.devices.map(({ id, link }) => [id, link]));
    for (const { reason, devices } of mattersOf(status, this.#lang)) {
      // Devices of one line with the same trouble are one matter, however many there are by now.
      const where = links.get(devices[0]?.id ?? "") ?? reason.subject;
      const key = `${reason.code} ${where}`;
      const { line, next } = sayReason(reason, this.#lang, status.at);
      open.set(key, `${reason.code} ${reason.subject}`);
      if (!this.#open.has(key)) items.push({ at: status.at, by: "gateway", text: `${line} → ${next}` });
    }
    for (const [key, text] of this.#open)
      if (!open.has(key))
        items.push({ at: status.at, by: "gateway", text: zh ? `恢复：${text}` : `over: ${text}` });
    this.#open = open;
    return this.#add(items);
  }

  #add(items: Item[]): Item[] {
    this.items.push(...items);
    this.items.splice(0, Math.max(0, this.items.length - remembered));
    return items;
  }
}
