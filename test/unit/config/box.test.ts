/**
 * Boxes: serial servers and what else carries links. A box hangs on nothing and is polled by nobody.
 */
import { expect, it } from "vitest";
import { checkDevice } from "../../../config/load/index.ts";
import { metered } from "./meter-profile.ts";
import { folderOf, kinds, loadFiles, nowMs, planOf, school, uplinkKinds } from "./school-folder.ts";

const model = `profile: box
text: { zh: 串口服务器, en: serial server }
proof: simulated
driver: box
points: {}
`;
const served = 'links:\n  rs1: { kind: fake-bus, port: "4001", via: ss1 }\n';
const box = "  ss1: { profile: box, host: 10.0.0.1, space: 101, mount: 弱电柜 }\n";
const meter = "  m1: { profile: meter, via: rs1, unit: 1, with: { ct: 1 }, space: 102 }\n";
const files = (devices: string, links = served) =>
  metered(devices, { "links.yaml": links, "profiles/box.yaml": model });
const told = (devices: string, links = served) =>
  loadFiles(files(devices, links)).problems.flatMap(({ code, file, line }) =>
    code === "no-uplink" ? [] : [`${code} ${file}:${line}`],
  );

it("give what they carry their host, and say where to go when it is dead", () => {
  const { links, off } = planOf(files(box + meter));
  expect(links).toHaveLength(1);
  expect(links[0]).toMatchObject({
    id: "rs1",
    via: "ss1",
    box: { device: "ss1", profile: "box", space: expect.stringMatching(/-101$/), mount: "弱电柜" },
    settings: { host: "10.0.0.1" },
    devices: [{ id: "m1", address: { host: "10.0.0.1" } }],
  });
  expect(links[0]?.points.has("ss1")).toBe(false);
  expect(off).toEqual([]);
});

it("that are off take what they carry with them", () => {
  const { links, off } = planOf(files(box.replace(" }\n", ", stage: off, why: 返厂 }\n") + meter));
  expect(links[0]?.devices).toEqual([]);
  expect(off.map(({ device, behind, link }) => [device, behind, link])).toEqual([
    ["ss1", undefined, undefined],
    ["m1", "ss1", "rs1"],
  ]);
});

it("that are simulated make simulated what they carry", () => {
  const { links } = planOf(files(box.replace(" }\n", ", simulated: true }\n") + meter));
  expect(links[0]?.points.get("m1")?.simulated).toBe(true);
});

it("leave the devices behind them to be checked together", () => {
  const twice = meter.replace("m1", "m2");
  expect(told(box + meter + twice)).toEqual(["kind-check devices.yaml:4"]);
});

it("need a host, and have no unit and no points", () => {
  expect(told(box.replace("host: 10.0.0.1, ", "") + meter)).toContain("missing-key devices.yaml:2");
  expect(told(box.replace("host: 10.0.0.1", "host: 10.0.0.1:4001") + meter)).toContain(
    "bad-value devices.yaml:2",
  );
  expect(told(box.replace("host", "unit: 1, host") + meter)).toContain("unknown-key devices.yaml:2");
  const withPoint = {
    ...files(box + meter),
    "profiles/box.yaml": model.replace("{}", "{ co2: { path: a } }"),
  };
  expect(loadFiles(withPoint).plan).toBeNull();
});

it("hang on no link, and no link is one of boxes", () => {
  expect(
    told(box.replace("space", "via: lan, space"), `${served}  lan: { kind: fake-bus, port: a }\n`),
  ).toContain("box-via devices.yaml:2");
  expect(told("", "links: { x: { kind: box } }\n")).toContain("unknown-kind links.yaml:1");
});

it("alone need no via: everything else is asked for it", () => {
  expect(told(meter.replace("via: rs1, ", ""), "")).toEqual(["missing-key devices.yaml:2"]);
  expect(told("  x: { space: 101 }\n", "")).toEqual([
    "missing-key devices.yaml:2",
    "missing-key devices.yaml:2",
  ]);
  expect(told(box + meter.replace("via", "vai"))).toEqual(["unknown-key devices.yaml:3"]);
});

it("are explained like other devices", () => {
  const folder = folderOf({ "school.yaml": school, ...files(box + meter) });
  const { values, problems } = checkDevice(folder, "ss1", kinds, uplinkKinds, { env: {}, nowMs });
  expect(problems).toEqual([]);
  expect(values?.length).toBeGreaterThan(0);
  expect(JSON.stringify(values)).toContain("10.0.0.1");
});
