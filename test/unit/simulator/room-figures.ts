/** Figures of carbon dioxide in a room that is read every few minutes; the same for recorded and simulated rooms. */

export interface Co2Row {
  /** ms */
  time: number;
  /** ppm */
  co2: number;
  people: number;
  lesson: string | null;
}

export const shares = [10, 25, 50, 75, 90] as const;

/** Nearest-rank percentiles 10, 25, 50, 75, 90; NaN of nothing. */
export function percentiles(values: readonly number[]): number[] {
  const sorted = [...values].sort((a, b) => a - b);
  return shares.map((share) => sorted[Math.round(((sorted.length - 1) * share) / 100)] ?? Number.NaN);
}

/** Lowest and highest head count of each class of occupancy. */
export const occupancies = [
  [0, 0],
  [1, 10],
  [11, 20],
  [21, 30],
] as const;

/** ppm per hour and person in the first half hour of each logged class with three people or more. */
export function rises(rows: readonly Co2Row[]): number[] {
  const classes = Map.groupBy(
    rows.filter((row) => row.lesson !== null),
    (row) => row.lesson,
  );
  return [...classes.values()].flatMap((all) => {
    const first = all[0] as Co2Row;
    const early = all.filter((row) => row.time - first.time <= 1_800_000);
    if (first.people < 3 || early.length < 5) return [];
    return [slope(early.map((row) => [(row.time - first.time) / 3_600_000, row.co2])).slope / first.people];
  });
}

/**
 * Air change in 1/h from each uninterrupted fall of 200 ppm or more over 15 min or more that an exponential towards
 * 410 ppm explains with r² above 0.9.
 */
export function decays(rows: readonly Co2Row[]): number[] {
  const found: number[] = [];
  for (let from = 0; from < rows.length - 1; ) {
    let to = from;
    for (;;) {
      const here = rows[to] as Co2Row;
      const next = rows[to + 1];
      if (next === undefined || next.co2 >= here.co2 || next.time - here.time !== 300_000 || next.co2 < 470)
        break;
      to += 1;
    }
    const first = rows[from] as Co2Row;
    if (to - from >= 3 && first.co2 > 620) {
      const fit = slope(
        rows.slice(from, to + 1).map((row) => [(row.time - first.time) / 3_600_000, Math.log(row.co2 - 410)]),
      );
      if (fit.explained > 0.9) found.push(-fit.slope);
    }
    from = Math.max(to, from + 1);
  }
  return found;
}

function slope(points: readonly (readonly [number, number])[]): { slope: number; explained: number } {
  const mean = (n: 0 | 1) => points.reduce((sum, point) => sum + point[n], 0) / points.length;
  const [mx, my] = [mean(0), mean(1)];
  const sum = (of: (dx: number, dy: number) => number) =>
    points.reduce((all, [x, y]) => all + of(x - mx, y - my), 0);
  const [xx, xy, yy] = [sum((dx) => dx * dx), sum((dx, dy) => dx * dy), sum((_, dy) => dy * dy)];
  return { slope: xy / xx, explained: yy === 0 ? 0 : (xy * xy) / (xx * yy) };
}
