/**
 * What a device said against what the platform has: the four numbers that must be zero.
 * Emissions are recognised by the value of one point, so that point must never say the same twice.
 */
import type { SchoolRecord } from "../config/schema/record.ts";
import type { Emission } from "./devices/saying.ts";

export interface Verdict {
  /** Acknowledged emissions of which the platform has no record. */
  lostAcked: number[];
  /** Emissions with more records than they may have (I2). */
  duplicates: number[];
  /** Records that no emission explains, by key. */
  phantoms: string[];
  /** Emissions of which the platform has a record at all. */
  received: number;
}

/**
 * @param excused numbers of emissions that may be missing: declared lost, quarantined, withheld or not selected
 * @throws RangeError when two emissions have the same value at `point`
 */
export function judge(
  device: string,
  point: string,
  emissions: readonly Emission[],
  records: readonly SchoolRecord[],
  excused: (n: number) => boolean = () => false,
): Verdict {
  const byValue = new Map(emissions.map((emission) => [emission.values[point], emission]));
  if (byValue.size !== emissions.length) throw new RangeError(`${point} says the same value twice`);
  const keys = new Map<Emission, Set<string>>();
  const phantoms: string[] = [];
  for (const record of records) {
    if (record.device !== device || record.point !== point) continue;
    const key = `${record.epoch}/${record.seq}`;
    const emission = byValue.get(record.value);
    // A value that came before its emission was ever put on the wire did not come from there.
    if (emission === undefined || emission.wire.length === 0) phantoms.push(key);
    else keys.set(emission, (keys.get(emission) ?? new Set()).add(key));
  }
  const having = (emission: Emission) => keys.get(emission)?.size ?? 0;
  return {
    lostAcked: emissions
      .filter((emission) => emission.ackedMs !== null && having(emission) === 0 && !excused(emission.n))
      .map(({ n }) => n),
    duplicates: emissions.filter((emission) => having(emission) > identities(emission)).map(({ n }) => n),
    phantoms,
    received: keys.size,
  };
}

/** One with a device key; else one for each time it was put on the wire as a new message (I2). */
function identities(emission: Emission): number {
  return emission.ownKey ? 1 : emission.wire.filter(({ dup }) => !dup).length;
}
