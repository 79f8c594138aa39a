/**
 * Whoever can write the folder, or lay a link into it, gains nothing by it.
 */
import { chmodSync, chownSync, linkSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { printProblem } from "../../../config/load/index.ts";
import { secretComplaint } from "../../../config/load/secrets.ts";
import type { Problem } from "../../../config/schema/plan.ts";
import { brief, folderOf, load, school } from "./school-folder.ts";

const secret = "s3cret-Zz9";
const withSecret = { "school.yaml": school, "secrets/district": `${secret}: x\n` };
const uses = "links: { rs1: { kind: fake-bus, port: x, lock: secret:district } }\n";
const shown = (problems: readonly Problem[]) =>
  problems.map((problem) => printProblem(problem, "zh") + printProblem(problem, "en")).join("\n");
const errors = (folder: string) =>
  brief(load(folder).problems.filter(({ severity }) => severity === "error"));

describe("a link that leads to a secret", () => {
  it("is not read, whichever way it leads there", () => {
    const byFile = folderOf(withSecret);
    symlinkSync("secrets/district", join(byFile, "x.yaml"));
    expect(errors(byFile)).toEqual(["secret-as-file x.yaml:0:0"]);
    const hard = folderOf(withSecret);
    linkSync(join(hard, "secrets/district"), join(hard, "x.yaml"));
    expect(errors(hard)).toEqual(["secret-as-file x.yaml:0:0"]);
    const byFolder = folderOf({ ...withSecret, "secrets/a.yaml": secret });
    symlinkSync("secrets", join(byFolder, "profiles"));
    expect(errors(byFolder)).toEqual(["secret-as-file profiles:0:0"]);
    const twice = folderOf(withSecret);
    symlinkSync("secrets", join(twice, "cases"));
    symlinkSync("cases/district", join(twice, "x.yaml"));
    expect(errors(twice)).toEqual(["secret-as-file cases:0:0", "secret-as-file x.yaml:0:0"]);
    for (const folder of [byFile, hard, byFolder, twice])
      expect(shown(load(folder).problems)).not.toContain(secret);
  });

  it("is not named among forgotten files either", () => {
    const folder = folderOf({ ...withSecret, "secrets/x.yaml": "devices: {}" });
    symlinkSync("secrets/x.yaml", join(folder, "x.txt"));
    symlinkSync("secrets", join(folder, "more"));
    expect(errors(folder)).toEqual([]);
    expect(shown(load(folder).problems)).not.toMatch(/x\.txt|more/);
  });
});

describe("a file that only its owner may read and that is no configuration", () => {
  it("is told about without a word of it", () => {
    for (const text of [secret, `"${secret}`, `- ${secret}`, `*${secret}`, `|${secret}`, `a: b: ${secret}`]) {
      const folder = folderOf({ "school.yaml": school, "x.yaml": text });
      chmodSync(join(folder, "x.yaml"), 0o600);
      const { plan, problems } = load(folder);
      expect(plan).toBeNull();
      expect(problems.some(({ file }) => file === "x.yaml")).toBe(true);
      expect(shown(problems), text).not.toContain("Zz9");
    }
  });

  it("is shown like any other once it has a name and a value", () => {
    const folder = folderOf({ "school.yaml": school, "x.yaml": "devicse: {}\n" });
    chmodSync(join(folder, "x.yaml"), 0o600);
    expect(load(folder).problems.find(({ file }) => file === "x.yaml")?.excerpt).toBe("devicse: {}");
  });
});

describe("what others may write", () => {
  const fixes = (folder: string) =>
    load(folder).problems.flatMap(({ code, file, fix }) =>
      code === "open-to-others" ? [`${file} ${fix.en}`] : [],
    );

  it("is an error with the command that mends it", () => {
    const folder = folderOf({ ...withSecret, "profiles/a b.yaml": "" });
    expect(fixes(folder)).toEqual([]);
    const root = realpathSync(folder);
    for (const [file, path] of [
      ["", root],
      ["school.yaml", `${root}/school.yaml`],
      ["secrets", `${root}/secrets`],
      ["profiles", `${root}/profiles`],
    ] as const) {
      chmodSync(path, file.endsWith(".yaml") ? 0o646 : 0o757);
      expect(fixes(folder)).toEqual([`${file} chmod o-w ${path}`]);
      expect(load(folder).plan).toBeNull();
      chmodSync(path, file.endsWith(".yaml") ? 0o644 : 0o755);
    }
    chmodSync(join(root, "profiles/a b.yaml"), 0o666);
    expect(fixes(folder)).toEqual([`profiles/a b.yaml chmod o-w '${root}/profiles/a b.yaml'`]);
  });

  it("may be written by a group of our own", () => {
    const folder = folderOf(withSecret);
    chmodSync(join(folder, "school.yaml"), 0o664);
    expect(fixes(folder)).toEqual([]);
  });

  it.skipIf(process.getuid?.() !== 0)("may not be written by a group of others (needs root)", () => {
    const folder = folderOf(withSecret);
    const path = join(realpathSync(folder), "school.yaml");
    chownSync(path, 0, 54_321);
    chmodSync(path, 0o664);
    expect(fixes(folder)).toEqual([`school.yaml chmod g-w ${path}`]);
    chmodSync(path, 0o666);
    expect(fixes(folder)).toEqual([`school.yaml chmod go-w ${path}`]);
  });
});

describe("the command that mends a secret", () => {
  const folder = "/etc/campus edge/secrets";

  it("is whole and works from anywhere", () => {
    const me = userInfo().username;
    const fix = (fault: "mode" | "owner") => secretComplaint("door", fault, folder).fix.zh;
    expect(fix("mode")).toBe("chmod 600 '/etc/campus edge/secrets/door'");
    expect(fix("owner")).toBe(`sudo chown ${me} '/etc/campus edge/secrets/door'`);
  });

  it.skipIf(process.getuid?.() !== 0)("first thinks of the user who owns it (needs root)", () => {
    const root = realpathSync(folderOf({ ...withSecret, "l.yaml": uses }));
    chownSync(join(root, "secrets/district"), 54_321, 54_321);
    const told = load(root).problems.find(({ code }) => code === "secret-owner");
    expect(told?.fix.en).toBe(
      `if the gateway runs as its owner: sudo -u '#54321' campus-edge check --config ${root}; else: sudo chown ${userInfo().username} ${root}/secrets/district`,
    );
  });

  it("does not ask to write anew what cannot be read", () => {
    const { fix } = secretComplaint("door", "unreadable", folder);
    expect(fix.en).toBe(`sudo chown -R ${userInfo().username} '/etc/campus edge/secrets'`);
    expect(fix.zh).not.toContain("写进");
  });
});

describe("a configuration that is broken", () => {
  it("still says where the data are and which language is spoken, where that can be read", () => {
    const told = (text: string) => {
      const { plan, dataFolder, language } = load(
        folderOf({ "school.yaml": text, "x.yaml": "nothing: 1\n" }),
      );
      expect(plan).toBeNull();
      return [dataFolder, language];
    };
    const inEnglish = school.replace("gateway: gw1", "gateway: GW 1, language: en");
    expect(told(`${inEnglish}buffer: { folder: /srv/ce, quota: 6 }\n`)).toEqual(["/srv/ce", "en"]);
    expect(told(school)).toEqual([undefined, "zh"]);
    expect(told("school: { language: cn }\nbuffer: { folder: ce }\n")).toEqual([undefined, undefined]);
    expect(told("school: 1\nbuffer: [1]\n")).toEqual([undefined, undefined]);
    expect(told("school: { language: en\n")).toEqual([undefined, undefined]);
  });

  it("says nothing more when there is no folder", () => {
    expect(load("/nowhere/at/all").dataFolder).toBeUndefined();
  });
});

describe("a folder", () => {
  it("of many things that are no configuration is read without a word about them", () => {
    const folder = folderOf({ "school.yaml": school });
    for (let n = 0; n < 300; n += 1) mkdirSync(join(folder, `d${n}`));
    writeFileSync(join(folder, "README"), "Ask Mr Li before you change anything.\n");
    expect(brief(load(folder).problems)).toEqual(["no-devices :0:0", "no-uplink :0:0"]);
  });
});
