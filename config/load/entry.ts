/**
 * Reading one entry `id: { … }` whose keys belong to two: those that all entries share, and those of its kind.
 *
 * Never happens: a key is told by both or by neither; a broken key hides the others.
 */
import type { z } from "zod";
import type { Complaint } from "../schema/scalar.ts";
import { hideClearSecrets } from "./clear-secret.ts";
import type { Findings } from "./findings.ts";
import { tellIssues, tellMissing } from "./issues.ts";
import { keyMeant, keysCalled, keysMeant } from "./other-words.ts";
import { narrowed, plain } from "./plain.ts";
import { below, description, isRecord, keysOf, type Schema } from "./schema-keys.ts";
import type { Place } from "./source.ts";
import type { Mapping, Node, Scalar } from "./tree.ts";

/** An entry of a section, by its id. */
export interface Named {
  id: string;
  key: Scalar;
  body: Mapping;
}

/** Reads a node with a schema; null when anything is wrong (told). */
export function read<T>(
  schema: z.ZodType<T>,
  node: Node,
  anchor: Place,
  findings: Findings,
  more: { alsoKnown?: readonly string[]; elsewhere?: ReadonlyMap<string, Complaint> } = {},
): { value: T } | null {
  hideClearSecrets(schema, node);
  const result = schema.safeParse(plain(node));
  if (!result.success) {
    tellIssues(result.error.issues, { schema, root: node, anchor, ...more }, findings);
    return null;
  }
  return findings.silent(node) ? null : { value: result.data };
}

export interface Common<T> {
  value: Partial<T>;
  /** Nothing was wrong with the shared keys. */
  ok: boolean;
  /** Known keys that misspelt ones were probably meant to be: not told as missing. */
  meant: ReadonlySet<string>;
}

/**
 * The shared keys of an entry; what is broken is told and left out.
 * @param kinds schemas of the kinds that the rest may belong to, to tell a misspelt shared key from a key of a kind
 */
export function readCommon<S extends z.ZodObject>(
  shape: S,
  required: readonly string[],
  { key, body }: Pick<Named, "key" | "body">,
  kinds: Iterable<Schema>,
  findings: Findings,
): Common<z.output<S>> {
  const names = new Set(keysOf(shape));
  const own = narrowed(body, (name) => names.has(name));
  const known = [...names, ...[...kinds].flatMap(keysOf)];
  const meant = meantKeys(body, known);
  let ok = true;
  for (const name of required) {
    if (own.entries.has(name)) continue;
    ok = false;
    if (meant.has(name)) continue;
    tellMissing(name, key, findings, below(shape, name).map(description).find(Boolean));
  }
  const first = parsePart(shape, own, key, findings);
  if (first.success) return { value: first.data, ok: ok && intact(own, findings), meant };
  const rest = shape.safeParse(withoutBroken(shape, plain(own), first.error.issues));
  return { value: rest.success ? rest.data : {}, ok: false, meant };
}

/** What is left when the broken keys are taken out; of a map by id only the broken members. */
function withoutBroken(shape: Schema, value: unknown, issues: readonly z.core.$ZodIssue[]): unknown {
  const left = value as Record<string, Record<string, unknown>>;
  for (const { path } of issues) {
    const [name, id] = [String(path[0]), path[1]];
    if (path.length > 1 && below(shape, name).some(isRecord)) delete left[name]?.[String(id)];
    else delete left[name];
  }
  return left;
}

/** An entry without a kind: all its keys are of `shape`. */
export function readWhole<S extends z.ZodObject>(
  shape: S,
  required: readonly string[],
  named: Pick<Named, "key" | "body">,
  findings: Findings,
): Common<z.output<S>> {
  tellStrangers(shape, [], named, findings);
  return readCommon(shape, required, named, [], findings);
}

function parsePart<S extends z.ZodObject>(shape: S, own: Mapping, key: Scalar, findings: Findings) {
  hideClearSecrets(shape, own);
  const result = shape.safeParse(plain(own));
  if (!result.success) tellIssues(result.error.issues, { schema: shape, root: own, anchor: key }, findings);
  return result;
}

