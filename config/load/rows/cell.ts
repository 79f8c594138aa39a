/**
 * What spreadsheets do to a cell before anybody sees it: each told in its own words.
 */
import type { Complaint } from "../../schema/scalar.ts";

/** What a column holds: a parameter or a stage, keys of devices, a date, or words for people. */
export type Use = "value" | "keys" | "date" | "words";

export type Judged = { text: string } | { code: string; complaint: Complaint };

/** A cell's text, blanks around it taken off, as its column needs it; or why it is unusable. */
export function judgeCell(written: string, use: Use): Judged {
  const text = written.trim();
  const trap = traps.find(
    ({ pattern, uses }) => pattern.test(text) && (uses === undefined || uses.includes(use)),
  );
  if (trap !== undefined) {
    const shown = text.slice(0, 40);
    return { code: trap.code, complaint: { what: trap.what(shown), fix: trap.fix } };
  }
  if (use === "date") return dateOf(text);
  if (use === "words") return { text };
  const narrow = (use === "keys" ? text.replace(/[，；、\u3000]/g, " ") : text).normalize("NFKC");
  if (
    narrow !== text &&
    /^[\x20-\x7e]*$/.test(narrow) &&
    !(use === "keys" && narrow === text.replace(/[，；、\u3000]/g, " "))
  )
    return {
      code: "full-width",
      complaint: {
        what: {
          zh: `“${text.slice(0, 40)}” 里有全角字符`,
          en: `"${text.slice(0, 40)}" has full-width characters`,
        },
        fix: { zh: `用英文输入法改成 ${narrow.slice(0, 40)}`, en: `write ${narrow.slice(0, 40)}` },
      },
    };
  return { text };
}

interface Trap {
  code: string;
  pattern: RegExp;
  /** Absent: all. */
  uses?: readonly Use[];
  what: (shown: string) => Complaint["what"];
  fix: Complaint["fix"];
}

const traps: readonly Trap[] = [
  {
    code: "excel-number",
    pattern: /^-?\d(?:\.\d+)?E\+\d{1,3}$/i,
    uses: ["value", "keys", "date"],
    what: (shown) => ({
      zh: `“${shown}” 是表格软件改写过的长数字，原来的数字已经丢失`,
      en: `"${shown}" is a long number that the spreadsheet rewrote; its digits are lost`,
    }),
    fix: {
      zh: "先把这一列设为“文本”，再照铭牌重新输入",
      en: "make this column text, then type all digits again from the nameplate",
    },
  },
  {
    code: "excel-error",
    pattern: /^#(?:N\/A|REF!|VALUE!|NAME\?|DIV\/0!|NULL!|NUM!|SPILL!|CALC!)$/i,
    what: (shown) => ({ zh: `“${shown}” 是表格里算错的公式`, en: `"${shown}" is a formula that failed` }),
    fix: {
      zh: "在表格里改成实际的内容，再存一次 CSV",
      en: "put the value itself there and save the CSV again",
    },
  },
  {
    code: "excel-narrow",
    pattern: /^#{3,}$/,
    what: (shown) => ({
      zh: `“${shown}” 是列太窄时显示的，不是内容`,
      en: `"${shown}" is what a narrow column shows, not its content`,
    }),
    fix: { zh: "把列拉宽，再存一次 CSV", en: "widen the column and save the CSV again" },
  },
  {
    code: "excel-formula",
    pattern: /^=/,
    what: () => ({ zh: "这是公式，不是内容", en: "this is a formula, not its result" }),
    fix: { zh: "在表格里“粘贴为数值”，再存一次 CSV", en: "paste it as a value and save the CSV again" },
  },
  {
    code: "excel-date",
    pattern:
      /^(?:\d{1,2}月\d{1,2}日|\d{4}年\d{1,2}月(?:\d{1,2}日)?|\d{1,2}-[A-Z][a-z]{2}|[A-Z][a-z]{2}-\d{2}|\d{4}\/\d{1,2}\/\d{1,2})$/,
    uses: ["value"],
    what: (shown) => ({
      zh: `“${shown}” 是日期：表格软件把原来的内容（例如 1-2）改成了日期`,
      en: `"${shown}" is a date: the spreadsheet made it of something like 1-2`,
    }),
    fix: { zh: "先把这一列设为“文本”，再重新输入", en: "make this column text, then type it again" },
  },
];

/** Dates as spreadsheets write them, as `2026-10-31` or `2026-10-31T12:00`; what is no date is left as it is. */
function dateOf(text: string): Judged {
  const [, year, month, day, hour, minute] =
    /^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]+(\d{1,2}):(\d{2})(?::00)?)?$/.exec(text) ?? [];
  if (year !== undefined && month !== undefined && day !== undefined) {
    const date = `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
    const midnight = hour === undefined || (Number(hour) === 0 && minute === "00");
    return { text: midnight ? date : `${date}T${hour.padStart(2, "0")}:${minute}` };
  }
  if (/^\d{1,2}月\d{1,2}日$|^\d{1,2}[-/]\d{1,2}$|^\d{1,2}-[A-Z][a-z]{2}$/.test(text))
    return {
      code: "excel-date",
      complaint: {
        what: { zh: `“${text}” 没有年份`, en: `"${text}" has no year` },
        fix: { zh: "写成 2026-10-31", en: "write it like 2026-10-31" },
      },
    };
  if (/^\d{5}(?:\.\d+)?$/.test(text)) {
    const meant = new Date(Date.UTC(1899, 11, 30) + Math.floor(Number(text)) * 86_400_000)
      .toISOString()
      .slice(0, 10);
    return {
      code: "excel-date",
      complaint: {
        what: { zh: `“${text}” 是表格软件的日期序号`, en: `"${text}" is a spreadsheet's number for a date` },
        fix: { zh: `如果指 ${meant}，就写 ${meant}`, en: `write ${meant} if that is meant` },
      },
    };
  }
  return { text };
}
