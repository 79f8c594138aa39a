/**
 * JSON Schemas that help an editor while a technician writes: of the configuration's files and of profiles.
 *
 * The protocols are handed in, as they are to the loader: `campus-edge report schema` prints what the installed
 * ones give, and a test fails when the files beside this one are not the same.
 * Unknown keys are flagged where no installed protocol has them; whatever needs a second file is for `check`.
 */
import { cataloguePoints } from "../../catalogue/points.ts";
import { withBoxes } from "../../load/box.ts";
import { roomsShape, templateShape } from "../../load/rows/shape.ts";
import { actionShape } from "../../load/shape/action.ts";
import { deviceShape, linkShape, overrideShape, spareShape } from "../../load/shape/device.ts";
import { profilePointShape, profileShape } from "../../load/shape/profile.ts";
import {
  bufferShape,
  defaultsShape,
  pointSettingsShape,
  schoolShape,
  statusShape,
} from "../../load/shape/school.ts";
import { spaceShape } from "../../load/shape/space.ts";
import { timetableShape } from "../../load/shape/timetable.ts";
import { uplinkShape } from "../../load/shape/uplink.ts";
import type { Kind, UplinkKind } from "../kind.ts";
import { anyText, editorShape, type Json, type Where } from "./editor-shape.ts";

const draft = { $schema: "http://json-schema.org/draft-07/schema#" };
const ids = { pattern: "^[a-z0-9][a-z0-9-]{0,63}$" };
const use = (name: string) =>
  `For editors with a YAML language server: lay it beside the files and begin each of them with # yaml-language-server: $schema=${name}.schema.json`;
type Schema = Parameters<typeof editorShape>[0];

/** Of every *.yaml in the folder: any of its sections in any file. */
export function configurationSchema(kinds: readonly Kind[], uplinkKinds: readonly UplinkKind[]): Json {
  const addresses = withBoxes(kinds).map(({ address }) => address);
  const device = (point: string, wanted: string[], where: Where = "files") =>
    withPoints(merged(deviceShape, addresses, wanted, where), point);
  // What a template or a row says of a device is a part of it.
  const part = device("partOfPoint", [], "template");
  const parts = (may: Json): Json => ({ type: "object", propertyNames: ids, additionalProperties: may });
  const partRef = { $ref: "#/definitions/part" };
  const template = required(editorShape(templateShape), ["params", "devices"]);
  const { stage = {}, why = {}, until = {} } = part.properties as Record<string, Json>;
  const row: Json = {
    description: "One room: its values for the template's parameters, and what is different there",
    type: "object",
    properties: {
      space: anyText,
      devices: parts({ anyOf: [{ enum: ["off"] }, partRef] }),
      stage,
      why,
      until,
    },
  };
  const block = withProperties(required(editorShape(roomsShape), ["use", "rows"]), {
    rows: {
      ...property(editorShape(roomsShape), "rows"),
      anyOf: [{ type: "string" }, { type: "array", items: row }],
    },
  });
  const sections: Json = {
    version: { description: "Version of the configuration", enum: [1, "1"] },
    school: editorShape(schoolShape),
    spaces: {
      description: "Rooms, one floor a row",
      type: "array",
      items: merged(spaceShape, [], ["building", "floor", "rooms"]),
    },
    defaults: withPoints(editorShape(defaultsShape), "schoolPoint"),
    buffer: editorShape(bufferShape),
    status: editorShape(statusShape),
    links: byId(
      oneOf(linkShape, kinds, ({ link }) => link),
      "Lines, and kinds of network connection",
    ),
    devices: byId(device("devicePoint", ["profile"]), "Devices, each by the id of its position"),
    uplinks: byId(
      oneOf(uplinkShape, uplinkKinds, ({ config }) => config),
      "Where records go",
    ),
    templates: byId(withProperties(template, { devices: parts(partRef) }), "What rooms have in common"),
    rooms: {
      anyOf: [{ $ref: "#/definitions/rooms" }, { type: "array", items: { $ref: "#/definitions/rooms" } }],
    },
    timetable: editorShape(timetableShape),
    spares: { description: "Units in the cupboard", type: "array", items: editorShape(spareShape) },
  };
  const definitions = {
    points: pointNames(),
    part,
    rooms: block,
    devicePoint: editorShape(overrideShape),
    partOfPoint: editorShape(overrideShape, "template"),
    schoolPoint: editorShape(pointSettingsShape),
  };
  return {
    ...draft,
    title: "campus-edge configuration",
    description: use("configuration"),
    type: "object",
    properties: sections,
    additionalProperties: false,
    definitions,
  };
}

