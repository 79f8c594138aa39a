/**
 * The main-thread half of the journal: gives seqs, groups commits, knows repeats, keeps the accounts.
 * The contract and what holds is in contract.ts; the file itself is the writer thread's (store.ts).
 *
 * Holds: at most one commit is open (R6); what a group holds becomes durable or is rejected as a whole;
 * memory beyond the cache and one group is bounded by `maxPendingBytes`.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Lane } from "../../config/schema/batch.ts";
import type { Clock } from "../../config/schema/context.ts";
import { type Key, NotStored } from "../../drivers/contract/index.ts";
import type { Draft, Receipt, Slice } from "../../gateway/contract/index.ts";
import { Accounts } from "./accounts.ts";
import { RowCache } from "./cache.ts";
import { Capacity } from "./capacity.ts";
import { Carrying } from "./carrying.ts";
import { Commits } from "./commits.ts";
import type { CarriedWord, Journal, JournalStatus, Quarantine, UplinkFilter, Urgency } from "./contract.ts";
import type { OpenEpoch } from "./epoch.ts";
import { Evictor } from "./evictor.ts";
import type { Group } from "./group.ts";
import type { JournalOptions } from "./journal-options.ts";
import { type Ledger, sendWindow } from "./ledger.ts";
import { type Mark, Mirror, nameOf } from "./mirror.ts";
import { SeriesNumbers } from "./numbers.ts";
import { isOwn, type Loss, lossDraft, newEpoch, type Opening, openedDraft } from "./own-records.ts";
import { Reader } from "./reader.ts";
import { Recovery } from "./recovery.ts";
import { Room } from "./room.ts";
import { Salvager } from "./salvager.ts";
import {
  type Asks,
  type Content,
  type Loaded,
  line,
  type Replies,
  type Space,
  type Thinned,
} from "./wire.ts";
import { StoreError, WriterThread } from "./writer-thread.ts";

const cursorMs = 100;
const settled = Promise.resolve({ repeated: false });

/**
 * Opens the journal of one data folder and begins a new epoch.
 * @throws StoreError when another process has it (`SQLITE_BUSY`) or the file cannot be used
 */
export async function openJournal(options: JournalOptions): Promise<Journal> {
  mkdirSync(options.folder, { recursive: true, mode: 0o750 });
  const journal = new SqliteJournal(options);
  try {
    await journal.open();
  } catch (error) {
    await journal.close();
    throw error;
  }
  return journal;
}

/** Another process has it, or a later program wrote it: waiting does not help, and nothing may be done to it. */
const mayNotOpen = ({ code }: StoreError): boolean => code === "SQLITE_BUSY" || code === "version";

class SqliteJournal implements Journal {
  readonly #options: JournalOptions;
  readonly #clock: Clock;
  readonly #writer: WriterThread;
  readonly #cache: RowCache;
  readonly #mirror = new Mirror();
  readonly #ended = new AbortController();
  readonly #numbers = new SeriesNumbers();
  readonly #room: Room;
  readonly #evictor: Evictor;
  readonly #capacity: Capacity;
  #reader: Reader;
  readonly #accounts: Accounts;
  readonly #carrying: Carrying;
  readonly #commits: Commits;
  readonly #recovery: Recovery;
  readonly #salvager: Salvager;
  #uplinks: readonly UplinkFilter[];
  #state: JournalStatus["state"] = "closed";
  #wake: (() => void)[] = [];
  #waking = false;
  /** wall - monotonic, once the clock is known. */
  #wallOffset: { ms: number; quality: 0 | 1 } | null = null;
  #stored = 0;
  #repeated = 0;
  #stray = 0;
  readonly #lost = { quota: 0, unreadable: 0 };
  #broken: JournalStatus["broken"];
  /** Slices handed out since this process began; also after the file was re-read no id comes twice. */
  #slices = 0;
  /** Number that a new epoch gets at least. */
  #firstEpoch = 1;
  readonly #lastRewind = new Map<string, number>();

