/**
 * What a person may do with the store: see it, list and retry what a platform refused, carry records by hand.
 *
 * Never happens: records count as delivered by anything but the platform's own word, known by a key in the configuration.
 */
import { createPublicKey, verify } from "node:crypto";
import { bundleReceiptBodySchema, bundleReceiptSchema } from "../../config/schema/bundle-receipt.ts";
import type { Plan } from "../../config/schema/plan.ts";
import { plainRejects } from "../../config/schema/receipt.ts";
import type { Value } from "../../config/schema/vocabulary.ts";
import { NotStored } from "../../drivers/contract/index.ts";
import type { Encoder, Outcome } from "../../gateway/contract/index.ts";
import type { Account, Journal } from "../journal/index.ts";
import { type BufferAsk, type BufferRefusal, bufferAskSchema } from "./buffer-answer.ts";
import { filterName } from "./uplink-filter.ts";

export interface BufferParts {
  journal: Journal;
  encoder: Pick<Encoder, "batch">;
  /** The plan that runs. */
  plan(): Plan;
  wallMs(): number | null;
  /** An uplink that was stopped for its platform's refusals sends again, and one that is down is tried now. */
  goOn(uplink: string): void;
}

/** Rows shown of a quarantine. */
const shown = 200;
const piece = { rows: 1000, bytes: 160 * 1024 };

const fates = ["delivered", "withheld", "quarantined", "lost", "waiting"] as const;

/** Answers one question of the local door. Rejects for nothing that was asked wrongly. */
export async function answerBuffer(asked: unknown, parts: BufferParts): Promise<Outcome> {
  const read = bufferAskSchema.safeParse(asked);
  const uplinks = parts.plan().uplinks.map(({ id }) => id);
  const refuse = (code: BufferRefusal): Outcome => ({ done: false, body: { error: { code, uplinks } } });
  if (!read.success) return refuse("bad-request");
  const ask = read.data;
  if ("uplink" in ask && !uplinks.includes(ask.uplink)) return refuse("no-uplink");
  try {
    const body = await answer(ask, parts);
    return typeof body === "string" ? refuse(body) : { done: true, body: { v: 1, ...body } };
  } catch (error) {
    if (error instanceof NotStored) return refuse("store-down");
    throw error;
  }
}

async function answer(ask: BufferAsk, parts: BufferParts): Promise<object | BufferRefusal> {
  const { journal, encoder } = parts;
  switch (ask.do) {
    case "look":
      return look(parts);
    case "list": {
      const { codes, rows } = await journal.quarantine(ask.uplink, shown);
      return {
        codes,
        rows: rows.map(({ text, base, ...row }) => {
          const [, , t = 0, value] = JSON.parse(text) as [number, number, number, Value];
          return { ...row, at: base === null ? null : base + t, value };
        }),
      };
    }
    case "retry": {
      const rows = await journal.retry(ask.uplink, ask.code);
      parts.goOn(ask.uplink);
      return { rows };
    }
    case "carry": {
      if (ask.filter !== filterOf(parts, ask.uplink)) return "other-filter";
      const slice = await journal.carry(ask.uplink, ask.after, piece);
      if (slice === null) return { batch: null, records: 0, after: ask.after };
      const batch = Buffer.from(encoder.batch(slice).bytes).toString("utf8");
      return { batch, records: slice.rows.length, after: { epoch: slice.epoch, seq: slice.range?.[1] ?? 0 } };
    }
    case "carried":
      return carried(ask.receipt, parts);
  }
}

async function look({ journal, plan, wallMs }: BufferParts): Promise<object> {
  const { school, uplinks } = plan();
  const { accounts } = journal.status();
  const sums = (uplink: string) => {
    const own = accounts.filter((account) => account.uplink === uplink);
    const sum = (fate: keyof Account & (typeof fates)[number]) =>
      own.reduce((all, each) => all + each[fate], 0);
    return Object.fromEntries(fates.map((fate) => [fate, sum(fate)]));
  };
  const seen = [];
  for (const { id, carryKey, ...taken } of uplinks) {
    const { codes } = await journal.quarantine(id, 0);
    seen.push({ id, ...sums(id), carries: carryKey !== undefined, filter: filterName(taken), codes });
  }
  return { school: school.id, gateway: school.gateway, at: wallMs(), uplinks: seen };
}

function filterOf({ plan }: Pick<BufferParts, "plan">, uplink: string): string | null {
  const found = plan().uplinks.find(({ id }) => id === uplink);
  return found === undefined ? null : filterName(found);
}

/** A platform's receipt for bundles; every part of it that fits settles. */
async function carried(text: string, { journal, plan }: BufferParts): Promise<object | BufferRefusal> {
  const receipt = parsed(text, bundleReceiptSchema);
  const body = receipt === null ? null : parsed(receipt.body, bundleReceiptBodySchema);
  if (receipt === null || body === null) return "bad-request";
  const { school, uplinks } = plan();
  if (body.school !== school.id || body.gateway !== school.gateway) return "not-ours";
  const uplink = uplinks.find(({ id }) => id === body.uplink);
  if (uplink === undefined) return "no-uplink";
  if (uplink.carryKey === undefined) return "no-key";
  if (!isSigned(receipt, uplink.carryKey)) return "signature";
  // What would go now and was withheld then was not in the bundle: nobody has it but this gateway.
  if (body.filter !== filterName(uplink)) return "other-filter";
  let settled = 0;
  let skipped = 0;
  let rejected = 0;
  for (const word of body.epochs) {
    const moved = await journal.carried(uplink.id, { ...word, rejected: plainRejects(word.rejected) });
    settled += moved;
    if (moved === 0) skipped += 1;
    else rejected += word.rejected.length;
  }
  return { uplink: uplink.id, settled, rejected, skipped };
}

function parsed<T>(
  text: string,
  schema: { safeParse(value: unknown): { success: true; data: T } | { success: false } },
): T | null {
  try {
    const read = schema.safeParse(JSON.parse(text));
    return read.success ? read.data : null;
  } catch {
    return null;
  }
}

/** Ed25519 over the exact bytes. @param key base64 of its SubjectPublicKeyInfo (RFC 8410) */
function isSigned({ body, sig }: { body: string; sig: string }, key: string): boolean {
  try {
    const pinned = createPublicKey({ key: Buffer.from(key, "base64"), format: "der", type: "spki" });
    return verify(null, Buffer.from(body, "utf8"), pinned, Buffer.from(sig, "base64"));
  } catch {
    return false;
  }
}
