/**
 * Links: shared settings of one protocol each.
 */
import { boxKind } from "./box.ts";
import type { Link } from "./device.ts";
import { keysElsewhere, type Named, readCommon, readRest, tellStrangers } from "./entry.ts";
import { suggest } from "./findings.ts";
import { withHost } from "./host.ts";
import type { Loading } from "./loading.ts";
import { nearest } from "./nearest.ts";
import { narrowed } from "./plain.ts";
import { keysOf, type Schema } from "./schema-keys.ts";
import { checkSecrets } from "./secret-use.ts";
import { linkShape } from "./shape/device.ts";
import type { Mapping } from "./tree.ts";

/** @param devices entries of all devices: one may carry a link */
export function readLinks(
  entries: readonly Named[],
  devices: readonly Named[],
  loading: Loading,
): Map<string, Link> {
  const bodies = new Map(devices.map(({ id, body }) => [id, body]));
  return new Map(entries.map((named) => [named.id, readLink(named, bodies, loading)]));
}

function readLink(named: Named, devices: ReadonlyMap<string, Mapping>, loading: Loading): Link {
  const { findings } = loading;
  const kinds = loading.kinds.filter(({ driver }) => driver !== boxKind.driver);
  const schemas = kinds.map(({ link }) => link);
  const { value, ok } = readCommon(linkShape, ["kind"], named, schemas, findings);
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
  const carrier = devices.get(value.via ?? "");
  const body = withHost(named.body, kind.link, carrier === undefined ? [] : [carrier]);
  if (value.via !== undefined && hostTold(body, kind.link, carrier)) return { ...link, kind };
  const settings = readRest(kind.link, linkShape, { ...named, body }, findings, keysElsewhere(others));
  const shared = keysOf(linkShape);
  checkSecrets(
    narrowed(named.body, (name) => !shared.includes(name)),
    loading,
  );
  return { ...link, kind, settings: settings?.value, ok: ok && settings !== null };
}

/** It would have its host from what carries it, and why it has none is told there. */
function hostTold(body: Mapping, schema: Schema, carrier: Mapping | undefined): boolean {
  if (body.entries.has("host") || !keysOf(schema).includes("host")) return false;
  return carrier === undefined || nearest("host", carrier.entries.keys()) !== undefined;
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
