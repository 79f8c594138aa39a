/**
 * Bytes of a file as text: UTF-8, with or without byte order mark; a table also GBK, as spreadsheets save it.
 * Anything else is told as what it is.
 */
import type { Complaint } from "../schema/scalar.ts";

export type Decoded = { text: string } | { code: string; complaint: Complaint };

export function decode(bytes: Uint8Array): Decoded {
  const utf16 = utf16Like(bytes);
  if (utf16)
    return refused(
      "utf-16",
      { zh: "文件是 UTF-16（Unicode）编码", en: "the file is encoded in UTF-16 (“Unicode”)" },
      { zh: "在编辑器里另存为 UTF-8", en: "save it again as UTF-8 in your editor" },
    );
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch {
    if (isGbk(bytes))
      return refused(
        "gbk",
        { zh: "文件是 GBK（ANSI）编码，不是 UTF-8", en: "the file is encoded in GBK (“ANSI”), not UTF-8" },
        { zh: "在编辑器里另存为 UTF-8", en: "save it again as UTF-8 in your editor" },
      );
    return refused(
      "not-text",
      { zh: "文件不是 UTF-8 文本", en: "the file is not UTF-8 text" },
      {
        zh: "检查是不是放错了文件；配置应为 UTF-8 文本",
        en: "check that it is the right file; write UTF-8 text",
      },
    );
  }
}

/** A table as spreadsheets write it: UTF-8, or GBK where it reads as Chinese. */
export function decodeTable(bytes: Uint8Array): Decoded {
  if (workbook.some((magic) => magic.every((byte, index) => bytes[index] === byte)))
    return refused(
      "workbook",
      { zh: "这是改了名字的 Excel 文件，不是 CSV", en: "this is a workbook under another name, not a CSV" },
      asCsv,
    );
  const decoded = decode(bytes);
  if ("text" in decoded) return decoded;
  if (decoded.code === "gbk") return { text: new TextDecoder("gb18030").decode(bytes) };
  return refused(decoded.code, decoded.complaint.what, asCsv);
}

const asCsv = {
  zh: "在表格软件里另存为 “CSV UTF-8”",
  en: "save it as “CSV UTF-8” in your spreadsheet",
};
/** How .xlsx and .xls begin. */
const workbook = [
  [0x50, 0x4b, 0x03, 0x04],
  [0xd0, 0xcf, 0x11, 0xe0],
];

function refused(code: string, what: Complaint["what"], fix: Complaint["fix"]): Decoded {
  return { code, complaint: { what, fix } };
}

/** A byte order mark of UTF-16, or zeros at every other byte of the beginning. */
function utf16Like(bytes: Uint8Array): boolean {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return true;
  const head = bytes.subarray(0, 64);
  const zeros = head.filter((byte) => byte === 0).length;
  return head.length >= 4 && zeros * 3 >= head.length;
}

/** Every non-ASCII byte pairs up as GBK, and the pairs read as Chinese. */
function isGbk(bytes: Uint8Array): boolean {
  try {
    const text = new TextDecoder("gb18030", { fatal: true }).decode(bytes);
    return /\p{Script=Han}/u.test(text) && !text.includes("\0");
  } catch {
    return false;
  }
}
