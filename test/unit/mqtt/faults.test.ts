import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { type MqttFaultCode, mqttFault, mqttFaults } from "../../../drivers/mqtt/faults.ts";

const readme = readFileSync(new URL("../../../drivers/mqtt/README.md", import.meta.url), "utf8");

it("every fault code has both languages and stands in the README, and no other does", () => {
  for (const [code, { what }] of Object.entries(mqttFaults)) {
    expect(code).toMatch(/^mqtt\.[a-z-]+$/);
    expect(what.zh).toMatch(/\p{Script=Han}/u);
    expect(what.en).toMatch(/^[\x20-\x7e]+$/);
  }
  const written = new Set(readme.match(/mqtt\.[a-z-]+(?=`)/g)?.filter((word) => word !== "mqtt.js"));
  expect([...written].sort()).toEqual(Object.keys(mqttFaults).sort());
});

it("a fault has the words of its code, and those of the configuration behind it", () => {
  const code: MqttFaultCode = "mqtt.listen";
  expect(mqttFault(code, { fact: "EADDRINUSE" })).toEqual({
    code,
    layer: "port",
    retry: "later",
    detail: "the address to listen on cannot be opened (EADDRINUSE)",
  });
  expect(mqttFault("mqtt.type", { point: "co2" }).point).toBe("co2");
});
