/**
 * `assign LINK --profile P --to 12@9600`: has the running gateway give a new device its number and speed on a lent line;
 * where none runs, does it by itself.
 * Never happens: a write without `--yes` or a "yes" at a terminal.
 */
import { loadPlan } from "../../../config/load/index.ts";
import { type AssignAsk, assignRefusalSchema, assignStartedSchema } from "../../../config/schema/assign.ts";
import { kinds } from "../../../drivers/registry.ts";
import { postAssign } from "../../../gateway/status/client.ts";
import { uplinkKinds } from "../../../gateway/uplink/registry.ts";
import { Assignments } from "../../assign/assignments.ts";
import { ownAudit } from "../../assign/own-audit.ts";
import { exit, type Options, type Setting } from "../io.ts";
import { atTerminal, type Question } from "../question.ts";
import { whoAmI } from "../who-am-i.ts";
import { Follower } from "./assign/follow.ts";
import { missingIn, mistakes, problemsOf } from "./assign/trouble.ts";
import { findDoor } from "./status.ts";
import { technician } from "./technician.ts";

const startedOrNot = assignStartedSchema.or(assignRefusalSchema);

type Start = Extract<AssignAsk, { do: "start" }>;

export async function command(
  setting: Setting,
  options: Options,
  question: Question = atTerminal,
): Promise<number> {
  const door = findDoor(setting, options);
  const { lang } = door;
  const { plan } = loadPlan(setting.config, kinds, uplinkKinds, { env: setting.env });
  const missing = missingIn(options, plan?.links ?? []);
  if (missing.length > 0) return mistakes(setting, lang, missing);
  const start: Start = {
    do: "start",
    link: String(options.argument),
    profile: String(options.profile),
    ...(typeof options.from === "string" ? { from: options.from } : {}),
    to: String(options.to),
    replace: options.replace === true,
    power: options["no-power"] !== true,
    by: whoAmI(setting.env),
  };
  const assigning = await technician<AssignAsk>(setting, {
    ...{ door, plan, post: postAssign, patienceMs: stopMs },
    async itself(parts) {
      const folder = plan?.buffer.folder;
      const audit = folder === undefined ? null : await ownAudit(folder, () => parts.clock.wallMs());
      const assignments = new Assignments({ ...parts, hands: parts.lines.hands, audit });
      return {
        ask: (asked) => assignments.ask(asked),
        async close() {
          await assignments.close();
          await audit?.close();
        },
      };
    },
  });
  if (typeof assigning === "number") return assigning;
  try {
    const started = await assigning.ask(start, startedOrNot);
    if (started === null) return exit.cannot;
    if ("error" in started) return mistakes(setting, lang, problemsOf(started.error));
    const kind = plan?.links.find(({ id }) => id === start.link)?.kind;
    const scan = kinds.find((one) => one.kind === kind)?.driver ?? "modbus";
    const follower = new Follower(
      setting,
      lang,
      assigning,
      started.id,
      options.yes === true ? null : question,
    );
    return await follower.follow({ ...start, from: start.from, scan });
  } finally {
    await assigning.close();
  }
}

/** A stop waits until the line is given back. */
const stopMs = 15_000;