/** Of every file in profiles/. */
export function profileSchema(kinds: readonly Kind[]): Json {
  const drivers = new Map(
    withBoxes(kinds)
      .map((kind): [string, Kind] => [kind.driver, kind])
      .reverse(),
  );
  const models = [...drivers].map(([driver, kind]) => {
    const model = merged(profileShape, [kind.profile], ["profile", "text", "proof", "driver"], "profile");
    return withProperties(model, {
      driver: { ...property(model, "driver"), enum: [driver] },
      points: { ...property(model, "points"), ...pointsOf(driver) },
      actions: {
        ...property(model, "actions"),
        additionalProperties: merged(actionShape, [kind.action], [], "profile"),
      },
    });
  });
  const points = [...drivers].map(([driver, { source }]) => [
    driver,
    merged(profilePointShape, [source], [], "profile"),
  ]);
  return {
    ...draft,
    title: "campus-edge profile",
    description: use("profile"),
    ...(models.length === 1 ? models[0] : { anyOf: models }),
    definitions: { points: pointNames(), ...Object.fromEntries(points) },
  };
}

/** An entry whose keys are shared ones and those of its `kind`. */
function oneOf<K extends { kind: string }>(
  shape: Schema,
  kinds: readonly K[],
  own: (kind: K) => Schema,
): Json {
  const entries = kinds.map((kind) => {
    const entry = merged(shape, [own(kind)], ["kind"]);
    return withProperties(entry, { kind: { ...property(entry, "kind"), enum: [kind.kind] } });
  });
  return entries.length === 1 ? (entries[0] ?? {}) : { anyOf: entries };
}

/**
 * Objects as one: all their keys. The keys of `others` are required only where one alone is meant and nothing of it
 * may come from elsewhere (a template, a variant).
 */
function merged(shape: Schema, others: readonly Schema[], wanted: string[], where: Where = "files"): Json {
  const own = editorShape(shape, where);
  const more = others.flatMap((other) => objects(editorShape(other, where)));
  const properties: Json = { ...(own.properties as Json) };
  for (const [name, value] of more.flatMap(({ properties }) => Object.entries(properties as Json))) {
    const known = properties[name];
    if (known === undefined) properties[name] = value;
    else if (JSON.stringify(known) !== JSON.stringify(value)) properties[name] = { anyOf: [known, value] };
  }
  const needed = more.length === 1 && where === "files" ? ((more[0]?.required as string[]) ?? []) : [];
  return { ...own, properties, required: [...wanted, ...needed], additionalProperties: false };
}

/** The objects that a schema may be. */
function objects(json: Json): Json[] {
  if (json.properties !== undefined) return [json];
  return ((json.anyOf ?? json.oneOf ?? []) as Json[]).flatMap(objects);
}

const required = (entry: Json, keys: string[]): Json => ({ ...entry, required: keys });
const property = (entry: Json, name: string) => (entry.properties as Record<string, Json>)[name] ?? {};
const withProperties = (entry: Json, more: Json): Json => ({
  ...entry,
  properties: { ...(entry.properties as Json), ...more },
});

const byId = (entry: Json, description: string): Json => ({
  description,
  type: "object",
  propertyNames: ids,
  additionalProperties: entry,
});

const withPoints = (entry: Json, point: string): Json => {
  const { description } = property(entry, "points");
  return withProperties(entry, { points: { description, ...pointsOf(point) } });
};

/** A map by point, each as the definition `point` has it. */
const pointsOf = (point: string): Json => ({
  type: "object",
  allOf: [{ $ref: "#/definitions/points" }, { additionalProperties: { $ref: `#/definitions/${point}` } }],
});

/** The catalogue's ids with their names: written once, and not for each driver, or an editor would choke on it. */
function pointNames(): Json {
  const names = [...cataloguePoints.values()].map(({ id, text, display }): [string, Json] => {
    const unit = display === undefined ? "" : ` (${display.unit})`;
    return [id, { description: `${text.zh} · ${text.en}${unit}` }];
  });
  return { type: "object", properties: Object.fromEntries(names), additionalProperties: false };
}
