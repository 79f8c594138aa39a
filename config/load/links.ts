/**
 * Links: shared settings of one protocol each.
 */
import { everywhere } from "../schema/address.ts";
import { boxKind } from "./box.ts";
import type { Link } from "./device.ts";
import { keysElsewhere, keysOfDevices, type Named, readCommon, readRest, tellStrangers } from "./entry.ts";
import { suggest } from "./findings.ts";
import { withHost } from "./host.ts";
import type { Loading } from "./loading.ts";
import { keyMeant } from "./other-words.ts";
import { narrowed } from "./plain.ts";
import type { Profile } from "./profile.ts";
import { below, isOptional, keysOf, type Schema } from "./schema-keys.ts";
import { checkSecrets } from "./secret-use.ts";
import { deviceShape, linkShape } from "./shape/device.ts";
import type { Mapping, Scalar } from "./tree.ts";

/** @param devices entries of all devices: one may carry a link */
export function readLinks(
  entries: readonly Named[],
  devices: readonly Named[],
  profiles: ReadonlyMap<string, Profile>,
  loading: Loading,
): Map<string, Link> {
  const bodies = new Map(devices.map(({ id, body }) => [id, body]));
  return new Map(entries.map((named) => [named.id, readLink(named, bodies, profiles, loading)]));
}

function readLink(
  named: Named,
  devices: ReadonlyMap<string, Mapping>,
  profiles: ReadonlyMap<string, Profile>,
  loading: Loading,
): Link {
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
  const hostless = value.via !== undefined && hostTold(body, kind.link, carrier, profiles, loading);
  const elsewhere = new Map([...keysElsewhere(others), ...keysOfDevices(kind.address, deviceShape)]);
  const whole = hostless ? withSomeHost(named.key, body) : body;
  const settings = readRest(kind.link, linkShape, { ...named, body: whole }, findings, elsewhere);
  const shared = keysOf(linkShape);
  checkSecrets(
    narrowed(named.body, (name) => !shared.includes(name)),
    loading,
  );
  return { ...link, kind, settings: settings?.value, ok: ok && settings !== null && !hostless };
}

/** It would have its host from what carries it, and why it has none is told there. */
function hostTold(
  body: Mapping,
  schema: Schema,
  carrier: Mapping | undefined,
  profiles: ReadonlyMap<string, Profile>,
  { kinds }: Loading,
): boolean {
  if (body.entries.has("host") || !keysOf(schema).includes("host")) return false;
  if (carrier === undefined || keyMeant("host", carrier.entries.keys()) !== undefined) return true;
  const model = carrier.entries.get("profile")?.value;
  const driver = model?.type === "scalar" ? profiles.get(model.text)?.driver : undefined;
  // Of a model that is unknown, or carries no link, that is told.
  const able = kinds.filter((kind) => kind.driver === driver && kind.carries?.includes("links") === true);
  return able.every(({ address }) => below(address, "host").some((host) => !isOptional(host)));
}

/** So that its other keys are read all the same. */
const withSomeHost = (key: Scalar, body: Mapping): Mapping => ({
  ...body,
  entries: new Map(body.entries).set("host", { key, value: { ...key, text: everywhere.ipv6 } }),
});

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
