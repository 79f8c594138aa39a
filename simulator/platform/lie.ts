/** False receipts: each is one that R9 tells a gateway to ignore. Pure but for the chance it is given. */
import type { BatchBody } from "../../config/schema/batch.ts";
import type { ReceiptBody } from "../../config/schema/receipt.ts";
import type { Chance } from "../seeded.ts";
import type { Lie } from "./moods.ts";

/** The bytes of a lie about a batch whose true receipt is given. */
export function lieAbout(kind: Lie, receipt: ReceiptBody, batch: BatchBody, chance: Chance): Buffer {
  const rows = batch.rows.length;
  const json = (value: object) => Buffer.from(JSON.stringify({ ...receipt, ...value }));
  const foreign = { seq: batch.head + 1_000_000, code: "lie" };
  const own = { seq: batch.rows[0]?.[0] ?? 1, code: "lie" };
  switch (kind) {
    case "taken-more":
      return json({ taken: receipt.taken + 1 });
    case "taken-less":
      // An empty batch has nothing less to take.
      return json(receipt.taken > 0 ? { taken: receipt.taken - 1 } : { taken: 1 });
    case "next-beyond":
      return json({ next: batch.head + 1_000_000 });
    case "unknown-batch":
      return json({ batch: hex(chance, 64) });
    case "foreign-reject":
      return json({ taken: Math.max(0, rows - 1), rejected: [foreign] });
    case "double-reject":
      return json({ taken: Math.max(0, rows - 2), rejected: [own, own] });
    case "fraction":
      return json({ taken: receipt.taken + 0.5 });
    case "truncated":
      return json({}).subarray(0, 40);
    case "garbage":
      return Buffer.from(
        Array.from({ length: 1 + Math.floor(chance() * 200) }, () => Math.floor(chance() * 256)),
      );
    case "oversized":
      return Buffer.concat([json({ batch: hex(chance, 64) }), Buffer.alloc(2 * 1024 * 1024, " ")]);
  }
}

function hex(chance: Chance, digits: number): string {
  return Array.from({ length: digits }, () => Math.floor(chance() * 16).toString(16)).join("");
}
