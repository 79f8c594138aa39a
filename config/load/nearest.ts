/**
 * Did-you-mean: the nearest known word to a misspelt one.
 */

/** Longest word that is compared; longer ones have no neighbour. */
const maxWord = 64;

/**
 * Damerau–Levenshtein distance (optimal string alignment: insert, delete, replace, swap neighbours),
 * not counting upper and lower case.
 * @param limit beyond it any larger number may be returned, sooner
 */
export function distance(left: string, right: string, limit = Number.POSITIVE_INFINITY): number {
  const a = left.toLowerCase();
  const b = right.toLowerCase();
  let before: number[] = [];
  let previousLeast = 0;
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    let least = i;
    for (let j = 1; j <= b.length; j += 1) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min((previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, (before[j - 2] ?? 0) + 1);
      row.push(best);
      if (best < least) least = best;
    }
    // A swap reaches back two rows: only when both are beyond the limit nothing can come back below it.
    if (least > limit && previousLeast > limit) return least;
    previousLeast = least;
    before = previous;
    previous = row;
  }
  return previous[b.length] ?? 0;
}

/** The known word that was probably meant, or undefined when none is near enough. Full-width letters count as plain ones. */
export function nearest(written: string, known: Iterable<string>): string | undefined {
  return nearestAll(written, known)[0];
}

/** All known words that are as near as the nearest, the likeliest first. */
export function nearestAll(written: string, known: Iterable<string>): string[] {
  const word = written.normalize("NFKC");
  if (word.length === 0 || word.length > maxWord) return [];
  const reach = Math.max(1, Math.min(3, Math.floor(word.length / 3)));
  const near: { word: string; far: number }[] = [];
  for (const candidate of known) {
    if (candidate.length > maxWord || Math.abs(candidate.length - word.length) > reach) continue;
    const far = distance(word, candidate, reach);
    // Of a single letter only another beside it is near, or everything would be.
    const beside = candidate.length === 1 && word.length === 2 && word.toLowerCase().includes(candidate);
    if (far > reach || (far >= candidate.length && !beside)) continue;
    near.push({ word: candidate, far });
  }
  const least = Math.min(...near.map(({ far }) => far));
  const other = (candidate: { word: string }) => Number(candidate.word.length !== word.length);
  return near
    .filter(({ far }) => far === least)
    .sort((a, b) => other(a) - other(b))
    .map(({ word }) => word);
}
