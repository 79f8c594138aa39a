import { userInfo } from "node:os";
import type { Io } from "./io.ts";

/** Whoever is at the terminal, for the audit. */
export function whoAmI(env: Io["env"]): string {
  const name = env.SUDO_USER || env.USER || userInfo().username;
  return /^[\x21-\x7e]{1,64}$/.test(name) ? name : "unknown";
}
