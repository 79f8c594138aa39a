/**
 * What a process did to the files of one folder, as strace saw it: read from its output, in order.
 *
 * Holds: what a call asks is known from its beginning on, that it was done from its end on.
 * Never happens: a call that changes a file and is passed over in silence: it is an error here.
 */
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";

/** Calls that change files, or tell which file a number means. */
export const diskCalls =
  "trace=openat,open,creat,close,write,writev,pwrite64,pwritev,pwritev2,sendfile,copy_file_range,ftruncate,truncate,fallocate,fsync,fdatasync,sync_file_range,lseek,rename,renameat,renameat2,unlink,unlinkat,rmdir,link,linkat,symlink,symlinkat,mkdir,mkdirat,dup,dup2,dup3";

/** Options of strace that `diskCallsOf` reads. */
export const straceOptions = ["-f", "--seccomp-bpf", "-qq", "-y", "-xx", "-s", "100000000", "-e", diskCalls];

export type DiskCall =
  | { what: "open"; fd: number; path: string; create: boolean; truncate: boolean; append: boolean }
  | { what: "close"; fd: number }
  /** `at` null: where the file stands. */
  | { what: "write"; fd: number; at: number | null; bytes: Buffer }
  | { what: "seek"; fd: number; to: number }
  | { what: "truncate"; fd: number; to: number }
  /** Zeros up to `to`, where the file is shorter. */
  | { what: "extend"; fd: number; to: number }
  | { what: "sync-begin" | "sync-end"; fd: number }
  | { what: "rename"; from: string; to: string }
  | { what: "unlink"; path: string }
  | { what: "say"; line: string };

/** Every change of a file below `folder`, and every line that went to stdout at the moment when its write began. */
export async function* diskCallsOf(trace: string, folder: string): AsyncGenerator<DiskCall> {
  const unfinished = new Map<string, string>();
  let said = "";
  for await (const line of createInterface({ input: createReadStream(trace, "latin1") })) {
    const [, thread = "", rest = ""] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
    if (!/^(\w+\(|<\.\.\. )/.test(rest)) continue;
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest);
    const open = rest.endsWith("<unfinished ...>");
    const text = resumed === null ? rest : `${unfinished.get(thread) ?? ""}${resumed[1]}`;
    if (open) unfinished.set(thread, text.slice(0, -"<unfinished ...>".length));
    const [, name = "", args = ""] = /^(\w+)\((.*)$/.exec(text) ?? [];
    if (resumed === null && name === "write" && args.startsWith("1<")) {
      said += strings(args)[0]?.toString("utf8") ?? "";
      const lines = said.split("\n");
      said = lines.pop() ?? "";
      for (const line of lines) yield { what: "say", line };
      continue;
    }
    const fd = Number(/^\d+/.exec(args)?.[0] ?? -1);
    const sync = name === "fsync" || name === "fdatasync";
    if (sync && resumed === null && fileOf(args).startsWith(folder)) yield { what: "sync-begin", fd };
    if (open) continue;
    const result = Number(/ = (-?\d+)/.exec(text.slice(text.lastIndexOf(") ")))?.[1] ?? -1);
    if (result < 0) continue;
    const call = changeOf(name, args, fd, result, folder);
    if (call !== null) yield call;
  }
}

function changeOf(name: string, args: string, fd: number, result: number, folder: string): DiskCall | null {
  const paths = () => strings(args).map((one) => one.toString("utf8"));
  const numbers = () => (/, ([-\d, A-Z_|]+)\) +=/.exec(args)?.[1] ?? "").split(", ");
  if (name === "openat" || name === "open" || name === "creat") {
    const path = paths().at(-1) ?? "";
    if (!path.startsWith(folder)) return null;
    const has = (flag: string) => args.includes(flag);
    return {
      what: "open",
      fd: result,
      path,
      create: has("O_CREAT") || name === "creat",
      truncate: has("O_TRUNC") || name === "creat",
      append: has("O_APPEND"),
    };
  }
  if (/^(rename|unlink|rmdir|link|symlink|mkdir)/.test(name)) {
    const [path = "", to = ""] = paths();
    if (!path.startsWith(folder) || path === folder) return null;
    if (/^rename/.test(name)) return { what: "rename", from: path, to };
    if (/^unlink/.test(name)) return { what: "unlink", path };
    throw new Error(`${name} of ${path} is not modelled`);
  }
  if (!fileOf(args).startsWith(folder)) return null;
  switch (name) {
    case "close":
      return { what: "close", fd };
    case "fsync":
    case "fdatasync":
      return { what: "sync-end", fd };
    case "write":
    case "pwrite64":
    case "writev": {
      const bytes = Buffer.concat(strings(args));
      if (bytes.length !== result) throw new Error(`a ${name} of ${bytes.length} bytes wrote ${result}`);
      return { what: "write", fd, at: name === "pwrite64" ? Number(numbers()[1]) : null, bytes };
    }
    case "lseek":
      return { what: "seek", fd, to: result };
    case "ftruncate":
      return { what: "truncate", fd, to: Number(numbers()[0]) };
    case "fallocate": {
      const [mode, at, length] = numbers();
      if (mode === "0") return { what: "extend", fd, to: Number(at) + Number(length) };
      throw new Error(`fallocate with mode ${mode} is not modelled`);
    }
    default:
      throw new Error(`${name} of a file is not modelled`);
  }
}

/** All that stands in quotes, as bytes. */
function strings(args: string): Buffer[] {
  return [...args.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map(([, hex = ""]) =>
    Buffer.from(hex.replaceAll("\\x", ""), "hex"),
  );
}

/** The file that the first number means. */
function fileOf(args: string): string {
  const hex = /^\d+<((?:\\x[0-9a-f]{2})+)>/.exec(args)?.[1] ?? "";
  return Buffer.from(hex.replaceAll("\\x", ""), "hex").toString("utf8");
}
