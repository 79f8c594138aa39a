/**
 * The YAML parser's complaints, as a technician can act on them.
 */
import type { Complaint } from "../schema/scalar.ts";

const known: Record<string, Complaint> = {
  TAB_AS_INDENT: {
    what: { zh: "缩进用了 Tab", en: "the indentation uses a tab" },
    fix: { zh: "缩进改用空格（两个一级）", en: "indent with blanks, two for each level" },
  },
  BAD_INDENT: {
    what: {
      zh: "缩进对不齐，或括号没有关上",
      en: "the indentation does not line up, or a bracket is not closed",
    },
    fix: { zh: "同一级的行对齐；补上 ] 或 }", en: "line up what belongs together; close the ] or }" },
  },
  MISSING_CHAR: {
    what: {
      zh: "这里少一个字符（引号、逗号、括号，或冒号后的空格）",
      en: "a character is missing here (quote, comma, bracket, or the blank after a colon)",
    },
    fix: {
      zh: '补上 " , ] } 之一；冒号后面要有空格',
      en: 'add the missing " , ] or }; a colon needs a blank behind it',
    },
  },
  MULTILINE_IMPLICIT_KEY: {
    what: { zh: "这一行没有“名字: 内容”的样子", en: "this line is not of the form `name: value`" },
    fix: {
      zh: "检查冒号后面有没有空格，缩进对不对",
      en: "check the blank behind the colon, and the indentation",
    },
  },
  BLOCK_AS_IMPLICIT_KEY: {
    what: { zh: "一行里有两个“名字: 内容”", en: "there are two `name: value` on one line" },
    fix: {
      zh: "分成两行，或把含冒号的文字加英文引号",
      en: "make it two lines, or put quotes around a text that holds a colon",
    },
  },
  BLOCK_IN_FLOW: {
    what: { zh: "括号里不能用按行缩进的写法", en: "lines with indentation cannot stand inside brackets" },
    fix: { zh: "括号里用逗号分隔", en: "separate by commas inside brackets" },
  },
  BAD_SCALAR_START: {
    what: { zh: "文字不能以这个符号开头", en: "a text cannot begin with this sign" },
    fix: { zh: "给这段文字加英文引号", en: "put quotes around this text" },
  },
  BAD_DQ_ESCAPE: {
    what: { zh: "双引号里的 \\ 写法不对", en: "there is a wrong \\ inside double quotes" },
    fix: { zh: "改用单引号，或把 \\ 写成 \\\\", en: "use single quotes, or write \\\\ for one \\" },
  },
  BAD_ALIAS: {
    what: { zh: "引用（*）写得不对", en: "an alias (*) is wrong here" },
    fix: {
      zh: "直接写出内容；以 * 开头的文字加引号",
      en: "write the content itself; quote a text that begins with *",
    },
  },
  TAG_RESOLVE_FAILED: {
    what: { zh: "不用写类型标记（! 开头）", en: "type tags (beginning with !) are not used" },
    fix: { zh: "去掉标记；以 ! 开头的文字加引号", en: "remove the tag; quote a text that begins with !" },
  },
  KEY_OVER_1024_CHARS: {
    what: { zh: "名字太长", en: "the name is too long" },
    fix: { zh: "检查引号和冒号", en: "check quotes and colons" },
  },
};

/** Lines stand deeper than what they belong to. */
export const disorder: Complaint = {
  what: { zh: "缩进对不齐", en: "the indentation does not line up" },
  fix: {
    zh: "同一级的行对齐（两个空格一级）",
    en: "line up what belongs together, two blanks for each level",
  },
};

/** The first line with content stands further in than those after it. */
export const firstIndented = (line: number): Complaint => ({
  what: { zh: `第 ${line} 行前面多了空格`, en: `line ${line} begins with blanks` },
  fix: { zh: "删掉行首的空格，段名顶格写", en: "remove them: a section begins in the first column" },
});

export const bracketOpen: Complaint = {
  what: { zh: "这个括号没有关上", en: "this bracket is not closed" },
  fix: { zh: "补上 ] 或 }", en: "close it with ] or }" },
};

/** `${name}`, as other programs have it. */
export const noBraces: Complaint = {
  what: { zh: "$ 后面的名字不用花括号", en: "a name behind $ stands without braces" },
  fix: { zh: "写成 $名字，例如 $ct", en: "write $name, such as $ct" },
};

const asciiSigns: Readonly<Record<string, string>> = {
  "｛": "{",
  "｝": "}",
  "［": "[",
  "］": "]",
  "【": "[",
  "】": "]",
  "；": ",",
  ";": ",",
  "＃": "#",
  "//": "#",
};

/** A sign of a Chinese keyboard, or of another language, where YAML has its own. */
export function chineseSign(sign: string): Complaint {
  const ascii = asciiSigns[sign] ?? "";
  if (ascii === "#")
    return {
      what: { zh: "注释要以英文 # 开头", en: "a comment begins with an ASCII #" },
      fix: { zh: "改成 #", en: "write #" },
    };
  return {
    what: { zh: `这里的 ${sign} 不是英文的 ${ascii}`, en: `this ${sign} is not an ASCII ${ascii}` },
    fix: { zh: `改成英文的 ${ascii}`, en: `write ${ascii}` },
  };
}

/** @param address of IPv6, in brackets */
export const unquoted = (address: string): Complaint => ({
  what: { zh: "带方括号的地址要加引号", en: "an address in brackets needs quotes" },
  fix: { zh: `写成 "${address}"`, en: `write "${address}"` },
});

export const blankMissing: Complaint = {
  what: { zh: "冒号后面缺一个空格", en: "the blank after the colon is missing" },
  fix: { zh: "在冒号后面加一个空格", en: "put a blank behind the colon" },
};

/** @param code of the yaml package; `message` its own words, shown when we have none. */
export function syntaxComplaint(code: string, message: string): Complaint {
  if (/^Missing closing ["']/.test(message))
    return {
      what: { zh: "引号没有关上", en: "a quote is not closed" },
      fix: { zh: "在文字末尾补上同样的引号", en: "put the same quote at the end of the text" },
    };
  // Behind a colon it quotes what was written.
  const [words] = message.split(":");
  return (
    known[code] ?? {
      what: { zh: `这里不符合 YAML 写法（${words}）`, en: `this is not YAML (${words})` },
      fix: { zh: "检查冒号、缩进、引号和括号", en: "check colons, indentation, quotes and brackets" },
    }
  );
}
