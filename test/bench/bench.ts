import type { Figures } from "./figures.ts";

/** What a section of the benchmark is given. */
export interface Bench {
  /** Few messages and one round: shows that it runs, and roughly how fast. */
  quick: boolean;
  figures: Figures;
  /** A line of progress. */
  say(line: string): void;
}

export type Section = (bench: Bench) => Promise<void>;
