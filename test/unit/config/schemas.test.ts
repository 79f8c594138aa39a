/**
 * The schemas for editors: the files beside the code are what the program prints, and they say of a file what the
 * loader says of it, as far as an editor can know. The judge is the JSON Schema validator inside fastify.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import Fastify, { type FastifyInstance } from "fastify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { configurationSchema, profileSchema } from "../../../config/schema/json/editor.ts";
import type { Kind } from "../../../config/schema/kind.ts";
import { kinds } from "../../../drivers/registry.ts";
import { program } from "../../../edge/cli/program.ts";
import { uplinkKinds } from "../../../gateway/uplink/registry.ts";
import { exampleFiles, exampleNames } from "./example-files.ts";
import { kinds as withBus, uplinkKinds as withPost } from "./school-folder.ts";

const folder = join(import.meta.dirname, "../../../config");

it.each([
  ["schema", "configuration.schema.json"],
  ["profile-schema", "profile.schema.json"],
])("`campus-edge report %s` prints what stands in config/schema/json/%s", async (name, file) => {
  const out: string[] = [];
  const io = {
    out: (line: string) => void out.push(line),
    err: () => {},
    env: {},
    signal: AbortSignal.abort(),
  };
  expect(await program(["report", name], io)).toBe(0);
  expect(`${out.join("\n")}\n`).toBe(readFileSync(join(folder, "schema/json", file), "utf8"));
});

const judge: FastifyInstance = Fastify({
  ajv: {
    customOptions: {
      strict: false,
      allErrors: true,
      coerceTypes: false,
      removeAdditional: false,
      useDefaults: false,
    },
  },
});
const schemas = {
  configuration: configurationSchema(kinds, uplinkKinds),
  profile: profileSchema(kinds),
  "configuration-of-tests": configurationSchema(withBus as Kind[], withPost),
  "profile-of-tests": profileSchema(withBus as Kind[]),
};
type Name = keyof typeof schemas;

beforeAll(async () => {
  for (const [name, schema] of Object.entries(schemas))
    judge.post(`/${name}`, { schema: { body: schema } }, async () => "");
  await judge.ready();
});
afterAll(() => judge.close());

/** What the validator says of a file as an editor reads it (YAML 1.2, core schema); empty: nothing. */
async function flaws(name: Name, yaml: string): Promise<string> {
  const payload = JSON.stringify(parse(yaml, { strict: false, uniqueKeys: false }) ?? {});
  const headers = { "content-type": "application/json" };
  const answer = await judge.inject({ method: "POST", url: `/${name}`, headers, payload });
  if (answer.statusCode === 200) return "";
  expect(answer.statusCode).toBe(400);
  return (answer.json() as { message: string }).message;
}

