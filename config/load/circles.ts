/**
 * Circles in what names one next thing each. Pure.
 */

/** Each circle once, in the order of its steps. */
export function circles<T>(all: Iterable<T>, next: (one: T) => T | undefined): T[][] {
  const found: T[][] = [];
  const done = new Set<T>();
  for (const start of all) {
    const trail = new Set<T>();
    let here: T | undefined = start;
    while (here !== undefined && !done.has(here) && !trail.has(here)) {
      trail.add(here);
      here = next(here);
    }
    if (here !== undefined && trail.has(here)) {
      const steps = [...trail];
      found.push(steps.slice(steps.indexOf(here)));
    }
    for (const one of trail) done.add(one);
  }
  return found;
}
