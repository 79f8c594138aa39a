/**
 * Where a point of a profile is found in what a device says over MQTT. Pure.
 */
import { z } from "zod";
import { complain, flag } from "../../config/schema/scalar.ts";
import type { Pattern } from "./path.ts";
import { exactTopic, listOf, path, pattern, senmlName, words } from "./scalars.ts";

/** One place where a value may be; in a whole message when it has neither path nor name. */
export interface Place {
  /** As written; absent: on the topics of the profile. */
  topic?: string;
  path?: Pattern;
  /** Of SenML records. */
  name?: string;
  /** What is said about being there: true or false. */
  availability?: true;
}

export interface MqttSource {
  /** In their order: the first that a message has counts. */
  places: readonly Place[];
  sum: boolean;
  type: "number" | "boolean" | "text" | "auto";
  digest: boolean;
  /** The only raw words that are meant for this point; absent: any. */
  only?: readonly string[];
  unitAt?: { path: readonly string[]; is: string };
}

const ways = {
  zh: "JSON 写 path: …，SenML 写 name: …，整条消息就是值的写 topic: …",
  en: "write path: … (JSON), name: … (SenML), or topic: … where the whole message is the value",
};

function tellNowhere(context: z.core.$RefinementCtx): void {
  complain(context, {
    what: { zh: "没有写这个点在哪里", en: "it does not say where this point is" },
    fix: ways,
  });
}

function tellBoth(context: z.core.$RefinementCtx, key: string, other: string): void {
  complain(context, {
    what: { zh: `${key} 和 ${other} 不能一起写`, en: `${key} and ${other} do not go together` },
    fix: { zh: "只留一个", en: "keep one of them" },
  });
}

const topic = exactTopic
  .optional()
  .describe("The one topic that carries this point; without path and name the whole message is its value");
const paths = listOf(pattern)
  .optional()
  .describe("Where the value lies in a JSON payload; of several the first that is there counts");

const elsewhere = z
  .strictObject({ topic, path: paths })
  .superRefine((place, context) => {
    if (place.topic === undefined && place.path === undefined) tellNowhere(context);
  })
  .describe("Another place where a device says it");

const unitAt = z
  .strictObject({
    path,
    is: z.string().min(1).max(16).describe("The word for the unit of this point"),
  })
  .describe("Where a message names its unit: another one is a fault, none is this one");

export const sourceSchema = z
  .strictObject({
    path: paths,
    name: senmlName.optional(),
    topic,
    or: z.array(elsewhere).min(1).max(16).optional().describe("Other places where it may be said"),
    availability: flag
      .default(false)
      .describe("True and false by the profile's availability: whether the device is there"),
    sum: flag.default(false).describe("SenML: takes the sum (s) of its records instead of their value"),
    type: z
      .enum(["number", "boolean", "text", "auto"])
      .default("auto")
      .describe("What the payload must hold there; anything else is a fault"),
    digest: flag
      .default(false)
      .describe("The value is an identity (card, code): only its keyed digest is kept"),
    only: words
      .optional()
      .describe("Values that are meant for this point; any other says nothing of it and is no fault"),
    unitAt: unitAt.optional(),
  })
  .superRefine(({ path, name, topic, availability, or, sum, digest, unitAt }, context) => {
    const key = path !== undefined ? "path" : name !== undefined ? "name" : "topic";
    if (availability) {
      for (const [other, value] of Object.entries({ path, name, topic, or, unitAt }))
        if (value !== undefined) tellBoth(context, "availability", other);
    } else if (path !== undefined && name !== undefined) tellBoth(context, "path", "name");
    else if (path === undefined && name === undefined && topic === undefined) tellNowhere(context);
    if (name !== undefined && or !== undefined) tellBoth(context, "name", "or");
    if (sum && name === undefined) tellBoth(context, "sum", key);
    if (sum && digest) tellBoth(context, "sum", "digest");
  })
  .transform(({ path, name, topic, or = [], availability, only, unitAt, ...how }): MqttSource => {
    const first = { path, topic, ...(name === undefined ? {} : { name }) };
    return {
      places: availability ? [{ availability: true }] : [first, ...or].flatMap(placesOf),
      ...how,
      ...(only === undefined ? {} : { only }),
      ...(unitAt === undefined ? {} : { unitAt }),
    };
  })
  .describe("Where a point's value lies in the payload");

function placesOf({
  path,
  topic,
  name,
}: {
  path?: readonly Pattern[] | undefined;
  topic?: string | undefined;
  name?: string;
}): Place[] {
  const place: Place = {
    ...(topic === undefined ? {} : { topic }),
    ...(name === undefined ? {} : { name }),
  };
  return path === undefined ? [place] : path.map((one) => ({ ...place, path: one }));
}
