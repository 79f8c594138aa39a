import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Journal, openJournal } from "../../../edge/journal/index.ts";
import type { Slice } from "../../../gateway/contract/index.ts";
import { FakeClock, recordingLog } from "../../fake-clock.ts";
import { memoryFolder } from "../../memory-folder.ts";
import { plainRow } from "../../plain-row.ts";
import { co2, draft, everything, stored, taken } from "../../suites/journal.ts";
import { seeded } from "./model-dice.ts";

const pageBytes = 4096;
let clock: FakeClock;
/** A folder as a crash leaves it: three epochs, some rows settled, the last commits in the WAL alone. */
let image: string;
/** Text of every row that was acknowledged, by epoch and seq. */
const texts = new Map<string, string>();
const undo: (() => Promise<void> | void)[] = [];
const temporary = () => mkdtempSync(join(memoryFolder, "ce-salvage-"));

const open = (folder: string) =>
  openJournal({
    folder,
    gateway: "gw1",
    encoder: { row: plainRow },
    clock,
    log: recordingLog(),
    uplinks: [everything()],
    cacheBytes: 500,
  });

beforeAll(async () => {
  clock = new FakeClock();
  const folder = temporary();
  image = temporary();
  const random = seeded(7);
  const journal = await open(folder);
  const read: { id: string; head: number }[] = [];
  for (let epoch = 0; epoch < 3; epoch++) {
    if (epoch === 1) journal.clockKnown(clock.wallMs(), 0);
    for (let group = 0; group < 12; group++) {
      const drafts = Array.from({ length: 60 }, (_, n) =>
        draft(random() * 1000, {
          series: { ...co2, device: `${300 + (n % 20)}-air` },
          ...(n % 37 === 0 ? { value: "字".repeat(250) } : {}),
        }),
      );
      const key = { slot: "d", value: `${epoch}/${group}`, rule: "once" } as const;
      await stored(clock, journal.append(drafts, [key], "now"));
    }
    const { epoch: id, head } = journal.status();
    read.push({ id, head });
    if (epoch === 0) {
      const slice = (await journal.read("province", "live", { rows: 100, bytes: 1e6 })) as Slice;
      await stored(clock, journal.settle("province", slice.id, taken(slice)));
    }
    if (epoch < 2) await stored(clock, journal.roll("test"));
  }
  cpSync(folder, image, { recursive: true });
  for (const lane of ["backlog", "live"] as const)
    for (let slice = await next(journal, lane); slice !== null; slice = await next(journal, lane))
      for (const { seq, text } of slice.rows) texts.set(`${slice.epoch}/${seq}`, text);
  await journal.close();
  rmSync(folder, { recursive: true });
  expect(read.map(({ head }) => head)).toEqual([721, 721, 721]);
  expect(texts.size).toBe(3 * 721 - 100);
});
const next = (journal: Journal, lane: "live" | "backlog") =>
  journal.read("province", lane, { rows: 1000, bytes: 1e6 });
afterAll(() => rmSync(image, { recursive: true, force: true }));
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

