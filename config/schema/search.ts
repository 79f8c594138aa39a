/** What is asked of a search, and what it answers: between whoever searches and whoever wants to know. */
import { z } from "zod";

const word = z.string().min(1).max(64);
const count = z.int().min(0);
const field = z.union([z.string().max(256), z.number()]);
const fields = z.record(z.string().max(32), field);

/** `what`: a driver whose lines can be searched, or a kind of link whose devices can be called. */
export const searchAskSchema = z.discriminatedUnion("do", [
  z.strictObject({
    do: z.literal("start"),
    what: word,
    /** Absent: every link of it. */
    link: word.optional(),
    /** Also at the other speeds that devices are delivered with: the line is lent for it. */
    speeds: z.boolean(),
  }),
  z.strictObject({ do: z.literal("take"), id: word }),
  z.strictObject({ do: z.literal("stop"), id: word }),
]);
export type SearchAsk = z.infer<typeof searchAskSchema>;

export const searchStartedSchema = z.strictObject({ v: z.literal(1), id: word });

/** A model that reads it, and what it reads. */
export const fitSchema = z.strictObject({
  profile: word,
  text: z.strictObject({ zh: z.string(), en: z.string() }),
  variant: word.optional(),
  needs: z.array(word),
  values: z.array(
    z.strictObject({
      point: word,
      value: z.union([z.number(), z.boolean(), z.string(), z.null()]),
      unit: z.string().optional(),
    }),
  ),
});
export type Fit = z.infer<typeof fitSchema>;

export const foundSchema = z.strictObject({
  /** null: it was called, on no link. */
  link: word.nullable(),
  kind: word,
  address: fields,
  told: z.record(z.string().max(32), z.string().max(64)),
  /** The device of the files that has this address; null: none. */
  known: word.nullable(),
  /** What the line has to be set to, where that is not what the files say. */
  settings: fields.optional(),
  /** The likeliest first. */
  fits: z.array(fitSchema),
  /** It answers and is not understood: a code of the catalogue of reasons. */
  fault: z.string().max(64).optional(),
});
export type FoundDevice = z.infer<typeof foundSchema>;

const troubles = ["offline", "busy", "cannot-open", "lost"] as const;
export type SearchTrouble = (typeof troubles)[number];

export const searchTakenSchema = z.strictObject({
  v: z.literal(1),
  /** Where it is. */
  at: z.strictObject({
    link: word.nullable(),
    asked: count,
    of: count,
    /** At most, ms. */
    leftMs: count,
    settings: fields.optional(),
    /** It tries which models fit who answered. */
    fitting: z.boolean(),
  }),
  /** Since they were taken before. */
  found: z.array(foundSchema),
  /** Links that could not be searched to their end. */
  troubles: z.array(
    z.strictObject({
      link: word.nullable(),
      code: z.enum(troubles),
      detail: z.string(),
      /** Why, by a code of the catalogue of reasons; absent: nobody foresaw it. */
      fault: z.string().max(64).optional(),
    }),
  ),
  /** null: it goes on. */
  ended: z.enum(["done", "asked", "left"]).nullable(),
});
export type SearchTaken = z.infer<typeof searchTakenSchema>;
export type SearchPlace = SearchTaken["at"];

export const searchRefusalSchema = z.strictObject({
  error: z.strictObject({
    code: z.enum(["bad-request", "no-link", "busy", "cannot", "gone"]),
    /** Links that can be searched so. */
    links: z.array(z.string()),
  }),
});
export type SearchRefusal = z.infer<typeof searchRefusalSchema>["error"]["code"];
