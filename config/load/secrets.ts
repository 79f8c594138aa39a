/**
 * Secrets: NAME from secrets/NAME, else from a systemd credential, else from CE_SECRET_NAME.
 *
 * Never happens: a secret file that others can read, or that lies outside the folder, is used;
 * a secret's text is kept here or appears in a message.
 */
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readSync,
  realpathSync,
  type Stats,
  statSync,
} from "node:fs";
import { userInfo } from "node:os";
import { dirname, join } from "node:path";
import type { Complaint } from "../schema/scalar.ts";
import { codeOf, inside } from "./read-bounded.ts";
import { shellWord } from "./shell-word.ts";

const maxBytes = 65_536;
const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export type Env = Record<string, string | undefined>;
export type SecretFault =
  | "missing"
  | "mode"
  | "owner"
  | "outside"
  | "not-a-file"
  | "too-large"
  | "empty"
  | "unreadable";

export class SecretStore {
  readonly #root: string;
  readonly #env: Env;

  /** @param root absolute configuration folder without symbolic links */
  constructor(root: string, env: Env) {
    this.#root = root;
    this.#env = env;
  }

  /** The secret's bytes, without one line end behind them, or why there are none. Reads anew every time. */
  find(name: string): Uint8Array | SecretFault {
    if (!namePattern.test(name)) return "missing";
    const own = readSecret(join(this.#root, "secrets"), name, this.#root, true);
    if (own !== "missing") return own;
    const folder = this.#env.CREDENTIALS_DIRECTORY;
    if (folder !== undefined && folder !== "") {
      const credential = readSecret(folder, name, undefined, false);
      if (credential !== "missing") return credential;
    }
    const text = this.#env[variable(name)];
    if (text === undefined) return "missing";
    return text === "" ? "empty" : new TextEncoder().encode(text);
  }

  /** The fault in words; nothing of the secret itself. Its commands work from anywhere. */
  complaint(name: string, fault: SecretFault): Complaint {
    return secretComplaint(name, fault, join(this.#root, "secrets"));
  }
}

/** `broker-cert` → `CE_SECRET_BROKER_CERT`. */
export const variable = (name: string) => `CE_SECRET_${name.toUpperCase().replace(/[^A-Z0-9]/g, "_")}`;

function readSecret(
  folder: string,
  name: string,
  root: string | undefined,
  strict: boolean,
): Uint8Array | SecretFault {
  let handle: number;
  try {
    const home = realpathSync(folder);
    const path = realpathSync(join(home, name));
    if ((root !== undefined && !inside(root, home)) || !inside(home, path)) return "outside";
    handle = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  } catch (error) {
    return codeOf(error) === "ENOENT" ? "missing" : "unreadable";
  }
  try {
    const stat = fstatSync(handle);
    const fault = refused(stat, strict);
    if (fault !== null) return fault;
    const buffer = Buffer.alloc(maxBytes + 1);
    let length = 0;
    for (let got = -1; got !== 0 && length < buffer.length; length += got)
      got = readSync(handle, buffer, length, buffer.length - length, null);
    if (length > maxBytes) return "too-large";
    const bytes = withoutLineEnd(buffer.subarray(0, length));
    const secret = bytes.length === 0 ? ("empty" as const) : Uint8Array.from(bytes);
    buffer.fill(0);
    return secret;
  } catch {
    return "unreadable";
  } finally {
    closeSync(handle);
  }
}

function refused(stat: Stats, strict: boolean): SecretFault | null {
  if (!stat.isFile()) return "not-a-file";
  if (stat.size > maxBytes) return "too-large";
  if (!strict) return null;
  if (stat.uid !== process.getuid?.()) return "owner";
  return (stat.mode & 0o177) === 0 ? null : "mode";
}

function withoutLineEnd(bytes: Buffer): Buffer {
  if (bytes.at(-1) !== 0x0a) return bytes;
  return bytes.subarray(0, bytes.at(-2) === 0x0d ? -2 : -1);
}

/** The fault in words. @param folder whole path of the secrets */
export function secretComplaint(name: string, fault: SecretFault, folder: string): Complaint {
  const file = `secrets/${name}`;
  const path = shellWord(join(folder, name));
  const same = (command: string) => ({ zh: command, en: command });
  const what: Record<SecretFault, Complaint["what"]> = {
    missing: { zh: `没有密码 ${name}`, en: `there is no secret ${name}` },
    mode: { zh: `${file} 别人也能读`, en: `${file} can be read by others` },
    owner: {
      zh: `${file} 不属于运行本程序的用户`,
      en: `${file} does not belong to the user that runs this program`,
    },
    outside: { zh: `${file} 指到了 secrets 文件夹外面`, en: `${file} leads out of the secrets folder` },
    "not-a-file": { zh: `${file} 不是普通文件`, en: `${file} is not a regular file` },
    "too-large": { zh: `${file} 超过 64 kB`, en: `${file} is larger than 64 kB` },
    empty: { zh: `密码 ${name} 是空的`, en: `the secret ${name} is empty` },
    unreadable: { zh: `${file} 读不了`, en: `${file} cannot be read` },
  };
  const fix: Partial<Record<SecretFault, Complaint["fix"]>> = {
    mode: same(`chmod 600 ${path}`),
    owner: takeOver(`sudo chown ${shellWord(user())} ${path}`, join(folder, name), folder),
    unreadable: takeOver(
      `sudo chown -R ${shellWord(user())} ${shellWord(folder)}`,
      join(folder, name),
      folder,
    ),
    outside: { zh: "把文件本身放进 secrets", en: "put the file itself into secrets" },
  };
  return {
    what: what[fault],
    fix: fix[fault] ?? {
      zh: `把它写进文件 ${path} 再 chmod 600 ${path}，或设环境变量 ${variable(name)}`,
      en: `write it into the file ${path}, then chmod 600 ${path}, or set the variable ${variable(name)}`,
    },
  };
}

/** The secrets of a gateway that runs under another user must not be taken from it: that way out stands first. */
function takeOver(command: string, path: string, folder: string): Complaint["fix"] {
  const owner = ownerOf(path) ?? ownerOf(folder);
  if (owner === undefined || owner === 0 || owner === process.getuid?.()) return { zh: command, en: command };
  const asOwner = `sudo -u '#${owner}' campus-edge check --config ${shellWord(dirname(folder))}`;
  return {
    zh: `如果网关用它的主人运行：${asOwner}；否则：${command}`,
    en: `if the gateway runs as its owner: ${asOwner}; else: ${command}`,
  };
}

function ownerOf(path: string): number | undefined {
  try {
    return statSync(path).uid;
  } catch {
    return undefined;
  }
}

function user(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? "");
  }
}