/** Opens what is left, waits for the salvage, and drains. */
async function survive(
  damage: (file: string, folder: string) => void,
  put: ReadonlyMap<string, string> = new Map(),
) {
  const folder = temporary();
  undo.push(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(image, folder, { recursive: true });
  damage(join(folder, "journal.sqlite"), folder);
  const journal = await open(folder);
  undo.push(() => journal.close());
  journal.clockKnown(clock.wallMs(), 0);
  // It accepts at once, whatever became of the old file.
  const begun = clock.monotonicMs();
  expect(await stored(clock, journal.append([draft(-1)], [], "now"))).toEqual({ repeated: false });
  const waited = clock.monotonicMs() - begun;
  const found = new Map<string, string>();
  const own = new Map<string, Slice["rows"][number]>();
  const corrupt: number[] = [];
  for (let quiet = 0; quiet < 5; ) {
    await clock.advance(1000);
    await new Promise((resolve) => setTimeout(resolve, 1));
    const { state, writing, salvaging } = journal.status();
    let read = false;
    for (const lane of ["backlog", "live"] as const) {
      const slice = state === "open" ? await next(journal, lane).catch(() => null) : null;
      if (slice === null) continue;
      read = true;
      for (const row of slice.rows)
        (texts.has(`${slice.epoch}/${row.seq}`) ? found : own).set(`${slice.epoch}/${row.seq}`, row as never);
      for (const [first, last, why] of slice.gaps) {
        expect(["corrupt", "gone"]).toContain(why);
        corrupt.push(last - first + 1);
      }
      await stored(clock, journal.settle("province", slice.id, taken(slice)));
    }
    quiet = read || state !== "open" || writing || salvaging !== undefined ? 0 : quiet + 1;
  }
  for (const [key, row] of found) expect((row as unknown as { text: string }).text).toBe(texts.get(key));
  const lives = new Set([...put.keys()].map((key) => key.split("/")[0]));
  for (const [key, row] of own) {
    const value = (JSON.parse((row as unknown as { text: string }).text) as unknown[])[3];
    // Under the name of an epoch stands only what was put into it.
    if (typeof value === "number" && lives.has(key.split("/")[0]))
      expect([key, String(value)]).toEqual([key, put.get(key)]);
  }
  for (const key of put.keys()) expect(own.has(key), key).toBe(true);
  const { accounts } = journal.status();
  for (const { head, delivered, withheld, quarantined, lost, waiting } of accounts) {
    expect(delivered + withheld + quarantined + lost).toBe(head);
    expect(waiting).toBe(0);
  }
  const events = [...own.values()].map((row) => (row as { text: string }).text);
  return {
    found,
    corrupt: corrupt.reduce((sum, count) => sum + count, 0),
    events,
    accounts,
    waited,
    folder,
    journal,
  };
}

const flip = (file: string, bits: number, seed: number, from = 0) => {
  const bytes = readFileSync(file);
  const random = seeded(seed);
  for (let bit = 0; bit < bits; bit++) {
    const at = from + Math.floor(random() * (bytes.length - from));
    bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8));
  }
  writeFileSync(file, bytes);
};
const zero = (file: string, from: number, to: number) => {
  const bytes = readFileSync(file);
  bytes.fill(0, from, to);
  writeFileSync(file, bytes);
};
/** The same rows in the database alone. */
const checkpointed = async (folder: string) => {
  const journal = await open(folder);
  await journal.close();
};

