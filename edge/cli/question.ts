/** Asks the person at the terminal. */
import { createInterface } from "node:readline/promises";

/** Asks a person; null: there is nobody to ask. */
export type Question = (question: string, signal: AbortSignal) => Promise<string> | null;

export const atTerminal: Question = (question, signal) => {
  if (!process.stdin.isTTY || !process.stdout.isTTY) return null;
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  // Ctrl-C and Ctrl-D are a no.
  const none = new Promise<string>((resolve) => void lines.once("close", () => resolve("")));
  const answer = lines.question(question, { signal }).catch(() => "");
  return Promise.race([answer, none]).finally(() => lines.close());
};

export const isYes = (answer: string): boolean => /^\s*(y|yes|是|ｙ)\s*$/i.test(answer);
