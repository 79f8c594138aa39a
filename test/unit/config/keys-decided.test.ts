/**
 * Nothing is accepted silently: each key that the files may have is acted on, is a fact about the school that
 * nothing needs to act on, or is told as not acted on yet. A new key needs a decision here.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { waiting } from "../../../config/load/not-yet.ts";
import { alternatives, type Schema } from "../../../config/load/schema-keys.ts";
import { meter, metered } from "./meter-profile.ts";
import { loadFiles } from "./school-folder.ts";

/** Some part of the program does something else when the key says something else. */
const acted: Record<string, string> = {
  timetable:
    "timezone terms terms.* weekdays periods periods.* off off[].from off[].to off[].day on on[].day on[].as",
  school: "id gateway name language clock status status.listen contact",
  status: "listen",
  defaults: "period points points.* points.*.period points.*.deadband points.*.maxSilence",
  pointSettings: "period deadband maxSilence",
  buffer: "folder quota keep history diskFloor commit commit.ack commit.polled",
  space: "building floor campus prefix rooms kind name",
  link: "kind via simulated chain",
  override: "period deadband maxSilence offset scale why off",
  device:
    "profile via space space[].in space[].from period points points.* stage why until simulated with with.* was swapped swapped[].at swapped[].why swapped[].old swapped[].old.last swapped[].old.last.* swapped[].new swapped[].new.first swapped[].new.first.* expect expect.serial",
  spare: "profile serial note",
  action: "args args.* confirm confirm.* tolerance within rest every notDuring",
  profile:
    "profile driver period points points.* actions actions.* options options.* variants variants.* proof capture",
  profilePoint:
    "period deadband maxSilence scale offset unit rollOver range sentinels enum enum.* warmUp optional onChange assumed from on off quality level kind",
  uplink:
    "kind confirm accepts send send.levels send.kinds send.points send.spaces start carryKey commands commands.* window backlog backlog.rate backlog.window",
  param: "text default range kind",
  template: "params params.* space devices devices.*",
  rooms: "use rows",
};

/** For people, and for the record of what stands where. */
const facts: Record<string, string> = {
  school: "district",
  space: "area height seats",
  link: "note",
  device: "serial mount note",
  action: "text",
  profile: "text products note",
  profilePoint: "note",
  timetable: "off[].why on[].why",
  uplink: "note",
  template: "note",
  rooms: "note",
};

/** Shapes that stand inside another one, below a decision that covers them. */
const inner: Record<string, string> = { swap: "device swapped" };

async function shapes(): Promise<[string, Schema][]> {
  const load = join(import.meta.dirname, "../../../config/load");
  const files = [
    ...readdirSync(join(load, "shape")).map((name) => join(load, "shape", name)),
    join(load, "rows/shape.ts"),
  ];
  const modules = await Promise.all(files.map((file) => import(file) as Promise<Record<string, unknown>>));
  return modules.flatMap((module) =>
    Object.entries(module).flatMap(([name, value]): [string, Schema][] =>
      name.endsWith("Shape") && value instanceof z.ZodType ? [[name.replace(/Shape$/, ""), value]] : [],
    ),
  );
}

/** Every key below a schema: `a`, `a.b`, `list[].c`, `map.*`. */
function pathsOf(schema: Schema, prefix = ""): string[] {
  return alternatives(schema).flatMap((one) => {
    const def = (one as z.ZodType)._zod.def as {
      type: string;
      shape?: Record<string, Schema>;
      element?: Schema;
      valueType?: Schema;
    };
    if (def.type === "object")
      return Object.entries(def.shape ?? {}).flatMap(([key, below]) => {
        const path = prefix === "" ? key : `${prefix}.${key}`;
        return [path, ...pathsOf(below, path)];
      });
    if (def.type === "array" && def.element !== undefined) return pathsOf(def.element, `${prefix}[]`);
    if (def.type === "record" && def.valueType !== undefined)
      return [`${prefix}.*`, ...pathsOf(def.valueType, `${prefix}.*`)];
    return [];
  });
}

const words = (table: Record<string, string>, shape: string) =>
  (table[shape] ?? "").split(" ").filter(Boolean);

/** A decision about a map or a list is one about what stands below. */
const covers = (decision: string, path: string) =>
  path === decision || path.startsWith(`${decision}.`) || path.startsWith(`${decision}[`);

describe("each key of the files", async () => {
  const all = await shapes();

  it("is found by this test", () => {
    expect(all.map(([name]) => name).sort()).toEqual([...Object.keys(acted), ...Object.keys(inner)].sort());
    expect(all.flatMap(([, schema]) => pathsOf(schema)).length).toBeGreaterThan(120);
  });

  it.each(all.filter(([name]) => inner[name] === undefined))(
    "of %s has exactly one decision",
    (name, schema) => {
      const paths = [...new Set(pathsOf(schema))];
      const waits: readonly string[] = (waiting as Record<string, readonly string[]>)[name] ?? [];
      const known = words(facts, name);
      const single = words(acted, name);
      const open = single.filter((path) => path.endsWith(".*"));
      const decisions = paths.map((path) => [
        path,
        [
          single.includes(path) || open.some((decision) => covers(decision, path)),
          known.some((decision) => covers(decision, path)),
          waits.some((decision) => covers(decision, path)),
        ].filter(Boolean).length,
      ]);
      expect(decisions.filter(([, count]) => count !== 1)).toEqual([]);
      for (const path of [...single, ...known, ...waits]) expect(paths).toContain(path);
    },
  );

  const device = (more: string) =>
    metered(`  m1: { profile: meter, via: rs1, unit: 1, with: { ct: 1 }, ${more} }
  m2: { profile: meter, via: rs1, unit: 2, with: { ct: 1 } }
`);
  const profile = (more: string) => ({ "profiles/meter.yaml": `${meter}${more}\n` });
  const timetable = (more: string) => ({
    ...device("note: x"),
    "timetable.yaml": `timetable: { terms: { a: { from: 2026-09-01, to: 2027-01-22 } }, periods: { 1: "08:10-08:50" }, ${more} }`,
  });
  const written: Record<string, Record<string, string>> = {
    "device power": device("power: m2"),
    "device was": device("was: m0"),
    "timetable open": timetable('open: "07:00-18:00"'),
    "timetable homerooms": timetable("homerooms: { a: { 101: x } }"),
    "profile vectors": profile("vectors: [{ payload: x, with: { ct: 1 }, expect: { energy: 1 } }]"),
  };

  it.each(Object.entries(waiting).flatMap(([shape, keys]) => keys.map((key) => [shape, key] as const)))(
    "that waits is told as not acted on: %s %s",
    (shape, key) => {
      const files = written[`${shape} ${key}`];
      if (files === undefined) throw new Error("write an example of it here");
      const { plan, problems } = loadFiles(files);
      expect(plan).not.toBeNull();
      const told = problems.filter(({ code, what }) => code === "not-yet" && what.en.startsWith(`"${key}" `));
      expect(told).toHaveLength(1);
    },
  );
});
