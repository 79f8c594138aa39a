/** How panels are asked and told by a table of bytes. */
import type { Job } from "../../contract/index.ts";
import type { Question } from "../question.ts";
import type { Speech } from "../serial-session.ts";
import { bytesOf, questionOf } from "./codec.ts";
import type { HexDevice } from "./fields.ts";
import { type HexBody, stepsOf } from "./plan.ts";

const bodyOf = (job: Job) => job.body as HexBody;

export const hexSpeech: Speech<HexDevice> = {
  driver: "hex",
  steps: (job) => stepsOf(bodyOf(job)),
  // Each row has a wait of its own.
  needs: (job) => ({ answerMs: 0, pauseMs: bodyOf(job).pauseMs }),
  order({ actions }, { action, args }) {
    const known = Object.hasOwn(actions, action) ? actions[action] : undefined;
    if (known === undefined) return null;
    const { arg, wait } = known;
    const argument = arg !== undefined && Object.hasOwn(args, arg) ? args[arg] : null;
    const bytes = bytesOf(known, argument);
    if (bytes === null) return null;
    const question: Question = {
      ...questionOf(known, bytes, () => ({ done: true })),
      ...(known.reply === null ? { unanswered: true } : {}),
    };
    return { question, answerMs: wait };
  },
};