  constructor(options: JournalOptions) {
    this.#options = options;
    this.#uplinks = options.uplinks;
    this.#clock = options.clock;
    this.#capacity = new Capacity(options);
    const { maxBytes, floorBytes, quotaBytes } = this.#capacity;
    this.#writer = new WriterThread({ file: join(options.folder, "journal.sqlite"), maxBytes, floorBytes });
    this.#accounts = new Accounts(options.sendWindow);
    this.#cache = new RowCache(options.cacheBytes ?? 4 * 1024 * 1024);
    this.#reader = this.#newReader();
    this.#commits = new Commits({
      clock: options.clock,
      patience: options.commit ?? { ackMs: 100, polledMs: 1000 },
      isOpen: () => this.#state === "open",
      changes: () => [...this.#accounts.ledgers].flatMap((ledger) => ledger.changes()),
      hasChanges: () => [...this.#accounts.ledgers].some((ledger) => ledger.changed),
      write: (lines) => this.#writer.call("commit", { lines }),
      written: (group, lines, space) => this.#durable(group, lines, space),
      failed: (error, group) => this.#down(error, group),
    });
    this.#room = new Room({
      clock: options.clock,
      ended: this.#ended.signal,
      isOpen: () => this.#state === "open",
      purge: (ranMs, holdMs) => this.#clear("purge", { ranMs, holdMs, uplinks: this.#accounts.holding }),
      sweep: () => this.#clear("sweep", { uplinks: this.#accounts.holding }),
      isOver: () => this.#capacity.over,
      reserve: () => this.#attempt(() => this.#writer.call("reserve", null)),
      evict: () => this.#evictor.evict(),
      onFolded: (epochs) => this.#accounts.fold(epochs),
    });
    const common = { clock: options.clock, ended: this.#ended.signal };
    this.#recovery = new Recovery({
      ...common,
      log: options.log,
      open: (damaged) => this.#writer.call("open", { damaged }),
      begin: (loaded) => this.#begin(loaded, "store-error"),
    });
    this.#salvager = new Salvager({
      ...common,
      isOpen: () => this.#state === "open",
      isOver: () => this.#capacity.over,
      step: (pages) => this.#attempt(() => this.#writer.call("salvage", { pages })),
      took: (content) => this.#salvaged(content),
    });
    this.#carrying = new Carrying({
      accounts: this.#accounts,
      reader: () => this.#reader,
      series: (s) => this.#numbers.series(s),
      quarantined: (uplink, rows) => this.#attempt(() => this.#writer.call("quarantined", { uplink, rows })),
      written: (ledger) => this.#written(ledger),
      brought: (ledger) => {
        this.#tellMissing(ledger, this.#commits.waiting);
        this.#notify();
      },
    });
    this.#evictor = new Evictor({
      epochs: () => this.#accounts.epochs,
      ledgers: () => this.#accounts.holding.map((uplink) => this.#accounts.ledger(uplink)),
      window: options.sendWindow ?? sendWindow,
      quotaBytes,
      kept: () => this.#attempt(() => this.#writer.call("kept", null)),
      weigh: (ask) => this.#attempt(() => this.#writer.call("weigh", ask)),
      accepts: (uplink, s) => this.#reader.accepts(uplink, s),
      series: (s) => this.#numbers.series(s),
      carryOut: (...thinned) => this.#thin(...thinned),
    });
  }

  async open(): Promise<void> {
    try {
      await this.#begin(await this.#writer.call("open", { damaged: false }), "start");
    } catch (error) {
      // Opened, and its first commit failed: the recovery is under way.
      if (!(error instanceof NotStored)) {
        if (!(error instanceof StoreError) || mayNotOpen(error)) throw error;
        this.#down(error, null);
      }
    }
    void this.#room.run();
  }

  // No async function: a promise of its own for every message costs more than its rows.
  append(drafts: Draft[], keys: Key[], urgency: Urgency): Promise<{ repeated: boolean }> {
    try {
      return this.#append(drafts, keys, urgency);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #append(drafts: Draft[], keys: Key[], urgency: Urgency): Promise<{ repeated: boolean }> {
    if (this.#state !== "open" || this.#recovery.running) throw new NotStored("store-down");
    if (drafts.length === 0 && keys.length === 0) return settled;
    const marks = this.#mirror.marks(keys);
    if (this.#mirror.repeated(marks)) return this.#repeat(marks);
    const group = this.#commits.waiting;
    if (this.#refusing && drafts.some((draft) => draft.class === "T")) throw new NotStored("store-down");
    if (drafts.length > 0 && this.#capacity.brimful && this.#capacity.over) throw new NotStored("store-down");
    if (this.#commits.bytes > (this.#options.maxPendingBytes ?? 8 * 1024 * 1024)) throw new NotStored("busy");
    // Before anything is changed: what cannot be written as a row leaves no hole.
    const now = this.#clock.monotonicMs();
    const texts = drafts.map((draft, index) => this.#text(group, draft, now, index + 1));
    // What is not stored needs no key against storing it twice, only that no stale one stays on disk.
    const mustLast = drafts.length > 0 || this.#mirror.overwrites(marks);
    for (const mark of marks) {
      const name = nameOf(mark);
      if (name !== null) group.names.add(name);
    }
    group.remember(this.#mirror.remember(marks));
    for (const [index, draft] of drafts.entries()) this.#put(group, draft, texts[index] as string);
    this.#commits.wait(mustLast ? urgency : "polled");
    return mustLast ? group.fresh : settled;
  }

  knows(keys: Key[]): boolean {
    const asked = keys.filter(({ rule }) => rule === "once" || rule === "last");
    return asked.length > 0 && this.#mirror.repeated(this.#mirror.marks(asked));
  }

  async read(uplink: string, lane: Lane, max: { rows: number; bytes: number }): Promise<Slice | null> {
    if (this.#state !== "open") return null;
    const ledger = this.#accounts.ledger(uplink);
    if (lane === "retry") await this.#written(ledger);
    return this.#reader.read(ledger, lane, max);
  }

  claims(uplink: string): Slice[] {
    return this.#state === "open" ? this.#reader.claims(this.#accounts.ledger(uplink)) : [];
  }

  async settle(uplink: string, slice: string, receipt: Receipt): Promise<void> {
    if (this.#state !== "open") return;
    const ledger = this.#accounts.ledger(uplink);
    const outcome = ledger.settle(slice, receipt, (e) => this.#mayRewind(uplink, e));
    if (outcome.kind === "stray") {
      this.#stray += 1;
      return;
    }
    const group = this.#commits.waiting;
    this.#tellMissing(ledger, group);
    if (outcome.kind === "rewind") await this.#rewind(ledger, outcome.e, outcome.to);
    else if (ledger.changed) {
      this.#commits.within(cursorMs);
      this.#notify();
      await group.done;
    }
  }

  /** What was claimed as corrupt or gone is a loss, told with the settling of its claim. */
  #tellMissing(ledger: Ledger, group: Group): void {
    const { uplink } = ledger;
    const missing = ledger.takeMissing();
    for (const reason of ["corrupt", "gone"] as const) {
      const count = missing.reduce((sum, each) => sum + (each.why === reason ? each.count : 0), 0);
      if (count > 0 && this.#accounts.holding.includes(uplink)) this.#tellLost(uplink, count, reason, group);
    }
  }

  #tellLost(uplink: string, count: number, reason: "corrupt" | "gone", group = this.#commits.waiting): void {
    const loss: Loss = { uplink, count, from: null, to: null, reason, certain: false };
    const told = lossDraft(this.#options.gateway, loss);
    this.#put(group, told, this.#text(group, told, this.#clock.monotonicMs(), 1));
    this.#lost.unreadable += count;
    this.#options.log.error(
      { uplink, reason, records: count },
      "records cannot be read from disk and were not sent",
    );
  }

  release(uplink: string, lane: Lane): void {
    this.#accounts.ledger(uplink).release(lane);
    this.#notify();
  }

  async retry(uplink: string, code?: string): Promise<number> {
    this.#mustBeOpen();
    const ledger = this.#accounts.ledger(uplink);
    await this.#written(ledger);
    const { rows } = await this.#attempt(() => this.#writer.call("retry", { uplink, code: code ?? null }));
    ledger.retrying = rows;
    this.#notify();
    return rows;
  }

  async quarantine(uplink: string, rows: number): Promise<Quarantine> {
    this.#mustBeOpen();
    return this.#carrying.quarantine(uplink, rows);
  }

  async carry(...ask: Parameters<Journal["carry"]>): Promise<Slice | null> {
    this.#mustBeOpen();
    return this.#carrying.carry(...ask);
  }

  async carried(uplink: string, word: CarriedWord): Promise<number> {
    this.#mustBeOpen();
    return this.#carrying.carried(uplink, word);
  }

  #mustBeOpen(): void {
    if (this.#state !== "open") throw new NotStored("store-down");
  }

  async roll(cause: string): Promise<void> {
    this.#mustBeOpen();
    const group = this.#commits.waiting;
    this.#newEpoch(group, cause);
    this.#commits.wait("now");
    await group.done;
  }

  adopt(uplinks: readonly UplinkFilter[]): void {
    this.#uplinks = uplinks;
    const open = this.#state === "open";
    const lines = this.#accounts.adopt(uplinks);
    this.#renewReader();
    if (!open) return;
    for (const text of lines) this.#commits.waiting.add(text);
    this.#commits.within(0);
    this.#notify();
  }

  clockKnown(wallMs: number, quality: 0 | 1): void {
    this.#wallOffset = { ms: wallMs - this.#clock.monotonicMs(), quality };
    for (const epoch of this.#accounts.epochs) {
      if (epoch.base !== null || epoch.boot !== this.#clock.bootId) continue;
      epoch.base = Math.round(this.#wallOffset.ms + epoch.mono);
      epoch.baseQuality = quality;
      this.#commits.waiting.add(line.base(epoch.e, epoch.base, quality));
      this.#commits.wait("polled");
    }
  }

  base(): { ms: number; quality: number } | null {
    const { base = null, baseQuality = 2 } = this.#accounts.newest ?? {};
    return base === null ? null : { ms: base, quality: baseQuality };
  }

  status(): JournalStatus {
    const { newest } = this.#accounts;
    return {
      state: this.#recovery.running && this.#state === "open" ? "store-down" : this.#state,
      epoch: newest?.id ?? "",
      given: newest?.given ?? 0,
      head: newest?.head ?? 0,
      bytes: this.#capacity.space.bytes,
      used: this.#capacity.space.used,
      pendingBytes: this.#commits.bytes,
      writing: this.#writer.busy,
      commits: this.#commits.count,
      stored: this.#stored,
      repeated: this.#repeated,
      accounts: [...this.#accounts.ledgers].flatMap((ledger) => ledger.accounts()),
      strayReceipts: this.#stray,
      lost: { ...this.#lost },
      ...(this.#broken === undefined ? {} : { broken: this.#broken }),
      full: this.#refusing,
      ...(this.#recovery.fault === undefined ? {} : { fault: this.#recovery.fault }),
      ...(this.#salvager.share === null ? {} : { salvaging: this.#salvager.share }),
    };
  }

  onChange(wake: () => void): void {
    this.#wake.push(wake);
  }

  async close(): Promise<void> {
    if (this.#ended.signal.aborted) return;
    this.#ended.abort(new Error("the journal was closed"));
    await this.#commits.flush();
    const wasOpen = this.#state === "open";
    this.#state = "closed";
    this.#commits.rest();
    if (wasOpen) await this.#writer.call("close", null).catch(() => {});
    await this.#writer.stop();
  }

  /** A new epoch on what truly is on disk: at start and after every store error (R2). */
  async #begin(loaded: Loaded, cause: string): Promise<void> {
    this.#cache.clear();
    this.#renewReader();
    this.#firstEpoch = loaded.firstEpoch;
    this.#mirror.load(loaded.seen);
    this.#numbers.load(loaded.series, loaded.firstSeries);
    this.#accounts.load(loaded);
    this.adopt(this.#uplinks);
    this.#capacity.space = loaded.space;
    // Whoever joined it while the store was down has nothing on the disk.
    this.#commits.fail(new NotStored("store-down"));
    this.#newEpoch(this.#commits.waiting, loaded.cause ?? cause);
    this.#tellOwed(loaded);
    this.#state = "open";
    const { done } = this.#commits.waiting;
    this.#commits.begin();
    await done;
    this.#broken = loaded.cause ?? this.#broken;
    if (loaded.cause !== null)
      this.#options.log.error(
        { cause: loaded.cause },
        "the journal file could not be used; a new one was begun",
      );
    if (loaded.aside > 0) void this.#salvager.run();
  }

  /** Epochs of a damaged file have come in: they are backlog. */
  async #salvaged(content: Content): Promise<void> {
    this.#numbers.learn(content.series);
    this.#capacity.space = content.space;
    const records = this.#accounts.merge(content);
    // Alarms among them go at once.
    this.#renewReader();
    this.#options.log.warn({ records }, "what could be read of the damaged journal file is kept again");
    const group = this.#commits.waiting;
    this.#tellOwed(content);
    this.#commits.within(0);
    this.#notify();
    if (this.#capacity.over) void this.#room.relieve();
    await group.done;
  }

  #tellOwed({ owed }: Content): void {
    const { holding } = this.#accounts;
    for (const each of owed) {
      for (const uplink of holding)
        if (each.uplink === "" || each.uplink === uplink) this.#tellLost(uplink, each.count, "corrupt");
      this.#commits.waiting.add(line.told(each));
    }
  }

  #newEpoch(group: Group, cause: string): void {
    const previous = this.#accounts.newest;
    const { bootId: boot } = this.#clock;
    const mono = this.#clock.monotonicMs();
    const opening: Opening = {
      previous,
      firstEpoch: this.#firstEpoch,
      cause,
      boot,
      mono,
      offset: this.#wallOffset,
    };
    const epoch = newEpoch(opening);
    const { head: _head, given: _given, ...row } = epoch;
    if (previous !== undefined) group.add(line.closed(previous.e, previous.given));
    group.add(line.epoch(row));
    this.#accounts.begin(epoch);
    const opened = openedDraft(this.#options.gateway, opening);
    this.#put(group, opened, this.#text(group, opened, mono, 1));
  }

  /** What a draft becomes as the `ahead`th row from now on. @throws what the encoder throws */
  #text(group: Group, draft: Draft, now: number, ahead: number): string {
    const epoch = this.#newest();
    const s = this.#number(group, draft);
    const t = Math.max(0, Math.round(now - epoch.mono));
    return this.#options.encoder.row(draft, epoch.given + ahead, s, t);
  }

  /** @param text what `#text` made of it */
  #put(group: Group, draft: Draft, text: string): void {
    const epoch = this.#newest();
    const s = this.#number(group, draft);
    const seq = epoch.given + 1;
    epoch.given = seq;
    group.put(epoch, seq, isOwn(draft.series) ? "J" : draft.class, s, text);
    if (draft.series.kind === "alarm") group.alarms.push({ epoch, row: { seq, s, text } });
  }

  #number(group: Group, { series }: Draft): number {
    return this.#numbers.of(series, (s) => group.add(line.series(s, series)));
  }

  /** A known message: acknowledged, not stored. What it says about packet ids still counts. */
  async #repeat(marks: Mark[]): Promise<{ repeated: boolean }> {
    this.#repeated += 1;
    const names = marks
      .filter(({ rule }) => rule === "once" || rule === "last")
      .map((mark) => nameOf(mark) ?? "");
    const pending = [this.#commits.waiting, this.#commits.open].find((group) =>
      names.some((name) => group?.names.has(name)),
    );
    const idle = marks.filter(({ rule }) => rule === "set" || rule === "drop");
    this.#commits.waiting.remember(this.#mirror.remember(idle));
    if (idle.length > 0) this.#commits.wait("polled");
    await pending?.done;
    return { repeated: true };
  }

  /** The rows of a group are on disk. @param lines all of it, joined */
  #durable(group: Group, lines: string, space: Space): void {
    this.#capacity.space = space;
    this.#stored += group.rows;
    for (const ledger of this.#accounts.ledgers) ledger.onDisk();
    for (const { epoch, first, last } of group.runs) {
      epoch.head = last;
      this.#cache.add(epoch.e, first, last, lines);
    }
    for (const alarm of group.alarms) this.#reader.alarm(alarm);
    this.#notify();
    if (this.#capacity.over) void this.#room.relieve();
  }

  /** R5: nothing is acknowledged; the file is opened again and re-read, a new epoch begins. */
  #down(error: StoreError, group: Group | null): void {
    const refusal = new NotStored("store-down", { cause: error });
    const isOver = this.#state === "closed" && this.#ended.signal.aborted;
    if (isOver || this.#state === "store-down") {
      group?.fail(refusal);
      return;
    }
    this.#state = "store-down";
    this.#commits.fail(refusal);
    // Who closes needs no file any more.
    if (this.#ended.signal.aborted) return;
    if (!this.#recovery.running)
      this.#options.log.error(
        { code: error.code, detail: error.message },
        "the journal cannot write; nothing is acknowledged",
      );
    this.#recovery.failed(error);
    this.#notify();
  }

  /** At most one rewind an epoch and minute: a platform that always asks for more cannot make us send for ever. */
  #mayRewind(uplink: string, e: number): boolean {
    const name = `${uplink}\t${e}`;
    const now = this.#clock.monotonicMs();
    const last = this.#lastRewind.get(name);
    if (last !== undefined && now - last < 60_000) return false;
    this.#lastRewind.set(name, now);
    return true;
  }

  async #rewind(ledger: Ledger, e: number, to: number): Promise<void> {
    this.#options.log.warn(
      { uplink: ledger.uplink, seq: to },
      "the platform misses what it had confirmed; sending again from there",
    );
    await this.#written(ledger);
    ledger.rewound(await this.#attempt(() => this.#writer.call("rewind", { uplink: ledger.uplink, e, to })));
    this.#notify();
  }

  /** What the ledger has settled is on its way to the disk before the writer is asked about it. */
  async #written(ledger: Ledger): Promise<void> {
    this.#mustKnow(ledger);
    if (!ledger.changed) return;
    const group = this.#commits.waiting;
    this.#commits.within(0);
    await group.done;
    this.#mustKnow(ledger);
  }

  /** The file may have been read again while somebody waited for the disk: then what was changed here is on no disk. */
  #mustKnow(ledger: Ledger): void {
    if (this.#state !== "open" || !this.#accounts.has(ledger)) throw new NotStored("store-down");
  }

  /** A request outside a commit; its failure is a store error like any other. */
  async #attempt<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      this.#down(error as StoreError, this.#commits.open);
      throw new NotStored("store-down", { cause: error });
    }
  }

  /** Measurements are refused: nothing is left that may go, or it does not go as fast as they come. */
  get #refusing(): boolean {
    return this.#capacity.over && (this.#room.stuck || this.#capacity.overrun);
  }

  async #clear<O extends "purge" | "sweep">(op: O, ask: Asks[O]): Promise<Replies[O]> {
    const cleared = await this.#attempt(() => this.#writer.call(op, ask));
    this.#capacity.space = cleared.space;
    return cleared;
  }

  /** Rows make room and their losses are told, in one commit. */
  async #thin(
    { e, class: recordClass, first, last }: Thinned & { e: number },
    losses: readonly Loss[],
    records: number,
  ): Promise<void> {
    if (this.#state !== "open") throw new NotStored("store-down");
    const group = this.#commits.waiting;
    group.add(line.thin(e, recordClass, first, last));
    const now = this.#clock.monotonicMs();
    for (const loss of losses) {
      const told = lossDraft(this.#options.gateway, loss);
      this.#put(group, told, this.#text(group, told, now, 1));
    }
    // What the disk does not hold any more, memory must not hand out.
    this.#cache.clear();
    this.#commits.wait("now");
    await group.done;
    this.#cache.clear();
    this.#lost.quota += records;
    if (records > 0)
      this.#options.log.error(
        { class: recordClass, records },
        "the oldest records had to make room and are lost",
      );
  }

  #renewReader(): void {
    this.#reader.retire();
    this.#reader = this.#newReader();
  }

  #newReader(): Reader {
    return new Reader({
      cache: this.#cache,
      epochs: () => this.#accounts.epochs,
      series: (s) => this.#numbers.series(s),
      filters: new Map(this.#uplinks.map((filter) => [filter.id, filter])),
      now: () => this.#clock.monotonicMs(),
      sliceId: (epoch) => `${epoch}-${++this.#slices}`,
      stored: (ask) => this.#attempt(() => this.#writer.call("read", ask)),
      refused: (uplink, rows) => this.#attempt(() => this.#writer.call("refused", { uplink, rows })),
      alarms: (from, rows) => {
        const series = this.#numbers.ofKind("alarm");
        return this.#attempt(() => this.#writer.call("latest", { from, series, rows }));
      },
      giveUp: (ledger, e, seqs) => {
        if (this.#state !== "open" || !this.#accounts.has(ledger)) return false;
        ledger.giveUp(e, seqs);
        this.#tellMissing(ledger, this.#commits.waiting);
        this.#commits.within(0);
        this.#notify();
        return true;
      },
    });
  }

  /** Coalesced: however much changes in one turn, one wake. */
  #notify(): void {
    if (this.#waking) return;
    this.#waking = true;
    setImmediate(() => {
      this.#waking = false;
      for (const wake of this.#wake) wake();
    });
  }

  #newest(): OpenEpoch {
    return this.#accounts.newest as OpenEpoch;
  }
}
