/**
 * What of commands is written down beside their acceptance: in the audit, and as records. Never rejects: what was done
 * was done, whether or not that can be written.
 */
import type { CommandCode } from "../../config/schema/command.ts";
import type { DevicePoints } from "../../config/schema/plan.ts";
import type { AuditFacts } from "../audit.ts";
import type { CommanderParts } from "./parts.ts";
import { commandDraft } from "./record.ts";

/** Forged and malformed ones, and repeats of what was refused, are told to the audit so often. */
const tellForgedMs = 60_000;

export class Written {
  readonly #parts: Pick<CommanderParts, "audit" | "append" | "clock" | "log">;
  #forged = 0;
  #toldForgedAt = Number.NEGATIVE_INFINITY;

  constructor(parts: Pick<CommanderParts, "audit" | "append" | "clock" | "log">) {
    this.#parts = parts;
  }

  /** What is not done needs no proof on disk. @returns its hash; empty: it could not be written */
  async note(who: string, what: string, facts: AuditFacts): Promise<string> {
    try {
      return await this.#parts.audit.write(who, what, facts);
    } catch (error) {
      this.#parts.log.error({ what, error: String(error) }, "the audit could not be written");
      return "";
    }
  }

  /** The store may be down: commands go on, and the audit has them. */
  async record(device: DevicePoints, what: Parameters<typeof commandDraft>[1]): Promise<void> {
    try {
      await this.#parts.append([commandDraft(device, what)]);
    } catch (error) {
      this.#parts.log.warn(
        { device: device.device, error: String(error) },
        "the record of a command was not stored",
      );
    }
  }

  /** Of those that nobody can be held to, or that are known, one a minute, with how many there were. */
  async forgery(uplink: string, code: CommandCode, key: string | null): Promise<void> {
    this.#forged += 1;
    const now = this.#parts.clock.monotonicMs();
    if (now - this.#toldForgedAt < tellForgedMs) return;
    this.#toldForgedAt = now;
    const count = this.#forged;
    this.#forged = 0;
    this.#parts.log.warn({ uplink, code, count }, "a command was refused");
    await this.note(`uplink:${uplink}`, "command.refused", { code, key, count });
  }
}
