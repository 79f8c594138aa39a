/** What cannot be simulated is told in words, or as JSON. */
import type { Text } from "../../../../config/schema/vocabulary.ts";
import { exit, type Setting } from "../../io.ts";

export function refused(setting: Setting, what: Text, fix: Text): number {
  const lang = setting.lang ?? "zh";
  if (setting.json) setting.out(JSON.stringify({ error: { what, fix } }));
  setting.err(`${what[lang]}${lang === "zh" ? "；" : "; "}${fix[lang]}`);
  return exit.cannot;
}
