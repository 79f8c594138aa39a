/** Names of rooms. Pure. */

/** `301..308` → its rooms, `301` → itself; null when the ends do not fit, or are too many. */
export function roomsOf(range: string, most: number): string[] | null {
  const [, lead = "", low, , otherLead = "", high] = /^([A-Z]*)(\d+)(\.\.([A-Z]*)(\d+))?$/.exec(range) ?? [];
  if (low === undefined) return null;
  if (high === undefined) return [lead + low];
  const count = Number(high) - Number(low) + 1;
  if (lead !== otherLead || low.length !== high.length || count < 1 || count > most) return null;
  return Array.from(
    { length: count },
    (_, index) => lead + String(Number(low) + index).padStart(low.length, "0"),
  );
}
