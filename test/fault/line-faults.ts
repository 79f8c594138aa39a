/**
 * The real gateway, its devices and its platform, and between them a line on which the Nth operation fails: nothing is
 * lost or doubled, and records arrive again by themselves. A gateway meets one fault: after several in a row it rests
 * for up to a minute, as it should.
 */
import { type DiskVerdict, diskSchool } from "./disk-school.ts";
import { FaultyLine, type LineFault } from "./faulty-line.ts";

export interface LineVerdict extends DiskVerdict {
  faults: number;
  /** Longest, from a fault until the platform had a record that was not there then. */
  longestMs: number;
}

const atOnce = 3;

export async function lineFaults(faults: readonly LineFault[]): Promise<LineVerdict> {
  const total: LineVerdict = {
    faults: 0,
    longestMs: 0,
    emitted: 0,
    acknowledged: 0,
    received: 0,
    lostAcked: 0,
    duplicates: 0,
    phantoms: 0,
    falseGaps: 0,
  };
  const left = [...faults];
  const work = async () => {
    for (let fault = left.shift(); fault !== undefined; fault = left.shift()) {
      const { longestMs, verdict } = await meet(fault);
      total.faults += 1;
      total.longestMs = Math.max(total.longestMs, longestMs);
      for (const name of Object.keys(verdict) as (keyof DiskVerdict)[]) total[name] += verdict[name];
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return total;
}

async function meet(fault: LineFault): Promise<{ longestMs: number; verdict: DiskVerdict }> {
  const lines: FaultyLine[] = [];
  const school = await diskSchool({
    line: async (port) => {
      const line = await FaultyLine.open(port);
      lines.push(line);
      return line.port;
    },
  });
  try {
    for (const line of lines) await line.strike(fault);
    const { count } = school.platform;
    const begun = performance.now();
    await school.arrives(count);
    return { longestMs: Math.round(performance.now() - begun), verdict: await school.verdict() };
  } finally {
    await school.stop();
    for (const line of lines) await line.close();
  }
}
