import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { loadPlan } from "../../../config/load/index.ts";
import type { Complaint } from "../../../config/schema/scalar.ts";
import { httpsUplinkSchema } from "../../../gateway/uplink/https/schema.ts";
import { uplinkKinds } from "../../../gateway/uplink/registry.ts";
import { folderOf } from "../config/school-folder.ts";

const url = "https://cube.example.zj.cn/v1";
const credential = "secret:province";
const read = (entry: object) => httpsUplinkSchema.parse({ credential, ...entry });
/** Place, English wording and Chinese advice of what is wrong. */
const complaints = (entry: object) =>
  (httpsUplinkSchema.safeParse({ credential, ...entry }).error?.issues ?? []).map((issue) => {
    const { complaint } = ("params" in issue ? issue.params : {}) as { complaint?: Complaint };
    return [issue.path.join("."), complaint?.what.en ?? issue.code, complaint?.fix.zh];
  });

describe("the settings of an HTTPS uplink", () => {
  it("need an address and a credential alone", () => {
    expect(read({ url })).toEqual({
      url: { tls: true, host: "cube.example.zj.cn", port: 443, path: "/v1" },
      credential: expect.objectContaining({ name: "province" }),
      compress: "gzip",
      insecure: false,
    });
    expect(complaints({ url, credential: undefined }).map(([at]) => at)).toEqual(["credential"]);
  });

  it.each([
    ["https://10.1.2.3:8443/v1", { tls: true, host: "10.1.2.3", port: 8443, path: "/v1" }],
    ["https://[fd12::1]:8443/v1/", { tls: true, host: "fd12::1", port: 8443, path: "/v1" }],
    ["https://a.example/edu/cube/v1", { tls: true, host: "a.example", port: 443, path: "/edu/cube/v1" }],
    ["http://127.0.0.1/v1", { tls: false, host: "127.0.0.1", port: 80, path: "/v1" }],
    ["http://[::1]:81/v1", { tls: false, host: "::1", port: 81, path: "/v1" }],
  ])("take the address %s", (raw, address) => {
    expect(read({ url: raw }).url).toEqual(address);
  });

  it.each([
    "cube.example.zj.cn/v1",
    "mqtts://cube.example.zj.cn/v1",
    "https:///v1",
    "https://cube.example.zj.cn:0/v1",
    "https://cube.example.zj.cn:65536/v1",
    "https://cube.example.zj.cn/v1?x=1",
    "https://cube.example.zj.cn/v1#x",
    "https://cube.example.zj.cn/a b/v1",
    "https://cube.example.zj.cn/%2e%2e/v1",
    "https://cube.example.zj.cn//v1",
    "https://[fd12:::1]/v1",
    "https://[fe80::1%eth0]/v1",
    "https://fd12::1/v1",
    "https：//cube.example.zj.cn/v1",
    " https://cube.example.zj.cn/v1",
  ])("refuse the address %s", (raw) => {
    expect(complaints({ url: raw })).toEqual([
      ["url", `"${raw}" is not the address of an HTTPS platform`, `例如 ${url}`],
    ]);
  });

  it.each([
    ["https://a.example", "https://a.example/v1"],
    ["https://a.example:8443/", "https://a.example:8443/v1"],
    ["https://a.example/cube", "https://a.example/cube/v1"],
    ["https://a.example/v2", "https://a.example/v1"],
    ["https://a.example/cube/v1/schools/2133000001/gateways/gw1/batches", "https://a.example/cube/v1"],
    ["https://a.example/v1x", "https://a.example/v1x/v1"],
  ])("say where %s should end", (raw, meant) => {
    expect(complaints({ url: raw })).toEqual([
      ["url", `"${raw}" does not end in /v1`, `写到 /v1 为止，多半是 ${meant}；学校和网关的编号由程序加上`],
    ]);
  });

  it("refuse a credential in an address, and do not repeat it", () => {
    const told = [
      ...complaints({ url: "https://gw1:open-sesame@cube.example.zj.cn/v1" }),
      ...complaints({ url, proxy: "http://gw1:open-sesame@10.1.0.8:3128" }),
    ];
    expect(told.map(([at, what]) => [at, what])).toEqual([
      ["url", "user and password do not belong into the address"],
      ["proxy", "user and password do not belong into the address"],
    ]);
    expect(JSON.stringify(told)).not.toContain("open-sesame");
  });

  it("allow an unencrypted connection to another machine only when it is called insecure", () => {
    const plain = { url: "http://cube.example.zj.cn/v1" };
    const insecure = expect.stringContaining("insecure: true");
    expect(complaints(plain)).toEqual([
      ["url", "the connection to cube.example.zj.cn is not encrypted", insecure],
    ]);
    expect(read({ ...plain, insecure: "true" }).insecure).toBe(true);
    for (const host of ["127.evil.example", "localhost.evil.example", "[::2]", "1270.0.0.1"]) {
      expect(complaints({ url: `http://${host}/v1` })).toHaveLength(1);
    }
    const certificates = { url: "http://127.0.0.1/v1", ca: "secret:a", cert: "secret:b" };
    expect(complaints(certificates).map(([at]) => at)).toEqual(["ca", "cert"]);
  });

  it("take a proxy with port, and a user with a password", () => {
    const proxy = "http://[fd12::8]:3128";
    expect(read({ url, proxy }).proxy).toEqual({ host: "fd12::8", port: 3128 });
    for (const wrong of ["10.1.0.8:3128", "https://10.1.0.8:3128", "http://10.1.0.8", "socks5://a:1"]) {
      expect(complaints({ url, proxy: wrong }).map(([, what]) => what)).toEqual([
        `"${wrong}" is not the address of a proxy`,
      ]);
    }
    const half = [
      { proxy, proxyUser: "u" },
      { proxy, proxyPassword: "secret:p" },
      { proxyUser: "u", proxyPassword: "secret:p" },
      { url: "http://127.0.0.1/v1", proxy },
    ];
    expect(half.map((entry) => complaints({ url, ...entry }).map(([at, , fix]) => [at, fix]))).toEqual([
      [["proxyUser", "加上 proxyPassword: secret:名字"]],
      [["proxyPassword", "加上 proxyUser: 名字"]],
      [["proxyUser", "加上 proxy: http://主机:端口"]],
      [["proxy", "把 url 改成 https://，或删去 proxy"]],
    ]);
  });

  it("refuse secrets in clear and unknown keys, and print no secret", () => {
    for (const key of ["credential", "ca", "cert", "proxyPassword"]) {
      const told = complaints({ url, proxy: "http://a:1", proxyUser: "u", [key]: "hunter2" });
      expect(told.map(([at]) => at)).toEqual([key]);
      expect(JSON.stringify(told)).not.toContain("hunter2");
    }
    expect(complaints({ url, credentail: "secret:a" }).map(([, what]) => what)).toEqual([
      "unrecognized_keys",
    ]);
    const settings = read({ url });
    expect(`${JSON.stringify(settings)} ${settings.credential}`).not.toMatch(/secret:|province/);
  });

  it("are all described", () => {
    const { properties = {} } = z.toJSONSchema(httpsUplinkSchema, { io: "input", unrepresentable: "any" });
    expect(Object.keys(properties).sort()).toEqual(
      [
        "ca",
        "cert",
        "compress",
        "credential",
        "insecure",
        "proxy",
        "proxyPassword",
        "proxyUser",
        "url",
      ].sort(),
    );
    for (const [key, property] of Object.entries(properties)) {
      expect((property as { description?: string }).description ?? "", key).toMatch(/^.{20,}/);
    }
  });

  const example = join(import.meta.dirname, "../../../../shared/example-school/school.yaml");
  it.skipIf(!existsSync(example))("are those of the example school", () => {
    const secrets = { "secrets/province": "a\n", "secrets/district": "b\n" };
    const folder = folderOf({ "school.yaml": readFileSync(example, "utf8"), ...secrets });
    const { plan, problems } = loadPlan(folder, [], uplinkKinds, { env: {}, nowMs: Date.UTC(2026, 9, 12) });
    expect(problems.filter(({ severity }) => severity === "error")).toEqual([]);
    const province = plan?.uplinks.find(({ id }) => id === "province");
    expect(province).toMatchObject({ kind: "https", confirm: "receipt", settings: read({ url }) });
  });
});