describe("the schemas find nothing wrong with", () => {
  it.each(
    exampleNames.flatMap((name) =>
      Object.entries(exampleFiles(name))
        .filter(([file]) => file.endsWith(".yaml"))
        .map(([file, text]) => [name, file, text] as const),
    ),
  )("the example %s/%s", async (_, file, text) => {
    expect(await flaws(file.startsWith("profiles/") ? "profile" : "configuration", text)).toBe("");
  });

  it.each(readdirSync(join(folder, "profiles")))("the built-in profile %s", async (file) => {
    const text = readFileSync(join(folder, "profiles", file), "utf8");
    if (kinds.some(({ driver }) => new RegExp(`^driver: *${driver}\\b`, "m").test(text)))
      expect(await flaws("profile", text)).toBe("");
  });

  it("any case that the loader takes without an error", async () => {
    const cases = join(import.meta.dirname, "../../cases/config");
    let seen = 0;
    for (const name of readdirSync(cases)) {
      const expected = JSON.parse(readFileSync(join(cases, name, "expected.json"), "utf8")) as {
        severity: string;
      }[];
      if (expected.some(({ severity }) => severity === "error")) continue;
      for (const file of readdirSync(join(cases, name), { recursive: true, encoding: "utf8" })) {
        if (!/^(profiles\/)?[^/]+\.yaml$/.test(file)) continue;
        const text = readFileSync(join(cases, name, file), "utf8");
        const schema = file.startsWith("profiles/") ? "profile-of-tests" : "configuration-of-tests";
        expect(await flaws(schema, text), `${name}/${file}`).toBe("");
        seen += 1;
      }
    }
    expect(seen).toBeGreaterThan(10);
  });

  it.each([
    [
      "numbers and booleans where text is read",
      "devices: { a: { profile: 8, via: 1, space: 301, user: 301, simulated: true, period: 60s } }",
    ],
    ["null, which is a word like others", "devices: { a: { profile: x, via: b, note: null, mount: ~ } }"],
    ["quoted ones", 'version: "1"\ndevices: { a: { profile: x, via: b, simulated: "true" } }'],
    [
      "a device of another shape of space",
      "devices: { a: { profile: x, via: b, space: [ { in: 301, from: 2026-09-01 } ] } }",
    ],
    ["points by the catalogue", "defaults: { points: { co2: { deadband: 20, maxSilence: 180s } } }"],
    [
      "a timetable",
      "timetable: { terms: { a: { from: 2026-09-01, to: 2027-01-22 } }, weekdays: [1..5], periods: { 1: '08:10-08:50' }, off: [{ day: 2026-10-01 }], on: [{ day: 2026-10-10, as: 3 }] }",
    ],
    [
      "parameters in a template, and a part of a device in a row",
      `templates:
  t:
    params: { room: { text: 房间 }, n: { text: 第几间, range: 1..30 } }
    space: $room
    devices:
      air: { profile: $p, via: $line, user: u$n, password: $secret, stage: $stage, simulated: $sim, points: { co2: { off: $off } } }
rooms:
  use: t
  rows:
    - { room: 101, n: 1, devices: { air: { points: { tvoc: off, co2: { offset: -35, why: x } } }, meter: off } }
`,
    ],
    ["rows in a table", "rooms: { use: t, rows: classrooms.csv }"],
    [
      "several blocks of rooms",
      "rooms: [ { use: t, rows: a.csv }, { use: u, rows: [ { room: 101, stage: off, why: x } ] } ]",
    ],
  ])("%s", async (_, text) => {
    expect(await flaws("configuration", text)).toBe("");
  });
});

describe("the schemas flag", () => {
  it.each([
    ["a section that does not exist", "device: {}", "additional properties"],
    ["a key that no protocol has", "devices: { a: { profile: x, via: b, usr: x } }", "additional properties"],
    [
      "a key of a link that its kind does not have",
      "links: { b: { kind: mqtt-broker, listn: x } }",
      "additional properties",
    ],
    ["a key that is missing", "devices: { a: { via: b } }", "profile"],
    ["an unknown kind", "links: { b: { kind: mqtt, listen: x } }", "allowed values"],
    ["a stage that does not exist", "devices: { a: { profile: x, via: b, stage: of } }", "allowed values"],
    ["a point that is not in the catalogue", "defaults: { points: { co_2: {} } }", "additional properties"],
    ["a flag that is none", "devices: { a: { profile: x, via: b, simulated: yes } }", "allowed values"],
    ["a secret in clear", "devices: { a: { profile: x, via: b, password: hunter2 } }", "pattern"],
    ["a device id in Chinese", "devices: { 空气: { profile: x, via: b } }", "pattern"],
    ["a list in place of a text", "devices: { a: { profile: [x], via: b } }", "must be string"],
    ["a row without its floor", "spaces: [ { building: JX1, rooms: 101 } ]", "floor"],
    [
      "an unknown key of a device in a template",
      "templates: { t: { params: {}, devices: { a: { usr: 1 } } } }",
      "additional properties",
    ],
  ])("%s", async (_, text, words) => {
    expect(await flaws("configuration", text)).toContain(words);
  });

  it.each([
    ["a key that the driver does not have", "topc: x", "additional properties"],
    ["a point that is not in the catalogue", "points: { co_2: { path: a } }", "additional properties"],
    ["a key of a point that does not exist", "points: { co2: { pth: a } }", "additional properties"],
  ])("in a profile, %s", async (_, text, words) => {
    const sound = "profile: x\ntext: { zh: x, en: x }\nproof: bench\ndriver: mqtt\n";
    const more = text.startsWith("points") ? text : `points: {}\n${text}`;
    expect(await flaws("profile", `${sound}${more}`)).toContain(words);
    expect(
      await flaws(
        "profile",
        `${sound}points: { co2: { path: a, sentinels: [null, 65535], optional: true } }`,
      ),
    ).toBe("");
  });
});
