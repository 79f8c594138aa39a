import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemTime } from "../../../edge/agent/system-time.ts";

/** Words as the real tools print them. */
const chrony = (leap: string, reference = "CB00710A", offset = "0.000012345") =>
  `${reference},203.0.113.10,3,1788220800.123456789,${offset},-0.000001,0.00002,-7.1,0.0,0.1,0.012,0.001,64.5,${leap}`;
const busybox = (status: string, maxerror: number, code: string) => `    mode:         0
-o  offset:       0 us
-f  freq.adjust:  0 (65536 = 1ppm)
    maxerror:     ${maxerror}
    esterror:     16000000
    status:       ${status}
-p  timeconstant: 2
    precision:    1 us
    tolerance:    32768000
-t  tick:         10000 us
    time.tv_sec:  1788220800
    return value: ${code}
`;
const debian = (status: number, maxerror: number) => `         mode: 0
       offset: 0
    frequency: 0
     maxerror: ${maxerror}
     esterror: 16000000
       status: ${status}
time_constant: 2
    precision: 1
 return value = 5
`;
const ntptime = (code: string, error: number, status: string) => `ntp_gettime() returns code ${code}
  time ed5a1d00.1fa5e5d0  Tue, Sep  1 2026  0:00:00.123, (.123626),
  maximum error ${error} us, estimated error 16 us, TAI offset 37
ntp_adjtime() returns code ${code}
  modes 0x0 (),
  offset 0.000 us, frequency 0.000 ppm, interval 1 s,
  maximum error ${error} us, estimated error 16 us,
  status ${status} (UNSYNC),
  time constant 2, precision 1.000 us, tolerance 500 ppm,
`;

describe("the system", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "ce-time-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const tool = (name: string, script: string) => {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  };
  const says = (name: string, out: string, more = "") => tool(name, `${more}cat <<'END'\n${out}\nEND`);
  const mark = () => join(folder, "synchronized");
  const asked = (limitMs = 5000) => systemTime({ folders: [folder], mark: mark(), limitMs });

  it.each<[tool: string, out: string, answer: string]>([
    ["timedatectl", "NTPSynchronized=yes", "yes"],
    ["timedatectl", "NTPSynchronized=no", "no"],
    ["timedatectl", "", "unknown"],
    ["chronyc", chrony("Normal"), "yes"],
    ["chronyc", chrony("Insert second"), "yes"],
    ["chronyc", chrony("Not synchronised", "00000000"), "no"],
    ["chronyc", chrony("Normal", "7F7F0101"), "no"],
    ["chronyc", chrony("Normal", "CB00710A", "-259200.0"), "no"],
    ["chronyc", "506 Cannot talk to daemon", "unknown"],
    ["ntptime", ntptime("0 (OK)", 2345, "0x2001"), "yes"],
    ["ntptime", ntptime("5 (ERROR)", 16_000_000, "0x40"), "no"],
    ["ntptime", ntptime("5 (ERROR)", 2345, "0x2041"), "no"],
    ["adjtimex", debian(64, 16_000_000), "no"],
    ["adjtimex", debian(1, 1200), "yes"],
    ["busybox", busybox("64 (UNSYNC)", 16_000_000, "5 (clock not synchronized)"), "no"],
    ["busybox", busybox("8193 (PLL)", 400, "0 (clock synchronized)"), "yes"],
    ["busybox", busybox("1 (PLL)", 16_000_000, "5 (clock not synchronized)"), "no"],
    ["ntpctl", "4/4 peers valid, constraint offset 0s, clock synced, stratum 3", "yes"],
    ["ntpctl", "0/4 peers valid, clock unsynced", "no"],
    ["ntpctl", "ntpctl: connect error: No such file", "unknown"],
  ])("is asked by %s: %s", async (name, out, answer) => {
    says(name, out);
    expect(await asked()).toBe(answer);
  });

  it("does not know without any tool, and with tools that fail, babble or cannot be run", async () => {
    expect(await asked()).toBe("unknown");
    tool("timedatectl", "echo 'Failed to connect to bus' >&2; exit 1");
    tool("ntptime", "exit 127");
    tool("ntpctl", "head -c 1000000 /dev/zero");
    writeFileSync(join(folder, "adjtimex"), "no program", { mode: 0o755 });
    writeFileSync(join(folder, "chronyc"), "#!/nowhere/at/all\n", { mode: 0o755 });
    expect(await asked()).toBe("unknown");
  });

  it("is synchronised when one tool says so, and by timesyncd's mark where no tool can say", async () => {
    writeFileSync(mark(), "");
    expect(await asked()).toBe("yes");
    says("timedatectl", "NTPSynchronized=no");
    expect(await asked()).toBe("no");
    says("chronyc", chrony("Normal"));
    expect(await asked()).toBe("yes");
  });

  it("sets nothing: every tool is given the words that only read", async () => {
    for (const name of ["timedatectl", "chronyc", "ntptime", "adjtimex", "busybox", "ntpctl"])
      tool(name, `echo "$0 $*" >> ${folder}/calls`);
    await asked();
    const calls = readFileSync(join(folder, "calls"), "utf8").trim().split("\n").sort();
    expect(calls.map((call) => call.replace(`${folder}/`, ""))).toEqual([
      "adjtimex --print",
      "busybox adjtimex",
      "chronyc -n -c tracking",
      "ntpctl -s status",
      "ntptime ",
      "timedatectl show --property=NTPSynchronized",
    ]);
  });

  it("waits for no tool that hangs, and ends it with what it started", async () => {
    tool(
      "timedatectl",
      `trap '' TERM INT HUP; sleep 600 & echo $! > ${folder}/child; echo $$ > ${folder}/own; wait`,
    );
    says("chronyc", chrony("Normal"));
    expect(await asked(2000)).toBe("yes");
    for (const name of ["child", "own"]) {
      const pid = readFileSync(join(folder, name), "utf8").trim();
      await until(() => !isAlive(pid));
    }
  });
});

const until = async (met: () => boolean) => {
  while (!met()) await new Promise((resolve) => setTimeout(resolve, 5));
};

/** A zombie that nobody has buried yet does nothing any more. */
function isAlive(pid: string): boolean {
  if (!existsSync(`/proc/${pid}/stat`)) return false;
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
