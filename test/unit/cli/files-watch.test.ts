import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { loadPlan } from "../../../config/load/index.ts";
import type { LoadResult } from "../../../config/schema/plan.ts";
import { kinds } from "../../../drivers/registry.ts";
import { watchFiles } from "../../../edge/cli/files-watch.ts";
import { uplinkKinds } from "../../../gateway/uplink/registry.ts";
import { schoolFolder, schoolSection } from "../../scenario/school-folder.ts";

const undo: (() => void)[] = [];
afterEach(() => {
  for (const step of undo.splice(0)) step();
});

/** @param meanwhile happens right after a reading */
function watched(meanwhile: () => void = () => {}) {
  const folder = schoolFolder({}, {});
  undo.push(() => folder.remove());
  const write = (more: string) =>
    writeFileSync(
      join(folder.config, "school.yaml"),
      `${schoolSection}buffer: { folder: "${folder.data}", quota: 1GB, diskFloor: 1MB }\n${more}`,
    );
  write("");
  let loads = 0;
  const load = (): LoadResult => {
    loads += 1;
    const result = loadPlan(folder.config, kinds, uplinkKinds, { env: {} });
    meanwhile();
    return result;
  };
  return { folder, write, load, loads: () => loads };
}

it("reads the files again only when they look changed, and gives what they are beside what runs", () => {
  const { folder, write, load, loads } = watched();
  const files = watchFiles(folder.config, load);
  const first = files.first.plan?.revision ?? "";
  expect(files.look(first)).toEqual({ running: first, files: first, problems: [] });
  expect(files.look("older")).toEqual({ running: "older", files: first, problems: [] });
  expect(loads()).toBe(1);
  write("links: {}\n# other\n");
  expect(files.look(first).files).not.toBe(first);
  write("nonsense: 1\n");
  expect(files.look(first)).toMatchObject({ files: null, problems: [{ file: "school.yaml" }] });
  expect(loads()).toBe(3);
});

it("notices what is written while the files are being read", () => {
  let edit: (() => void) | undefined;
  const { folder, write, load } = watched(() => {
    const once = edit;
    edit = undefined;
    once?.();
  });
  edit = () => write("# edited\n");
  const files = watchFiles(folder.config, load);
  const first = files.first.plan?.revision ?? "";
  expect(files.look(first).files).toBe(folder.plan().revision);
  expect(files.look(first).files).not.toBe(first);
});
