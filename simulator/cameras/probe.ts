/** Reads what is asked when cameras are looked for (WS-Discovery of April 2005, 5.2 and 5.3). Pure. */
import { namespaces } from "./namespaces.ts";
import { type Element, readXml } from "./read-xml.ts";

export const discoveryAction = (word: "Probe" | "ProbeMatches") => `${namespaces.wsdd}/${word}`;

/** `namespace:name`, as a kind of device is called whatever its prefix is. */
export const transmitter = `${namespaces.dn}:NetworkVideoTransmitter`;

export interface Probe {
  messageId: string;
  /** All of them are wanted; none: whoever is there. */
  types: readonly string[];
  scopes: readonly string[];
}

/** 2.5: how scopes are compared, unless it says otherwise. */
const bySegments = `${namespaces.wsdd}/rfc2396`;
const longestId = 512;

/** @returns null: this is no probe, and nobody answers it */
export function readProbe(bytes: Uint8Array): Probe | null {
  const root = readXml(Buffer.from(bytes).toString("utf8"));
  if (root?.name !== "Envelope" || root.namespace !== namespaces.soap) return null;
  const header = child(root, namespaces.soap, "Header");
  const probe = child(child(root, namespaces.soap, "Body"), namespaces.wsdd, "Probe");
  const action = child(header, namespaces.wsa04, "Action")?.text;
  const messageId = child(header, namespaces.wsa04, "MessageID")?.text ?? "";
  if (probe === undefined || action !== discoveryAction("Probe")) return null;
  if (messageId === "" || messageId.length > longestId) return null;
  const types = child(probe, namespaces.wsdd, "Types");
  const scopes = child(probe, namespaces.wsdd, "Scopes");
  // A way to compare that it does not know is an answer to nobody (5.3).
  if ((scopes?.attributes.get("MatchBy") ?? bySegments) !== bySegments) return null;
  return { messageId, types: wordsOf(types).map((word) => named(word, types)), scopes: wordsOf(scopes) };
}

/** @param own kinds and scopes of one that was asked */
export function concerns(
  { types, scopes }: Probe,
  own: { types: readonly string[]; scopes: readonly string[] },
): boolean {
  return (
    types.every((type) => own.types.includes(type)) &&
    scopes.every((wanted) => own.scopes.some((scope) => isBelow(scope, wanted)))
  );
}

const child = (element: Element | undefined, namespace: string, name: string): Element | undefined =>
  element?.children.find((one) => one.name === name && one.namespace === namespace);

const wordsOf = (element: Element | undefined): string[] =>
  (element?.text ?? "").split(/\s+/).filter((word) => word !== "");

function named(word: string, where: Element | undefined): string {
  const [prefix, name] = word.includes(":") ? word.split(":") : ["", word];
  return `${where?.scope.get(prefix ?? "") ?? ""}:${name}`;
}

/** Segment by segment: `…/location/a` has `…/location/a/b` below it, and not `…/location/ab`. */
function isBelow(scope: string, wanted: string): boolean {
  const whole = wanted.replace(/\/$/, "");
  return scope === wanted || scope === whole || scope.startsWith(`${whole}/`);
}
