/** The table of bytes of a panel, as a scene gives it. Pure. */
import { z } from "zod";
import { type Complaint, complain } from "../../config/schema/scalar.ts";
import { type HexByte, type HexTable, hexAnswers, hexOrders } from "../displays/hex-panel.ts";

const mostBytes = 64;

/** What may stand for a byte. */
const stand = { "##": "volume", "++": "sum" } as const satisfies Record<string, HexByte>;

const hexBytes = z.string().transform((raw, context): readonly HexByte[] => {
  const digits = raw.replaceAll(" ", "");
  if (/^([0-9a-fA-F]{2}|##|\+\+)+$/.test(digits) && digits.length <= 2 * mostBytes)
    return (digits.match(/../g) ?? []).map(
      (pair) => stand[pair as keyof typeof stand] ?? Number.parseInt(pair, 16),
    );
  return complain(context, {
    what: { zh: `“${raw}” 不是十六进制字节`, en: `"${raw}" is not hexadecimal bytes` },
    fix: {
      zh: `写成 AA BB 01 这样，最多 ${mostBytes} 个；## 是音量，++ 是前面所有字节之和的低位`,
      en: `write it like AA BB 01, at most ${mostBytes}; ## is the volume, ++ the low byte of the sum of all before`,
    },
  });
});

/** What it hears, and what it says; what is absent it does not know. */
export const hexTableSchema = z
  .strictObject(
    Object.fromEntries([...hexOrders, ...hexAnswers].map((word) => [word, hexBytes.optional()])) as Record<
      (typeof hexOrders)[number] | (typeof hexAnswers)[number],
      z.ZodOptional<typeof hexBytes>
    >,
  )
  .transform((table) => table as HexTable)
  .describe("Bytes of a panel with a hex table: what it hears, and what it answers");

/** null: the table belongs there, or is rightly absent. */
export function hexMistake(model: string, hex: object | undefined): Complaint | null {
  const isPanel = model === "hex-panel" || model === "hex-panel-tcp";
  if (hex === undefined) return null;
  if (!isPanel)
    return {
      what: { zh: `${model} 不用十六进制表`, en: `${model} takes no table of bytes` },
      fix: { zh: "删掉 hex", en: "remove hex" },
    };
  if ("on" in hex && "off" in hex) return null;
  return {
    what: { zh: "表里缺少开机或关机", en: "the table has no bytes for on or for off" },
    fix: { zh: "写上 on 和 off", en: "write on and off" },
  };
}
