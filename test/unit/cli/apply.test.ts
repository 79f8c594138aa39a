import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { loadPlan } from "../../../config/load/index.ts";
import { kinds } from "../../../drivers/registry.ts";
import { type Agent, startAgent, systemClock } from "../../../edge/agent/index.ts";
import { command } from "../../../edge/cli/commands/apply.ts";
import type { Question } from "../../../edge/cli/question.ts";
import { uplinkKinds } from "../../../gateway/uplink/registry.ts";
import { recordingLog } from "../../fake-clock.ts";
import { type SchoolFolder, schoolFolder, schoolSection } from "../../scenario/school-folder.ts";

const undo: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const air = (id: string, room = "101") =>
  `  ${id}: { profile: mqtt-air-json, via: broker, user: ${id}, password: secret:one, space: ${room} }\n`;

function write(folder: SchoolFolder, devices: string, school = schoolSection): void {
  writeFileSync(
    join(folder.config, "school.yaml"),
    `${school}buffer: { folder: "${folder.data}", quota: 1GB, diskFloor: 1MB }
links: { broker: { kind: mqtt-broker, listen: "127.0.0.1:0" } }
devices:\n${devices}`,
  );
}

function files(devices = air("a")): SchoolFolder {
  const folder = schoolFolder({}, { one: "one" });
  undo.push(() => folder.remove());
  write(folder, devices);
  return folder;
}

async function running(folder: SchoolFolder): Promise<Agent> {
  const agent = await startAgent(folder.plan(), {
    clock: systemClock(),
    log: recordingLog(),
    load: () => loadPlan(folder.config, kinds, uplinkKinds, { env: {} }),
  });
  undo.push(() => agent.stop());
  return agent;
}

interface Typed {
  code: number;
  out: string[];
  err: string[];
  asked: string[];
}

/** @param answer what a person at the terminal says; null: there is no terminal */
async function typed(
  folder: SchoolFolder,
  options: Record<string, boolean> = {},
  answer: string | null = null,
  lang: "zh" | "en" = "en",
): Promise<Typed> {
  const out: string[] = [];
  const err: string[] = [];
  const asked: string[] = [];
  const { json = false, ...own } = options;
  const question: Question = (text) => {
    if (answer === null) return null;
    asked.push(text);
    return Promise.resolve(answer);
  };
  const setting = {
    out: (line: string) => void out.push(line),
    err: (line: string) => void err.push(line),
    env: {},
    signal: AbortSignal.timeout(30_000),
    lang,
    json,
    config: folder.config,
    say: ({ zh, en }: { zh: string; en: string }) => (lang === "zh" ? zh : en),
  };
  return { code: await command(setting, own, question), out, err, asked };
}

