import { expect, it } from "vitest";
import { metered } from "./meter-profile.ts";
import { brief, loadFiles, planOf } from "./school-folder.ts";

const device = "  m1: { profile: meter, via: rs1, unit: 1, with: { ct: 1 } }\n";

it("lists spares of all files, without asking for the options that a position will give", () => {
  const plan = planOf(
    metered(device, {
      "a.yaml": "spares:\n  - { profile: meter, serial: 0017, note: 总务处柜子 }\n",
      "b.yaml": "spares:\n  - { profile: mqtt-air-json }\n",
    }),
  );
  expect(plan.spares).toEqual([
    { profile: "meter", serial: "0017", note: "总务处柜子" },
    { profile: "mqtt-air-json" },
  ]);
});

it("does not judge the model of a spare while a profile cannot be read", () => {
  const spares = "spares:\n  - { profile: gauge }\n";
  const codes = (more: Record<string, string>) =>
    brief(loadFiles(metered(device, { "s.yaml": spares, ...more })).problems).join("\n");
  expect(codes({})).toContain("unknown-profile s.yaml:2:16");
  expect(codes({ "profiles/gauge.yaml": "profile: [" })).not.toContain("unknown-profile");
});
