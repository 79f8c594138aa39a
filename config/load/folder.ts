/**
 * The files of a configuration folder.
 *
 * Never happens: a file outside the folder, or one of secrets/, is read by any name; more than 1 MB of a file is read; a pipe or device is opened to wait on.
 */
import { createHash } from "node:crypto";
import { readdirSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Decoded, decode, decodeTable } from "./encoding.ts";
import type { Findings } from "./findings.ts";
import {
  looksConfigured,
  maybeText,
  nearlyYaml,
  tellNearlyYaml,
  tellSubfolder,
  tellText,
} from "./forgotten.ts";
import { tellOpen } from "./open-to-others.ts";
import { codeOf, inside, readBounded } from "./read-bounded.ts";
import { noSecrets, ofSecrets, type Secrets, secretsOf } from "./secret-files.ts";
import { createSource, type Source } from "./source.ts";

const maxBytes = 1_000_000;
const maxFiles = 500;
/** Things beside the configuration that are looked at, to name what was forgotten. */
const maxLooked = 100;

export interface Folder {
  /** Absolute, without symbolic links. */
  root: string;
  /** Of all that was read so far: names and bytes. */
  revision(): string;
  /** Files of the folder itself. */
  files: Source[];
  /** Files of profiles/. */
  profiles: Source[];
  /** Names in cases/, relative to the folder. */
  cases: string[];
  tables: Tables;
  /** A file could not be read as text: what it declares is unknown. */
  incomplete: boolean;
}

/** The .csv files of the folder: read when something names them. */
export interface Tables {
  names: readonly string[];
  /** Reads one of them, once; null: it cannot be read, told. */
  read(name: string): Source | null;
}

/** Reads every *.yaml of the folder and of profiles/. Problems go to `findings`; a missing folder gives null. */
export function readFolder(folder: string, findings: Findings): Folder | null {
  let root: string;
  try {
    root = realpathSync(folder);
    if (!statSync(root).isDirectory()) throw new Error("not a folder");
  } catch (error) {
    findings.error(
      "no-folder",
      { file: "" },
      { zh: `配置文件夹打不开：${folder}`, en: `the configuration folder cannot be opened: ${folder}` },
      {
        zh: `检查路径和权限（${codeOf(error)}）；用 --config 指定文件夹`,
        en: `check path and permissions (${codeOf(error)}); name the folder with --config`,
      },
    );
    return null;
  }
  const hash = createHash("sha256");
  const state: State = {
    root,
    hash,
    findings,
    count: 0,
    incomplete: false,
    looked: 0,
    own: true,
    tables: [],
    secrets: secretsOf(root),
  };
  const files = readAll(state, "");
  checkWritable(state, "secrets");
  const profiles = readAll(state, "profiles");
  const cases = names(state, "cases").filter((name) => name.endsWith(".yaml"));
  return {
    root,
    revision: () => hash.copy().digest("hex").slice(0, 8),
    files,
    profiles,
    cases: cases.map((name) => `cases/${name}`),
    tables: tablesOf(state),
    incomplete: state.incomplete,
  };
}

function tablesOf(state: State): Tables {
  const sources = new Map<string, Source | null>();
  const read = (name: string) => {
    const before = sources.get(name);
    if (before !== undefined) return before;
    const source = readOne(state, name, decodeTable);
    sources.set(name, source);
    return source;
  };
  return { names: state.tables, read };
}

/** The built-in profiles: our own folder, read by the same rules. */
export function readBuiltIn(folder: string, findings: Findings): Source[] {
  const state: State = {
    root: realpathSync(folder),
    hash: createHash("sha256"),
    findings,
    count: 0,
    incomplete: false,
    looked: 0,
    own: false,
    tables: [],
    secrets: noSecrets,
  };
  return readAll(state, "").map((source) => ({ ...source, file: `<built-in>/${source.file}` }));
}

interface State {
  root: string;
  hash: ReturnType<typeof createHash>;
  findings: Findings;
  count: number;
  incomplete: boolean;
  /** Files and folders beside the configuration that were looked at. */
  looked: number;
  /** The school's folder, not the one of the built-in profiles. */
  own: boolean;
  /** Names of .csv files. */
  tables: string[];
  secrets: Secrets;
}

/** Whether a real path is of the folder, and not of its secrets; what is not is told. */
function allowed(state: State, file: string, real: string): boolean {
  if (!inside(state.root, real)) refuseOutside(state, file);
  else if (ofSecrets(state.secrets, real)) refuseSecret(state, file);
  else return true;
  return false;
}

const fixedFolders = new Set(["profiles", "cases", "secrets"]);

function names(state: State, under: string): string[] {
  const path = join(state.root, under);
  try {
    if (!allowed(state, under, realpathSync(path))) return [];
    checkWritable(state, under);
    return readdirSync(path).sort();
  } catch (error) {
    if (codeOf(error) === "ENOENT" && under !== "") return [];
    state.incomplete = true;
    state.findings.error(
      "unreadable",
      { file: under },
      { zh: `文件夹读不了（${codeOf(error)}）`, en: `the folder cannot be read (${codeOf(error)})` },
      { zh: "检查权限和磁盘", en: "check its permissions and the disk" },
    );
    return [];
  }
}

