/**
 * A link of every kind that speaks in bytes is recorded and played again through its real driver, which makes the same
 * of it; and nothing of what its devices and whoever strayed onto its line let slip is in any byte of the file.
 */
import { afterEach, describe, expect, it } from "vitest";
import { type RecordingHeader, readRecording } from "../../../config/schema/recording.ts";
import { kinds, openDriver } from "../../../drivers/registry.ts";
import { ReplayedLine } from "../../../simulator/links/replay.ts";
import { FakeClock } from "../../fake-clock.ts";
import { found, spellingsOfText } from "../../recorded/canary.ts";
import { hear, joinLine, ScriptedLine } from "../../recorded/far-line.ts";
import { readerLinks } from "../../recorded/links/readers.ts";
import { screenLinks } from "../../recorded/links/screens.ts";
import { sensorLinks } from "../../recorded/links/sensors.ts";
import { cardSpellings, code, type SpokenLink, slips } from "../../recorded/links/spoken.ts";
import { casePlan, type Told } from "../../recorded/plan.ts";
import { Recorded } from "../../recorded/record.ts";
import { folderOf, school } from "../config/school-folder.ts";
import { FarEnd } from "../line/far-end.ts";
import { ascii } from "../reader/cards.ts";

const opened: FarEnd[] = [];
afterEach(async () => {
  for (const end of opened.splice(0)) await end.close();
});
const cases: SpokenLink[] = [...sensorLinks, ...readerLinks, ...screenLinks];

async function ends(count: number): Promise<FarEnd[]> {
  const all: FarEnd[] = [];
  for (let index = 0; index < count; index++) all.push(await FarEnd.listen());
  opened.push(...all);
  return all;
}

const planOf = ({ files, profile }: SpokenLink, far: readonly FarEnd[], header?: RecordingHeader) =>
  casePlan(
    folderOf({
      "school.yaml": school,
      ...(profile === undefined ? {} : { "profiles/words.yaml": profile }),
      "link.yaml": files(
        far.map(({ port }) => port),
        header,
      ),
    }),
  );

async function recorded(one: SpokenLink): Promise<{ told: Told[]; text: string }> {
  const clock = new FakeClock();
  const far = await ends(one.scripts.length);
  for (const [at, script] of one.scripts.entries())
    joinLine(far[at] as FarEnd, new ScriptedLine(clock, script));
  const { plan, link } = planOf(one, far);
  const recording = new Recorded(plan, link, clock);
  await recording.start();
  const told = await hear(plan, link, {
    ...{ clock, rounds: 3, listenMs: one.listenMs ?? 0, tap: recording.tap },
    asking: () => recording.take(),
  });
  return { told, text: await recording.text() };
}

async function replayed(one: SpokenLink, text: string): Promise<{ told: Told[]; unanswered: unknown[] }> {
  const clock = new FakeClock();
  const recording = readRecording(text);
  const far = await ends(one.scripts.length);
  const lines = far.map((end, at) => {
    const line = new ReplayedLine(recording, { clock, line: at + 1 });
    joinLine(end, line);
    return line;
  });
  const { plan, link } = planOf(one, far, recording.header);
  const told = await hear(plan, link, { clock, rounds: 3, listenMs: one.listenMs ?? 0 });
  for (const line of lines) line.close();
  return { told, unanswered: lines.flatMap(({ unanswered }) => unanswered.map(({ text: asked }) => asked)) };
}

const hiding = (told: Told, texts: readonly string[]): Told => ({
  ...told,
  values: Object.fromEntries(
    Object.entries(told.values).map(([point, value]) => [
      point,
      texts.includes(point) ? "x".repeat(String(value).length) : value,
    ]),
  ),
});

describe.each(cases.map((one) => [[one.kind, one.name].filter(Boolean).join(" "), one] as const))(
  "a link of kind %s",
  (_, one) => {
    it("is recorded, and its driver makes the same of the recording", async () => {
      const { told, text } = await recorded(one);
      const values = Object.assign({}, ...told.map((each) => each.values)) as Told["values"];
      expect(values).toMatchObject(one.values);
      const { header, entries } = readRecording(text);
      expect(header).toMatchObject({ link: { kind: one.kind }, dropped: 0, devices: [{ line: 1 }] });
      expect(entries.length).toBeGreaterThan(1);
      const shown = told.map((each) => hiding(each, one.texts ?? []));
      expect(await replayed(one, text)).toEqual({ told: shown, unanswered: [] });
      expect(found(text, one.secrets)).toEqual([]);
      expect(text).not.toMatch(/127\.0\.0|2133000001|云溪/);
    });
  },
);

it("finds a canary where there is one", () => {
  const line = (said: Uint8Array) =>
    JSON.stringify({
      ms: 1,
      line: 1,
      way: "rx",
      bytes: (Buffer.from(said).toString("hex").toUpperCase().match(/../g) ?? []).join(" "),
    });
  const header = JSON.stringify({
    recording: 1,
    program: "0",
    link: {},
    devices: [],
    began: null,
    ms: 1,
    ended: "time",
    entries: 1,
    dropped: 0,
  });
  for (const said of slips.slice(0, -1))
    expect(found(`${header}\n${line(said)}`, cardSpellings), String(said)).not.toEqual([]);
  expect(found(`${header}\n${line(ascii(code))}`, spellingsOfText(code))).not.toEqual([]);
});

it("of which there is none that is not recorded, but those that nothing is recorded of", async () => {
  const messages = ["mqtt-broker", "mqtt-external"];
  const never = ["onvif"];
  expect(new Set([...cases.map(({ kind }) => kind), ...messages, ...never])).toEqual(
    new Set(kinds.map(({ kind }) => kind)),
  );
  for (const kind of never) expect((await openDriver(kind)).scrubber, kind).toBeUndefined();
});
