/** How displays with a protocol of their makers are asked and told. */
import type { Value } from "../../../config/schema/vocabulary.ts";
import type { Job } from "../../contract/index.ts";
import { protocolOf } from "../protocols/index.ts";
import type { Speech } from "../serial-session.ts";
import type { DisplayDevice } from "./fields.ts";
import { numberOf } from "./fields.ts";
import { type DisplayBody, stepsOf } from "./plan.ts";

const bodyOf = (job: Job) => job.body as DisplayBody;

export const displaySpeech: Speech<DisplayDevice> = {
  driver: "display",
  steps: (job, network) => stepsOf(bodyOf(job), network),
  needs: (job) => ({ answerMs: bodyOf(job).answerMs, pauseMs: bodyOf(job).profile.pauseMs }),
  order({ address, profile, actions }, { action, args }, network) {
    const known = Object.hasOwn(actions, action) ? actions[action] : undefined;
    if (known === undefined) return null;
    const given =
      known.arg === undefined ? known.value : Object.hasOwn(args, known.arg) ? args[known.arg] : null;
    const manner = { hexText: network && profile.hexText, lax: profile.lax };
    const question = protocolOf(profile.protocol).set(known.set, given as Value, numberOf(address), manner);
    return question === null ? null : { question, answerMs: address.answer ?? profile.answerMs };
  },
};
