/**
 * Two uplinks to one platform: a client id belongs to one connection.
 */
import { expect, it } from "vitest";
import { loadPlan } from "../../../config/load/index.ts";
import { kinds } from "../../../drivers/registry.ts";
import { uplinkKinds } from "../../../gateway/uplink/registry.ts";
import { folderOf, nowMs, school } from "./school-folder.ts";

const url = "mqtts://iot.example.cn:8883";
const codes = (first: string, second: string) =>
  loadPlan(
    folderOf({ "school.yaml": `${school}uplinks:\n  north: { ${first} }\n  south: { ${second} }\n` }),
    kinds,
    uplinkKinds,
    { env: {}, nowMs },
  )
    .problems.filter(({ severity }) => severity === "error")
    .map(({ code, line }) => `${code} ${line}`);

it.each([
  ["neither says one", "", "", ["client-twice 7"]],
  ["both say the same", ", clientId: a", ", clientId: a", ["client-twice 7"]],
  ["one says its own", "", ", clientId: a", []],
])("uplinks to one address, where %s of client id", (_what, first, second, told) => {
  expect(codes(`kind: mqtt, url: "${url}"${first}`, `kind: mqtt, url: "${url}"${second}`)).toEqual(told);
});

it("uplinks to two addresses may share one", () => {
  expect(codes(`kind: mqtt, url: "${url}"`, 'kind: mqtt, url: "mqtts://other.example.cn:8883"')).toEqual([]);
});
