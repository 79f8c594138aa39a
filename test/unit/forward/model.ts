import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Series } from "../../../config/schema/vocabulary.ts";
import { type Fact, Forwarder } from "../../../edge/forward/index.ts";
import { type Journal, openJournal, type UplinkFilter } from "../../../edge/journal/index.ts";
import { type Receipt, UplinkError } from "../../../gateway/contract/index.ts";
import { FakeClock, recordingLog } from "../../fake-clock.ts";
import { memoryFolder } from "../../memory-folder.ts";
import { plainRow } from "../../plain-row.ts";
import { co2, draft } from "../../suites/journal.ts";
import { seeded } from "../journal/model.ts";
import { ModelPlatform } from "../journal/model-platform.ts";
import { ScriptedSession, type Sent, TellingEncoder } from "./world.ts";

export interface Verdict {
  lostAcked: number;
  duplicates: number;
  phantoms: number;
  falseGaps: number;
  /** Everything else that must not be. */
  broken: string[];
  records: number;
  kills: number;
  sessions: number;
  stalls: number;
  storeDowns: number;
  restores: number;
  stray: number;
}

const uplink = "province";
const filter: UplinkFilter = { id: uplink, accepts: (series) => series.point !== "secret", start: "oldest" };

/**
 * One random life of a school's journal and its forwarder against one platform: lost, late, doubled, reordered and
 * lying receipts, refusals, silences, lost sessions, kills, a store that goes down, a platform restored from a backup.
 */
