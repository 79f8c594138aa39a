/**
 * `why`: the worst that needs somebody, or what is known of one subject, in a few lines to forward.
 */
import { statusSchema } from "../../../config/schema/status.ts";
import { fetchStatus } from "../../../gateway/status/client.ts";
import { exit, type Options, type Setting } from "../io.ts";
import { whyLines } from "../why-lines.ts";
import { ask, findDoor, refused } from "./status.ts";

export async function command(setting: Setting, options: Options): Promise<number> {
  const door = findDoor(setting, options);
  const { lang } = door;
  const status = await ask(setting, door, fetchStatus, statusSchema);
  if (status === null) return exit.cannot;
  const subject = typeof options.argument === "string" ? options.argument : undefined;
  const why = whyLines(status, subject, lang);
  if (why.found === "nothing") return refused(setting, lang, why.what, why.fix);
  if (why.found === "well") {
    setting.out(setting.json ? JSON.stringify({ well: true, subject: subject ?? null }) : why.line);
    return exit.well;
  }
  const { reason, devices, spaces } = why.matter;
  if (setting.json) {
    const rooms = spaces.map(({ id }) => id);
    setting.out(JSON.stringify({ reason, devices: devices.map(({ id }) => id), rooms, lines: why.lines }));
  } else for (const line of why.lines) setting.out(line);
  return exit.findings;
}
