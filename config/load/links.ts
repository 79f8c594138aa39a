/**
 * Links: shared settings of one protocol each.
 */
import type { Kind } from "../schema/kind.ts";
import { keysElsewhere, type Named, readCommon, readRest, tellStrangers } from "./entry.ts";
import { suggest } from "./findings.ts";
import type { Loading } from "./loading.ts";
import { narrowed } from "./plain.ts";
import { keysOf } from "./schema-keys.ts";
import { checkSecrets } from "./secret-use.ts";
import { linkShape } from "./shape/device.ts";

export interface Link extends Named {
  /** Absent: missing or not known to this program (told). */
  kind?: Kind;
  /** What the kind's schema gave; only when `ok`. */
  settings: unknown;
  simulated: boolean;
  /** Device that carries the link, as written. */
  via?: string;
  ok: boolean;
}

export function readLinks(entries: readonly Named[], loading: Loading): Map<string, Link> {
  return new Map(entries.map((named) => [named.id, readLink(named, loading)]));
}

function readLink(named: Named, loading: Loading): Link {
  const { findings, kinds } = loading;
  const schemas = kinds.map(({ link }) => link);
  const { value, ok } = readCommon(linkShape, ["kind"], named, schemas, findings);
  loading.notYet.noteKeys("link", named.body, ["chain", "via"]);
  const link: Link = { ...named, settings: undefined, simulated: value.simulated ?? false, ok: false };
  if (value.via !== undefined) link.via = value.via;
  const kind = kinds.find((candidate) => candidate.kind === value.kind);
  if (kind === undefined) {
    if (value.kind === undefined) tellStrangers(linkShape, schemas, named, findings);
    else unknownKind(value.kind, named, kinds, loading);
    return link;
  }
  const others = kinds
    .filter((other) => other !== kind)
    .map((other) => ({ name: other.kind, schema: other.link }));
  const settings = readRest(kind.link, linkShape, named, findings, keysElsewhere(others));
  const shared = keysOf(linkShape);
  checkSecrets(
    narrowed(named.body, (name) => !shared.includes(name)),
    loading,
  );
  return { ...link, kind, settings: settings?.value, ok: ok && settings !== null };
}

/** Tells a `kind` that this program does not have; what else the entry says cannot be judged. */
export function unknownKind(
  written: string,
  { key, body }: Named,
  kinds: readonly { kind: string }[],
  loading: Loading,
): void {
  const place = body.entries.get("kind")?.value ?? key;
  if (loading.findings.silent(place)) return;
  const known = kinds.map(({ kind }) => kind);
  loading.findings.error(
    "unknown-kind",
    place,
    { zh: `本程序没有 “${written}” 这种协议`, en: `this program has no protocol "${written}"` },
    suggest(written, known, { zh: "协议", en: "protocols" }),
  );
}