describe("a journal whose file is damaged", () => {
  it("has everything when nothing is damaged", async () => {
    const { found, corrupt } = await survive(() => {});
    expect(found.size).toBe(texts.size);
    expect(corrupt).toBe(0);
  });

  it.each([
    ["is all zeros", (file: string) => zero(file, 0, statSync(file).size)],
    ["is no database", (file: string) => writeFileSync(file, "hello\n".repeat(1000))],
    ["has lost its first page", (file: string) => zero(file, 0, pageBytes)],
    ["was written by another program", (file: string) => zero(file, 68, 72)],
    ["has a version of nobody", (file: string) => writeFileSync(file, withByte(file, 60, 0x7f))],
  ])("goes on at once when it %s, and what the WAL still holds comes in", async (_name, damage) => {
    const { found, waited, folder } = await survive(damage);
    expect(waited).toBeLessThanOrEqual(20_000);
    // The whole life of this file is in its WAL still.
    expect(found.size).toBe(texts.size);
    expect(readdirSync(folder).filter((name) => name.includes("damaged"))).toEqual([]);
  });

  it.each([0.1, 0.35, 0.6, 0.9, 0.999])(
    "keeps what is left when it was cut at %d of its length",
    async (share) => {
      const whole = temporary();
      undo.push(() => rmSync(whole, { recursive: true, force: true }));
      cpSync(image, whole, { recursive: true });
      await checkpointed(whole);
      const { found, corrupt, events } = await survive((file, folder) => {
        rmSync(folder, { recursive: true });
        cpSync(whole, folder, { recursive: true });
        truncateSync(file, Math.floor(statSync(file).size * share));
      });
      if (share > 0.3) expect(found.size).toBeGreaterThan(texts.size * (share - 0.3));
      if (found.size < texts.size && corrupt > 0)
        expect(events.some((text) => text.includes("corrupt"))).toBe(true);
    },
  );

  it("hands out nothing that was changed, wherever bits flipped, and goes on", async () => {
    const whole = temporary();
    undo.push(() => rmSync(whole, { recursive: true, force: true }));
    cpSync(image, whole, { recursive: true });
    await checkpointed(whole);
    let kept = 0;
    for (let seed = 1; seed <= 10; seed++) {
      const { found } = await survive((file, folder) => {
        rmSync(folder, { recursive: true });
        cpSync(whole, folder, { recursive: true });
        flip(file, 1 + (seed % 5) * 10, seed);
      });
      kept += found.size;
    }
    console.log(`bit flips: ${kept} of ${10 * texts.size} rows handed out, all as they were written`);
    expect(kept).toBeGreaterThan(10 * texts.size * 0.8);
  });

  it("has all but the last commit when a bit of the WAL flipped, and says so", async () => {
    for (let seed = 1; seed <= 6; seed++) {
      const { found } = await survive((file) => flip(`${file}-wal`, 1, seed, 32));
      expect(found.size).toBeGreaterThan(texts.size - 130);
    }
  });

  it("has everything when only the header of the WAL is gone", async () => {
    const { found } = await survive((file) => zero(`${file}-wal`, 0, 32));
    expect(found.size).toBe(texts.size);
  });

  it("gives no number twice: rows of an epoch whose beginning is lost in the WAL never come under another's name", async () => {
    // Wherever a bit of the WAL flips, with everything that matters in it.
    for (let seed = 101; seed <= 110; seed++) {
      const folder = temporary();
      undo.push(() => rmSync(folder, { recursive: true, force: true }));
      cpSync(image, folder, { recursive: true });
      flip(join(folder, "journal.sqlite-wal"), 1, seed, 32);
      const put = new Map<string, string>();
      for (let life = 0; life < 2; life++) {
        const journal = await open(folder);
        for (let n = 0; n < 30; n++) {
          await stored(clock, journal.append([draft(10_000 + n)], [], "now"));
          const { epoch, head } = journal.status();
          put.set(`${epoch}/${head}`, String(10_000 + n));
        }
        await journal.close();
      }
      const { accounts } = await survive((_file, copy) => {
        rmSync(copy, { recursive: true });
        cpSync(folder, copy, { recursive: true });
      }, put);
      expect(new Set(accounts.map(({ epoch }) => epoch)).size).toBe(accounts.length);
    }
  });

  it("says that its file was lost, and goes on", async () => {
    const { found, events } = await survive((file) => {
      rmSync(file);
      rmSync(`${file}-wal`, { force: true });
    });
    expect(found.size).toBe(0);
    expect(events.some((text) => text.includes("file-lost"))).toBe(true);
  });

  it("is damaged again while it is being salvaged, and again later, and nothing readable is lost", async () => {
    const folder = temporary();
    undo.push(() => rmSync(folder, { recursive: true, force: true }));
    cpSync(image, folder, { recursive: true });
    const file = join(folder, "journal.sqlite");
    for (let time = 0; time < 3; time++) {
      zero(file, 0, Math.min(pageBytes, statSync(file).size));
      const journal = await open(folder);
      await stored(clock, journal.append([draft(time)], [], "now"));
      await journal.close();
    }
    const { found } = await survive((_file, copy) => {
      rmSync(copy, { recursive: true });
      cpSync(folder, copy, { recursive: true });
    });
    expect(found.size).toBe(texts.size);
  });

  it("keeps a file in which nothing of ours can be read, for a person to look at", async () => {
    const { folder } = await survive((file) => {
      rmSync(`${file}-wal`, { force: true });
      writeFileSync(file, "hello\n".repeat(1000));
    });
    expect(existsSync(join(folder, "journal.unreadable-0"))).toBe(true);
  });
});

function withByte(file: string, at: number, byte: number): Buffer {
  const bytes = readFileSync(file);
  bytes[at] = byte;
  return bytes;
}
