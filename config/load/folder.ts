/**
 * The files of a configuration folder.
 *
 * Never happens: a file outside the folder is read; more than 1 MB of a file is read; a pipe or device is opened to wait on.
 */
import { createHash } from "node:crypto";
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  statSync,
} from "node:fs";
import { join, sep } from "node:path";
import { decode } from "./encoding.ts";
import type { Findings } from "./findings.ts";
import { createSource, type Source } from "./source.ts";

const maxBytes = 1_000_000;
const maxFiles = 500;

export interface Folder {
  /** Absolute, without symbolic links. */
  root: string;
  revision: string;
  /** Files of the folder itself. */
  files: Source[];
  /** Files of profiles/. */
  profiles: Source[];
  /** Names in cases/, relative to the folder. */
  cases: string[];
  /** A file could not be read as text: what it declares is unknown. */
  incomplete: boolean;
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
  const state = { root, hash, findings, count: 0, incomplete: false };
  const files = readAll(state, "");
  const profiles = readAll(state, "profiles");
  const cases = names(state, "cases").filter((name) => name.endsWith(".yaml"));
  const revision = hash.digest("hex").slice(0, 8);
  return {
    root,
    revision,
    files,
    profiles,
    cases: cases.map((name) => `cases/${name}`),
    incomplete: state.incomplete,
  };
}

/** The built-in profiles: our own folder, read by the same rules. */
export function readBuiltIn(folder: string, findings: Findings): Source[] {
  const state = {
    root: realpathSync(folder),
    hash: createHash("sha256"),
    findings,
    count: 0,
    incomplete: false,
  };
  return readAll(state, "").map((source) => ({ ...source, file: `<built-in>/${source.file}` }));
}

interface State {
  root: string;
  hash: ReturnType<typeof createHash>;
  findings: Findings;
  count: number;
  incomplete: boolean;
}

const fixedFolders = new Set(["profiles", "cases", "secrets"]);

function names(state: State, under: string): string[] {
  const path = join(state.root, under);
  try {
    if (!inside(state.root, realpathSync(path))) {
      refuseOutside(state, under);
      return [];
    }
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
      tellMissed(state, file, name);
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

/** Names that look as if somebody expected them to be read. */
function tellMissed(state: State, file: string, name: string): void {
  if (!/\.ya?ml(\.txt)?$/i.test(name)) return;
  state.findings.error(
    "file-name",
    { file },
    {
      zh: "这个文件不会被读取：名字不是以 .yaml 结尾",
      en: "this file is not read: its name does not end in .yaml",
    },
    { zh: "改名为 .yaml，或移出文件夹", en: "rename it to .yaml, or move it out of the folder" },
  );
}

function readOne(state: State, file: string): Source | null {
  const { findings } = state;
  try {
    const real = realpathSync(join(state.root, file));
    if (!inside(state.root, real)) {
      refuseOutside(state, file);
      return null;
    }
    const bytes = readBounded(real);
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
    const decoded = decode(bytes);
    if ("text" in decoded) return createSource(file, decoded.text);
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

/** At most 1 MB of a regular file, the size being looked at first; null when it is something else. */
function readBounded(path: string): Buffer | "too-large" | null {
  const handle = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  try {
    const stat = fstatSync(handle);
    if (!stat.isFile()) return null;
    if (stat.size > maxBytes) return "too-large";
    let buffer = Buffer.alloc(stat.size + 1);
    let length = 0;
    for (;;) {
      // It grew while it was read.
      if (length === buffer.length) buffer = Buffer.concat([buffer], Math.min(length * 2, maxBytes + 1));
      const read = readSync(handle, buffer, length, buffer.length - length, null);
      length += read;
      if (length > maxBytes) return "too-large";
      if (read === 0) return buffer.subarray(0, length);
    }
  } finally {
    closeSync(handle);
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

export function inside(root: string, path: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
}

export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "error";
}
