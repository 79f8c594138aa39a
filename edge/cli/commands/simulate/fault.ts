/** `simulate fault`: something goes wrong in the school that is simulated beside, by hand. */
import { readWords } from "../../../../config/load/one-file.ts";
import { askDoor, doorPath, type Question } from "../../../../simulator/faults/door.ts";
import { faultKinds, faultSchema } from "../../../../simulator/faults/fault-schema.ts";
import { exit, type Language, type Options, type Setting } from "../../io.ts";
import { refused } from "./refused.ts";

const faultWords = ["room", "floor", "device", "rate", "count", "how", "by", "for"] as const;

export async function makeFault(setting: Setting, options: Options, what: unknown): Promise<number> {
  const lang: Language = setting.lang ?? "zh";
  if (typeof what !== "string") {
    for (const kind of faultKinds) setting.out(kind);
    setting.out(
      setting.say({
        zh: "campus-edge simulate fault 名字 --room、--floor 或 --device …；--for 多久；名字写 none 取消全部",
        en: "campus-edge simulate fault NAME with --room, --floor or --device; --for how long; NAME none takes all back",
      }),
    );
    return exit.well;
  }
  let question: Question = { allWell: true };
  if (what !== "none") {
    const words = Object.fromEntries(
      faultWords.flatMap((word) => (typeof options[word] === "string" ? [[word, options[word]]] : [])),
    );
    question = { fault: { what, ...words } };
    const problems = readWords(question.fault, faultSchema);
    for (const problem of problems)
      setting.err(`${problem.what[lang]}${lang === "zh" ? "；" : "; "}${problem.fix[lang]}`);
    if (problems.length > 0) return exit.cannot;
  }
  const answer = await askDoor(doorPath(setting.env), question);
  if (answer === null)
    return refused(
      setting,
      { zh: "没有正在运行的模拟学校", en: "no simulated school is running" },
      {
        zh: "先运行 campus-edge simulate 名字，或 demo",
        en: "start one with campus-edge simulate NAME, or demo",
      },
    );
  if (setting.json) setting.out(JSON.stringify(answer));
  else if (answer.ok) setting.out(answer.text[lang]);
  else setting.err(answer.text[lang]);
  return answer.ok ? exit.well : exit.findings;
}
