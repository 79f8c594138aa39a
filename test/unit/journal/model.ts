import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Lane } from "../../../config/schema/batch.ts";
import { type Journal, openJournal, type UplinkFilter } from "../../../edge/journal/index.ts";
import type { Receipt, Slice } from "../../../gateway/contract/index.ts";
import { FakeClock, recordingLog } from "../../fake-clock.ts";
import { plainRow } from "../../plain-row.ts";
import { co2 } from "../../suites/journal.ts";
import { seeded } from "./model-dice.ts";
import { ModelDisk } from "./model-disk.ts";
import { ModelPlatform } from "./model-platform.ts";
import { type Verdict, Witness } from "./model-witness.ts";

export { seeded };

interface Message {
  ns: number[];
  withheld: boolean;
  alarm: boolean;
}

interface Sent {
  slice: Slice;
  /** The run of the journal that handed it out: who comes after it knows nothing of it. */
  run: number;
}

const uplink = "province";
/** Which lane is read next, at random. */
const lanes: Lane[] = ["live", "live", "live", "live", "backlog", "backlog", "retry", "early"];
const hourMs = 3_600_000;
/** A platform is restored from a backup at most so old: less than the day for which settled rows are held. */
const backupMs = 20 * hourMs;
/** Points whose name says that the filter withholds them. */
const filter: UplinkFilter = { id: uplink, accepts: (series) => series.point !== "secret", start: "oldest" };

/**
 * One random life of a school's journal against one platform: kills, also in the middle of a commit; lost, late,
 * doubled and reordered batches and receipts; rejects; refused commits; hours that pass; rolled-back disks; restored
 * platforms. Compares at every step, drains at the end, and gives the four numbers.
 */
