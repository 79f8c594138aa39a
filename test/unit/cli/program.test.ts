import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { statusSchema } from "../../../config/schema/status.ts";
import { verbs } from "../../../edge/cli/verbs.ts";
import { type SchoolFolder, schoolFolder, schoolSection } from "../../scenario/school-folder.ts";
import { typed } from "./typed.ts";

const main = new URL("../../../edge/cli/main.ts", import.meta.url).pathname;
const undo: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const type = (...words: string[]) => typed(words);

const devices = `links: { broker: { kind: mqtt-broker, listen: "127.0.0.1:0" } }
devices: { 101-air: { profile: mqtt-air-json, via: broker, user: u101, password: secret:d101, space: 101 } }
`;

function school(more: string, listed = devices): SchoolFolder {
  const folder = schoolFolder(
    {
      "school.yaml": `${schoolSection}\nbuffer: { folder: "$DATA", quota: 1GB, diskFloor: 1MB }\n${more}`,
      "devices.yaml": listed,
    },
    { d101: "one" },
  );
  undo.push(() => folder.remove());
  return folder;
}

/** Starts `run` as a process; resolves with its first line. */
async function running(folder: SchoolFolder, ...more: string[]) {
  const child = spawn(process.execPath, [main, "run", "--config", folder.config, ...more], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, LANG: "C" },
  });
  const exited = once(child, "exit");
  let printed = "";
  child.stdout.on("data", (bytes) => {
    printed += bytes;
  });
  const stop = async () => {
    if (child.exitCode === null) child.kill("SIGTERM");
    const [code] = await exited;
    return code as number;
  };
  undo.push(stop);
  while (!printed.includes("\n") && child.exitCode === null)
    await new Promise((resolve) => setTimeout(resolve, 20));
  return { child, stop, printed: () => printed };
}

describe("what is typed", () => {
  it("shows nine verbs first and all twenty on request, and says which are not there yet", async () => {
    const first = await type("--help", "--lang", "en");
    expect(first.code).toBe(0);
    for (const { name, first: shown } of verbs)
      expect(
        first.out.some((line) => line.startsWith(`  ${name} `)),
        name,
      ).toBe(shown);
    expect(verbs.filter((verb) => verb.first)).toHaveLength(9);
    const all = await type("help", "all");
    for (const { name } of verbs)
      expect(
        all.out.some((line) => line.startsWith(`  ${name} `)),
        name,
      ).toBe(true);
    expect(verbs).toHaveLength(20);
    expect(all.out.find((line) => line.startsWith("  probe "))).toContain("这一版还没有");
    expect((await type("check", "--help")).out.join("\n")).toContain("--config DIR");
  });

  it("takes an empty --config as none", async () => {
    const { out } = await type("check", "--config=", "--lang", "en");
    expect(out[0]).toBe("configuration /etc/campus-edge");
  });

  it.each([
    [["chekc"], "是不是 check"],
    [["chekc", "--lang", "en"], "did you mean check?"],
    [["check", "--confg", "x"], "是不是 --config"],
    [["check", "--lang", "de"], "--lang"],
    [["run", "301-air", "--lang", "en"], '"301-air" is not expected here'],
    [["check", "--config"], "--config"],
    [["demo", "--rooms", "many"], "--rooms"],
    [["demo", "--listen", "999"], "--listen"],
    [["simulate", "primry-40"], "是不是 primary-40"],
    [["simulate", "primary-12", "--into", "/nowhere/school", "--lang", "en"], "there is no folder /nowhere"],
    [["simulate", "primary-12", "--into", import.meta.dirname, "--lang", "en"], "there are other files in"],
    [["simulate", "fault", "cable-cutt", "--room", "205", "--lang", "en"], 'did you mean "cable-cut"'],
    [["simulate", "fault", "cable-cut", "--lang", "en"], "cable-cut has no room"],
    [["simulate", "fault", "clock-jump", "--by", "-3d", "--lang", "en"], "write --by=-3d"],
    [["check", "-x"], "没有选项 -x"],
    [["check", "--config", import.meta.filename, "--lang", "en"], `write --config ${import.meta.dirname}`],
    [["che\x1b[31m", "--lang", "en"], '"che\ufffd[31m"'],
    [["check", "--\x1b[31m", "--lang", "en"], "no option --\ufffd[31m"],
    [["probe", "--lang", "en"], "probe is not in this version"],
  ])("refuses %j with a word that helps", async (argv, words) => {
    const { code, err, out } = await type(...argv);
    expect(code).toBe(2);
    expect(out).toEqual([]);
    expect(err).toHaveLength(1);
    expect(err[0]).toContain(words);
  });
});

describe("simulate", () => {
  it.each([
    [["simulate", "--lang", "en"], "primary-40", "simulate NAME"],
    [["simulate", "fault", "--lang", "en"], "sensor-stuck", "simulate fault NAME"],
  ])("without a name lists what there is, and how to begin: %j", async (argv, name, how) => {
    const { code, out, err } = await type(...argv);
    expect({ code, err }).toEqual({ code: 0, err: [] });
    expect(out).toContain(name);
    expect(out.at(-1)).toContain(how);
  });
});

