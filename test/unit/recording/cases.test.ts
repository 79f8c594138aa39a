/**
 * What was seen in a school and is kept as a case: each folder of test/cases/recorded has a configuration, the recording
 * of its one link, and in expected.json what the gateway makes of it. A bug that was found becomes a folder.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ReplayedLine } from "../../../simulator/links/replay.ts";
import { FakeClock } from "../../fake-clock.ts";
import { hear, joinLine, reachedAt } from "../../recorded/far-line.ts";
import { playMessages } from "../../recorded/messages.ts";
import { casePlan, caseRecording, caseRoot, type Told } from "../../recorded/plan.ts";
import { pollLine } from "../../recorded/polled.ts";
import { FarEnd } from "../line/far-end.ts";

const names = readdirSync(caseRoot).sort();

/** Rounds of polls in a recorded line. */
const rounds = 5;

describe("a recording of a school gives what is known of it", () => {
  it.each(names)("%s", async (name) => {
    const folder = join(caseRoot, name);
    const { plan, link } = casePlan(folder);
    const recording = caseRecording(folder);
    expect(recording.entries).toHaveLength(recording.header.entries);
    expect(recording.header.link.kind).toBe(link.kind);
    const expected = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8")) as Told[];
    if (link.kind === "mqtt-broker") {
      expect((await playMessages(recording, plan, link)).told).toEqual(expected);
      return;
    }
    const clock = new FakeClock();
    if (link.kind === "modbus-rtu") {
      const line = new ReplayedLine(recording, { clock });
      expect(await pollLine(line, link, { clock, rounds })).toEqual(expected);
      expect(line.unanswered).toEqual([]);
      line.close();
      return;
    }
    const count = Math.max(1, ...recording.entries.map((entry) => ("way" in entry ? entry.line : 1)));
    const ends = await Promise.all(Array.from({ length: count }, () => FarEnd.listen()));
    const lines = ends.map((end, at) => {
      const line = new ReplayedLine(recording, { clock, line: at + 1 });
      joinLine(end, line);
      return line;
    });
    const listenMs = recording.header.ms;
    const told = await hear(plan, reachedAt(link, ends), { clock, rounds, listenMs });
    for (const end of ends) await end.close();
    expect(told).toEqual(expected);
    expect(lines.flatMap(({ unanswered }) => unanswered)).toEqual([]);
    for (const line of lines) line.close();
  });

  it("of which there is one for each way to speak: when asked, in messages, and by itself", () => {
    const kinds = names.map((name) => casePlan(join(caseRoot, name)).link.kind);
    expect(new Set(kinds)).toEqual(new Set(["modbus-rtu", "mqtt-broker", "reader"]));
  });
});
