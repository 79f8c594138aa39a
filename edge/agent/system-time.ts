import { execFile } from "node:child_process";
import { access } from "node:fs/promises";

/** systemd-timesyncd makes this file when it has synchronised, and removes it at boot. */
const timesyncMark = "/run/systemd/timesync/synchronized";

/** True iff the system says that its clock is synchronised: timesyncd's mark, or chrony's leap status. Never throws. */
export async function systemTimeIsSynchronised(): Promise<boolean> {
  if (
    await access(timesyncMark).then(
      () => true,
      () => false,
    )
  )
    return true;
  return new Promise((resolve) => {
    execFile("chronyc", ["-c", "tracking"], { timeout: 2000, maxBuffer: 4096 }, (error, stdout) => {
      // Fields of `chronyc -c tracking`; the last is the leap status, "Not synchronised" until it is.
      const fields = String(stdout).trim().split(",");
      resolve(error === null && fields.length >= 14 && fields.at(-1) !== "Not synchronised");
    });
  });
}