describe("apply", () => {
  it("shows what would change, asks, does it, and says which revision runs", async () => {
    const folder = files(air("a") + air("b"));
    const agent = await running(folder);
    write(folder, air("a", "102") + air("c"));
    const { code, out, asked } = await typed(folder, {}, "y");
    const { revision } = folder.plan();
    expect(code).toBe(0);
    expect(out[0]).toBe(
      `configuration ${folder.plan().folder} · revision ${out[0]?.match(/revision (\w+)/)?.[1]} runs · files are ${revision}`,
    );
    expect(out).toContain("3 differences: stop 1, change 1, start 1");
    expect(out.join("\n")).toContain("  - b: is no longer in the files; its history ends here");
    expect(out.join("\n")).toContain("  ~ a: room 101 → 102");
    expect(out.join("\n")).toContain("  + c: starts, on broker, room 101");
    expect(asked).toEqual(["put it to work now? [y/N] "]);
    expect(out.at(-1)).toContain(`revision ${revision} runs`);
    expect(out.at(-1)).toContain("campus-edge status");
    expect(agent.status().devices.map(({ id }) => id)).toEqual(["a", "c"]);
    expect(agent.status().revision.running).toBe(revision);
    const again = await typed(folder, {}, null, "zh");
    expect(again).toMatchObject({ code: 0, err: [] });
    expect(again.out.at(-2)).toContain("没有要换的");
    expect(again.out.at(-1)).toContain("再试一次");
  });

  it.each(["", "n", "no", "maybe", "yy"])("touches nothing when the answer is %j", async (answer) => {
    const folder = files();
    const agent = await running(folder);
    const before = agent.status().revision.running;
    write(folder, air("a") + air("b"));
    const { code, out } = await typed(folder, {}, answer);
    expect(code).toBe(0);
    expect(out.at(-1)).toContain("nothing was touched");
    expect(agent.status().revision.running).toBe(before);
  });

  it.each(["y", "Y", "yes", "是", " y "])("takes %j for a yes", async (answer) => {
    const folder = files();
    const agent = await running(folder);
    write(folder, air("a") + air("b"));
    expect((await typed(folder, {}, answer, "zh")).out.at(-1)).toContain("运行版本");
    expect(agent.status().devices).toHaveLength(2);
  });

  it("without a terminal and without --yes touches nothing and says what to add", async () => {
    const folder = files();
    const agent = await running(folder);
    write(folder, air("a") + air("b"));
    for (const options of [{}, { json: true }]) {
      const { code, err } = await typed(folder, options);
      expect(code).toBe(2);
      expect(err.at(-1)).toContain("--yes");
    }
    expect(agent.status().devices).toHaveLength(1);
    expect((await typed(folder, { yes: true })).code).toBe(0);
    expect(agent.status().devices).toHaveLength(2);
  });

  it("--dry-run only looks, and --dry-run with --yes is refused", async () => {
    const folder = files();
    const agent = await running(folder);
    write(folder, air("a") + air("b"));
    const { code, out } = await typed(folder, { "dry-run": true });
    expect(code).toBe(0);
    expect(out.at(-1)).toContain("Next: campus-edge apply");
    expect((await typed(folder, { "dry-run": true, yes: true })).code).toBe(2);
    expect(agent.status().devices).toHaveLength(1);
  });

  it("--json is one object, before and after", async () => {
    const folder = files();
    await running(folder);
    write(folder, air("a") + air("b"));
    const { revision } = folder.plan();
    const looked = await typed(folder, { "dry-run": true, json: true });
    expect(looked.out).toHaveLength(1);
    const before = JSON.parse(looked.out[0] ?? "");
    expect(before).toMatchObject({ applied: false, files: revision, changes: [{ what: "starts", id: "b" }] });
    expect(before.running).not.toBe(revision);
    const done = await typed(folder, { yes: true, json: true });
    expect(JSON.parse(done.out[0] ?? "")).toMatchObject({ applied: true, running: revision });
    expect(done.out).toHaveLength(1);
  });

  it("lists every mistake, ends with 1, and touches nothing", async () => {
    const folder = files();
    const agent = await running(folder);
    const before = agent.status().revision.running;
    write(folder, air("a").replace("via: broker", "via: brokr") + air("b", "999"));
    const { code, out, asked } = await typed(folder, { yes: true });
    expect(code).toBe(1);
    expect(out.join("\n")).toContain("brokr");
    expect(out.join("\n")).toContain("999");
    expect(out.at(-1)).toContain("2 errors");
    expect(asked).toEqual([]);
    expect(agent.status().revision.running).toBe(before);
    const json = await typed(folder, { yes: true, json: true });
    const { applied, problems } = JSON.parse(json.out[0] ?? "");
    expect(applied).toBe(false);
    expect(problems.filter(({ severity }: { severity: string }) => severity === "error")).toHaveLength(2);
  });

  it("says what needs a restart, with the rest of the changes, and does none of them", async () => {
    const folder = files();
    const agent = await running(folder);
    write(folder, air("a") + air("b"), schoolSection.replace("gw1", "gw2"));
    const { code, out } = await typed(folder, { yes: true });
    expect(code).toBe(2);
    expect(out.join("\n")).toContain("  ! the gateway's id (school.gateway) changed");
    expect(out.at(-1)).toContain("systemctl restart");
    expect(agent.status().devices).toHaveLength(1);
  });

  it("shows twenty lines of many, and how many more there are", async () => {
    const folder = files();
    await running(folder);
    const many = Array.from({ length: 33 }, (_, at) => air(`x${at}`));
    write(folder, air("a") + many.join(""));
    const { out } = await typed(folder, { "dry-run": true });
    expect(out.filter((line) => line.startsWith("  + "))).toHaveLength(20);
    expect(out.join("\n")).toContain("and 13 more");
  });

  it("says that no gateway runs, and to run one", async () => {
    const { code, err } = await typed(files(), { yes: true });
    expect(code).toBe(2);
    expect(err.join("\n")).toContain("campus-edge run");
  });

  it("refuses when the gateway reads other files than these", async () => {
    const folder = files();
    await running(folder);
    const other = files();
    writeFileSync(
      join(other.config, "school.yaml"),
      `${schoolSection}buffer: { folder: "${folder.data}", quota: 1GB, diskFloor: 1MB }\nlinks: { broker: { kind: mqtt-broker, listen: "127.0.0.1:0" } }\n`,
    );
    const { code, err } = await typed(other, { yes: true });
    expect(code).toBe(2);
    expect(err.join("\n")).toContain("--config");
  });

  it("takes what was shown and nothing else: files edited while the question stands are refused", async () => {
    const folder = files();
    const agent = await running(folder);
    write(folder, air("a") + air("b"));
    const out: string[] = [];
    const err: string[] = [];
    const code = await command(
      {
        out: (line) => void out.push(line),
        err: (line) => void err.push(line),
        env: {},
        signal: AbortSignal.timeout(30_000),
        lang: "en",
        json: false,
        config: folder.config,
        say: ({ en }) => en,
      },
      {},
      async () => {
        write(folder, air("b"));
        return "y";
      },
    );
    expect(code).toBe(2);
    expect(err.join("\n")).toContain("look again");
    expect(agent.status().devices.map(({ id }) => id)).toEqual(["a"]);
  });
});

it("SIGHUP puts the files of a running gateway to work; with mistakes in them the old ones run on", async () => {
  const folder = files();
  const main = new URL("../../../edge/cli/main.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, [main, "run", "--config", folder.config, "--json"], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exited = once(child, "exit");
  undo.push(async () => {
    child.kill("SIGKILL");
    await exited;
  });
  let log = "";
  child.stderr.on("data", (bytes) => {
    log += bytes;
  });
  await once(child.stdout, "data");
  const said = async (words: string) => {
    while (!log.includes(words)) await once(child.stderr, "data");
  };
  write(folder, air("a") + air("b"));
  child.kill("SIGHUP");
  await said("another configuration runs");
  expect(log).toContain(folder.plan().revision);
  write(folder, air("a", "999"));
  child.kill("SIGHUP");
  await said("the files were not put to work");
  write(folder, air("a"));
  const { revision } = folder.plan();
  child.kill("SIGHUP");
  await said(revision);
  child.kill("SIGTERM");
  expect(await exited).toEqual([0, null]);
});
