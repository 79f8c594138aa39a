/**
 * What is done with the lines of a school: by the gateway that runs, through its local door, or by this program itself
 * where none runs.
 */
import type { z } from "zod";
import { loadModels } from "../../../config/load/index.ts";
import type { LinkPlan, Plan } from "../../../config/schema/plan.ts";
import { kinds, openDriver } from "../../../drivers/registry.ts";
import type { Outcome } from "../../../gateway/contract/index.ts";
import { createLog, systemClock } from "../../agent/index.ts";
import { ownLines } from "../../search/own-lines.ts";
import type { Setting } from "../io.ts";
import { ask, type Door, isRunning, refused } from "./status.ts";

/** Whoever does it. */
export interface Technician<A extends object> {
  /** What it answers; null: it does not, which has been said then. */
  ask<T>(asked: A, schema: z.ZodType<T>): Promise<T | null>;
  close(): Promise<void>;
}

/** What one that works by itself is made of. */
export type Own = ReturnType<typeof partsOf>;

interface Ways<A extends object> {
  door: Door;
  /** Of the files; null: they cannot be read. */
  plan: Plan | null;
  /** Asks the gateway. */
  post(socket: string, asked: A, signal: AbortSignal): Promise<unknown>;
  /** The longest that an answer of the gateway may take, ms. */
  patienceMs?: number;
  /** It needs no links, and so no files. */
  bare?: boolean;
  /** Does it by itself. */
  itself(own: Own): Promise<{ ask(asked: A): Promise<Outcome>; close(): Promise<void> }>;
}

/** @returns an exit code when nobody can: that has been said then */
export async function technician<A extends object>(
  setting: Setting,
  { door, plan, post, patienceMs, bare = false, itself }: Ways<A>,
): Promise<Technician<A> | number> {
  if (await isRunning(door, setting.signal)) {
    // Whoever interrupts is still answered once more.
    const asking = { ...setting, signal: new AbortController().signal };
    return {
      ask: (asked, schema) =>
        ask(asking, door, (socket, signal) => post(socket, asked, signal), schema, patienceMs),
      close: async () => {},
    };
  }
  if (plan === null && !bare)
    return refused(
      setting,
      door.lang,
      {
        zh: "网关没有运行，配置也读不通，不知道有哪些线路",
        en: "no gateway runs, and the files cannot be read: nobody knows the links",
      },
      { zh: "先运行 campus-edge check，照着改", en: "run campus-edge check and mend what it says" },
    );
  const parts = partsOf(plan);
  const own = await itself(parts);
  return {
    ask: async (asked, schema) => schema.parse((await own.ask(asked)).body),
    async close() {
      await own.close();
      await parts.lines.close();
    },
  };
}

const noFiles: Pick<Plan, "links" | "off" | "folder"> = { links: [], off: [], folder: "" };

function partsOf(plan: Plan | null) {
  const known = plan ?? noFiles;
  // What cannot be done is told in words.
  const [clock, log] = [systemClock(), createLog("error")];
  const contextOf = ({ id }: LinkPlan) => ({
    ...{ clock, log, self: `${plan?.school.id}-${plan?.school.gateway}-${id}` },
    secret: (name: string) => plan?.secret(name) ?? new Uint8Array(),
    digest: () => "",
    trace: () => {},
    report: () => {},
  });
  return {
    ...{ clock, log, kinds, openDriver, plan: () => known },
    lines: ownLines(openDriver, contextOf),
    models: (driver: string) => loadModels(known.folder, driver, kinds),
  };
}