describe("check", () => {
  it("says what is there and what to type next", async () => {
    const { code, out } = await type("check", "--config", school("").config, "--lang", "en");
    expect(code).toBe(0);
    expect(out[0]).toMatch(/^configuration .* revision [0-9a-f]{8}$/);
    expect(out.at(-1)).toContain("1 links, 1 devices, 0 uplinks");
    expect(out.at(-1)).toContain("campus-edge run");
  });

  it("lists every mistake with its place, and ends with 1", async () => {
    const folder = school(
      "",
      devices.replace("via: broker", "via: brokr").replace("space: 101", "space: 999"),
    );
    const { code, out } = await type("check", "--config", folder.config);
    expect(code).toBe(1);
    expect(out.join("\n")).toMatch(/devices\.yaml:2:\d+[^\n]*brokr/);
    expect(out.join("\n")).toMatch(/devices\.yaml:2:\d+[^\n]*999/);
    expect(out.at(-1)).toContain("2 个错误");
    const json = await type("check", "--config", folder.config, "--json");
    expect(json.out).toHaveLength(1);
    const { revision, problems } = JSON.parse(json.out[0] ?? "") as {
      revision: null;
      problems: { code: string; severity: string; line: number }[];
    };
    expect(revision).toBeNull();
    const errors = problems.filter(({ severity }) => severity === "error");
    expect(errors.map(({ code, line }) => [code, line])).toEqual([
      ["unknown-via", 2],
      ["unknown-space", 2],
    ]);
  });

  it("ends with 2 where there is no folder", async () => {
    expect((await type("check", "--config", "/nowhere/at/all")).code).toBe(2);
  });
});

describe("run and status", () => {
  it("refuses a configuration with errors whole, and starts nothing", async () => {
    const folder = school("", devices.replace("via: broker", "via: brokr"));
    const { code, err } = await type("run", "--config", folder.config);
    expect(code).toBe(2);
    expect(err.join("\n")).toContain("brokr");
    expect(readdirSync(folder.data)).toEqual([]);
  });

  it("runs until it is told to stop, answers status meanwhile, and a second one is refused", async () => {
    const folder = school("");
    const { stop, printed } = await running(folder);
    expect(printed()).toContain(folder.config);
    const shown = async (...more: string[]) => {
      for (;;) {
        const asked = await type("status", "--config", folder.config, ...more);
        if (asked.code !== 2) return asked;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    const json = await shown("--json");
    expect(statusSchema.parse(JSON.parse(json.out[0] ?? ""))).toMatchObject({
      school: "2133000001",
      gateway: "gw1",
    });
    const zh = (await shown()).out.join("\n");
    expect(zh).toMatch(/时钟(已同步|为估计)/);
    expect(zh).toContain("broker");
    expect((await shown("--lang", "en")).out.join("\n")).toMatch(/clock (synced|estimated)/);
    const second = await type("run", "--config", folder.config, "--lang", "en");
    expect(second.code).toBe(2);
    expect(second.err.join("\n")).toContain("in use by another gateway");
    expect(await stop()).toBe(0);
    expect(printed()).toContain("已停止");
    const none = await type("status", "--config", folder.config, "--lang", "en");
    expect(none.code).toBe(2);
    expect(none.err.join("\n")).toContain("campus-edge run");
  });

  it("says that the status page cannot open where something else has its port, and goes on", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    undo.push(async () => void other.close());
    const { port } = other.address() as AddressInfo;
    const folder = school("");
    const sections = schoolSection.replace("clock:", `status: { listen: "127.0.0.1:${port}" }, clock:`);
    expect(sections).not.toBe(schoolSection);
    writeFileSync(
      join(folder.config, "school.yaml"),
      readFileSync(join(folder.config, "school.yaml"), "utf8").replace(schoolSection, sections),
    );
    const { printed, stop } = await running(folder, "--lang", "en");
    while (!printed().includes("broker up 0/1")) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(printed()).toContain(`http://127.0.0.1:${port}/ cannot open`);
    expect(await stop()).toBe(0);
  });

  it("says in the status when the files no longer are what runs", async () => {
    const folder = school("");
    await running(folder);
    writeFileSync(join(folder.config, "devices.yaml"), devices.replace("via: broker", "via: brokr"));
    for (;;) {
      const { out, code } = await type("status", "--config", folder.config, "--lang", "en");
      if (code !== 2 && /≠ files \(1 mistakes\)/.test(out.join("\n"))) break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  });
});

describe("demo", () => {
  it("shows a school whose records are confirmed, and leaves nothing behind", async () => {
    // A folder of its own: others may show the demo on this machine, too.
    const temporary = mkdtempSync(join(tmpdir(), "ce-demo-"));
    undo.push(() => rmSync(temporary, { recursive: true, force: true }));
    const env = { ...process.env, TMPDIR: temporary, XDG_RUNTIME_DIR: "" };
    const left = () => readdirSync(temporary).filter((name) => name.startsWith("campus-edge-demo-"));
    const child = spawn(
      process.execPath,
      [
        main,
        "demo",
        "--json",
        "--rooms",
        "3",
        "--seconds",
        "60",
        "--speed",
        "600",
        "--listen",
        "127.0.0.1:0",
      ],
      {
        stdio: ["ignore", "pipe", "inherit"],
        env,
      },
    );
    const exited = once(child, "exit");
    undo.push(() => void child.kill("SIGKILL"));
    let text = "";
    for await (const chunk of child.stdout) {
      text += chunk;
      const line = text.trim().split("\n").at(-1) ?? "{}";
      const flow = text.endsWith("\n") ? (JSON.parse(line) as Record<string, number>) : {};
      if ((flow.confirmed ?? 0) < 10) continue;
      expect(flow.devices).toBeGreaterThan(9);
      if (flow.up !== flow.devices) continue;
      expect((await fetch(`${flow.page}/healthz`)).status).toBe(200);
      expect((await fetch(`${flow.page}/readyz`)).status).toBe(200);
      expect(statusSchema.safeParse(await (await fetch(`${flow.page}/status.json`)).json()).success).toBe(
        true,
      );
      child.kill("SIGINT");
      break;
    }
    expect(await exited).toEqual([0, null]);
    expect(left()).toEqual([]);
  });
});
