/**
 * What zod found, as a technician can act on it: at its place, in both languages, without follow-up noise.
 */
import { z } from "zod";
import { type Complaint, spacedSecret } from "../schema/scalar.ts";
import type { Text } from "../schema/vocabulary.ts";
import { hide } from "./clear-secret.ts";
import { didYouMean, type Findings, suggest } from "./findings.ts";
import { explained } from "./issue-texts.ts";
import { type Located, locate } from "./locate.ts";
import { missingWords } from "./missing-words.ts";
import { keysMeant } from "./other-words.ts";
import { plain } from "./plain.ts";
import { below, description, isSecret, keysOf, type Schema, schemasAt } from "./schema-keys.ts";
import { soundsSecret } from "./secret-line.ts";
import type { Place, WholeFile } from "./source.ts";
import type { Node } from "./tree.ts";

type Issue = z.core.$ZodIssue;

/** One value that was read: what it was read with and where it stands. */
export interface Reading {
  schema: Schema;
  root: Node;
  /** Where a missing key of the root is shown. */
  anchor: Place;
  /** Keys of the root that belong to somebody else, for suggestions. */
  alsoKnown?: readonly string[];
  /** Keys that belong somewhere else, and what to say of them. */
  elsewhere?: ReadonlyMap<string, Complaint>;
}

const keyNoun: Text = { zh: "名字", en: "keys" };

/** Tells every issue once. */
export function tellIssues(issues: readonly Issue[], reading: Reading, findings: Findings): void {
  const meant = new Set<string>();
  const all = flatten(issues, reading, findings);
  const strange = new Set(
    all.filter(({ code }) => code === "unrecognized_keys").map(({ path }) => JSON.stringify(path)),
  );
  for (const issue of all)
    if (issue.code === "unrecognized_keys") tellUnknown(issue, reading, findings, meant);
  for (const issue of all) {
    if (issue.code === "unrecognized_keys") continue;
    const at = locate(reading.root, issue.path, reading.anchor, findings);
    if (at.silent || meant.has(JSON.stringify(issue.path))) continue;
    if (issue.code === "custom" && ofContainer(issue.path, at.node, strange, reading.schema)) continue;
    tellOne(issue, at, reading, findings);
  }
}

/** A complaint about an object as a whole (also shown at one of its keys) that has unknown keys: they explain it. */
function ofContainer(
  path: readonly PropertyKey[],
  node: Node | undefined,
  strange: ReadonlySet<string>,
  schema: Schema,
): boolean {
  if (strange.has(JSON.stringify(path))) return true;
  if (!strange.has(JSON.stringify(path.slice(0, -1)))) return false;
  return node === undefined || schemasAt(schema, path).some((own) => z.safeParse(own, plain(node)).success);
}

/** Unions and records as the issues of what was probably meant, with whole paths. */
function flatten(issues: readonly Issue[], reading: Reading, findings: Findings): Issue[] {
  return issues.flatMap((issue) => {
    if (issue.code === "invalid_union") {
      const chosen = branch(issue);
      if (chosen !== null)
        return flatten(
          chosen.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] })),
          reading,
          findings,
        );
    }
    if (issue.code === "invalid_key" || issue.code === "invalid_element")
      return flatten(
        issue.issues.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] })),
        reading,
        findings,
      );
    return [issue];
  });
}

/** The union's member whose shape fits; null when none does. */
function branch(issue: z.core.$ZodIssueInvalidUnion): Issue[] | null {
  const fitting = issue.errors.filter(
    (member) =>
      !member.some((inner) => inner.path.length === 0 && /^invalid_(?:type|value|union)$/.test(inner.code)),
  );
  fitting.sort((a, b) => a.length - b.length);
  return fitting[0] ?? null;
}

function tellUnknown(
  issue: z.core.$ZodIssueUnrecognizedKeys,
  reading: Reading,
  findings: Findings,
  meant: Set<string>,
): void {
  const { node } = locate(reading.root, issue.path, reading.anchor, findings);
  if (node?.type !== "mapping") return;
  const schemas = schemasAt(reading.schema, issue.path);
  const top = issue.path.length === 0;
  const known = [...schemas.flatMap(keysOf), ...(top ? (reading.alsoKnown ?? []) : [])];
  for (const name of issue.keys) {
    const entry = node.entries.get(name);
    if (entry === undefined || findings.silent(entry.key)) continue;
    const free = known.filter((key) => !node.entries.has(key));
    const all = keysMeant(name, free);
    const likely = all.length > 0 ? all : keysMeant(name, known);
    const [near] = likely;
    for (const key of all) meant.add(JSON.stringify([...issue.path, key]));
    // What stands behind an unknown key may be meant for a secret one.
    const secrets = schemas.flatMap((schema) =>
      keysOf(schema).filter((key) => below(schema, key).some(isSecret)),
    );
    if (near === undefined ? secrets.length > 0 : secrets.includes(near) || soundsSecret(name))
      hide(entry.value);
    const owner = top ? reading.elsewhere?.get(name) : undefined;
    if (owner !== undefined) findings.error("unknown-key", entry.key, owner.what, owner.fix);
    else
      findings.error(
        "unknown-key",
        entry.key,
        { zh: `不认识 “${name}”`, en: `"${name}" is not known here` },
        near === undefined ? suggest(name, known, keyNoun) : didYouMean(likely),
      );
  }
}

function tellOne(issue: Issue, at: Located, reading: Reading, findings: Findings): void {
  const complaint =
    issue.code === "custom" ? (issue.params?.complaint as Complaint | undefined) : slip(issue, at, reading);
  if (at.node === undefined && complaint === undefined) {
    const said = schemasAt(reading.schema, issue.path)
      .map(description)
      .find((text) => text !== undefined);
    tellMissing(at.name, at.holder, findings, said);
    return;
  }
  const place = at.node === undefined || at.node.type === "mapping" ? at.holder : at.node;
  if (complaint !== undefined) findings.error("bad-value", place, complaint.what, complaint.fix);
  else {
    const { code, what, fix } = explained(issue, at.node?.type === "scalar" ? at.node.text : undefined);
    findings.error(code, place, what, fix);
  }
}

/** `secret: NAME` where a secret is wanted reads as a map of its own. */
function slip(issue: Issue, { node }: Located, reading: Reading): Complaint | undefined {
  if (node?.type !== "mapping" || node.entries.size !== 1 || !node.entries.has("secret")) return undefined;
  return schemasAt(reading.schema, issue.path).some(isSecret) ? spacedSecret : undefined;
}

/** @param said what the schema says of it */
export function tellMissing(name: string, place: Place | WholeFile, findings: Findings, said = ""): void {
  const zh = missingWords[said];
  findings.error(
    "missing-key",
    place,
    { zh: `缺少 “${name}”`, en: `"${name}" is missing` },
    {
      zh: `在这里加上 ${name}: …${zh === undefined ? "" : `（${zh}）`}`,
      en: `add ${name}: …${said === "" ? "" : ` (${said})`}`,
    },
  );
}
