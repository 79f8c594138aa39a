/**
 * Scalars that only this driver's fields have: addresses on the wire, units, functions. Pure.
 */
import { z } from "zod";
import { complain } from "../../config/schema/scalar.ts";

/** Numbers that manuals count from 1, by the digit in front of them: what they stand for. */
const counted: Readonly<Record<string, { fc: number; bits: boolean }>> = {
  "1": { fc: 2, bits: true },
  "3": { fc: 4, bits: false },
  "4": { fc: 3, bits: false },
};

/** What 40001 or 400001 stands for in the frame; null: it is an address as on the wire. */
function fromOne(raw: string): { address: number; fc: number; bits: boolean } | null {
  const [, digit = "", place] = /^([134])(\d{4,5})$/.exec(raw) ?? [];
  const of = counted[digit];
  const address = Number(place) - 1;
  if (of === undefined || !(address >= 0 && address <= 0xffff)) return null;
  // Of registers, 10001 may well be an address on the wire.
  return of.bits && raw.length === 5 ? null : { address, ...of };
}

/** `21` or `0x15` → 0 to 65535. One that a manual counts from 1 (40001) is refused; as 0x9C41 it is meant as it stands. */
export const wireAddress = z.string().transform((raw, context): number => {
  const manual = fromOne(raw);
  if (manual !== null) {
    const { address, fc, bits } = manual;
    const hex = `0x${Number(raw).toString(16).toUpperCase().padStart(4, "0")}`;
    const own = Number(raw) <= 0xffff;
    const type = bits ? ", type: bool" : "";
    return complain(context, {
      what: {
        zh: `${raw} 是手册从 1 数起的编号，报文里的地址是 ${address}`,
        en: `${raw} counts from 1, as manuals do: the address in the frame is ${address}`,
      },
      fix: {
        zh: `写 address: ${address}, fc: ${fc}${type}${own ? `；报文里真是 ${raw} 时写 ${hex}` : ""}`,
        en: `write address: ${address}, fc: ${fc}${type}${own ? `; if the frame truly has ${raw}, write ${hex}` : ""}`,
      },
    });
  }
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
  const isUnit = (unit: number) => (unit >= 1 && unit <= 247) || unit === anyUnit;
  if (isUnit(value)) return value;
  const meant = numberMeant(raw);
  return complain(context, {
    what: { zh: `“${raw}” 不是设备地址`, en: `"${raw}" is no unit` },
    fix:
      meant !== undefined && isUnit(meant)
        ? { zh: `写十进制的 ${meant}`, en: `write ${meant}, in plain decimal digits` }
        : {
            zh: "写 1 到 247；线上只有一台、手册写着 254 的写 254",
            en: "write 1 to 247, or 254 for a device alone on its line whose manual says so",
          },
  });
});

/** `0x03`, `03H` and full-width digits as a number. */
function numberMeant(raw: string): number | undefined {
  const word = raw.normalize("NFKC").trim();
  if (/^\d+$/.test(word)) return Number(word);
  const [, front, behind] = /^(?:0[xX]([0-9A-Fa-f]+)|([0-9A-Fa-f]+)[hH])$/.exec(word) ?? [];
  const digits = front ?? behind;
  return digits === undefined ? undefined : Number.parseInt(digits, 16);
}

/** 0 to 255 behind a gateway; 1 where nothing is written. */
export const tcpUnit = z.string().transform((raw, context): number => {
  const value = /^\d{1,3}$/.test(raw) ? Number(raw) : Number.NaN;
  if (value <= 255) return value;
  const meant = numberMeant(raw);
  return complain(context, {
    what: { zh: `“${raw}” 不是 0 到 255 的整数`, en: `"${raw}" is not a whole number from 0 to 255` },
    fix:
      meant !== undefined && meant <= 255
        ? { zh: `写十进制的 ${meant}`, en: `write ${meant}, in plain decimal digits` }
        : { zh: "写 0 到 255 之间的整数", en: "write a whole number from 0 to 255" },
  });
});

/** Function that reads: 1 coils, 2 discrete inputs, 3 holding registers, 4 input registers. */
export const readFunction = z.enum(["1", "2", "3", "4"]).transform((digit) => Number(digit) as 1 | 2 | 3 | 4);
