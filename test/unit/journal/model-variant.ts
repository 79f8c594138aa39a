/** What may happen in a life; where something does not, the witness asks for more. */
export function variantOf(seed: number) {
  return {
    restores: seed % 2 === 0,
    rollbacks: seed % 4 < 2,
    quota: seed % 3 !== 1,
    damages: seed % 5 < 2,
    second: seed % 7 !== 0,
    /** An uplink that holds nothing. */
    third: seed % 5 === 3,
    /** The second goes and comes back; or it comes late and begins at `now`. */
    away: seed % 8 >= 5,
    startsNow: seed % 8 === 6,
    carries: seed % 3 !== 0,
    /** The first is always up and served at once, so that it loses nothing, whatever the others do. */
    healthy: seed % 6 === 5,
    /** More is kept (class K) than its share. */
    noisy: seed % 9 === 2,
  };
}

export type Variant = ReturnType<typeof variantOf>;
