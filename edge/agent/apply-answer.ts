/** What the agent answers when it is asked about another configuration, or to put it to work. */
import { z } from "zod";
import type { Text } from "../../config/schema/vocabulary.ts";
import { changeKinds, changeSubjects } from "./plan-change.ts";

const textSchema = z.strictObject({ zh: z.string(), en: z.string() });

const changeSchema = z.strictObject({
  what: z.enum(changeKinds),
  of: z.enum(changeSubjects),
  id: z.string(),
  text: textSchema,
});

export const previewSchema = z.strictObject({
  v: z.literal(1),
  /** Revision that runs. */
  running: z.string(),
  /** Revision of the files. */
  files: z.string(),
  changes: z.array(changeSchema),
  /** What can only change at a start; with any, nothing is applied. */
  restart: z.array(textSchema),
});

export const appliedSchema = z.strictObject({
  v: z.literal(1),
  /** Revision that runs now. */
  running: z.string(),
  changes: z.array(changeSchema),
});

const refusalCodes = ["mistakes", "other-revision", "needs-restart", "stopping", "failed"] as const;

export const refusalSchema = z.strictObject({
  error: z.strictObject({ code: z.enum(refusalCodes), what: textSchema, fix: textSchema }),
});

export type Preview = z.infer<typeof previewSchema>;
export type Applied = z.infer<typeof appliedSchema>;

/** Why a configuration was not put to work; the one that ran runs on. */
export class ApplyError extends Error {
  readonly code: (typeof refusalCodes)[number];
  readonly what: Text;
  readonly fix: Text;
  readonly retry = "later";
  constructor(code: ApplyError["code"], what: Text, fix: Text, options?: ErrorOptions) {
    super(what.en, options);
    this.name = "ApplyError";
    this.code = code;
    this.what = what;
    this.fix = fix;
  }

  /** By `refusalSchema`. */
  toJSON(): z.infer<typeof refusalSchema> {
    const { code, what, fix } = this;
    return { error: { code, what, fix } };
  }
}
