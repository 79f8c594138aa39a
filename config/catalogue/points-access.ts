/**
 * Passes of people: personal, every one stored, and known by a keyed digest alone.
 */
import type { CataloguePoint } from "./point.ts";

const access = { kind: "event", type: "text", level: 4, identity: true } as const;

export const accessPoints: readonly CataloguePoint[] = [
  { ...access, id: "card", text: { zh: "刷卡（只存摘要）", en: "Card shown (digest only)" } },
  { ...access, id: "qr", text: { zh: "扫码（只存摘要）", en: "Code shown (digest only)" } },
];
