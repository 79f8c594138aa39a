import mqtt from "mqtt";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { startAgent, systemClock } from "../../../edge/agent/index.ts";
import { recordingLog } from "../../fake-clock.ts";
import { type SchoolFolder, schoolFolder, schoolSection } from "../../scenario/school-folder.ts";
import { typed } from "./typed.ts";

let folder: SchoolFolder;
const undo: (() => Promise<unknown> | unknown)[] = [];
const values = [612, 700, 801];

beforeAll(async () => {
  folder = schoolFolder(
    {
      "school.yaml": `${schoolSection}\nbuffer: { folder: "$DATA", quota: 1GB, diskFloor: 1MB, history: 100MB }\n`,
      "devices.yaml": `links: { broker: { kind: mqtt-broker, listen: "127.0.0.1:0" } }
devices:
  101-air: { profile: mqtt-air-json, via: broker, user: u101, password: secret:d101, space: 101 }
  102-air: { profile: mqtt-air-json, via: broker, user: u102, password: secret:d101, space: 102 }
`,
    },
    { d101: "one" },
  );
  undo.push(() => folder.remove());
  const listening = Promise.withResolvers<number>();
  const agent = await startAgent(folder.plan(), {
    clock: systemClock(),
    log: recordingLog(),
    onFact: (_link, fact) => fact.what === "listening" && listening.resolve(fact.port),
  });
  undo.push(() => agent.stop());
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${await listening.promise}`, {
    ...{ clientId: "u101", username: "u101", password: "one", protocolVersion: 4, reconnectPeriod: 0 },
  });
  undo.push(() => client.endAsync(true));
  for (const co2 of values)
    await client.publishAsync(
      "ce/v1/101-air/up/prop",
      JSON.stringify({ p: { co2, temperature: co2 / 40 } }),
      {
        qos: 1,
      },
    );
  await vi.waitFor(async () => expect((await query("101-air", "--json")).out[0]).toContain("801"), 10_000);
});
afterAll(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

/** Types `query` with these words against the running agent. */
const query = (...words: string[]) => typed(["query", ...words, "--config", folder.config]);

describe("query of a running gateway", () => {
  it("lists what a point was and when, the newest last, in the unit that people see", async () => {
    const { code, out, err } = await query("101-air", "co2");
    expect([code, err]).toEqual([0, []]);
    expect(out[0]).toMatch(/^101-air co2 二氧化碳 · 3 条 · \d{4}-\d\d-\d\d$/);
    expect(out[1]).toMatch(/^时间\s+值\s+质量$/);
    expect(out.slice(2).map((line) => /^\d\d-\d\d \d\d:\d\d:\d\d {2}(\d+ ppm) {2}/.exec(line)?.[1])).toEqual([
      "612 ppm",
      "700 ppm",
      "801 ppm",
    ]);
  });

  it("lists all points of a device, and says when there are more", async () => {
    const { out } = await query("101-air", "--limit", "2", "--lang", "en");
    expect(out[1]).toMatch(/^time\s+point\s+value\s+quality$/);
    expect(
      out
        .slice(2, 4)
        .map((line) => line.split(/\s{2,}/)[1])
        .sort(),
    ).toEqual(["co2", "temperature"]);
    expect(out[4]).toMatch(/^there are older ones: add --limit 20, or --to "/);
    expect((await query("101-air", "--limit", "2", "--json")).out[0]).toContain('"more":true');
  });

  it("gives JSON with exact values, and CSV for a spreadsheet", async () => {
    const json = JSON.parse((await query("101-air", "co2", "--json")).out.join(""));
    expect(json).toMatchObject({ v: 1, device: "101-air", more: false, undated: 0, damaged: 0 });
    expect(json.values.map((one: { value: unknown; unit: string }) => [one.value, one.unit])).toEqual(
      values.map((value) => [value, "[ppm]"].slice(0, 2)),
    );
    const { out } = await query("101-air", "co2", "--csv", "--lang", "en");
    expect(out[0]).toBe("\uFEFFtime,device,point,value,unit,quality code,quality");
    expect(out[3]).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,101-air,co2,801,ppm,\d+,/);
    expect(out).toHaveLength(4);
  });

  it("bounds by time", async () => {
    expect((await query("101-air", "co2", "--from", "1h")).out).toHaveLength(5);
    const before = await query("101-air", "co2", "--to", "2020-01-01", "--lang", "en");
    expect(before).toMatchObject({ code: 0, err: [] });
    expect(before.out.join()).toContain("no value in this time");
  });

  it.each([
    [["101-iar"], "did you mean 101-air?"],
    [["101-air", "c02"], "did you mean co2?"],
    [["101-air", "voltage"], "it has co2, temperature"],
    [["102-air"], "the history has nothing of 102-air yet"],
    [["101-air", "--from", "yesteryear"], '--from: "yesteryear" is no time'],
    [["101-air", "--from", "1h", "--to", "2h"], "--from is not before --to"],
    [["101-air", "--limit", "0"], "--limit takes a whole number"],
    [["101-air", "--csv", "--json"], "exclude each other"],
    [["101-air", "co2", "more"], '"more" is not expected here'],
  ])("of %j says what is wrong and ends with 2", async (words, told) => {
    const { code, err } = await query(...words, "--lang", "en");
    expect(code).toBe(2);
    expect(err.join("\n")).toContain(told);
  });

  it("without a device says how far the history goes, as the status does", async () => {
    const { code, out } = await query();
    expect(code).toBe(0);
    expect(out[0]).toMatch(/^本机历史 \d+ 秒 · \d+ 条 · \d+ MB$/);
    expect(out[1]).toContain("campus-edge query 101-air");
  });

  it("has a help that names both words", async () => {
    const { out } = await query("--help", "--lang", "en");
    expect(out[0]).toContain("campus-edge query [DEVICE] [POINT]");
    expect(out.join("\n")).toMatch(/--from TIME .*2d \(ago\)/);
  });
});
