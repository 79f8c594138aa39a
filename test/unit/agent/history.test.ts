import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { historyFilter, type KeptHistory, keepHistory } from "../../../edge/agent/history.ts";
import type { HistoryFact } from "../../../edge/health/index.ts";
import { historyFile } from "../../../edge/history/index.ts";
import { type Journal, openJournal } from "../../../edge/journal/index.ts";
import { FakeClock, recordingLog } from "../../fake-clock.ts";
import { memoryFolder } from "../../memory-folder.ts";
import { plainRow } from "../../plain-row.ts";
import { draft, everything, taken } from "../../suites/journal.ts";

let folder: string;
let clock: FakeClock;
let log: ReturnType<typeof recordingLog>;
let journal: Journal;
let facts: HistoryFact[];
let history: KeptHistory | null;

beforeEach(() => {
  folder = mkdtempSync(join(memoryFolder, "ce-kept-history-"));
  clock = new FakeClock();
  log = recordingLog();
  facts = [];
  history = null;
});
afterEach(async () => {
  await moving(Promise.all([history?.stop(), journal.close()]));
  rmSync(folder, { recursive: true, force: true });
});

async function open(uplinks = [historyFilter]) {
  journal = await openJournal({
    ...{ folder, gateway: "gw1", encoder: { row: plainRow }, clock, log, quotaBytes: 1e9, uplinks },
  });
  journal.clockKnown(clock.wallMs(), 0);
}

function keep(): KeptHistory {
  const plan = {
    ...{ folder, quotaBytes: 1e9, keepMs: 4e10, diskFloorBytes: 0, history: { quotaBytes: 5e7 } },
    commit: { ackMs: 100, polledMs: 1000 },
  };
  history = keepHistory(plan, plan.history, {
    ...{ journal, clock, log, random: () => 0.5, wallMs: () => clock.wallMs() },
    health: { history: (fact) => void facts.push(fact) },
  });
  return history;
}

/** Time goes on until it is so. */
async function until(holds: () => boolean | Promise<boolean>, stepMs = 50): Promise<void> {
  for (let tries = 0; !(await holds()); tries++) {
    if (tries > 2000) throw new Error("it never was so");
    await clock.advance(stepMs);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
async function moving<T>(done: Promise<T>): Promise<T> {
  let over = false;
  const watched = done.finally(() => {
    over = true;
  });
  await until(() => over);
  return watched;
}
const put = (...values: number[]) =>
  moving(
    journal.append(
      values.map((value) => draft(value)),
      [],
      "now",
    ),
  );

async function seen(): Promise<unknown> {
  const answer = await history?.ask(
    { device: draft(0).series.device, limit: 1000 },
    { level: 4, words: true },
  );
  const { values } = (answer?.body ?? {}) as { values?: { value: unknown }[] };
  return answer?.done ? values?.map(({ value }) => value).reverse() : answer?.body;
}
const sees = (...values: number[]) =>
  until(async () => JSON.stringify(await seen()) === JSON.stringify(values));
const account = () => journal.status().accounts.find(({ uplink }) => uplink === historyFilter.id);

describe("the local history of an agent", () => {
  it("has what the journal has within seconds, and what was there before it", async () => {
    await open();
    await put(1, 2);
    keep();
    await sees(1, 2);
    await put(3);
    await sees(1, 2, 3);
    await until(() => account()?.waiting === 0);
    expect(account()).toMatchObject({ delivered: 4, lost: 0, quarantined: 0 });
    expect(facts.at(-1)).toMatchObject({ what: "stored", extent: { records: 4 } });
    expect(log.lines.filter(({ level }) => level !== "info")).toEqual([]);
  });

  it("that is lost begins anew with what the journal still holds, with one line", async () => {
    await open([historyFilter, everything("province")]);
    await put(1, 2);
    keep();
    await sees(1, 2);
    await until(() => account()?.waiting === 0);
    await moving(history?.stop() ?? Promise.resolve());
    writeFileSync(join(folder, historyFile), "x".repeat(10_000));
    keep();
    await sees(1, 2);
    expect(facts.filter(({ what }) => what === "anew")).toHaveLength(1);
    const warned = log.lines.filter(({ level }) => level === "warn").map(({ sentence }) => sentence);
    expect(warned).toEqual([
      expect.stringContaining("it is set aside, and the history begins anew"),
      "the platform misses what it had confirmed; sending again from there",
    ]);
    expect(statSync(join(folder, `${historyFile}.broken`)).size).toBe(10_000);
  });

  it("holds no row of the journal, and claims what is gone as gone", async () => {
    await open([historyFilter, everything("province")]);
    await put(1, 2);
    const slice = await journal.read("province", "live", { rows: 100, bytes: 1e6 });
    if (slice === null) throw new Error("nothing to send");
    await moving(journal.settle("province", slice.id, taken(slice)));
    await put(3);
    // Settled rows stay a day; what was written lately is still in memory until the next start.
    let steps = 0;
    await until(() => ++steps > 300, 600_000);
    await moving(journal.close());
    await open([historyFilter, everything("province")]);
    keep();
    await sees(3);
    await until(() => account()?.waiting === 0);
  });

  it("that cannot be opened stops nothing, says so once, and comes back by itself", async () => {
    await open();
    const other = keep();
    await put(1);
    await sees(1);
    const own = history;
    const second = keep();
    history = own;
    await put(2);
    await sees(1, 2);
    await until(() => facts.some(({ what }) => what === "closed"));
    expect(await second.ask({ device: "x", limit: 1 }, { level: 4, words: true })).toEqual({
      ...{ done: false, body: { error: { code: "closed" } } },
    });
    await clock.advance(300_000);
    const told = log.lines.filter(({ sentence }) =>
      sentence.startsWith("the local history cannot be written"),
    );
    expect(told).toMatchObject([{ level: "warn", fields: { code: "SQLITE_BUSY" } }]);
    await moving(second.stop());
    expect(other).toBe(own);
  });
});