const intact = (mapping: Mapping, findings: Findings) =>
  [...mapping.entries.values()].every(({ key, value }) => !findings.silent(key) && !findings.silent(value));

/** The keys of an entry that are not shared, read by its kind; null when anything is wrong (told). */
export function readRest<T>(
  schema: z.ZodType<T>,
  shape: Schema,
  { key, body }: Pick<Named, "key" | "body">,
  findings: Findings,
  elsewhere: ReadonlyMap<string, Complaint> = new Map(),
): { value: T } | null {
  const shared = keysOf(shape);
  const rest = narrowed(body, (name) => !shared.includes(name));
  const result = read(schema, rest, key, findings, { alsoKnown: shared, elsewhere });
  return intact(rest, findings) ? result : null;
}

/**
 * For an entry whose kind is not known: tells only the keys that no kind has.
 * @param misspelt only those near a known one: the others may be of a protocol that is not known here
 */
export function tellStrangers(
  shape: Schema,
  kinds: Iterable<Schema>,
  { key, body }: Pick<Named, "key" | "body">,
  findings: Findings,
  misspelt = false,
): void {
  const alternatives = [...kinds];
  for (const schema of alternatives) hideClearSecrets(schema, body);
  const known = [...keysOf(shape), ...alternatives.flatMap(keysOf)];
  const keys = [...body.entries.keys()].filter(
    (name) => !known.includes(name) && (!misspelt || keyMeant(name, known) !== undefined),
  );
  if (keys.length === 0) return;
  const issue = { code: "unrecognized_keys" as const, keys, path: [], message: "" };
  tellIssues([issue], { schema: shape, root: body, anchor: key, alsoKnown: known }, findings);
}

/** The known keys that unknown ones were probably meant to be. */
export function meantKeys(body: Mapping, known: readonly string[]): Set<string> {
  const meant = new Set<string>();
  const free = known.filter((name) => !body.entries.has(name));
  for (const name of body.entries.keys()) {
    if (known.includes(name)) continue;
    for (const near of keysMeant(name, free)) meant.add(near);
  }
  return meant;
}

/** Keys of the other kinds' schemas, each told with the name of one that has it, and what `own` calls the same. */
export function keysElsewhere(
  others: Iterable<{ name: string; schema: Schema }>,
  own: readonly string[] = [],
): Map<string, Complaint> {
  const owners = new Map<string, Complaint>();
  for (const { name, schema } of others)
    for (const key of keysOf(schema))
      if (!owners.has(key))
        owners.set(key, {
          what: {
            zh: `“${key}” 是 ${name} 的设置，这里不用`,
            en: `"${key}" belongs to ${name} and means nothing here`,
          },
          fix: instead(keysCalled(key, own)[0]),
        });
  return owners;
}

const instead = (key: string | undefined): Complaint["fix"] =>
  key === undefined
    ? { zh: "删掉它，或检查 via 和 kind", en: "remove it, or check via and kind" }
    : { zh: `这里写 ${key}；或检查 kind`, en: `write ${key} here, or check kind` };

/** Keys of a link that were written at a device. */
export const keysOfLink = (link: string, ...schemas: Schema[]): Map<string, Complaint> =>
  new Map(
    schemas.flatMap(keysOf).map((key) => [
      key,
      {
        what: { zh: `“${key}” 写在线路上，不写在设备上`, en: `"${key}" is of the link, not of a device` },
        fix: {
          zh: `写到 links 的 ${link} 里，这里删掉`,
          en: `write it at ${link} in links, and remove it here`,
        },
      },
    ]),
  );

/** Keys of devices that were written at their link. */
export const keysOfDevices = (...schemas: Schema[]): Map<string, Complaint> =>
  new Map(
    schemas.flatMap(keysOf).map((key) => [
      key,
      {
        what: { zh: `“${key}” 写在设备上，不写在线路上`, en: `"${key}" is of a device, not of its link` },
        fix: {
          zh: `写到挂在这条线路上的每台设备里（${key}: …），这里删掉`,
          en: `write ${key}: … at each device of this link, and remove it here`,
        },
      },
    ]),
  );
