/**
 * `report audit`: who did what, from the gateway's own file, and whether that is whole.
 */
import { dirname } from "node:path";
import type { Text } from "../../../../config/schema/vocabulary.ts";
import { type AuditEntry, type AuditRead, readAudit } from "../../../audit.ts";
import { exit, type Language, type Options, type Setting } from "../../io.ts";
import { dateTime } from "../../moment.ts";
import { table } from "../../table.ts";
import { findDoor, refused } from "../status.ts";

export const auditName = "audit";
export const auditText: Text = {
  zh: "谁做了什么（命令等），并检查记录有没有被改过",
  en: "who did what (commands and so on), and whether the file was changed",
};

/** The newest lines that a person reads. */
const shown = 50;

const nothing: AuditRead = { entries: [], breaks: [], torn: 0 };

export async function audit(setting: Setting, options: Options): Promise<number> {
  const { socket, lang } = findDoor(setting, options);
  const folder = dirname(socket);
  const { entries, breaks, torn } = await readAudit(folder).catch(() => nothing);
  if (entries.length === 0 && breaks.length === 0 && torn === 0)
    return refused(
      setting,
      lang,
      {
        zh: `${folder} 里没有审计记录，或你没有权限看`,
        en: `there is no audit in ${folder}, or you may not read it`,
      },
      { zh: "用 --data 指定数据文件夹，或加 sudo", en: "name the data folder with --data, or use sudo" },
    );
  if (setting.json)
    setting.out(JSON.stringify({ folder, whole: breaks.length === 0, breaks, torn, entries }));
  else for (const line of lines(entries, breaks, lang)) setting.out(line);
  return breaks.length === 0 ? exit.well : exit.findings;
}

function lines(
  entries: readonly AuditEntry[],
  breaks: Awaited<ReturnType<typeof readAudit>>["breaks"],
  lang: Language,
) {
  const rows = entries
    .slice(-shown)
    .map((entry) => [String(entry.n), moment(entry.at), entry.who, entry.what, about(entry)].map(plain));
  const left = entries.length - rows.length;
  const first = entries[0]?.n ?? 0;
  return [
    ...(left > 0
      ? [
          { zh: `（前面还有 ${left} 条：--json 全部列出）`, en: `(${left} before these: --json has all)` }[
            lang
          ],
        ]
      : []),
    ...table(rows),
    ...breaks.map(
      ({ file, line, what }) =>
        `✕ ${file}:${line} ${
          {
            unreadable: { zh: "不是审计记录", en: "is no audit entry" },
            changed: { zh: "被改过", en: "was changed" },
            missing: { zh: "前面的记录被改过或删掉了", en: "what was before it was changed or taken out" },
          }[what][lang]
        }`,
    ),
    breaks.length === 0
      ? {
          zh: `✓ ${entries.length} 条，从第 ${first} 条起完整，没有被改过`,
          en: `✓ ${entries.length} entries, whole from number ${first} on`,
        }[lang]
      : {
          zh: `✕ ${breaks.length} 处不对：有人改过这个文件，或磁盘坏了`,
          en: `✕ ${breaks.length} places are wrong: somebody changed the file, or the disk is worn`,
        }[lang],
  ];
}

/** Somebody may have written what is no time. */
const moment = (at: number) => (Math.abs(at) < latestMs ? dateTime(at) : String(at));
const latestMs = 8e15;

/** Others wrote it: nothing of it moves the terminal, or begins a line. */
const plain = (text: string) => text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ");

/** What it was about, in brief. */
function about({ facts }: AuditEntry): string {
  const { device, action, args, code, why, answer, link, profile, from, to, places } = facts;
  const result = typeof answer === "string" ? codeIn(answer) : code;
  return [
    [device, action, link, profile].filter((part) => typeof part === "string").join(" "),
    typeof from === "string" && typeof to === "string" ? `${from} → ${to}` : "",
    args === undefined || JSON.stringify(args) === "{}" ? "" : JSON.stringify(args),
    typeof result === "string" ? result : "",
    typeof places === "string" && code !== "done" ? `[${places}]` : "",
    typeof why === "string" && why !== "" ? `“${why}”` : "",
  ]
    .filter((part) => part !== "")
    .join(" ");
}

/** The code in an answer, if it is one. */
function codeIn(answer: string): unknown {
  try {
    return (JSON.parse(answer) as { code?: unknown } | null)?.code;
  } catch {
    return null;
  }
}
