import { expect, it } from "vitest";
import { Findings } from "../../../edge/journal/findings.ts";
import { type EpochColumns, epochCrc, rowCrc } from "../../../edge/journal/schema.ts";

it("takes of what was refused, claimed, or made room only what is as it was written", () => {
  const refused = ["province", 1, 7, "range"] as const;
  const claim = ["province", 1, 8, 9, '[[8,9,"policy"]]'] as const;
  const thinned = [1, "T", 10, 20] as const;
  for (const wrong of [0, 1]) {
    const found = new Findings();
    found.note([...refused, 0, rowCrc(...refused) + wrong]);
    found.note([...claim, rowCrc(...claim) + wrong]);
    found.note([...thinned, rowCrc(...thinned) + wrong, 0]);
    expect([...found.refused.values()]).toEqual(wrong ? [] : [refused]);
    expect([...found.claims.values()]).toEqual(wrong ? [] : [claim]);
    expect([...found.thinned.values()]).toEqual(wrong ? [] : [thinned]);
  }
});

it("knows of an epoch that stands there twice what was known last, also how much of it may be gone", () => {
  const early: EpochColumns = {
    e: 1,
    id: "one",
    previous: null,
    cause: "start",
    boot: "b",
    mono: 0,
    base: null,
    baseQuality: 2,
    head: null,
    salvaged: 0,
    purgedTo: 0,
  };
  const later = { ...early, base: 5, baseQuality: 0, head: 30, purgedTo: 21 };
  const row = (epoch: EpochColumns) => {
    const { e, id, previous, cause, boot, mono, base, baseQuality, head, salvaged, purgedTo } = epoch;
    return [
      ...[e, id, previous, cause, boot, mono, base, baseQuality, head, salvaged, purgedTo],
      epochCrc(epoch),
    ];
  };
  for (const order of [
    [early, later],
    [later, early],
  ]) {
    const found = new Findings();
    for (const epoch of order) found.note(row(epoch));
    expect(found.epochs.get(1)).toEqual(later);
  }
});
