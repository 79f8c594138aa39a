/**
 * `assign LINK --profile P --to 12@9600`: has the running gateway give a new device its number and speed on a lent line;
 * where none runs, does it by itself.
 * Never happens: a write without `--yes` or a "yes" at a terminal.
 */
import { loadModels, loadPlan } from "../../../config/load/index.ts";
import { type AssignAsk, assignRefusalSchema, assignStartedSchema } from "../../../config/schema/assign.ts";
import type { LinkPlan, Plan } from "../../../config/schema/plan.ts";
import { kinds, openDriver } from "../../../drivers/registry.ts";
import { postAssign } from "../../../gateway/status/client.ts";
import { uplinkKinds } from "../../../gateway/uplink/registry.ts";
import { createLog, systemClock } from "../../agent/index.ts";
import { Assignments } from "../../assign/assignments.ts";
import { ownAudit } from "../../assign/own-audit.ts";
import { ownLines } from "../../search/own-lines.ts";
import { exit, type Language, type Options, type Setting } from "../io.ts";
import { atTerminal, type Question } from "../question.ts";
import { whoAmI } from "../who-am-i.ts";
import { type Assigning, Follower } from "./assign/follow.ts";
import { missingIn, mistakes, problemsOf } from "./assign/trouble.ts";
import { ask, findDoor, isRunning, refused } from "./status.ts";

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
  const running = await isRunning(door, setting.signal);
  if (!running && plan === null)
    return refused(
      setting,
      lang,
      {
        zh: "网关没有运行，配置也读不通，不知道有哪些线路",
        en: "no gateway runs, and the files cannot be read: nobody knows the links",
      },
      { zh: "先运行 campus-edge check，照着改", en: "run campus-edge check and mend what it says" },
    );
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
  const assigning = running ? throughDoor(setting, door) : await byItself(plan as Plan);
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

function throughDoor(setting: Setting, door: { socket: string; lang: Language }): Assigning {
  // Whoever interrupts is still answered once more.
  const asking = { ...setting, signal: new AbortController().signal };
  return {
    ask: (asked, schema) =>
      ask(asking, door, (socket, signal) => postAssign(socket, asked, signal), schema, stopMs),
    close: async () => {},
  };
}
/** A stop waits until the line is given back. */
const stopMs = 15_000;

async function byItself(plan: Plan): Promise<Assigning> {
  const [clock, log] = [systemClock(), createLog("error")];
  const contextOf = ({ id }: LinkPlan) => ({
    ...{ clock, log, self: `${plan.school.id}-${plan.school.gateway}-${id}` },
    secret: (name: string) => plan.secret(name),
    digest: () => "",
    trace: () => {},
    report: () => {},
  });
  const lines = ownLines(openDriver, contextOf);
  const audit = await ownAudit(plan.buffer.folder, () => clock.wallMs());
  const assignments = new Assignments({
    ...{ clock, log, kinds, plan: () => plan, hands: lines.hands, audit },
    models: (driver) => loadModels(plan.folder, driver, kinds),
  });
  return {
    ask: async (asked, schema) => schema.parse((await assignments.ask(asked)).body),
    async close() {
      await assignments.close();
      await lines.close();
      await audit?.close();
    },
  };
}
