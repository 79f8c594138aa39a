import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { statusSchema } from "../../../config/schema/status.ts";
import { startAgent, systemClock } from "../../../edge/agent/index.ts";
import { recordingLog } from "../../fake-clock.ts";
import { type SchoolFolder, schoolFolder, schoolSection } from "../../scenario/school-folder.ts";
import { typed } from "./typed.ts";

let folder: SchoolFolder;
const undo: (() => Promise<unknown> | unknown)[] = [];

beforeEach(async () => {
  folder = schoolFolder(
    {
      "school.yaml": `${schoolSection}\nbuffer: { folder: "$DATA", quota: 1GB, diskFloor: 1MB }\n`,
      "devices.yaml": `links: { broker: { kind: mqtt-broker, listen: "127.0.0.1:0" } }
devices:
  101-air: { profile: mqtt-air-json, via: broker, user: u101, password: secret:d101, space: 101 }
`,
    },
    { d101: "one" },
  );
  undo.push(() => folder.remove());
  const listening = Promise.withResolvers<void>();
  const agent = await startAgent(folder.plan(), {
    clock: systemClock(),
    log: recordingLog(),
    onFact: (_link, { what }) => what === "listening" && listening.resolve(),
  });
  undo.push(() => agent.stop());
  await listening.promise;
});
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

/** Types one command against the running agent. */
const type = (...words: string[]) => typed([...words, "--config", folder.config]);

describe("status and why of a running gateway", () => {
  it("answer well, with 0 and what it is about", async () => {
    const why = await type("why", "broker");
    expect(why).toMatchObject({ code: 0, out: ["broker 正常"], err: [] });
    const json = await type("why", "broker", "--json");
    expect(JSON.parse(json.out.join(""))).toEqual({ well: true, subject: "broker" });
    const all = await type("status", "--json");
    expect(statusSchema.parse(JSON.parse(all.out.join(""))).spaces?.length).toBe(40);
    expect((await type("status")).out.join("\n")).toContain("1F ·");
  });

  it("show one device with what its points said last, as text and as JSON", async () => {
    const text = await type("status", "101-air", "--lang", "en");
    expect(text.out[0]).toBe("101-air … too early to say · 101 · mqtt-air-json · broker · nothing heard");
    const json = JSON.parse((await type("status", "101-air", "--json")).out.join(""));
    expect(json).toMatchObject({ device: { id: "101-air", profile: "mqtt-air-json" }, values: [] });
  });

  it("show one link with its devices, as text and as JSON", async () => {
    const { out } = await type("status", "broker", "--lang", "en");
    expect(out[0]).toMatch(/^broker … too early to say · mqtt-broker · .* · devices 0\/1 well$/);
    expect(out.at(-1)).toMatch(/^101-air\s+… too early to say\s+101\s+–$/);
    const json = JSON.parse((await type("status", "broker", "--json")).out.join(""));
    expect(json).toMatchObject({ link: { id: "broker" }, devices: [{ id: "101-air" }], reasons: [] });
  });

  it.each([
    ["status", "101-iar", "101-air"],
    ["status", "brokr", "broker"],
    ["why", "brokr", "broker"],
  ])("%s of %s asks whether %s was meant, and ends with 2", async (verb, subject, near) => {
    const { code, err, out } = await type(verb, subject, "--lang", "en");
    expect([code, out]).toEqual([2, []]);
    expect(err.join("\n")).toContain(`did you mean ${near}?`);
    const json = await type(verb, subject, "--json");
    expect(JSON.parse(json.out.join("")).error.fix.en).toContain(near);
  });

  it("say what to do where no gateway runs", async () => {
    for (const verb of ["status", "why"]) {
      const { code, err } = await type(verb, "--data", "/nowhere", "--lang", "en");
      expect(code).toBe(2);
      expect(err.join("\n")).toContain("campus-edge run");
    }
  });
});
