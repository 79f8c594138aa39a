/**
 * Ids as the files write them, and an ASCII proposal for one that is not.
 */
import { z } from "zod";
import { type Complaint, matching, text } from "../../schema/scalar.ts";

/** Devices, links, uplinks, profiles. */
export const idPattern = /^[a-z0-9][a-z0-9-]{0,63}$/;
export const pointPattern = /^[a-z][a-z0-9_]{0,31}$/;
export const spacePattern = /^[A-Z0-9]{1,12}$/;

const idShape = {
  zh: "小写字母、数字和 -，例如 301-air（最长 64 个字符）",
  en: "lower-case letters, digits and -, such as 301-air (at most 64)",
};

export const idText = matching(idPattern, idShape);
/** The name of something else; whether it exists is checked where all names are known. */
export const reference = text(200);
export const freeText = z.string().max(1000);

/** Longer words first: the proposal reads from left to right. */
const words: readonly [chinese: string, english: string][] = [
  ["温湿度", "climate"],
  ["摄像机", "camera"],
  ["摄像头", "camera"],
  ["一体机", "panel"],
  ["投影机", "projector"],
  ["计算机", "computer"],
  ["充电桩", "charger"],
  ["省平台", "province"],
  ["区平台", "district"],
  ["空气", "air"],
  ["探头", "probe"],
  ["电表", "meter"],
  ["总表", "main"],
  ["水表", "water"],
  ["空调", "ac"],
  ["投影", "projector"],
  ["大屏", "panel"],
  ["网关", "gateway"],
  ["教室", "room"],
  ["校门", "gate"],
  ["线路", "line"],
  ["照明", "light"],
  ["刷卡", "card"],
  ["省", "province"],
  ["区", "district"],
  ["门", "door"],
  ["灯", "light"],
  ["号", ""],
];

/** An id near what was written: known Chinese words translated, the rest left out; `fallback` when nothing remains. */
export function proposedId(written: string, fallback: string): string {
  let text = written.normalize("NFKC").toLowerCase();
  for (const [chinese, english] of words) text = text.replaceAll(chinese, `-${english}-`);
  const id = text
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 64);
  return id === "" ? fallback : id;
}

/** Why `written` is no id, with a proposal; null when it is one. */
export function idComplaint(written: string, fallback: string): Complaint | null {
  if (idPattern.test(written)) return null;
  const proposal = proposedId(written, fallback);
  return {
    what: { zh: `“${written}” 不能作编号`, en: `"${written}" cannot be an id` },
    fix: {
      zh: `编号只用${idShape.zh}；可写 ${proposal}，中文写在 name 或 note 里`,
      en: `an id has only ${idShape.en}; write ${proposal}`,
    },
  };
}
