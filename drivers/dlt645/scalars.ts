/**
 * Scalars that only this driver's fields have: numbers of meters, identifiers, formats. Pure.
 */
import { z } from "zod";
import { type Complaint, complain } from "../../config/schema/scalar.ts";

/** Whoever hears it answers: for a meter alone on its line, when its number is asked for. */
export const anyMeter = "AAAAAAAAAAAA";
const everyMeter = "999999999999";
const digits = 12;

export const isMeterNumber = (text: string): boolean => /^\d{12}$/.test(text) && text !== everyMeter;

export interface MeterNumber {
  /** 12 digits. */
  meter: string;
  /** Zeros were put in front. */
  padded: boolean;
}

/** `000021081234`, or what the nameplate has of it. */
export const meterNumber = z.string().transform((raw, context): MeterNumber => {
  if (/^\d{1,12}$/.test(raw) && raw !== everyMeter)
    return { meter: raw.padStart(digits, "0"), padded: raw.length < digits };
  return complain(context, notANumber(raw));
});

function notANumber(raw: string): Complaint {
  const plain = raw.normalize("NFKC").replaceAll(/[\s_.-]/gu, "");
  const isAny = /^A+$/i.test(plain);
  const what = isAny
    ? {
        zh: `“${raw}” 是通配地址，谁都应答，不能当表号`,
        en: `"${raw}" is the address of any meter, and no number of one`,
      }
    : plain === everyMeter
      ? {
          zh: `“${raw}” 是广播地址，没有表会应答`,
          en: `"${raw}" is the address of all meters, which none answers`,
        }
      : { zh: `“${raw}” 不是表号`, en: `"${raw}" is no number of a meter` };
  if (/^\d{1,12}$/.test(plain) && plain !== everyMeter)
    return {
      what,
      fix: {
        zh: `写 ${plain.padStart(digits, "0")}（半角数字，中间不要空格）`,
        en: `write ${plain.padStart(digits, "0")}, in plain digits without blanks`,
      },
    };
  if (/^\d{13,}$/.test(plain))
    return {
      what,
      fix: {
        zh: `最多 12 位，这里有 ${plain.length} 位：条形码常比表号长，写铭牌上的“表号”或“通信地址”`,
        en: `it has 12 digits at most, these are ${plain.length}: a bar code is often longer; write the number (表号) or address (通信地址) on the nameplate`,
      },
    };
  return {
    what,
    fix: {
      zh: "写铭牌上的 12 位表号（通信地址），例如 000021081234，前面的 0 不要省",
      en: "write the 12 digits on its nameplate, such as 000021081234, with the zeros in front",
    },
  };
}

/** `02010100`: DI3 DI2 DI1 DI0, as the standard's tables have it. */
export const identifier = z.string().transform((raw, context): string => {
  if (/^[0-9A-Fa-f]{8}$/.test(raw)) return raw.toUpperCase();
  const plain = raw
    .normalize("NFKC")
    .replaceAll(/[\s_.-]/gu, "")
    .replace(/^0x/i, "")
    .replace(/h$/i, "");
  const isOld = /^[0-9A-Fa-f]{4}$/.test(plain);
  return complain(context, {
    what: { zh: `“${raw}” 不是数据标识`, en: `"${raw}" is no data identifier` },
    fix: /^[0-9A-Fa-f]{8}$/.test(plain)
      ? { zh: `写 ${plain.toUpperCase()}`, en: `write ${plain.toUpperCase()}` }
      : isOld
        ? {
            zh: "4 位的是 DL/T 645-1997 的标识，本程序只读 2007 版：写 8 位，例如 02010100",
            en: "one of 4 digits is of DL/T 645-1997, and only the version of 2007 is read: write 8, such as 02010100",
          }
        : {
            zh: "写标准附录里的 8 位十六进制，例如 02010100（DI3 在前）",
            en: "write the 8 hexadecimal digits of the standard's tables, such as 02010100 (DI3 first)",
          },
  });
});

/** A block has all items of a kind: one of its bytes is FF. */
export const isBlock = (di: string): boolean => /^(?:..)*FF/.test(di);

/** How digits stand in a value. `text`: a number of something, zeros kept. */
export interface Format {
  whole: number;
  decimals: number;
  text: boolean;
}

/** A double holds them all. */
const mostDigits = 14;
const mostText = 64;

/** `XXX.X`, digits before and after the point; `NNNN`, a text of digits. */
export const format = z.string().transform((raw, context): Format => {
  const [, whole = "", decimals = ""] = /^(X+)(?:\.(X+))?$/.exec(raw) ?? [];
  const count = whole.length + decimals.length;
  if (count > 0 && count <= mostDigits && count % 2 === 0)
    return { whole: whole.length, decimals: decimals.length, text: false };
  if (/^N+$/.test(raw) && raw.length <= mostText && raw.length % 2 === 0)
    return { whole: raw.length, decimals: 0, text: true };
  const odd = count % 2 === 1 || (/^N+$/.test(raw) && raw.length % 2 === 1);
  return complain(context, {
    what: odd
      ? {
          zh: `“${raw}” 的位数是单数，一个字节有两位`,
          en: `"${raw}" has an odd number of digits, and a byte has two`,
        }
      : { zh: `“${raw}” 不是数据格式`, en: `"${raw}" is no format` },
    fix: {
      zh: `照标准的表写，例如 XXX.X、XXXXXX.XX（最多 ${mostDigits} 位）；编号写 NNNNNNNNNNNN`,
      en: `write it as the standard's tables do: XXX.X, XXXXXX.XX (${mostDigits} digits at most); a number of something: NNNNNNNNNNNN`,
    },
  });
});

/** Bytes that it takes. */
export const sizeOf = ({ whole, decimals }: Format): number => (whole + decimals) / 2;
export const spokenFormat = ({ whole, decimals, text }: Format): string => {
  const sign = text ? "N" : "X";
  return decimals === 0 ? sign.repeat(whole) : `${sign.repeat(whole)}.${sign.repeat(decimals)}`;
};
