import { expect, it } from "vitest";
import { keysMeant } from "../../../config/load/other-words.ts";

it.each([
  ["id", "unit"],
  ["Slave_ID", "unit"],
  ["从站地址", "unit"],
  ["address", "unit"],
  ["model", "profile"],
  ["ip", "host"],
  ["baudrate", "baud"],
  ["register", "address"],
  ["功能码", "fc"],
])("%s is another word for %s", (written, key) => {
  expect(keysMeant(written, ["mode", "space", key])).toEqual([key]);
});

it("asks about each key that has the same other name, and else about the nearest", () => {
  expect(keysMeant("address", ["host", "unit", "port"]).sort()).toEqual(["host", "unit"]);
  expect(keysMeant("line", ["baud", "device", "format"])).toEqual(["baud", "format"]);
  expect(keysMeant("hsot", ["host", "unit", "port"])).toEqual(["host"]);
  expect(keysMeant("nonsense", ["host", "unit"])).toEqual([]);
});
