/** The audit of a data folder whose gateway does not run. */
import { chown, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Audit, auditName, openAudit } from "../audit.ts";

/** null: it is not this user's, and a file of ours in it would be none of the gateway's. @param wallMs of this machine */
export async function ownAudit(folder: string, wallMs: () => number): Promise<Audit | null> {
  const own = process.getuid?.() ?? null;
  const { uid, gid } = (await stat(folder).catch(() => null)) ?? {};
  if (uid === undefined || gid === undefined || (own !== uid && own !== 0)) return null;
  const opened = await openAudit(folder, wallMs).catch(() => null);
  // The gateway has to be able to go on with it.
  if (own !== uid) await chown(join(folder, auditName), uid, gid).catch(() => {});
  return opened?.audit ?? null;
}
