import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { openJournal } from "../../../edge/journal/index.ts";
import type { Asks, Op, Replies } from "../../../edge/journal/wire.ts";
import { StoreError, WriterThread } from "../../../edge/journal/writer-thread.ts";
import { FakeClock, recordingLog } from "../../fake-clock.ts";
import { plainRow } from "../../plain-row.ts";
import { draft, everything, plenty, stored } from "../../suites/journal.ts";

const undo: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const folder = () => {
  const path = mkdtempSync(join(tmpdir(), "ce-at-start-"));
  undo.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
};
const open = async (path: string, clock: FakeClock) => {
  const journal = await openJournal({
    folder: path,
    gateway: "gw1",
    encoder: { row: plainRow },
    clock,
    log: recordingLog(),
    uplinks: [everything()],
  });
  undo.push(() => journal.close());
  return journal;
};
/** What the writer is asked passes through `pass` first. */
function between(pass: (op: Op) => Promise<void>): void {
  const { call } = WriterThread.prototype;
  WriterThread.prototype.call = async function <O extends Op>(this: WriterThread, op: O, ask: Asks[O]) {
    await pass(op);
    return (await call.call(this, op, ask)) as Replies[O];
  };
  undo.push(() => {
    WriterThread.prototype.call = call;
  });
}

it.each(["ENOSPC", "SQLITE_CORRUPT", "SQLITE_IOERR_WRITE"])(
  "begins without a store when its first write fails with %s, and stores by itself once it can",
  async (code) => {
    let failures = 1;
    between(async (op) => {
      if (op === "commit" && failures-- > 0) throw new StoreError(code, "no");
    });
    const clock = new FakeClock();
    const journal = await open(folder(), clock);
    expect(journal.status().state).toBe("store-down");
    expect(journal.base()).toBeNull();
    await expect(journal.append([draft(1)], [], "now")).rejects.toMatchObject({ code: "store-down" });
    while (journal.status().state !== "open") {
      await clock.advance(500);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(await stored(clock, journal.append([draft(1)], [], "now"))).toEqual({ repeated: false });
  },
);

it("begins without a store when the file cannot even be opened", async () => {
  const path = folder();
  mkdirSync(join(path, "journal.sqlite"));
  const clock = new FakeClock();
  const journal = await open(path, clock);
  expect(journal.status()).toMatchObject({ state: "store-down" });
  rmSync(join(path, "journal.sqlite"), { recursive: true });
  while (journal.status().state !== "open") {
    await clock.advance(500);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
});

it("begins with what is there when a file beside the journal is in the way", async () => {
  const path = folder();
  writeFileSync(join(path, "journal.generation"), "nonsense");
  writeFileSync(join(path, "journal.damaged-x"), "nonsense");
  const clock = new FakeClock();
  const journal = await open(path, clock);
  expect(await stored(clock, journal.append([draft(1)], [], "now"))).toEqual({ repeated: false });
});

it("tells who waits for a piece to carry that the store failed meanwhile, and gives nothing away", async () => {
  let gate: Promise<void> | null = null;
  let fail = false;
  between(async (op) => {
    if (op === "read" && gate !== null) await gate;
    if (op === "commit" && fail) {
      fail = false;
      throw new StoreError("EIO", "no");
    }
  });
  const clock = new FakeClock();
  const journal = await open(folder(), clock);
  await stored(clock, journal.append([draft(1)], [], "now"));
  const opened = Promise.withResolvers<void>();
  gate = opened.promise;
  const carried = journal.carry("province", null, plenty);
  carried.catch(() => {});
  fail = true;
  await expect(stored(clock, journal.append([draft(2)], [], "now"))).rejects.toMatchObject({
    code: "store-down",
  });
  gate = null;
  opened.resolve();
  await expect(stored(clock, carried)).rejects.toMatchObject({ code: "store-down" });
});

it("closes although its last commit fails", async () => {
  let fail = false;
  between(async (op) => {
    if (op === "commit" && fail) throw new StoreError("EIO", "no");
  });
  const clock = new FakeClock();
  const journal = await open(folder(), clock);
  const appended = journal.append([draft(1)], [], "polled");
  appended.catch(() => {});
  fail = true;
  await journal.close();
  await expect(appended).rejects.toMatchObject({ code: "store-down" });
  expect(journal.status().state).toBe("closed");
});