export async function liveOnce(seed: number, steps: number): Promise<Verdict> {
  const random = seeded(seed);
  const below = (n: number) => Math.floor(random() * n);
  const chance = (p: number) => random() < p;
  const take = <T>(list: T[]): T | undefined => list.splice(below(list.length), 1)[0];
  const root = mkdtempSync(join(tmpdir(), "ce-model-"));
  const clock = new FakeClock();
  const platform = new ModelPlatform();
  const disk = new ModelDisk();
  const witness = new Witness(platform);
  const { verdict } = witness;
  // Where neither happens the witness may ask for more.
  const restores = seed % 2 === 0;
  const rollbacks = seed % 4 < 2;
  let folder = join(root, "0");
  let images = 0;
  let run = 0;
  /** Share of records that the platform rejects now. */
  let mood = random() * 0.5;
  let journal!: Journal;
  let emitted = 0;
  const keyed: Message[] = [];
  /** What the sender holds until it is settled, what is on the wire, and what came back. */
  let held: Sent[] = [];
  const wire: Sent[] = [];
  const answers: (Sent & { receipt: Receipt })[] = [];
  const saved: { folder: string; onDisk: Set<number> }[] = [];
  let backups: { at: number; restore(): void }[] = [];
  const judge = (text: string) =>
    mood > 0 && (JSON.parse(text) as number[])[3] !== null && chance(mood) ? `code-${below(3)}` : null;
  const accept = (sent: Sent) => platform.accept(sent.slice, `${sent.run}/${sent.slice.id}`, judge);

  const open = async () => {
    journal = await openJournal({
      folder,
      gateway: "gw1",
      encoder: { row: plainRow },
      clock,
      log: recordingLog(),
      uplinks: [filter],
      cacheBytes: chance(0.5) ? 500 : 4e6,
    });
    if (chance(0.8)) journal.clockKnown(clock.wallMs(), 0);
  };
  /** Nothing is stalled and nothing is under way: what was asked of the disk is done. */
  const settled = async () => {
    await disk.flow();
    for (
      let { writing, state } = journal.status();
      writing || state !== "open";
      { writing, state } = journal.status()
    ) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      // What cannot be opened is tried again in a while.
      if (!writing) await clock.advance(100);
    }
  };
  /** The disk as a crash leaves it. */
  const image = async () => {
    if (!disk.stalled) await settled();
    const copy = join(root, String(++images));
    cpSync(folder, copy, { recursive: true });
    return copy;
  };
  const reborn = async (next: string) => {
    // From here on nobody is there to be answered.
    run += 1;
    disk.refuse = null;
    await disk.flow();
    await journal.close();
    folder = next;
    held = [];
    // Little of what was under way outlives its sender.
    for (const list of [wire, answers]) list.splice(0, Math.ceil(list.length * 0.8));
    await open();
  };
  const stall = () => {
    disk.stall();
    witness.stalled(journal.status().accounts);
  };
  const advance = async (ms: number) => {
    await clock.advance(ms);
    if (!disk.stalled) await settled();
  };

  const append = ({ ns, withheld, alarm }: Message, withKey: boolean) => {
    const born = run;
    const series = {
      ...co2,
      ...(withheld ? { point: "secret" } : {}),
      ...(alarm ? { kind: "alarm" as const } : {}),
    };
    witness.put(ns, withKey, withheld);
    const keys = withKey
      ? [{ slot: `d/${(ns[0] ?? 0) % 3}`, value: String(ns[0]), rule: "once" as const }]
      : [];
    journal
      .append(
        ns.map((n) => ({ series, class: alarm ? "K" : "T", value: n, quality: 0 }) as const),
        keys,
        (["now", "ack", "polled"] as const)[below(3)] ?? "ack",
      )
      .then(
        () => {
          if (born === run) witness.acked(ns);
        },
        () => {},
      );
  };
  const settle = async ({ slice, receipt, run: born }: (typeof answers)[number]) => {
    // Who asks for a slice of an earlier run has mixed something up; its name must be nobody's.
    const done = journal
      .settle(uplink, born === run ? slice.id : `${born}/${slice.id}`, receipt)
      .catch(() => {});
    held = held.filter((other) => other.slice !== slice);
    if (chance(0.3)) await Promise.race([done, clock.advance(200).then(settled)]);
  };

  const emit = () => {
    const ns = Array.from({ length: 1 + below(3) }, () => ++emitted);
    const message = { ns, withheld: chance(0.2), alarm: chance(0.1) };
    const withKey = chance(0.5);
    if (withKey) keyed.push(message);
    append(message, withKey);
  };
  const emitAgain = () => {
    const again = keyed.at(-1 - below(5));
    if (again !== undefined) append(again, true);
  };
  const read = async (lane: Lane) => {
    const reading = journal.read(uplink, lane, { rows: 1 + below(6), bytes: 1e6 }).catch(() => null);
    // From memory it comes at once, also while the disk stalls.
    const soon = await Promise.race([
      reading,
      new Promise<"later">((resolve) => setImmediate(resolve, "later")),
    ]);
    if (soon === "later") await disk.flow();
    const slice = await reading;
    if (slice === null) return;
    witness.named(slice, run);
    if (disk.stalled) witness.handedOut(slice);
    held.push({ slice, run });
    wire.push({ slice, run });
  };
  /** Several slices of a lane may be under way at once, and overtake each other. */
  const readSome = async () => {
    const lane = lanes[below(lanes.length)] ?? "live";
    do await read(lane);
    while (chance(0.4));
  };
  const arrive = () => {
    const sent = take(wire);
    if (sent === undefined || chance(0.2)) return;
    const receipt = accept(sent);
    if (receipt === null) witness.broke(`malformed slice ${JSON.stringify(sent.slice)}`);
    else answers.push({ ...sent, receipt });
    if (chance(0.2)) wire.push(sent);
  };
  const answer = async () => {
    const answered = take(answers);
    if (answered === undefined || chance(0.15)) return;
    if (chance(0.15)) answers.push(answered);
    const { receipt } = answered;
    await settle(chance(0.1) ? { ...answered, receipt: { ...receipt, taken: receipt.taken + 1 } } : answered);
  };
  const sendAgain = () => {
    const again = held[below(held.length)];
    if (again !== undefined) wire.push(again);
  };
  const ask = () => {
    const slice = take(journal.claims(uplink));
    if (slice !== undefined) wire.push({ slice, run });
  };
  const changeMood = () => {
    mood = chance(0.3) ? 0 : random() * 0.6;
  };
  const retry = async () => {
    await disk.flow();
    if ((await journal.retry(uplink).catch(() => 0)) > 0) await read("retry");
  };
  const roll = () => void journal.roll("test").catch(() => {});
  const release = () => {
    journal.release(uplink, "live");
    held = held.filter(({ slice }) => slice.lane !== "live");
  };
  const stallOrFlow = () => (disk.stalled ? disk.flow() : settled().then(stall));
  const refuse = () => {
    disk.refuse = chance(0.5) ? "before" : "after";
  };
  const hoursPass = async () => {
    await settled();
    // Who must go back does so before its rows are too old to be held.
    if (!witness.agrees(journal.status().accounts)) return;
    await clock.advance((1 + below(chance(0.7) ? 4 : 30)) * hourMs).then(settled);
  };
  const copyDisk = async () => saved.push({ onDisk: witness.onDisk(), folder: await image() });
  const rollBack = async () => {
    const old = take(saved);
    if (old === undefined) return;
    witness.rolledBack(old.onDisk);
    await reborn(old.folder);
  };
  const backUpPlatform = () => {
    backups.push({ at: clock.monotonicMs(), restore: platform.snapshot() });
  };
  /** The gateway hears at once that the platform went back; a line that then stays closed for a day must not harm. */
  const tellAtOnce = async () => {
    await settled();
    for (const slice of journal.claims(uplink)) {
      const receipt = accept({ slice, run });
      if (receipt !== null) void journal.settle(uplink, slice.id, receipt).catch(() => {});
    }
    await clock.advance(500).then(settled);
    if (chance(0.5) && witness.agrees(journal.status().accounts))
      await clock.advance(25 * hourMs).then(settled);
  };
  const restorePlatform = async () => {
    backups = backups.filter(({ at }) => clock.monotonicMs() - at < backupMs);
    const backup = backups[chance(0.5) ? 0 : below(backups.length)];
    if (backup === undefined || clock.monotonicMs() === backup.at) return;
    backup.restore();
    verdict.restores += 1;
    if (chance(0.5)) await tellAtOnce();
  };
  const kill = async () => {
    await reborn(await image());
    verdict.kills += 1;
  };

  /** What may happen in a step, and how often. */
  const events: [weight: number, happen: () => unknown][] = [
    [30, emit],
    [4, emitAgain],
    [17, () => advance(below(400))],
    [22, readSome],
    [22, arrive],
    [20, answer],
    [3, sendAgain],
    [4, ask],
    [1, changeMood],
    [4, retry],
    [1, roll],
    [1, release],
    [3, stallOrFlow],
    [1, refuse],
    [5, hoursPass],
    [1, copyDisk],
    [restores ? 2 : 0, backUpPlatform],
    [restores ? 3 : 0, restorePlatform],
    [rollbacks ? 1 : 0, rollBack],
    [3, kill],
  ];
  const weights = events.reduce((sum, [weight]) => sum + weight, 0);
  const happen = () => {
    let dice = random() * weights;
    for (const [weight, event] of events) {
      dice -= weight;
      if (dice < 0) return event();
    }
  };

  try {
    disk.begin();
    await open();
    for (let step = 0; step < steps; step++) {
      await happen();
      witness.watch(journal.status(), run, `seed ${seed} step ${step}`);
    }

    // Quiescence: faults off, platform up, drained.
    mood = 0;
    disk.refuse = null;
    await settled();
    let quiet = false;
    for (let round = 0; round < 60 && !quiet; round++) {
      await clock.advance(61_000).then(settled);
      await journal.retry(uplink).catch(() => {});
      const slices: Slice[] = [];
      for (const lane of ["live", "backlog", "early", "retry"] as const) {
        journal.release(uplink, lane);
        const next = () => journal.read(uplink, lane, { rows: 1000, bytes: 1e6 });
        for (let slice = await next(); slice; slice = await next()) slices.push(slice);
      }
      slices.push(...journal.claims(uplink));
      for (const slice of slices) {
        const receipt = platform.accept(slice, `${run}/${slice.id}`, judge);
        if (receipt !== null) void journal.settle(uplink, slice.id, receipt).catch(() => {});
      }
      await clock.advance(500).then(settled);
      witness.watch(journal.status(), run, `seed ${seed} drain ${round}`);
      const { accounts } = journal.status();
      const drained = accounts.every(({ waiting, quarantined }) => waiting === 0 && quarantined === 0);
      quiet = round > 2 && drained && witness.agrees(accounts);
    }
    if (!quiet) witness.broke(`seed ${seed} never drained: ${JSON.stringify(journal.status().accounts)}`);
    if (disk.most > 1) witness.broke(`${disk.most} commits were open at once`);
    verdict.refusals = disk.refusals;
    return witness.judge(journal.status().accounts);
  } finally {
    disk.end();
    await journal.close();
    rmSync(root, { recursive: true, force: true });
  }
}
