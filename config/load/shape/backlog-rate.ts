/**
 * How fast old records may leave, as people write it: of the line (`256kbit/s`), of records (`1500 records/s`), or both.
 */
import type { z } from "zod";
import { type Complaint, complain } from "../../schema/scalar.ts";
import { several } from "./several.ts";

/** Caps by what they count. Bytes are those on the wire, as compressed. */
export interface BacklogRate {
  recordsPerS?: number;
  bytesPerS?: number;
}

const bytesOf: Readonly<Record<string, number>> = {
  "bit/s": 1 / 8,
  "kbit/s": 125,
  "Mbit/s": 125_000,
  "kB/s": 1000,
  "MB/s": 1e6,
};
const recordUnit = "records/s";
const units = [...Object.keys(bytesOf), recordUnit];

/** Less would hold up a single batch for minutes; more is no cap. */
const bounds = { bytes: [125, 1.25e9], records: [1, 100_000] } as const;

/** How people write units otherwise, in small letters without blanks. */
const otherUnits: Readonly<Record<string, string>> = {
  k: "kbit/s",
  kb: "kbit/s",
  kbps: "kbit/s",
  "kb/s": "kbit/s",
  m: "Mbit/s",
  mb: "Mbit/s",
  mbps: "Mbit/s",
  "mb/s": "Mbit/s",
  bps: "bit/s",
  records: recordUnit,
  "record/s": recordUnit,
  "rec/s": recordUnit,
  条: recordUnit,
  "条/秒": recordUnit,
  "条/s": recordUnit,
};

/** `256kbit/s`, `1500 records/s`, both in one text or in a list. What is not written is not capped. */
export const backlogRate = several(cap, 2).transform((all, context): BacklogRate => {
  const both: BacklogRate = Object.assign({}, ...all);
  if (Object.keys(both).length === all.length) return both;
  return complain(context, {
    what: { zh: "同一种限速写了两次", en: "there are two caps of the same kind" },
    fix: {
      zh: "带宽、条数各写一个，如 [256kbit/s, 1500 records/s]",
      en: "write one of the line and one of records, such as [256kbit/s, 1500 records/s]",
    },
  });
});

function cap(raw: string, context: z.core.$RefinementCtx): BacklogRate {
  const [, digits, written = ""] = /^(\d+(?:\.\d+)?)\s*(.*)$/.exec(raw) ?? [];
  const factor = Object.hasOwn(bytesOf, written) ? bytesOf[written] : undefined;
  if (digits === undefined || (factor === undefined && written !== recordUnit))
    return complain(context, noRate(raw, digits, written));
  const value = Number(digits) * (factor ?? 1);
  const [low, high] = factor === undefined ? bounds.records : bounds.bytes;
  if (value < low || value > high) {
    const span = factor === undefined ? "1 records/s … 100000 records/s" : "1kbit/s … 10000Mbit/s";
    return complain(context, {
      what: { zh: `“${raw}” 超出 ${span}`, en: `"${raw}" is not within ${span}` },
      fix: {
        zh: "改到这个范围里；要定旧数据什么时候送，写 backlog.window",
        en: "write one within; when old records go is said by backlog.window",
      },
    });
  }
  return factor === undefined ? { recordsPerS: value } : { bytesPerS: value };
}

function noRate(raw: string, digits: string | undefined, written: string): Complaint {
  const small = written.normalize("NFKC").toLowerCase().replaceAll(" ", "");
  const other = Object.hasOwn(otherUnits, small) ? otherUnits[small] : undefined;
  const unit = other ?? units.find((known) => known.toLowerCase() === small);
  const meant =
    digits === undefined || unit === undefined
      ? undefined
      : `${digits}${unit === recordUnit ? " " : ""}${unit}`;
  const choices = units.join(", ");
  return {
    what:
      digits !== undefined && written === ""
        ? { zh: `“${raw}” 缺少单位`, en: `"${raw}" has no unit` }
        : { zh: `“${raw}” 不是速率`, en: `"${raw}" is not a rate` },
    fix:
      meant === undefined
        ? {
            zh: `写成 256kbit/s 或 1500 records/s 这样，单位可用 ${choices}`,
            en: `write it like 256kbit/s or 1500 records/s; units: ${choices}`,
          }
        : { zh: `是不是 ${meant}？单位可用 ${choices}`, en: `did you mean ${meant}? units: ${choices}` },
  };
}
