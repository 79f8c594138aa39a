/**
 * A JSON document of a device → the same document with nothing in it that may not leave the school. Pure but for the
 * stand-ins, which are the same for the same text. Kept are: numbers and states of configured points, small numbers,
 * texts and names of members that are made of plain words, and times near the gateway's own.
 *
 * Never kept: what stands under a name that is refused as personal, or where an identity lies; a secret; any other text.
 */
import type { StandIns } from "../codec/stand-ins.ts";
import { isForbiddenName } from "./forbidden.ts";
import type { Pattern } from "./path.ts";
import { isPlain, isSmallNumber } from "./plain-words.ts";
import { isPrivateName, saysNobody } from "./private-names.ts";

/** What the configuration says of the documents on one topic. */
export interface Places {
  /** Numbers, states and times of points. */
  values: readonly Pattern[];
  /** Identities of people: cards, codes. */
  identities: readonly Pattern[];
  /** Own names of SenML records, of values and of identities. */
  names: ReadonlySet<string>;
  identityNames: ReadonlySet<string>;
}

/** A name of a member: how it is shown, and what is under it. */
interface Named {
  shown: string;
  holds: "refused" | "private" | "anything";
}

export interface Rules {
  standIns: StandIns;
  /** Texts that are never shown, in small letters. */
  secrets: ReadonlySet<string>;
  /** Words that the configuration itself names, as values. */
  words: ReadonlySet<string>;
  /** Names of members in the paths of points, and how they may begin. */
  members: ReadonlySet<string>;
  beginnings: readonly string[];
  /** Texts and names that were judged by these rules before. */
  judged: Map<string, boolean>;
  named: Map<string, Named>;
  wallMs: number;
}

const mostItems = 64;
const mostJudged = 2_000;
const longestJudged = 64;
/** So many whole numbers in a row may be the bytes of a card or an address. */
const fewBytes = 4;
/** Whole digits of a number that nobody asked for. */
const mostWhole = 5;
const mostDigits = 9;
const dayMs = 86_400_000;
const moment = /^(\d{4})-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:?\d\d)?$/;
/** Since it was switched on, as Tasmota says it. */
const uptime = /^\d{1,4}T\d\d:\d\d:\d\d$/;
/** Where clocks begin that were never set. */
const firstYears = [1970, 2000];

/** Shortest secret that is looked for inside a longer text. */
const shortestInside = 4;

export function isSecret(text: string, secrets: ReadonlySet<string>): boolean {
  const small = text.toLowerCase();
  if (secrets.has(small)) return true;
  for (const secret of secrets) if (secret.length >= shortestInside && small.includes(secret)) return true;
  return false;
}

/** True iff a text may stand for itself. */
export function keptText(text: string, { secrets, words, wallMs, judged }: Rules): boolean {
  if (uptime.test(text) || isNearTime(text, wallMs)) return true;
  if (isSmallNumber(text)) return !secrets.has(text);
  const known = judged.get(text);
  if (known !== undefined) return known;
  const kept = (words.has(text) || isPlain(text)) && !isSecret(text, secrets);
  if (judged.size < mostJudged && text.length <= longestJudged) judged.set(text, kept);
  return kept;
}

function isNearTime(text: string, wallMs: number): boolean {
  const year = Number(moment.exec(text)?.[1]);
  const now = new Date(wallMs).getUTCFullYear();
  return firstYears.includes(year) || Math.abs(year - now) <= 1;
}

