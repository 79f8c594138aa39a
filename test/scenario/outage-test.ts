import { expect, it } from "vitest";
import { outage } from "./outage.ts";

/** @param days without a line */
export function outageTest(days: number): void {
  it(`keeps ${days} days without a line, then sends them over 256 kbit/s that stall, cut and reset: nothing lost, alarms first`, async () => {
    const figures = await outage(days, 1);
    const { records, drainS, bytesPerRecord, liveP50, liveP99, alarmMax, cuts } = figures;
    console.log(
      `${days} days: ${records} records, drained in ${Math.round(drainS)} s with ${cuts} cuts; ${bytesPerRecord.toFixed(1)} B a record on the wire; age of live ${Math.round(liveP50)} ms (99 %: ${Math.round(liveP99)}), of alarms at most ${Math.round(alarmMax)} ms`,
    );
    expect(figures).toMatchObject({ lost: 0, wrong: 0, alarmsFirst: true });
    expect(records).toBeGreaterThan(days * 86_400 * 4);
  }, 1_800_000);
}
