import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Journal, openJournal, type UplinkFilter } from "../../../edge/journal/index.ts";
import type { Receipt, Slice } from "../../../gateway/contract/index.ts";
import { FakeClock, recordingLog } from "../../fake-clock.ts";
import { plainRow } from "../../plain-row.ts";
import { co2 } from "../../suites/journal.ts";
import { ModelPlatform } from "./model-platform.ts";

/** Seeded 32-bit generator (mulberry32): [0, 1). */
export function seeded(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export interface Verdict {
  lostAcked: number;
  duplicates: number;
  phantoms: number;
  falseGaps: number;
  /** Everything else that must not be: conflicts, malformed slices, sums that do not add up, what never drained. */
  broken: string[];
  kills: number;
  rollbacks: number;
  restores: number;
  records: number;
}

interface Emission {
  n: number;
  keyed: boolean;
  /** Times it was put to the journal. */
  puts: number;
  acked: boolean;
  withheld: boolean;
}

const uplink = "province";
/** Points whose name says that the filter withholds them. */
const filter: UplinkFilter = { id: uplink, accepts: (series) => series.point !== "secret", start: "oldest" };

/**
 * One random life of a school's journal against one platform: kills, lost, late, doubled and reordered
 * batches and receipts, rejects, rolled-back disks, restored platforms. Checks the account at every step
 * and the four numbers at the end.
 */
export async function liveOnce(seed: number, steps: number): Promise<Verdict> {
  const random = seeded(seed);
  const below = (n: number) => Math.floor(random() * n);
  const chance = (p: number) => random() < p;
  const root = mkdtempSync(join(tmpdir(), "ce-model-"));
  const clock = new FakeClock();
  const platform = new ModelPlatform();
  const verdict: Verdict = {
    lostAcked: 0,
    duplicates: 0,
    phantoms: 0,
    falseGaps: 0,
    broken: [],
    kills: 0,
    rollbacks: 0,
    restores: 0,
    records: 0,
  };
  const emissions = new Map<number, Emission>();
  let folder = join(root, "0");
  let images = 0;
  let life = 0;
  let mood = 0;
  let journal: Journal;
  /** Slices the sender holds until they are settled, and what is on the wire. */
  let held: Slice[] = [];
  const wire: { slice: Slice; copy: string }[] = [];
  const answers: { slice: Slice; receipt: Receipt; life: number }[] = [];
  const keyed: { ns: number[]; withheld: boolean }[] = [];
  const saved: { folder: string; acked: Set<number> }[] = [];
  let restore: (() => void) | null = null;
  const judge = (text: string) =>
    mood > 0 && (JSON.parse(text) as number[])[3] !== null && chance(mood) ? `code-${below(3)}` : null;

  const open = () =>
    openJournal({
      folder,
      gateway: "gw1",
      encoder: { row: plainRow },
      clock,
      log: recordingLog(),
      uplinks: [filter],
      cacheBytes: chance(0.5) ? 500 : 4e6,
    });
  const settled = async () => {
    while (journal.status().writing) await new Promise((resolve) => setTimeout(resolve, 1));
  };
  const image = async () => {
    await settled();
    const copy = join(root, String(++images));
    cpSync(folder, copy, { recursive: true });
    return copy;
  };
  const reborn = async (next: string) => {
    life += 1;
    await journal.close();
    folder = next;
    held = [];
    journal = await open();
  };
  const sums = (when: string) => {
    for (const account of journal.status().accounts) {
      const { head, delivered, withheld, quarantined, lost, waiting } = account;
      const parts = [delivered, withheld, quarantined, lost, waiting];
      if (parts.some((part) => part < 0) || parts.reduce((a, b) => a + b) !== head) {
        verdict.broken.push(`${when}: ${JSON.stringify(account)}`);
      }
    }
  };
  const append = (ns: number[], keyed: boolean, withheld: boolean) => {
    const born = life;
    const drafts = ns.map((n) => ({
      series: withheld ? { ...co2, point: "secret" } : co2,
      class: "T" as const,
      value: n,
      quality: 0,
    }));
    const keys = keyed
      ? [{ slot: `d/${(ns[0] ?? 0) % 3}`, value: String(ns[0]), rule: "once" as const }]
      : [];
    for (const n of ns) {
      const emission = emissions.get(n) ?? { n, keyed, puts: 0, acked: false, withheld };
      emission.puts += 1;
      emissions.set(n, emission);
    }
    journal.append(drafts, keys, (["now", "ack", "polled"] as const)[below(3)] ?? "ack").then(
      () => {
        // After a kill nobody is there to be answered.
        if (born === life) for (const n of ns) (emissions.get(n) as Emission).acked = true;
      },
      () => {},
    );
  };
  const read = async () => {
    const lane = (["live", "live", "backlog", "retry", "early"] as const)[below(5)] ?? "live";
    const slice = await journal.read(uplink, lane, { rows: 1 + below(20), bytes: 1e6 });
    if (slice === null) return;
    held.push(slice);
    wire.push({ slice, copy: `${life}/${slice.id}` });
  };
  const settle = async ({ slice, receipt, life: born }: (typeof answers)[number]) => {
    const before = journal.status().strayReceipts;
    const done = journal.settle(uplink, slice.id, receipt).catch(() => {});
    if (born === life && journal.status().strayReceipts === before)
      held = held.filter((other) => other !== slice);
    if (chance(0.3)) await Promise.race([done, clock.advance(200).then(settled)]);
  };
  const take = <T>(list: T[]): T | undefined => list.splice(below(list.length), 1)[0];

  try {
    journal = await open();
    let n = 0;
    for (let step = 0; step < steps; step++) {
      const dice = below(100);
      if (dice < 30) {
        const message = { ns: Array.from({ length: 1 + below(3) }, () => ++n), withheld: chance(0.2) };
        const withKey = chance(0.5);
        if (withKey) keyed.push(message);
        append(message.ns, withKey, message.withheld);
      } else if (dice < 33) {
        const again = keyed.at(-1 - below(5));
        if (again !== undefined) append(again.ns, true, again.withheld);
      } else if (dice < 50) await clock.advance(below(400)).then(settled);
      else if (dice < 62) await read();
      else if (dice < 72) {
        const sent = take(wire);
        if (sent !== undefined && !chance(0.2)) {
          const receipt = platform.accept(sent.slice, sent.copy, judge);
          if (receipt === null) verdict.broken.push(`malformed slice ${JSON.stringify(sent.slice)}`);
          else answers.push({ slice: sent.slice, receipt, life: Number(sent.copy.split("/")[0]) });
          if (chance(0.2)) wire.push(sent);
        }
      } else if (dice < 84) {
        const answer = take(answers);
        if (answer !== undefined && !chance(0.15)) {
          if (chance(0.15)) answers.push(answer);
          if (chance(0.1))
            await settle({ ...answer, receipt: { ...answer.receipt, taken: answer.receipt.taken + 1 } });
          else await settle(answer);
        }
      } else if (dice < 88) {
        const again = held[below(held.length)];
        if (again !== undefined) wire.push({ slice: again, copy: `${life}/${again.id}` });
      } else if (dice < 90)
        for (const claim of journal.claims(uplink)) wire.push({ slice: claim, copy: `${life}/${claim.id}` });
      else if (dice < 91) mood = chance(0.5) ? 0 : random() * 0.6;
      else if (dice < 92) await journal.retry(uplink).catch(() => {});
      else if (dice < 93) {
        journal.roll("test").catch(() => {});
      } else if (dice < 94) {
        journal.release(uplink, "live");
        held = held.filter((slice) => slice.lane !== "live");
      } else if (dice < 95)
        saved.push({
          folder: await image(),
          acked: new Set([...emissions.values()].filter((e) => e.acked).map((e) => e.n)),
        });
      else if (dice < 96) restore = platform.snapshot();
      else if (dice < 97 && restore !== null && chance(0.5)) {
        restore();
        restore = null;
        verdict.restores += 1;
      } else if (dice < 98 && chance(0.3)) {
        const old = take(saved);
        if (old !== undefined) {
          // What was acknowledged after the image is gone with the disk; only its keys must never be used again.
          for (const emission of emissions.values()) if (!old.acked.has(emission.n)) emission.acked = false;
          await reborn(old.folder);
          verdict.rollbacks += 1;
        }
      } else {
        await reborn(await image());
        verdict.kills += 1;
      }
      sums(`seed ${seed} step ${step}`);
    }

    // Quiescence: faults off, platform up, drained.
    mood = 0;
    let quiet = false;
    for (let round = 0; round < 60; round++) {
      await clock.advance(61_000).then(settled);
      await journal.retry(uplink).catch(() => {});
      const slices = journal.claims(uplink);
      for (const lane of ["live", "backlog", "early", "retry"] as const) {
        journal.release(uplink, lane);
        for (
          let slice = await journal.read(uplink, lane, { rows: 1000, bytes: 1e6 });
          slice;
          slice = await journal.read(uplink, lane, { rows: 1000, bytes: 1e6 })
        ) {
          slices.push(slice);
        }
      }
      for (const slice of slices) {
        const receipt = platform.accept(slice, `${life}/${slice.id}/${round}`, judge);
        if (receipt !== null) void journal.settle(uplink, slice.id, receipt).catch(() => {});
      }
      await clock.advance(500).then(settled);
      sums(`seed ${seed} drain ${round}`);
      const accounts = journal.status().accounts;
      const drained = accounts.every((account) => account.waiting === 0 && account.quarantined === 0);
      if (
        drained &&
        accounts.every(
          (account) =>
            platform.next(account.epoch) === account.head + 1 ||
            (platform.streams.get(account.epoch)?.head ?? 0) > account.head,
        )
      ) {
        quiet = true;
        if (round > 2) break;
      }
    }
    if (!quiet)
      verdict.broken.push(
        `seed ${seed} never drained: ${JSON.stringify(journal.status().accounts.filter((a) => a.waiting || a.quarantined))}`,
      );

    const found = new Map<number, number>();
    for (const stream of platform.streams.values()) {
      for (const text of stream.done.values()) {
        const value = (JSON.parse(text) as unknown[])[3];
        if (typeof value === "number") found.set(value, (found.get(value) ?? 0) + 1);
      }
    }
    verdict.records = found.size;
    for (const emission of emissions.values()) {
      const times = found.get(emission.n) ?? 0;
      if (emission.withheld && times > 0) verdict.broken.push(`${emission.n} was withheld and sent`);
      if (!emission.withheld && emission.acked && times === 0) verdict.lostAcked += 1;
      if (times > (emission.keyed && verdict.rollbacks === 0 ? 1 : emission.puts)) verdict.duplicates += 1;
    }
    for (const value of found.keys()) if (!emissions.has(value)) verdict.phantoms += 1;
    for (const account of journal.status().accounts) if (account.lost > 0) verdict.falseGaps += account.lost;
    // A platform restored to before an accepted retry keeps that record rejected: counted and visible, not silent.
    const visible = [...platform.streams.values()].reduce((sum, stream) => sum + stream.rejected.size, 0);
    if (verdict.restores > 0) verdict.lostAcked = Math.max(0, verdict.lostAcked - visible);
    verdict.falseGaps += platform.falseGaps;
    if (platform.conflicts > 0) verdict.broken.push(`${platform.conflicts} conflicts: a key was used twice`);
    if (platform.malformed > 0) verdict.broken.push(`${platform.malformed} malformed slices`);
    return verdict;
  } finally {
    // biome-ignore lint/style/noNonNullAssertion: opened first thing in the try
    await journal!.close();
    rmSync(root, { recursive: true, force: true });
  }
}
