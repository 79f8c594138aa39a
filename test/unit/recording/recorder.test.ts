/** One recording at a time, bounded in time, size and speed, and none for somebody who has gone away. */
import { describe, expect, it } from "vitest";
import { maxRecordingBytes, readRecording } from "../../../config/schema/recording.ts";
import { openDriver } from "../../../drivers/registry.ts";
import { leaseMs, mostBytesPerSecond, mostPerSecond, Recorder } from "../../../edge/agent/recorder.ts";
import { FakeClock, recordingLog } from "../../fake-clock.ts";
import { casePlan } from "../../recorded/plan.ts";
import { Recorded } from "../../recorded/record.ts";
import { folderOf, school } from "../config/school-folder.ts";

const files = {
  "school.yaml": school,
  "devices.yaml": `links: { broker: { kind: mqtt-broker, listen: "127.0.0.1:1883" } }
devices: { a: { profile: mqtt-air-json, via: broker, user: a, password: secret:a, space: 101 } }
`,
};
const from = { given: "a", client: "a", address: "127.0.0.1" };
const message = (size = 10) => ({
  topic: "ce/v1/a/up/prop",
  payload: Buffer.from(JSON.stringify({ p: { co2: 1 }, mode: Array.from({ length: size }, () => "on") })),
  qos: 1,
  dup: false,
});

function world() {
  const clock = new FakeClock();
  const { plan, link } = casePlan(folderOf(files));
  const recorded = new Recorded(plan, link, clock);
  const { recorder } = recorded;
  const code = async (asked: object) =>
    ((await recorder.ask(asked)).body as { error?: { code: string } }).error?.code;
  return { clock, recorded, recorder, code, tap: recorder.tap("broker") };
}

describe("a recording", () => {
  it("has what was said between its beginning and its end, and nothing of another link", async () => {
    const { clock, recorded, recorder, tap } = world();
    tap.traceMessage(from, message(), false);
    await recorded.start();
    tap.traceMessage(from, message(), false);
    recorder.tap("other").traceMessage(from, message(), false);
    await clock.advance(1234);
    tap.traceMessage(from, message(), true);
    const { header, entries } = await recorded.recording();
    tap.traceMessage(from, message(), false);
    expect(entries.map(({ ms }) => ms)).toEqual([0, 1234]);
    expect(header).toMatchObject({ ms: 1234, ended: "asked", entries: 2, dropped: 0 });
  });

  it("ends when its time is over, to the millisecond", async () => {
    const { clock, recorded, tap } = world();
    await recorded.start(2000);
    for (let ms = 0; ms < 4000; ms += 500) {
      tap.traceMessage(from, message(), false);
      await clock.advance(500);
    }
    await recorded.take();
    expect(recorded.entries).toHaveLength(4);
    expect(await recorded.recorder.ask({ do: "take", id: "x" })).toMatchObject({ done: false });
  });

  it("ends, and is forgotten, when nobody asks for it any more", async () => {
    const { clock, recorded, code, tap } = world();
    await recorded.start();
    tap.traceMessage(from, message(), false);
    await clock.advance(leaseMs - 600);
    await recorded.take();
    await clock.advance(leaseMs + 600);
    await expect(recorded.take()).rejects.toThrow();
    expect(await code({ do: "start", link: "broker", forMs: 1000 })).toBeUndefined();
    expect(recorded.log.lines.map(({ fields }) => (fields as { ended?: string }).ended)).toEqual([
      undefined,
      "lost",
      undefined,
    ]);
  });

  it("is the only one, and says which one and for how long", async () => {
    const { clock, recorded, recorder } = world();
    await recorded.start(60_000);
    await clock.advance(1000);
    expect((await recorder.ask({ do: "start", link: "broker", forMs: 1000 })).body).toEqual({
      error: { code: "busy", links: ["broker"], link: "broker", leftMs: 59_000 },
    });
  });

  it("holds at most 2 MB, however much is said, and ends then", async () => {
    const { clock, recorded, tap } = world();
    await recorded.start();
    let rounds = 0;
    for (; rounds < 60; rounds++) {
      for (let time = 0; time < 100; time++) tap.traceMessage(from, message(150), false);
      await clock.advance(1000);
      try {
        await recorded.take();
      } catch {
        break;
      }
    }
    const bytes = recorded.entries.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
    expect(bytes).toBeLessThanOrEqual(maxRecordingBytes);
    expect(bytes).toBeGreaterThan(maxRecordingBytes - 3000);
    expect(recorded.log.lines.at(-1)?.fields).toMatchObject({ ended: "full", dropped: 1 });
  });

  it("looks at so many events a second, and counts the others", async () => {
    const { clock, recorded, tap } = world();
    await recorded.start();
    for (let time = 0; time < mostPerSecond + 50; time++) tap.traceMessage(from, message(1), false);
    await clock.advance(1000);
    tap.traceMessage(from, message(1), false);
    const { header } = await recorded.recording();
    expect(header).toMatchObject({ entries: mostPerSecond + 1, dropped: 50 });
  });

  it("looks at so many bytes a second, and counts what comes then", async () => {
    const { clock, recorded, tap } = world();
    await recorded.start();
    const large = { ...message(), payload: new Uint8Array(100_000) };
    for (let time = 0; time < 20; time++) tap.traceMessage(from, large, false);
    expect((await recorded.recording()).header).toMatchObject({
      entries: mostBytesPerSecond / 100_000,
      dropped: 17,
    });
    await clock.advance(1000);
  });

  it("leaves nothing timed behind, and nothing of what was said in the log", async () => {
    const { clock, recorded, recorder, tap } = world();
    await recorded.start();
    tap.traceMessage(from, { ...message(), payload: Buffer.from('{"who":"zhangwei"}') }, false);
    await recorded.text();
    recorder.close();
    await clock.advance(1000);
    expect(clock.sleeping).toBe(0);
    expect(JSON.stringify(recorded.log.lines)).not.toContain("zhangwei");
    expect(recorded.log.lines.map(({ sentence }) => sentence)).toEqual([
      "a recording of a link has begun",
      "a recording of a link has ended",
    ]);
  });
});

