import { expect, it } from "vitest";
import type { OpenEpoch } from "../../../edge/journal/epoch.ts";
import { Evictor } from "../../../edge/journal/evictor.ts";
import { Ledger } from "../../../edge/journal/ledger.ts";
import type { Loss } from "../../../edge/journal/own-records.ts";
import { co2 } from "../../suites/journal.ts";

const window = 20;
const head = 100;

/** One epoch of 100 rows of one series, all beyond the window; `weighing` happens while the disk is asked. */
function world(kind: "measurement" | "event" | "alarm", weighing: (ledger: Ledger) => void = () => {}) {
  const epoch = { e: 1, id: "one", head, given: head, base: null } as unknown as OpenEpoch;
  const later = { ...epoch, e: 2, id: "two", head: 1, given: 1 };
  const ledger = new Ledger("province", window);
  for (const each of [epoch, later]) ledger.track(each, null, 0);
  const losses: Loss[] = [];
  const evictor = new Evictor({
    epochs: () => [epoch, later],
    ledgers: () => [ledger],
    window,
    quotaBytes: 1000,
    kept: async () => ({ chars: kind === "measurement" ? 0 : 1_000_000, ownChars: 0 }),
    weigh: async ({ e, class: recordClass, first, last }) => {
      if (e !== 1 || recordClass !== (kind === "measurement" ? "T" : "K")) return null;
      weighing(ledger);
      const count = last - first + 1;
      return { first, last, fromT: 0, losses: [{ s: 1, count, fromT: 0, toT: 0 }], more: false };
    },
    accepts: () => true,
    series: () => ({ ...co2, kind }),
    carryOut: async (_thinned, told) => void losses.push(...told),
  });
  return { evictor, losses, ledger };
}

it.each([
  ["measurement", true],
  ["event", true],
  ["alarm", false],
] as const)("tells the loss of what was never sent, %s, as certain: %s", async (kind, certain) => {
  const { evictor, losses } = world(kind);
  expect(await evictor.evict()).toBe(true);
  expect(losses).toMatchObject([{ uplink: "province", count: head - window, reason: "quota", certain }]);
});

it("hands out nothing of what is about to go, and everything again afterwards", async () => {
  const meanwhile: unknown[] = [];
  const { evictor, ledger } = world("measurement", (asked) => {
    // What was carried by hand moves the window on to what is being weighed.
    asked.bring(1, { rows: [], gaps: [] }, window, []);
    asked.changes();
    asked.onDisk();
    meanwhile.push(asked.unsent(1));
  });
  await evictor.evict();
  expect(meanwhile[0]).toBeNull();
  expect(ledger.unsent(1)).toMatchObject({ from: window + 1 });
});

it("lets nothing go that has settled meanwhile", async () => {
  const { evictor, losses } = world("measurement", (asked) => {
    asked.bring(1, { rows: [], gaps: [] }, head, []);
  });
  expect(await evictor.evict()).toBe(false);
  expect(losses).toEqual([]);
});
