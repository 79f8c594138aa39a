/**
 * The contract of a Journal whose uplinks change while it is open, as tests; beside `journalSuite`.
 */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Journal, UplinkFilter } from "../../edge/journal/contract.ts";
import type { Slice } from "../../gateway/contract/index.ts";
import { draft, everything, type JournalWorld, plenty, stored, taken } from "./journal.ts";

export function journalUplinksSuite(name: string, makeWorld: () => Promise<JournalWorld>): void {
  describe(`${name} takes other uplinks while it is open`, () => {
    let world: JournalWorld;
    let journal: Journal | null = null;
    const open = async (uplinks: UplinkFilter[]) => {
      journal = await world.open(uplinks);
      return journal;
    };
    const put = (to: Journal, ...values: number[]) =>
      stored(
        world.clock,
        to.append(
          values.map((value) => draft(value)),
          [],
          "now",
        ),
      );
    const read = async (of: Journal, uplink: string) => (await of.read(uplink, "live", plenty)) as Slice;
    const settle = (of: Journal, uplink: string, slice: Slice) =>
      stored(world.clock, of.settle(uplink, slice.id, taken(slice)));
    const account = (of: Journal, uplink: string) => {
      const found = of.status().accounts.find((each) => each.uplink === uplink);
      if (found === undefined) return undefined;
      const { head, delivered, withheld, quarantined, lost, waiting } = found;
      expect(delivered + withheld + quarantined + lost + waiting).toBe(head);
      return { delivered, withheld, waiting };
    };

    beforeEach(async () => {
      world = await makeWorld();
    });
    afterEach(async () => {
      await journal?.close();
      journal = null;
      await world.remove();
    });

    it("gives a new one everything, or what comes from now on and the rest as before", async () => {
      const of = await open([everything("a")]);
      await put(of, 1, 2);
      of.adopt([everything("a"), everything("b"), { ...everything("c"), start: "now" }]);
      await put(of, 3);
      expect((await read(of, "b")).rows).toHaveLength(4);
      expect(await read(of, "c")).toMatchObject({ range: [1, 3], rows: [], gaps: [[1, 3, "before"]] });
      expect((await read(of, "c")).rows).toHaveLength(1);
    });

    it("leaves what another has in flight alone", async () => {
      const of = await open([everything("a")]);
      await put(of, 1);
      const slice = await read(of, "a");
      of.adopt([everything("a"), everything("b")]);
      await settle(of, "a", slice);
      expect(account(of, "a")).toEqual({ delivered: 2, withheld: 0, waiting: 0 });
      expect(account(of, "b")).toEqual({ delivered: 0, withheld: 0, waiting: 2 });
    });

    it("lets one that was taken away go on where it was, and not before", async () => {
      const of = await open([everything("a"), everything("b")]);
      await put(of, 1);
      await settle(of, "a", await read(of, "a"));
      await put(of, 2);
      const late = await read(of, "a");
      of.adopt([everything("b")]);
      expect(account(of, "a")).toBeUndefined();
      await put(of, 3);
      of.adopt([everything("a"), everything("b")]);
      await of.settle("a", late.id, taken(late));
      expect(of.status().strayReceipts).toBe(1);
      expect(account(of, "a")).toEqual({ delivered: 2, withheld: 0, waiting: 2 });
      expect((await read(of, "a")).range).toEqual([3, 4]);
    });

    it("remembers the place of one that is taken away over a kill", async () => {
      const first = await open([everything("a"), everything("b")]);
      await put(first, 1);
      await settle(first, "a", await read(first, "a"));
      first.adopt([everything("b")]);
      await put(first, 2);
      await world.kill(first);
      const of = await open([everything("b")]);
      of.adopt([everything("b"), { ...everything("a"), start: "now" }]);
      await put(of, 3);
      expect((await of.read("a", "backlog", plenty))?.range).toEqual([3, 3]);
      expect((await read(of, "a")).range).toEqual([1, 2]);
    });

    it("keeps a settling that was not written yet when its uplink goes", async () => {
      const of = await open([everything("a"), everything("b")]);
      await put(of, 1);
      const slice = await read(of, "a");
      const settled = of.settle("a", slice.id, taken(slice));
      of.adopt([everything("b")]);
      await stored(world.clock, settled);
      await world.kill(of);
      const again = await open([everything("a"), everything("b")]);
      expect(again.status().accounts.find(({ uplink }) => uplink === "a")).toMatchObject({ delivered: 2 });
    });

    it("applies a changed filter to what is not claimed yet", async () => {
      const of = await open([everything("a")]);
      await put(of, 1);
      const slice = await read(of, "a");
      of.adopt([{ ...everything("a"), accepts: () => false }]);
      await put(of, 2);
      await settle(of, "a", slice);
      await stored(world.clock, world.clock.advance(60_000));
      const next = await read(of, "a");
      expect(next).toMatchObject({ range: [3, 3], rows: [], gaps: [[3, 3, "policy"]] });
      await settle(of, "a", next);
      expect(account(of, "a")).toEqual({ delivered: 2, withheld: 1, waiting: 0 });
    });
  });
}
