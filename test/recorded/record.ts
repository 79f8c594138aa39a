/** Records a link as the agent does, on a clock that stands still, for whoever asks often enough. */

import type { LinkPlan, Plan } from "../../config/schema/plan.ts";
import { type Recording, type RecordingHeader, readRecording } from "../../config/schema/recording.ts";
import { openDriver } from "../../drivers/registry.ts";
import { Recorder } from "../../edge/agent/recorder.ts";
import { recordingStartedSchema, recordingTakenSchema } from "../../edge/agent/recording-answer.ts";
import { type FakeClock, recordingLog } from "../fake-clock.ts";

export class Recorded {
  readonly log = recordingLog();
  readonly recorder: Recorder;
  readonly entries: string[] = [];
  readonly #link: LinkPlan;
  #id = "";
  #start: Omit<RecordingHeader, "ms" | "ended" | "entries" | "dropped"> | null = null;
  #last = { ms: 0, dropped: 0, ended: null as RecordingHeader["ended"] | null };

  /** @param key stand-ins are drawn by it */
  constructor(plan: Plan, link: LinkPlan, clock: FakeClock, key = new Uint8Array(32).fill(7)) {
    this.#link = link;
    this.recorder = new Recorder({
      ...{ clock, log: this.log, openDriver, program: "0.1.0", plan: () => plan },
      wallMs: () => clock.wallMs(),
      key: () => key,
    });
  }

  async start(forMs = 600_000): Promise<void> {
    const { body } = await this.recorder.ask({ do: "start", link: this.#link.id, forMs });
    const { id, start } = recordingStartedSchema.parse(body);
    this.#id = id;
    this.#start = start;
  }

  get tap() {
    return this.recorder.tap(this.#link.id);
  }

  /** To be called more than once in five seconds. */
  async take(what: "take" | "stop" = "take"): Promise<void> {
    const { body } = await this.recorder.ask({ do: what, id: this.#id });
    const { entries, ...last } = recordingTakenSchema.parse(body);
    this.entries.push(...entries);
    this.#last = last;
  }

  /** Ends it, and gives the file. */
  async text(): Promise<string> {
    await this.take("stop");
    const { ms, dropped, ended } = this.#last;
    const header = { ...this.#start, ms, ended, entries: this.entries.length, dropped };
    return `${[JSON.stringify(header), ...this.entries].join("\n")}\n`;
  }

  async recording(): Promise<Recording> {
    return readRecording(await this.text());
  }
}
