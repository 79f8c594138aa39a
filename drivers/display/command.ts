/** What telling a device something came to. */
import type { Done } from "../contract/index.ts";
import { LineError } from "../line/faults.ts";
import type { Line } from "../line/line.ts";
import { type DisplayDriver, type DisplayWord, displayFault } from "./faults.ts";
import { ask, type Terms } from "./interview.ts";
import type { Question } from "./question.ts";

/** Nothing was sent. */
export const notSent = (driver: DisplayDriver, word: DisplayWord): Done => ({
  state: "failed",
  readBack: [],
  fault: displayFault(driver, word),
});

/**
 * Says it once. What was acknowledged is done; what was refused failed; of anything else nobody knows.
 * @throws as `interview`
 */
export async function tell(
  driver: DisplayDriver,
  question: Question,
  line: Line,
  terms: Pick<Terms, "answerMs" | "betweenMs">,
  signal: AbortSignal,
): Promise<Done> {
  const came = await ask(question, line, terms, signal);
  if (question.unanswered === true && "word" in came && came.word === "silent")
    return { state: "done", readBack: [] };
  if ("word" in came) return { state: "unknown", readBack: [], fault: displayFault(driver, came.word) };
  const { heard } = came;
  if ("refusal" in heard) return notSent(driver, heard.refusal);
  return { state: "done", readBack: [] };
}

/**
 * The same where the connection may be lost: before it was said it failed; after that nobody knows.
 * @throws the reason of `signal` alone, and what says that the session was closed
 */
export async function toldOver(
  visit: (said: () => void) => Promise<Done>,
  signal: AbortSignal,
): Promise<Done> {
  let isSaid = false;
  try {
    return await visit(() => {
      isSaid = true;
    });
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof LineError) || error.fault.code === "line.aborted") throw error;
    return { state: isSaid ? "unknown" : "failed", readBack: [], fault: error.fault };
  }
}
