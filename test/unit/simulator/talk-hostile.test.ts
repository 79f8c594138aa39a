import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { looseAc } from "../../../simulator/devices/ac-unit.ts";
import { zhongHong } from "../../../simulator/devices/zhonghong.ts";
import { benqDisplay } from "../../../simulator/displays/benq.ts";
import { epson } from "../../../simulator/displays/epson.ts";
import { hexPanel, plainTable } from "../../../simulator/displays/hex-panel.ts";
import { hisenseDisplay } from "../../../simulator/displays/hisense.ts";
import { lgDisplay } from "../../../simulator/displays/lg.ts";
import { necDisplay } from "../../../simulator/displays/nec.ts";
import type { Panel } from "../../../simulator/displays/panel.ts";
import { pjlink } from "../../../simulator/displays/pjlink.ts";
import { samsungMdc } from "../../../simulator/displays/samsung-mdc.ts";
import type { Dialect } from "../../../simulator/talk/instrument.ts";
import { hex } from "../simulator-modbus/rig.ts";
import { bench } from "./talk-rig.ts";

const letters = (text: string) => hex(Buffer.from(text, "latin1"));

/** Each with a question that it answers, whatever it is doing. */
const dialects: [string, (panel: Panel) => Dialect<unknown>, string][] = [
  ["Samsung", (panel) => samsungMdc(panel, { id: 1 }) as Dialect<unknown>, "AA 11 01 00 12"],
  ["LG", (panel) => lgDisplay(panel, { id: 1 }) as Dialect<unknown>, letters("ka 01 ff\r")],
  ["NEC", (panel) => necDisplay(panel, { id: 1 }) as Dialect<unknown>, letters("\x010A0A06\x0201D6\x03t\r")],
  ["Epson", (panel) => epson(panel) as Dialect<unknown>, letters("PWR?\r")],
  [
    "Hisense",
    (panel) => hisenseDisplay(panel, { id: 1 }) as Dialect<unknown>,
    "DD FF 00 06 C1 28 00 00 01 EE BB CC",
  ],
  ["BenQ", (panel) => benqDisplay(panel, { id: 1 }) as Dialect<unknown>, letters("801gl000\r")],
  ["PJLink", (panel) => pjlink(panel) as Dialect<unknown>, letters("%1POWR ?\r")],
  ["a table", (panel) => hexPanel(panel, plainTable) as Dialect<unknown>, hex(plainTable.ask ?? [])],
  [
    "ZhongHong",
    () => zhongHong({ units: [{ outdoor: 1, indoor: 1, unit: looseAc() }] }) as Dialect<unknown>,
    "01 50 01 01 01 01 55",
  ],
];

describe("whoever talks nonsense", () => {
  it.each(dialects)(
    "to %s breaks nothing, and is understood when he talks sense again",
    async (_, made, question) => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 80 }), { maxLength: 6 }), async (parts) => {
          const { ask, clock } = bench([1], made);
          for (const part of parts) ask(hex(part));
          await clock.advance(501);
          // What ends a line of letters, and means nothing to the others.
          ask("0D");
          await clock.advance(501);
          expect(ask(question)).not.toBe("");
        }),
        { numRuns: 60 },
      );
    },
  );

  it.each(dialects)(
    "to %s at length, or stops in the middle of a word, is understood afterwards",
    async (_, made, question) => {
      const { ask, clock } = bench([1], made);
      ask("30 ".repeat(5000).trim());
      await clock.advance(501);
      ask("0D");
      await clock.advance(501);
      expect(ask(question)).not.toBe("");
      for (let length = 1; length < question.split(" ").length; length += 1) {
        ask(question.split(" ").slice(0, length).join(" "));
        await clock.advance(501);
        ask("0D");
        await clock.advance(501);
        expect(ask(question), `after ${length} bytes`).not.toBe("");
      }
      // Twice without a pause is asked twice.
      const one = ask(question);
      expect(ask(`${question} ${question}`)).toBe(`${one} ${one}`);
    },
  );
});
