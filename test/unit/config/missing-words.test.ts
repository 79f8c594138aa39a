/** Whatever may be missing is explained in both languages. */
import { expect, it } from "vitest";
import { withBoxes } from "../../../config/load/box.ts";
import { missingWords } from "../../../config/load/missing-words.ts";
import { roomsShape, templateShape } from "../../../config/load/rows/shape.ts";
import { alternatives, description, isOptional, type Schema } from "../../../config/load/schema-keys.ts";
import { actionShape } from "../../../config/load/shape/action.ts";
import { deviceShape, linkShape, spareShape } from "../../../config/load/shape/device.ts";
import { profilePointShape, profileShape } from "../../../config/load/shape/profile.ts";
import { schoolShape } from "../../../config/load/shape/school.ts";
import { spaceShape } from "../../../config/load/shape/space.ts";
import { timetableShape } from "../../../config/load/shape/timetable.ts";
import { uplinkShape } from "../../../config/load/shape/uplink.ts";
import { kinds } from "../../../drivers/registry.ts";
import { uplinkKinds } from "../../../gateway/uplink/registry.ts";
import { loadFiles } from "./school-folder.ts";

/** What every key below says of itself that may not be missing. */
function needed(schema: Schema): string[] {
  return alternatives(schema).flatMap((inner) => {
    const { def } = inner._zod as unknown as { def: { type: string } & Record<string, unknown> };
    if (def.type === "record") return needed(def.valueType as Schema);
    if (def.type === "array") return needed(def.element as Schema);
    if (def.type !== "object") return [];
    return Object.values(def.shape as Record<string, Schema>).flatMap((below) => [
      ...(isOptional(below) ? [] : [description(below) ?? ""]),
      ...needed(below),
    ]);
  });
}

const asked = (shape: { shape: Record<string, Schema> }, ...keys: string[]) =>
  keys.map((key) => description(shape.shape[key] as Schema) ?? "");

it("in Chinese as in English", () => {
  const shapes = [deviceShape, linkShape, spareShape, profileShape, profilePointShape, schoolShape];
  const all = [
    ...[...shapes, spaceShape, uplinkShape, roomsShape, templateShape].flatMap(needed),
    ...withBoxes(kinds).flatMap(({ link, address, profile, source, action }) =>
      [link, address, profile, source, action].flatMap(needed),
    ),
    ...uplinkKinds.flatMap(({ config }) => needed(config)),
    ...asked(deviceShape, "profile", "via"),
    ...asked(linkShape, "kind"),
    ...asked(uplinkShape, "kind"),
    ...asked(profileShape, "profile", "text", "proof", "driver", "points"),
    ...asked(profilePointShape, "on"),
    ...asked(timetableShape, "terms", "periods"),
    ...needed(timetableShape),
    ...needed(actionShape),
    ...asked(spaceShape, "building", "floor", "rooms"),
    ...asked(roomsShape, "use", "rows"),
    ...asked(templateShape, "params", "devices"),
  ];
  const described = new Set(all.filter((text) => text !== ""));
  expect([...described].filter((text) => missingWords[text] === undefined)).toEqual([]);
  expect(Object.keys(missingWords).filter((text) => !described.has(text))).toEqual([]);
});

it("stands in the message", () => {
  const { problems } = loadFiles({ "devices.yaml": "devices: { a: { space: 101 } }\n" });
  expect(problems.map(({ fix }) => fix.zh)).toContain("在这里加上 profile: …（设备型号）");
});