export function scrubDocument(document: unknown, places: Places, rules: Rules): unknown {
  const { standIns, secrets } = rules;
  const isValue = (trail: readonly string[]) =>
    places.values.some((pattern) => pattern.length === trail.length && fits(pattern, trail));
  const isIdentityAt = (trail: readonly string[]) =>
    places.identities.some((pattern) => fits(pattern, trail));

  const nameOf = (name: string): string => {
    if (rules.members.has(name)) return name;
    // That such a member was there is the news, and it is refused again by this name; whose it was is not.
    if (isForbiddenName(name)) return saysNobody(name) ? name : "personname";
    if (isPlain(name) && !secrets.has(name.toLowerCase())) return name;
    const begins = rules.beginnings.find((text) => text !== "" && name.startsWith(text));
    if (begins === undefined) return standIns.of(name);
    const rest = name.slice(begins.length);
    return `${begins}${isPlain(rest) ? rest : standIns.of(rest)}`;
  };

  const lookAt = (name: string): Named => {
    const known = rules.named.get(name);
    if (known !== undefined) return known;
    const holds = isForbiddenName(name) ? "refused" : isPrivateName(name) ? "private" : "anything";
    const seen: Named = { shown: nameOf(name), holds };
    if (rules.named.size < mostJudged && name.length <= longestJudged) rules.named.set(name, seen);
    return seen;
  };

  const numberOf = (value: number, isMeant: boolean): number => {
    const text = String(value);
    if (isMeant) return value;
    if (secrets.has(text)) return standIns.ofNumber(value);
    const [whole = "", part = ""] = text.replace("-", "").split(".");
    if (/^\d+$/.test(whole) && whole.length <= mostWhole && /^\d*$/.test(part)) {
      if (whole.length + part.length <= mostDigits) return value;
    }
    const seconds = Math.abs(value * 1000 - rules.wallMs) <= dayMs;
    return seconds || Math.abs(value - rules.wallMs) <= dayMs ? value : standIns.ofNumber(value);
  };

  const leafOf = (value: unknown, trail: readonly string[], named: "value" | "identity" | null): unknown => {
    if (value === null || typeof value === "boolean") return value;
    const isIdentity = isIdentityAt(trail) || (named === "identity" && !isValue(trail));
    if (typeof value === "number") {
      if (isIdentity) return standIns.ofNumber(value);
      return numberOf(value, named === "value" || isValue(trail));
    }
    const text = String(value);
    if (text === "") return text;
    if (isIdentity) return standIns.of(text);
    if (keptText(text, rules)) return text;
    const isMeant = (isNumeral(text) || moment.test(text)) && isValue(trail) && !isSecret(text, secrets);
    return isMeant ? text : standIns.of(text);
  };

  /** @param named what a SenML record says of its own values */
  const walk = (value: unknown, trail: string[], named: "value" | "identity" | null): unknown => {
    if (typeof value !== "object" || value === null) return leafOf(value, trail, named);
    if (isIdentityAt(trail)) return hide(value, standIns);
    if (Array.isArray(value)) {
      // A list of numbers may be a face.
      if (value.length >= mostItems && value.every((item) => typeof item === "number"))
        return Array.from({ length: mostItems }, () => 0);
      const isBytes = value.length >= fewBytes && value.every(Number.isInteger);
      if (isBytes && !value.some((_, at) => isValue([...trail, String(at)]))) return value.map(() => 0);
      return value.map((item, at) => within(trail, String(at), item, named));
    }
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => {
        const { shown, holds } = lookAt(name);
        if (holds === "refused") return [shown, hide(member, standIns)];
        return [shown, within(trail, name, member, holds === "private" ? "identity" : named)];
      }),
    );
  };
  const within = (trail: string[], name: string, member: unknown, named: "value" | "identity" | null) => {
    trail.push(name);
    const made = walk(member, trail, named);
    trail.pop();
    return made;
  };

  return isPack(document) ? scrubPack(document, places, walk, nameOf) : walk(document, [], null);
}

export const isNumeral = (text: string): boolean => /^[+-]?\d{1,15}(?:\.\d{1,15})?$/.test(text);

/** Nothing of it but of what kind it is. */
function hide(value: unknown, standIns: StandIns): unknown {
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "number") return 0;
  if (typeof value === "string") return value.slice(0, 300).replace(/[^\s]/gu, "x");
  if (Array.isArray(value)) return value.slice(0, mostItems).map((item) => hide(item, standIns));
  return Object.fromEntries(
    Object.entries(value as object).map(([name, member]) => [
      isPlain(name) ? name : standIns.of(name),
      hide(member, standIns),
    ]),
  );
}

type Walk = (value: unknown, trail: string[], named: "value" | "identity" | null) => unknown;

const isPack = (document: unknown): document is Record<string, unknown>[] =>
  Array.isArray(document) &&
  document.length > 0 &&
  document.every((one) => typeof one === "object" && one !== null && !Array.isArray(one)) &&
  document.some((one) => "n" in one || "bn" in one);

/** Labels of RFC 8428, 4. */
const labels = new Set("bn bt bu bv bs bver n u v vs vb vd s t ut".split(" "));

/** RFC 8428: the name of a record is that of the base before it and its own. */
function scrubPack(
  pack: readonly Record<string, unknown>[],
  places: Places,
  walk: Walk,
  nameOf: (name: string) => string,
): unknown {
  let base = "";
  return pack.map((record) => {
    if (typeof record.bn === "string") base = record.bn;
    const own = typeof record.n === "string" ? record.n : "";
    const name = `${base}${own}`.split(":").at(-1) ?? "";
    const isForbidden = isForbiddenName(name);
    const named =
      isForbidden || places.identityNames.has(name) ? "identity" : places.names.has(name) ? "value" : null;
    return Object.fromEntries(
      Object.entries(record).map(([key, value]) => {
        if (key === "n" && places.names.has(own)) return [key, own];
        if (key === "n" && isForbidden && nameOf(own) === own) return [key, own];
        const isText = key === "n" || key === "bn" || key === "u" || key === "bu";
        return [labels.has(key) ? key : nameOf(key), walk(value, [key], isText ? null : named)];
      }),
    );
  });
}

function fits(pattern: Pattern, trail: readonly string[]): boolean {
  if (pattern.length > trail.length) return false;
  return pattern.every((segment, at) => {
    const name = trail[at] ?? "";
    return typeof segment === "string" ? segment === name : name.startsWith(segment.begins);
  });
}
