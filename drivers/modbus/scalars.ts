/**
 * Scalars that only this driver's fields have: addresses on the wire, serial ports, ranges of bits. Pure.
 */
import { z } from "zod";
import { complain } from "../../config/schema/scalar.ts";

/** `21` or `0x15` → 0 to 65535. */
export const wireAddress = z.string().transform((raw, context): number => {
  const value = /^(\d{1,5}|0[xX][0-9A-Fa-f]{1,4})$/.test(raw) ? Number(raw) : Number.NaN;
  if (value <= 0xffff) return value;
  return complain(context, {
    what: { zh: `“${raw}” 不是寄存器地址`, en: `"${raw}" is no address of a register` },
    fix: {
      zh: "写报文里的地址 0 到 65535，例如 21 或 0x0015；手册写 40022 时减 40001",
      en: "write the address in the frame, 0 to 65535, such as 21 or 0x0015; a manual's 40022 is 21",
    },
  });
});

/** Any one device answers to it, as some sensors do: only for a device alone on its line. */
export const anyUnit = 254;

/** 1 to 247 (Modbus over Serial Line 1.02, §2.2), or `anyUnit`. */
export const serialUnit = z.string().transform((raw, context): number => {
  const value = /^\d{1,3}$/.test(raw) ? Number(raw) : Number.NaN;
  if ((value >= 1 && value <= 247) || value === anyUnit) return value;
  return complain(context, {
    what: { zh: `“${raw}” 不是设备地址`, en: `"${raw}" is no unit` },
    fix: {
      zh: "写 1 到 247；线上只有一台、手册写着 254 的写 254",
      en: "write 1 to 247, or 254 for a device alone on its line whose manual says so",
    },
  });
});

export const serialPort = z.string().transform((raw, context): string => {
  if (/^\/[\x21-\x7e]{1,255}$/.test(raw)) return raw;
  return complain(context, {
    what: { zh: `“${raw}” 不是串口`, en: `"${raw}" is no serial port` },
    fix: {
      zh: "写 /dev/serial/by-id/… 或 /dev/ttyS4 这样的完整路径",
      en: "write the whole path, such as /dev/serial/by-id/… or /dev/ttyS4",
    },
  });
});

/** Bits of a value, 0 the lowest, both ends included. */
export interface BitRange {
  from: number;
  to: number;
}

/** `0..3`, or `4` for one. */
export const bitRange = z.string().transform((raw, context): BitRange => {
  const [, low, high] = /^(\d{1,2})(?:\.\.(\d{1,2}))?$/.exec(raw.replaceAll(" ", "")) ?? [];
  const from = Number(low);
  const to = Number(high ?? low);
  if (low !== undefined && from <= to && to <= 63) return { from, to };
  return complain(context, {
    what: { zh: `“${raw}” 不是位的范围`, en: `"${raw}" is no range of bits` },
    fix: {
      zh: "写成 0..3，0 是最低位，小的在前",
      en: "write it like 0..3: 0 is the lowest, the smaller first",
    },
  });
});

/** Function that reads: 1 coils, 2 discrete inputs, 3 holding registers, 4 input registers. */
export const readFunction = z.enum(["1", "2", "3", "4"]).transform((digit) => Number(digit) as 1 | 2 | 3 | 4);