function readAll(state: State, under: string): Source[] {
  const sources: Source[] = [];
  for (const name of names(state, under)) {
    const file = under === "" ? name : `${under}/${name}`;
    if (name.startsWith(".") || (under === "" && fixedFolders.has(name))) continue;
    if (!name.endsWith(".yaml")) {
      if (under === "" && /\.csv$/i.test(name)) state.tables.push(name);
      else if (state.own) tellMissed(state, file, name);
      continue;
    }
    state.count += 1;
    if (state.count > maxFiles) {
      state.incomplete = true;
      state.findings.error(
        "too-many-files",
        { file },
        { zh: `文件超过 ${maxFiles} 个`, en: `more than ${maxFiles} files` },
        { zh: "合并文件，或移走不是配置的", en: "join files, or move away what is no configuration" },
      );
      break;
    }
    const source = readOne(state, file);
    if (source === null) state.incomplete = true;
    else sources.push(source);
  }
  return sources;
}

/** Names and texts that look as if somebody expected them to be read. */
function tellMissed(state: State, file: string, name: string): void {
  if (nearlyYaml(name)) {
    state.incomplete = true;
    tellNearlyYaml(file, state.findings);
    return;
  }
  state.looked += 1;
  if (state.looked > maxLooked) return;
  try {
    const path = realpathSync(join(state.root, file));
    const stat = statSync(path);
    if (!inside(state.root, path) || ofSecrets(state.secrets, path, stat)) return;
    if (stat.isDirectory()) {
      const count = readdirSync(path).filter(nearlyYaml).length;
      if (count > 0) tellSubfolder(file, count, state.findings);
    } else if (stat.isFile() && maybeText(name)) {
      const { bytes } = readBounded(path, maxBytes);
      if (bytes instanceof Uint8Array && looksConfigured(bytes)) tellText(file, state.findings);
    }
  } catch {
    // It is not read anyway.
  }
}

function readOne(
  state: State,
  file: string,
  decoding: (bytes: Uint8Array) => Decoded = decode,
): Source | null {
  const { findings } = state;
  try {
    const real = realpathSync(join(state.root, file));
    if (!allowed(state, file, real)) return null;
    const { bytes, stat } = readBounded(real, maxBytes);
    if (ofSecrets(state.secrets, real, stat)) {
      refuseSecret(state, file);
      return null;
    }
    if (state.own && stat.isFile()) tellOpen(file, join(state.root, file), stat, findings);
    if (bytes === null) {
      findings.error(
        "not-a-file",
        { file },
        { zh: "不是普通文件", en: "it is not a regular file" },
        { zh: "换成普通文本文件", en: "put a plain text file in its place" },
      );
      return null;
    }
    if (bytes === "too-large") {
      findings.error(
        "file-too-large",
        { file },
        { zh: "文件超过 1 MB，没有读取", en: "the file is larger than 1 MB and was not read" },
        {
          zh: "检查是不是放错了文件；大表分成几个文件",
          en: "check that it is the right file; split large tables",
        },
      );
      return null;
    }
    state.hash.update(`${Buffer.byteLength(file)}:${file}:${bytes.length}:`).update(bytes);
    const decoded = decoding(bytes);
    if ("text" in decoded) return createSource(file, decoded.text, (stat.mode & 0o077) === 0);
    findings.error(decoded.code, { file }, decoded.complaint.what, decoded.complaint.fix);
    return null;
  } catch (error) {
    findings.error(
      "unreadable",
      { file },
      { zh: `文件读不了（${codeOf(error)}）`, en: `the file cannot be read (${codeOf(error)})` },
      { zh: "检查文件权限；断掉的链接请删除", en: "check its permissions; remove a dangling link" },
    );
    return null;
  }
}

function refuseOutside(state: State, file: string): void {
  state.incomplete = true;
  state.findings.error(
    "outside-folder",
    { file },
    { zh: "链接指到了配置文件夹外面", en: "the link leads out of the configuration folder" },
    { zh: "把文件本身放进文件夹", en: "put the file itself into the folder" },
  );
}

function refuseSecret(state: State, file: string): void {
  state.incomplete = true;
  state.findings.error(
    "secret-as-file",
    { file },
    { zh: "它指到 secrets 里：密码不能当配置读", en: "it leads into secrets/: a secret is no configuration" },
    {
      zh: "删掉这个链接；用密码的地方写 secret:名字",
      en: "remove this link; write secret:NAME where it is used",
    },
  );
}

/** Tells a folder of the configuration that others may write. */
function checkWritable(state: State, under: string): void {
  const path = join(state.root, under);
  try {
    if (state.own) tellOpen(under, path, statSync(path), state.findings);
  } catch {
    // There is none, or it cannot be looked at: whoever reads it tells.
  }
}
