/**
 * A machine whose only address is ::1, as a network namespace: no IPv4 loopback, no other interface, and a file of
 * names that has `localhost` at IPv4 all the same.
 */
import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Ipv6Verdict } from "./ipv6-only-school.ts";

export type Ipv6Run = Ipv6Verdict & Record<"ipv4" | "ipv6", { bind: string; reach: string }>;

/** Without root, a namespace of users makes one of networks possible. */
const namespaces = process.getuid?.() === 0 ? ["-n", "-m"] : ["-r", "-n", "-m"];
const script = new URL("./ipv6-only-school.ts", import.meta.url).pathname;
const lastAddress = `ip link set lo up && ip addr del 127.0.0.1/8 dev lo && mount --bind "$1" /etc/hosts`;

const names = `127.0.0.1 localhost
::1 box.school.test
`;

/** Why such a machine cannot be made here; null when it can. */
export function ipv6OnlyDenied(): string | null {
  const { status, stderr, error } = spawnSync(
    "unshare",
    [...namespaces, "sh", "-ec", lastAddress, "sh", "/dev/null"],
    { encoding: "utf8" },
  );
  return status === 0 ? null : (error?.message ?? stderr.trim());
}

/**
 * Runs the school there.
 * @param examples folders to be checked
 * @throws with what it said when it did not come to a verdict
 */
export async function runIpv6Only(examples: readonly string[]): Promise<Ipv6Run> {
  const folder = mkdtempSync(join(tmpdir(), "ce-ipv6-"));
  const hosts = join(folder, "hosts");
  writeFileSync(hosts, names, { mode: 0o644 });
  const commands = `${lastAddress} && shift && exec "$@"`;
  const words = [...namespaces, "sh", "-ec", commands, "sh", hosts, process.execPath, script, ...examples];
  try {
    return await new Promise((resolve, reject) => {
      execFile("unshare", words, { encoding: "utf8" }, (error, out, said) => {
        if (error === null) resolve(JSON.parse(out) as Ipv6Run);
        else reject(new Error(`${error.message}\n${said}`));
      });
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
