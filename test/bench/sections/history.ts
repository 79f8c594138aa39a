/**
 * What the local history costs beside the journal: CPU at 1,000 records a second, bytes a record once it is packed, and
 * how long a question takes.
 */
import { historyFilter, type KeptHistory, keepHistory } from "../../../edge/agent/history.ts";
import { systemClock } from "../../../edge/agent/system-clock.ts";
import { openJournal } from "../../../edge/journal/index.ts";
import type { Draft } from "../../../gateway/contract/index.ts";
import { createEncoder } from "../../../gateway/encode/encoder.ts";
import { recordingLog } from "../../fake-clock.ts";
import type { Section } from "../bench.ts";
import { now, pause } from "../moment.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const perSecond = 1000;
const groups = 50;
const devices = 500;

function draft(n: number): Draft {
  const device = `dev-${n % devices}`;
  const value = 600 + Math.round(200 * Math.sin(n / 5000) + (n % 7));
  return {
    series: {
      device,
      point: "co2",
      space: "101",
      unit: "[ppm]",
      kind: "measurement",
      level: 2,
      source: "bench",
    },
    class: "T",
    ...{ value, quality: 0 },
  };
}

export const section: Section = async ({ quick, say, figures }) => {
  const seconds = quick ? 8 : 30;
  const shares: number[] = [];
  for (const kept of [false, true]) {
    const folder = temporaryFolder();
    const clock = systemClock();
    const log = recordingLog();
    const encoder = createEncoder({ school: "2133000001", gateway: "gw1", wallMs: () => clock.wallMs() });
    const journal = await openJournal({
      ...{ folder: folder.path, gateway: "gw1", encoder, clock, log, quotaBytes: 6e9 },
      uplinks: kept ? [historyFilter] : [],
    });
    journal.clockKnown(clock.wallMs(), 0);
    let extent = { records: 0, bytes: 0 };
    let history: KeptHistory | null = null;
    if (kept) {
      const plan = {
        folder: folder.path,
        quotaBytes: 6e9,
        keepMs: 4e10,
        diskFloorBytes: 0,
        history: { quotaBytes: 2e9 },
      };
      history = keepHistory({ ...plan, commit: { ackMs: 100, polledMs: 1000 } }, plan.history, {
        ...{ journal, clock, log, random: Math.random, wallMs: () => clock.wallMs() },
        health: {
          history(fact) {
            if ("extent" in fact) extent = fact.extent;
          },
        },
      });
    }
    let n = 0;
    const feed = async (untilMs: number) => {
      for (; now() < untilMs; await pause(1000 / groups)) {
        const due = Math.floor(((now() - began) / 1000) * perSecond);
        const drafts: Draft[] = [];
        for (; n < due; n++) drafts.push(draft(n));
        if (drafts.length > 0) await journal.append(drafts, [], "polled");
      }
    };
    const began = now();
    await feed(began + 3000);
    const before = process.cpuUsage();
    const from = now();
    await feed(from + seconds * 1000);
    const { user, system } = process.cpuUsage(before);
    const share = ((user + system) / 1000 / (now() - from)) * 100;
    shares.push(share);
    say(`history: ${perSecond} records/s ${kept ? "with" : "without"} it: ${share.toFixed(2)} % of a core`);
    if (history !== null) {
      const asked = now();
      await history.ask({ device: "dev-7", limit: 10_000 }, { level: 4, words: true });
      say(
        `history: a question took ${(now() - asked).toFixed(0)} ms; ${extent.records} records, ${extent.bytes} bytes`,
      );
      await history.stop();
    }
    await journal.close();
    folder.remove();
  }
  const [without = 0, withIt = 0] = shares;
  figures.remark(
    `The local history costs ${(withIt - without).toFixed(2)} % of a core at ${perSecond} records/s (${without.toFixed(2)} % without it).`,
  );
};