export async function forwardOnce(seed: number, steps: number): Promise<Verdict> {
  const random = seeded(seed);
  const below = (n: number) => Math.floor(random() * n);
  const chance = (p: number) => random() < p;
  const root = mkdtempSync(join(memoryFolder, "ce-forward-model-"));
  const clock = new FakeClock();
  const platform = new ModelPlatform();
  const facts: Fact[] = [];
  const verdict: Verdict = {
    lostAcked: 0,
    duplicates: 0,
    phantoms: 0,
    falseGaps: 0,
    broken: [],
    records: 0,
    kills: 0,
    sessions: 0,
    stalls: 0,
    storeDowns: 0,
    restores: 0,
    stray: 0,
  };
  const emissions = new Map<number, { acked: boolean; withheld: boolean }>();
  /** By epoch: what was ever sent in a claim. */
  const sentSeqs = new Map<string, { seqs: Set<number>; most: number }>();
  let folder = join(root, "0");
  let images = 0;
  let life = 0;
  let mood = 0;
  let perfect = false;
  let journal!: Journal;
  let forwarder!: Forwarder;
  let session: ScriptedSession | null = null;
  let restore: (() => void) | null = null;
  let encoder = new TellingEncoder();

  const judge = (text: string) =>
    mood > 0 && (JSON.parse(text) as number[])[3] !== null && chance(mood) ? `code-${below(3)}` : null;

  const open = async () => {
    journal = await openJournal({
      folder,
      gateway: "gw1",
      encoder: { row: plainRow },
      clock,
      log: recordingLog(),
      uplinks: [filter],
      cacheBytes: chance(0.5) ? 500 : 4e6,
      maxBytes: 600_000,
    });
    // Ids of batches are of one life: a batch that is encoded anew is another batch.
    const born = life;
    encoder = new TellingEncoder();
    const { batch } = encoder;
    encoder.batch = (slice) => {
      const made = batch.call(encoder, slice);
      encoder.slices.set(`${born}/${made.id}`, slice);
      return { ...made, id: `${born}/${made.id}` };
    };
    forwarder = new Forwarder({
      uplink,
      journal,
      encoder,
      clock,
      log: recordingLog(),
      random,
      report: (fact) => facts.push(fact),
    });
  };
  const quiet = async () => {
    do {
      await new Promise(setImmediate);
      while (journal.status().writing) await new Promise((resolve) => setTimeout(resolve, 1));
      for (let turn = 0; turn < 4; turn++) await new Promise(setImmediate);
    } while (journal.status().writing);
  };
  const pass = async (ms: number, piece = 100) => {
    await quiet();
    for (let left = ms; left > 0; left -= piece) {
      await clock.advance(Math.min(piece, left));
      await quiet();
    }
  };
  const onWire = (): Sent[] => session?.open ?? [];
  /** I5, and the same bytes under the same id. */
  const watch = (sent: Sent) => {
    const { slice, batch } = sent;
    if (slice === undefined) verdict.broken.push(`unknown batch ${batch.id}`);
    const { epoch, range, rows } = slice;
    if (session !== null && session.open.filter((other) => other.batch === batch).length > 1) {
      verdict.broken.push(`${batch.id} has two senders`);
    }
    if (session !== null && session.open.length > session.window) {
      verdict.broken.push(`${session.open.length} in flight with a window of ${session.window}`);
    }
    const inLane = session?.open.filter((other) => other.slice.lane === slice.lane).length ?? 0;
    if (inLane > 4) verdict.broken.push(`${inLane} in flight in lane ${slice.lane}`);
    if (range === undefined) return;
    const known = sentSeqs.get(epoch) ?? { seqs: new Set<number>(), most: 0 };
    sentSeqs.set(epoch, known);
    for (const { seq } of rows) {
      if (known.seqs.has(seq)) continue;
      if (seq < known.most) verdict.broken.push(`seq ${seq} of ${epoch} was overtaken by ${known.most}`);
      known.seqs.add(seq);
      known.most = seq;
    }
    if (rows.length > 0 && range[1] >= 4000 + platform.next(epoch))
      verdict.broken.push(`beyond the window: ${range}`);
  };
  const serve = async (window: number) => {
    verdict.sessions += 1;
    const next = new ScriptedSession(clock, encoder, window, (sent) => {
      watch(sent);
      if (perfect) answer(sent);
    });
    next.stubborn = chance(0.5);
    session = next;
    const born = life;
    forwarder.serve(next, new AbortController().signal).then(
      ({ why, recycle, error }) => {
        if (recycle !== (why === "stalled")) verdict.broken.push(`served: ${why} ${String(error?.stack)}`);
        if (recycle) verdict.stalls += 1;
        if (next.open.length > 0) verdict.broken.push(`${next.open.length} left open by ${why}`);
        if (born === life && session === next) session = null;
      },
      (error) => verdict.broken.push(`serve threw ${String(error)}`),
    );
    await new Promise(setImmediate);
  };
  const receipt = (sent: Sent): Receipt => {
    const judged = platform.accept(sent.slice, sent.batch.id, judge);
    if (judged === null) {
      verdict.broken.push(`malformed slice ${JSON.stringify(sent.slice)}`);
      return { batch: "", taken: 0, rejected: [], next: null, at: null };
    }
    return judged;
  };
  const answer = (sent: Sent) => sent.answer(receipt(sent));
  const drop = async () => {
    session?.end(chance(0.5) ? new Error("gone") : null);
    await quiet();
    session = null;
  };
  const reborn = async () => {
    await quiet();
    const image = join(root, String(++images));
    cpSync(folder, image, { recursive: true });
    life += 1;
    session = null;
    await forwarder.stop();
    await journal.close();
    folder = image;
    await open();
  };
  const append = (ns: number[], withheld: boolean, isAlarm: boolean) => {
    const born = life;
    const series: Series = withheld
      ? { ...co2, point: "secret" }
      : { ...co2, kind: isAlarm ? "alarm" : "measurement" };
    for (const n of ns) emissions.set(n, { acked: false, withheld });
    const drafts = ns.map((n) => draft(n, { series, class: isAlarm ? "K" : "T" }));
    journal.append(drafts, [], (["now", "ack", "polled"] as const)[below(3)] ?? "ack").then(
      () => {
        if (born === life) for (const n of ns) Object.assign(emissions.get(n) ?? {}, { acked: true });
      },
      () => {},
    );
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
  /** Something happens to a batch on the wire. */
  const fate = async () => {
    const sent = onWire()[below(onWire().length)];
    if (sent === undefined) return;
    const whole = { batch: sent.batch.id, taken: 0, rejected: [], next: null, at: null };
    const rows = sent.slice.rows.length;
    const dice = below(100);
    if (dice < 55) answer(sent);
    else if (dice < 62) {
      // Put down, but nobody hears of it; or put down twice.
      receipt(sent);
      if (chance(0.5)) answer(sent);
    } else if (dice < 70) {
      // The session gives it up (a time-out comes), and the answer arrives after all.
      const late = receipt(sent);
      await pass(30_000);
      sent.answer(late);
    } else if (dice < 78) sent.fail(new UplinkError("unavailable", "later", "503"));
    else if (dice < 82 && rows > 1) sent.fail(new UplinkError("bad-request", "never", "400"));
    else if (dice < 86 && rows > 1) sent.answer({ ...whole, tooLarge: true });
    else if (dice < 90) sent.answer({ ...whole, retryAfterMs: 1 + below(5000) });
    else if (dice < 94 && rows > 0) {
      const judged = receipt(sent);
      sent.answer(
        chance(0.5)
          ? { ...judged, taken: judged.taken + 1 }
          : { ...judged, rejected: [{ seq: 1e9, code: "x" }] },
      );
    } else if (dice < 97) {
      // Everything at once, in any order.
      for (const other of onWire().sort(() => random() - 0.5)) answer(other);
    }
  };

  try {
    await open();
    let n = 0;
    for (let step = 0; step < steps; step++) {
      const dice = below(1000);
      if (dice < 250) {
        append(
          Array.from({ length: 1 + below(chance(0.1) ? 400 : 5) }, () => ++n),
          chance(0.15),
          chance(0.1),
        );
      } else if (dice < 450) await pass(below(1500));
      else if (dice < 470) await pass(below(20_000));
      else if (dice < 750) await fate();
      else if (dice < 830) {
        if (session === null) await serve(1 + below(chance(0.5) ? 3 : 20));
      } else if (dice < 860) await drop();
      else if (dice < 880) mood = chance(0.6) ? 0 : random() * 0.6;
      else if (dice < 890) await journal.retry(uplink).catch(() => {});
      else if (dice < 900) forwarder.resume();
      else if (dice < 905) journal.roll("test").catch(() => {});
      else if (dice < 910) restore = platform.snapshot();
      else if (dice < 914) {
        restore?.();
        if (restore !== null) verdict.restores += 1;
        restore = null;
      } else if (dice < 922) {
        verdict.storeDowns += 1;
        const text = "x".repeat(250);
        const big = Array.from({ length: 4000 }, () => ({ ...draft(0), value: text }));
        journal.append(big, [], "now").then(
          () => verdict.broken.push("the store took more than it can hold"),
          () => {},
        );
        if (chance(0.7)) for (const sent of onWire()) answer(sent);
        if (chance(0.5)) await pass(below(1500));
      } else if (dice < 932) {
        verdict.kills += 1;
        await reborn();
      } else await quiet();
      sums(`seed ${seed} step ${step}`);
    }

    // Quiescence: faults off, platform up, drained.
    mood = 0;
    perfect = true;
    await drop();
    const drained = () =>
      journal.status().accounts.every(({ waiting, quarantined, epoch, head }) => {
        const behind = platform.next(epoch) <= head;
        return waiting === 0 && quarantined === 0 && !behind;
      });
    for (let round = 0; round < 80 && !drained(); round++) {
      forwarder.resume();
      await journal.retry(uplink).catch(() => {});
      if (round % 10 === 0) await drop();
      if (session === null) await serve(20);
      await pass(61_000, 500);
      sums(`seed ${seed} drain ${round}`);
    }
    if (!drained()) {
      const left = journal.status().accounts.filter((account) => account.waiting || account.quarantined);
      verdict.broken.push(`seed ${seed} never drained: ${JSON.stringify(left)}`);
    }

    const found = new Map<number, number>();
    for (const stream of platform.streams.values()) {
      for (const text of stream.done.values()) {
        const value = (JSON.parse(text) as unknown[])[3];
        if (typeof value === "number") found.set(value, (found.get(value) ?? 0) + 1);
        else if (String(value).startsWith("x")) verdict.phantoms += 1;
      }
    }
    verdict.records = found.size;
    for (const [value, { acked, withheld }] of emissions) {
      const times = found.get(value) ?? 0;
      if (withheld && times > 0) verdict.broken.push(`${value} was withheld and sent`);
      if (!withheld && acked && times === 0) {
        verdict.lostAcked += 1;
      }
      if (times > 1) verdict.duplicates += 1;
    }
    for (const value of found.keys()) if (!emissions.has(value)) verdict.phantoms += 1;
    // A platform restored to before an accepted retry keeps that record rejected: counted and visible, not silent.
    const visible = [...platform.streams.values()].reduce((sum, stream) => sum + stream.rejected.size, 0);
    if (verdict.restores > 0) verdict.lostAcked = Math.max(0, verdict.lostAcked - visible);
    for (const account of journal.status().accounts) verdict.falseGaps += account.lost;
    verdict.falseGaps += platform.falseGaps;
    verdict.stray = facts.filter((fact) => fact.what === "stray").length;
    if (platform.conflicts > 0) verdict.broken.push(`${platform.conflicts} conflicts: a key was used twice`);
    return verdict;
  } finally {
    await forwarder.stop();
    await journal.close();
    rmSync(root, { recursive: true, force: true });
  }
}
