import { expect, it } from "vitest";
import { uplinkFilter } from "../../../edge/agent/uplink-filter.ts";
import { exampleFiles, exampleFolder, loadExample } from "../config/example-files.ts";

it("takes the rooms that the files name by their short ids", () => {
  const files = exampleFiles("small");
  const uplinks = (files["uplinks.yaml"] ?? "").replace("levels: [1, 2]", "levels: [1, 2], spaces: [101]");
  const { plan } = loadExample(exampleFolder({ ...files, "uplinks.yaml": uplinks }));
  const [uplink] = plan?.uplinks ?? [];
  if (plan === null || uplink === undefined) throw new Error("no uplink");
  const { accepts } = uplinkFilter(uplink);
  const of = (space: string) =>
    accepts({ device: "x", point: "co2", space, kind: "measurement", level: 2, source: "p" });
  expect(of(plan.spaces.get("101")?.code ?? "")).toBe(true);
  expect(of(plan.spaces.get("102")?.code ?? "")).toBe(false);
});
