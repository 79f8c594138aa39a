/**
 * One conversation with a projector: its greeting, the digest where it wants one, and commands one after the other.
 *
 * Holds: lines of more than 136 characters, without an end, or with anything but text end it; so does an answer to
 * another command. A projector that takes its time between characters has no more of it than for one answer.
 */
import type { Line, Verdict } from "../../line/line.ts";
import type { DisplayWord } from "../faults.ts";
import { ascii } from "../question.ts";
import { type Answered, answerTo, digestOf, greetingOf, judgeLine } from "./codec.ts";

/** Longest rest between two pieces of a line; of all rests together, four times this. */
const betweenMs = 500;

export class Conversation {
  readonly #line: Line;
  readonly #answerMs: number;
  readonly #signal: AbortSignal;
  /** In front of the next command. */
  #digest = "";

  constructor(line: Line, answerMs: number, signal: AbortSignal) {
    this.#line = line;
    this.#answerMs = answerMs;
    this.#signal = signal;
  }

  /**
   * Must be called before anything else happens: it greets at once.
   * @param password null: there is none
   * @returns why there is no conversation; null: there is one
   */
  async greet(password: Uint8Array | null): Promise<DisplayWord | null> {
    const said = await this.#exchange("");
    if ("fault" in said) return said.fault === "silent" ? "silent" : said.fault;
    const greeting = greetingOf(said.line);
    if ("fault" in greeting) return greeting.fault;
    if (greeting.salt === null) return null;
    if (password === null) return "no-password";
    this.#digest = digestOf(greeting.salt, password);
    return null;
  }

  /** @param command such as `%1POWR` @param parameter `?` asks */
  async say(command: string, parameter: string): Promise<Answered> {
    const digest = this.#digest;
    this.#digest = "";
    // What came unasked answers nobody.
    this.#line.takeStrays();
    const said = await this.#exchange(`${digest}${command} ${parameter}\r`);
    return "fault" in said ? said : answerTo(command, said.line);
  }

  async #exchange(sent: string): Promise<{ line: string } | { fault: DisplayWord }> {
    const judge = (received: Uint8Array): Verdict<string, DisplayWord> => judgeLine(received);
    const limits = { firstMs: this.#answerMs, betweenMs };
    const exchanged = await this.#line.exchange(ascii(sent), judge, limits, this.#signal);
    if ("answer" in exchanged) return { line: exchanged.answer };
    return { fault: exchanged.fault === "restless" ? "noise" : exchanged.fault };
  }
}