it("refuses what it does not understand, and a link that is not there", async () => {
  const { code } = world();
  expect(await code({ do: "start", link: "broken", forMs: 1000 })).toBe("no-link");
  for (const asked of [
    null,
    {},
    { do: "start", link: "broker", forMs: 600_001 },
    { do: "start", link: "broker", forMs: 999 },
    { do: "start", link: "broker", forMs: 1000, more: 1 },
  ])
    expect(await code(asked as object)).toBe("bad-request");
  expect(await code({ do: "take", id: "1" })).toBe("gone");
});

it("refuses a link whose driver cannot take secrets out of what it says, and names the kind", async () => {
  const { clock } = world();
  const { plan } = casePlan(folderOf(files));
  const recorder = new Recorder({
    ...{ clock, log: recordingLog(), program: "0.1.0", plan: () => plan, wallMs: () => clock.wallMs() },
    openDriver: async (kind) => {
      const { kind: its, open } = await openDriver(kind);
      return { kind: its, open };
    },
  });
  const { done, body } = await recorder.ask({ do: "start", link: "broker", forMs: 1000 });
  expect(done).toBe(false);
  expect(body).toEqual({ error: { code: "cannot", links: ["broker"], kind: "mqtt-broker" } });
  expect(clock.sleeping).toBe(0);
});

it("while nothing is recorded, looks at nothing", () => {
  const { tap } = world();
  const untouchable = new Proxy({} as never, {
    get: () => {
      throw new Error("it was looked at");
    },
  });
  tap.trace("line", "rx", untouchable);
  tap.traceScan("line", untouchable);
  tap.traceMessage(untouchable, untouchable, false);
});

describe("a file", () => {
  it("that was cut off or is of another version is refused at its line", async () => {
    const { recorded, tap } = world();
    await recorded.start();
    tap.traceMessage(from, message(), false);
    const text = await recorded.text();
    expect(readRecording(text).entries).toHaveLength(1);
    expect(() => readRecording(text.slice(0, -20))).toThrow("line 2 of the recording is no JSON");
    expect(() => readRecording(text.replace('"recording":1', '"recording":2'))).toThrow("line 1");
    expect(() => readRecording("")).toThrow("empty");
  });
});
