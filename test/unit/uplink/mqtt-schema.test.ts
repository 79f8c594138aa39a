import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { Complaint } from "../../../config/schema/scalar.ts";
import { mqttUplinkSchema } from "../../../gateway/uplink/mqtt/schema.ts";
import { openUplinkKind, uplinkKinds } from "../../../gateway/uplink/registry.ts";

const url = "mqtts://iot.example.cn:8883";
const read = (entry: object) => mqttUplinkSchema.parse(entry);
/** Place and English wording of what is wrong. */
const complaints = (entry: object) =>
  (mqttUplinkSchema.safeParse(entry).error?.issues ?? []).map((issue) => {
    const { complaint } = ("params" in issue ? issue.params : {}) as { complaint?: Complaint };
    return [issue.path.join("."), complaint?.what.en ?? issue.code, complaint?.fix.zh];
  });

describe("the settings of an MQTT uplink", () => {
  it("need an address alone", () => {
    expect(read({ url })).toEqual({
      url: { tls: true, host: "iot.example.cn", port: 8883 },
      keepAliveMs: 60_000,
      compress: "none",
      insecure: false,
    });
  });

  it.each([
    ["mqtts://iot.example.cn", { tls: true, host: "iot.example.cn", port: 8883 }],
    ["mqtts://10.1.2.3:443/", { tls: true, host: "10.1.2.3", port: 443 }],
    ["mqtts://[fd12:30::9c]:8883", { tls: true, host: "fd12:30::9c", port: 8883 }],
    ["mqtt://127.0.0.1", { tls: false, host: "127.0.0.1", port: 1883 }],
    ["mqtt://[::1]:1884", { tls: false, host: "::1", port: 1884 }],
    ["mqtt://localhost:1", { tls: false, host: "localhost", port: 1 }],
  ])("take the address %s", (raw, address) => {
    expect(read({ url: raw }).url).toEqual(address);
  });

  it.each([
    "iot.example.cn:8883",
    "https://iot.example.cn",
    "mqtts://",
    "mqtts://iot.example.cn:0",
    "mqtts://iot.example.cn:65536",
    "mqtts://iot.example.cn:8883/path",
    "mqtts://iot.example.cn?x=1",
    "mqtts://[fd12:::1]",
    "mqtts://[10.1.2.3]",
    "mqtts://-x",
    "mqtts：//iot.example.cn",
    " mqtts://iot.example.cn",
  ])("refuse the address %s", (raw) => {
    expect(complaints({ url: raw })).toEqual([
      ["url", `"${raw}" is not the address of an MQTT broker`, "例如 mqtts://iot.example.cn:8883"],
    ]);
  });

  it("refuse a credential in the address, and do not repeat it", () => {
    const told = complaints({ url: "mqtts://gw1:open-sesame@iot.example.cn" });
    expect(told).toEqual([["url", "user and password do not belong into the address", expect.any(String)]]);
    expect(JSON.stringify(told)).not.toContain("open-sesame");
  });

  it("allow an unencrypted connection to another machine only when it is called insecure", () => {
    const plain = { url: "mqtt://iot.example.cn" };
    expect(complaints(plain)).toEqual([
      ["url", "the connection to iot.example.cn is not encrypted", expect.stringContaining("insecure: true")],
    ]);
    expect(read({ ...plain, insecure: "true" }).insecure).toBe(true);
    for (const host of ["127.evil.example", "localhost.evil.example", "1270.0.0.1"]) {
      expect(complaints({ url: `mqtt://${host}` })).toHaveLength(1);
    }
  });

  it("refuse what belongs together and is not", () => {
    expect(complaints({ url, password: "secret:a" })).toEqual([
      ["password", "there is a password but no user", "加上 user: 名字"],
    ]);
    expect(
      complaints({ url: "mqtt://127.0.0.1", ca: "secret:a", cert: "secret:b" }).map(([at]) => at),
    ).toEqual(["ca", "cert"]);
  });

  it("refuse secrets in clear, unknown keys and numbers without unit", () => {
    expect(complaints({ url, user: "u", password: "hunter2" }).map(([at]) => at)).toEqual(["password"]);
    expect(JSON.stringify(complaints({ url, user: "u", password: "hunter2" }))).not.toContain("hunter2");
    expect(complaints({ url, pasword: "secret:a" }).map(([, what]) => what)).toEqual(["unrecognized_keys"]);
    expect(complaints({ url, keepAlive: "60" }).map(([at]) => at)).toEqual(["keepAlive"]);
    for (const keepAlive of ["4s", "61min"]) {
      expect(complaints({ url, keepAlive })).toEqual([
        ["keepAlive", "a keep-alive is from 5s to 1h", "写 keepAlive: 60s"],
      ]);
    }
    expect(read({ url, keepAlive: "5500ms" }).keepAliveMs).toBe(6000);
    for (const clientId of ["a b", "x".repeat(65), "a/b", ""]) {
      expect(complaints({ url, clientId }).map(([at]) => at)).toEqual(["clientId"]);
    }
  });

  it("print no secret", () => {
    const settings = read({ url, user: "u", password: "secret:district" });
    expect(`${JSON.stringify(settings)} ${settings.password}`).not.toContain("district");
  });

  it("are all described", () => {
    const { properties = {} } = z.toJSONSchema(mqttUplinkSchema, { io: "input", unrepresentable: "any" });
    expect(Object.keys(properties).sort()).toEqual(
      ["ca", "cert", "clientId", "compress", "insecure", "keepAlive", "password", "url", "user"].sort(),
    );
    for (const [key, property] of Object.entries(properties)) {
      expect((property as { description?: string }).description ?? "", key).toMatch(/^.{20,}/);
    }
  });
});

describe("the list of uplink kinds", () => {
  it("has code for each kind that it names, with the same settings", async () => {
    for (const { kind, config } of uplinkKinds) {
      const uplink = await openUplinkKind(kind);
      expect([uplink.kind, uplink.config]).toEqual([kind, config]);
    }
    expect(uplinkKinds.map(({ kind }) => kind)).toContain("mqtt");
  });

  it("has no code for a kind that it does not name", async () => {
    for (const kind of ["", "mqtts", "constructor", "__proto__"]) {
      await expect(openUplinkKind(kind)).rejects.toThrow(RangeError);
    }
  });
});
