/**
 * The words for what zod finds: what is wrong and what to write, from the issue alone. Pure.
 */
import type { z } from "zod";
import type { Text } from "../schema/vocabulary.ts";
import { nearest } from "./nearest.ts";

type Issue = z.core.$ZodIssue;
interface Words {
  code: string;
  what: Text;
  fix: Text;
}

/** @param written the text that stands there, if it is a single value */
export function explained(issue: Issue, written: string | undefined): Words {
  switch (issue.code) {
    case "invalid_type":
      return wrongShape([issue.expected]);
    case "invalid_value":
      return choice(written, issue.values.map(String), []);
    case "invalid_union": {
      const members = issue.errors.flat().filter((inner) => inner.path.length === 0);
      const values = members.flatMap((inner) =>
        inner.code === "invalid_value" ? inner.values.map(String) : [],
      );
      const shapes = members.flatMap((inner) => (inner.code === "invalid_type" ? [inner.expected] : []));
      return values.length > 0 ? choice(written, values, shapes) : wrongShape(shapes);
    }
    case "too_small":
    case "too_big":
      return size(
        issue.code === "too_small",
        Number("minimum" in issue ? issue.minimum : issue.maximum),
        issue.origin,
      );
    default:
      return {
        code: "bad-value",
        what: { zh: "这里的内容不能用", en: "this cannot be used here" },
        fix: { zh: "对照说明改写", en: `compare with the manual (${issue.message})` },
      };
  }
}

const shapes: Record<string, Text> = {
  string: { zh: "一个值", en: "a single value" },
  array: { zh: "列表，如 [甲, 乙]", en: "a list such as [a, b]" },
  object: { zh: " { 名字: 内容 }", en: "{ name: content }" },
  record: { zh: " { 名字: 内容 }", en: "{ name: content }" },
};

function wrongShape(expected: readonly string[]): Words {
  if (expected.includes("never"))
    return {
      code: "not-allowed",
      what: { zh: "这里不能写内容", en: "nothing may be written here" },
      fix: { zh: "删掉它", en: "remove it" },
    };
  const words = [...new Set(expected)].map((shape) => shapes[shape] ?? { zh: shape, en: shape });
  const zh = words.map((word) => word.zh).join("或");
  const en = words.map((word) => word.en).join(" or ");
  return {
    code: "wrong-shape",
    what: { zh: `这里要写${zh}`, en: `${en} is needed here` },
    fix: { zh: "检查缩进和括号", en: "check the indentation and the brackets" },
  };
}

function choice(written: string | undefined, values: readonly string[], others: readonly string[]): Words {
  if (written === undefined && others.length === 0) return wrongShape(["string"]);
  const near = written === undefined ? undefined : (meant(written, values) ?? nearest(written, values));
  const list = values.slice(0, 40).join(", ");
  const more = others.map((shape) => shapes[shape] ?? { zh: shape, en: shape });
  const zh = [list, ...more.map((word) => word.zh.trim())].join(" 或 ");
  const en = [list, ...more.map((word) => word.en)].join(" or ");
  return {
    code: "not-a-choice",
    what:
      written === undefined
        ? { zh: "这里的内容不能用", en: "this cannot be used here" }
        : { zh: `“${written}” 不在可选项里`, en: `"${written}" is not one of the choices` },
    fix: {
      zh: near === undefined ? `可写：${zh}` : `是不是 “${near}”？可写：${zh}`,
      en: near === undefined ? `write one of: ${en}` : `did you mean "${near}"? choices: ${en}`,
    },
  };
}

const otherNames: Record<string, readonly string[]> = {
  zh: ["cn", "chinese", "zh-cn", "zh_cn", "chs", "中文", "汉语", "简体中文"],
  on: ["在用", "启用", "正常", "使用"],
  trial: ["试用", "试装", "试运行"],
  off: ["停用", "停", "关", "关闭", "未装"],
  en: ["english", "en-us", "en_us", "英文", "英语"],
  int16: ["int", "short", "integer", "signed", "有符号"],
  uint16: ["word", "uint", "ushort", "unsigned", "无符号"],
  int32: ["long", "dint", "longint"],
  uint32: ["dword", "ulong", "udint"],
  float32: ["float", "real", "single", "浮点"],
  float64: ["double", "lreal"],
  bool: ["boolean", "coil"],
  text: ["string", "ascii"],
  number: ["float", "int", "integer", "double"],
};

/** The choice that is written here by another of its names. */
const meant = (written: string, values: readonly string[]) =>
  values.find((value) => otherNames[value]?.includes(written.toLowerCase()));

function size(small: boolean, bound: number, origin: string): Words {
  const noun: Text =
    origin === "array" || origin === "set"
      ? { zh: "项", en: "items" }
      : origin === "string"
        ? { zh: "个字符", en: "characters" }
        : { zh: "", en: "" };
  const zh = `${small ? "至少" : "最多"} ${bound} ${noun.zh}`.trim();
  const en = `${small ? "at least" : "at most"} ${bound} ${noun.en}`.trim();
  return {
    code: "bad-size",
    what: { zh: `这里应为${zh}`, en: `there must be ${en}` },
    fix: small
      ? { zh: "补上，或整项删掉", en: "add more, or remove it whole" }
      : { zh: "减少或拆分", en: "shorten or split it" },
  };
}
