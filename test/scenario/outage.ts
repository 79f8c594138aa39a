/** Days without a line, then a bad one: what arrives is compared with every value that was put in, in its order. */
import { OutageWorld } from "./outage-world.ts";

export interface OutageFigures {
  records: number;
  /** Virtual seconds from the line's return until nothing waits. */
  drainS: number;
  lost: number;
  wrong: number;
  /** Bytes on the wire a record, compressed, everything included. */
  bytesPerRecord: number;
  /** Age of live records and of alarms when they arrived, ms; of those that waited for the line, since it is back. */
  liveP50: number;
  liveP99: number;
  alarmMax: number;
  /** Early batches came before any backlog. */
  alarmsFirst: boolean;
  cuts: number;
}

const dayS = 86_400;

/** @param days of outage @param seed dice of the load and of the line */
export async function outage(days: number, seed: number): Promise<OutageFigures> {
  const world = await new OutageWorld().open({ province: "bad" }, seed);
  const { clock, load } = world;
  const line = world.line("province");
  try {
    const outageS = Math.round(days * dayS);
    // One commit for fifteen seconds: what waits for the disk is no question here.
    for (let second = 0; second < outageS; second += 15) {
      for (let each = second; each < second + 15; each++) load.second(each, 3600);
      await world.advance(15_000);
    }
    const returned = clock.monotonicMs();
    world.connect("province");
    for (let tick = 0; tick === 0 || world.waiting("province") > 100; tick++) {
      if (tick % 10 === 0) load.second(outageS + tick / 10, 20);
      if (clock.monotonicMs() - returned > dayS * 1000 * (1 + days)) throw new Error("it never drains");
      await world.advance(100);
    }
    const drainS = (clock.monotonicMs() - returned) / 1000;
    for (let tick = 0; world.waiting("province") > 0 && tick < 3000; tick++) await world.advance(100);
    const live = [...line.ages.live].sort((a, b) => a - b);
    return {
      records: load.values.length,
      drainS,
      ...line.compare(load.values),
      bytesPerRecord: line.bytes / load.values.length,
      liveP50: live[Math.floor(live.length * 0.5)] ?? 0,
      liveP99: live[Math.floor(live.length * 0.99)] ?? 0,
      alarmMax: line.ages.early.reduce((most, age) => Math.max(most, age), 0),
      alarmsFirst: line.alarmsFirst,
      cuts: line.cuts,
    };
  } finally {
    await world.close();
  }
}
