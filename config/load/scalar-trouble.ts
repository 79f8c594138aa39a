/**
 * Values that are wrong whatever they were meant for.
 */
import type { Findings } from "./findings.ts";
import type { Scalar } from "./node.ts";
import { lineText, position } from "./source.ts";
import { chineseSign } from "./syntax-complaint.ts";

/** Tells a value that is empty, or that a spreadsheet rewrote. */
export function scalarTrouble(key: Scalar, value: Scalar, findings: Findings): void {
  if (!value.plain) return;
  if (value.text === "") {
    findings.silence(value);
    findings.error(
      "empty-value",
      key,
      { zh: `“${key.text}:” 后面是空的`, en: `nothing stands after "${key.text}:"` },
      level(key)
        ? {
            zh: "写上内容；下面的行如果属于它，每行前面加两个空格",
            en: "write a value; if the lines below belong to it, put two blanks before each",
          }
        : { zh: "写上内容，或删掉这一行", en: "write a value, or remove the line" },
    );
  } else if (/^[｛［【][\x20-\x7e：，；]*[｝］】]?$/.test(value.text)) {
    findings.silence(value);
    const { what, fix } = chineseSign(value.text.slice(0, 1));
    findings.error("full-width-bracket", value, what, fix);
  } else if (/^\d(?:\.\d+)?E\+\d{2}$/.test(value.text)) {
    findings.silence(value);
    findings.error(
      "excel-number",
      value,
      {
        zh: `“${value.text}” 是表格软件改写过的长数字，原来的数字已经丢失`,
        en: `"${value.text}" is a long number that a spreadsheet rewrote; its digits are lost`,
      },
      {
        zh: "照铭牌或原表重新写全；表格里把该列设为文本",
        en: "write all digits again from the nameplate; make that column text in the spreadsheet",
      },
    );
  }
}

/** Whether a key begins its line and the next line with anything on it begins below it. */
function level({ source, offset }: Scalar): boolean {
  const { line, column } = position(source, offset);
  const before = lineText(source, line).slice(0, column - 1);
  if (before.trim() !== "") return false;
  const next = /\n([ \t]*)(?=[^\s#])/g;
  next.lastIndex = offset;
  return next.exec(source.text)?.[1] === before;
}
