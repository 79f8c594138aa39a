/**
 * A school in which each device goes wrong in every way that its simulated half knows, one way after the other, while
 * all others do the same: what reached the platform meanwhile, what health said, and whether it was well again.
 *
 * Holds: the rooms are a function of time alone, so that a value which no device had at its time is found.
 */
import type { SchoolRecord } from "../../config/schema/record.ts";
import { type Platform, startPlatform } from "../../simulator/platform/platform.ts";
import type { SceneFile } from "../../simulator/scenes/scene-schema.ts";
import type { World } from "../../simulator/scenes/world.ts";
import { VirtualSchool } from "./virtual-school.ts";

export interface Trouble {
  /** What goes wrong; the result takes it back. */
  begin(): () => void;
  /** Values since the trouble began are its own, however old: it measures nothing new. */
  isStill?: true;
}

/** One device under test. */
export interface Subject {
  id: string;
  /** On the same line, and well. */
  others: readonly string[];
  /** By their names, in the order in which they come. */
  troubles: ReadonlyMap<string, Trouble>;
}

/** What `troubles` calls a fault: its kind, and what tells it from others of its kind. */
export const called = ({ kind, ...more }: { kind: string }): string =>
  [kind, ...Object.values(more).map(String)].join(" ");

export interface Outcome {
  /**
   * `read`, or the code that health has for it, or for the link that keeps it away, when nothing of it was read
   * once the fault was seen; `nothing`: there is none.
   */
  said: string;
  /** Those of the same line that were not read meanwhile. */
  unread: string[];
  /** `point = value` that it did not have, of any device. */
  wrong: string[];
  isWellAgain: boolean;
}

/** Until it is seen what a fault does; then every device is read at least once. */
const settleMs = 45_000;
const watchedMs = 90_000;
const wellWithinMs = 300_000;
/** Of a device, when its link is to blame, which says why. */
const notOpen = "E110";
/** From the moment in which a device has a value to that of its record: a round of questions, and twice where a change is asked again. */
const ageMs = 25_000;

export interface EveryFaultOptions {
  world: World;
  scene: SceneFile;
  /** Whether a device could have said this at some moment of a span, wall ms. */
  isTrue(record: SchoolRecord, span: readonly [fromMs: number, toMs: number]): boolean;
  /** Moves what can be moved, so that a value which is old is seen to be. Called every few seconds. */
  move?(virtual: VirtualSchool): void;
}

export class EveryFault {
  readonly virtual: VirtualSchool;
  platform!: Platform;
  /** By device, then by trouble. */
  readonly outcomes = new Map<string, Map<string, Outcome>>();
  readonly #options: EveryFaultOptions;
  readonly #files: Record<string, string> = { "secrets/watch": "watch" };
  /** Records that were judged. */
  #judged = 0;

  constructor(options: EveryFaultOptions) {
    this.#options = options;
    this.virtual = new VirtualSchool(
      options.scene,
      Date.UTC(2026, 8, 19, 2),
      () => options.world,
      this.#files,
    );
  }

  /** Everything runs and was read once. @throws when something never is */
  async start(): Promise<void> {
    const { virtual } = this;
    this.platform = await startPlatform({
      ...{ host: "127.0.0.1", port: 0, clock: virtual.clock },
      users: { watch: "watch" },
    });
    this.#files["watch.yaml"] = `uplinks:
  watch: { kind: mqtt, url: "${this.platform.url}", user: watch, password: secret:watch, accepts: simulated, send: { levels: [1, 2, 3, 4] } }
`;
    await virtual.start();
    if (!(await this.#passUntil(() => this.#isWell(), wellWithinMs))) throw new Error(this.#unwell());
  }

  async stop(): Promise<void> {
    await this.virtual.stop();
    await this.platform.stop();
  }

  /** Everything goes wrong in its first way, is well again, goes wrong in its second. */
  async play(subjects: readonly Subject[]): Promise<void> {
    const rounds = Math.max(...subjects.map(({ troubles }) => troubles.size));
    for (let round = 0; round < rounds; round++) await this.#round(subjects, round);
  }

  async #round(subjects: readonly Subject[], round: number): Promise<void> {
    const { clock } = this.virtual;
    const here = subjects.flatMap((subject) => {
      const [name, trouble] = [...subject.troubles][round] ?? [];
      return name === undefined || trouble === undefined ? [] : [{ subject, name, trouble }];
    });
    const fromMs = clock.wallMs();
    const still = new Map(
      here.filter(({ trouble }) => trouble.isStill).map(({ subject }) => [subject.id, fromMs]),
    );
    const undo = here.map(({ trouble }) => trouble.begin());
    await this.#pass(settleMs);
    const settledMs = clock.wallMs();
    await this.#pass(watchedMs);
    const said = new Map(
      here.map(({ subject: { id, others } }) => [
        id,
        {
          said: this.#said(id, settledMs),
          unread: others.filter((one) => this.#said(one, settledMs) !== "read"),
        },
      ]),
    );
    for (const each of undo) each();
    const overMs = clock.wallMs();
    await this.#passUntil(
      () => here.every(({ subject: { id } }) => this.#isWellSince(id, overMs)),
      wellWithinMs,
    );
    const wrong = this.#wrong(still);
    for (const { subject, name } of here) {
      const { id } = subject;
      const { said: what = "", unread = [] } = said.get(id) ?? {};
      const own = this.outcomes.get(id) ?? new Map<string, Outcome>();
      this.outcomes.set(id, own);
      const isOn = (record: string) => [id, ...subject.others].some((one) => record.startsWith(`${one} `));
      own.set(name, {
        said: what,
        unread,
        wrong: wrong.filter(isOn),
        isWellAgain: this.#isWellSince(id, overMs),
      });
    }
  }

  #said(id: string, sinceMs: number): string {
    if (this.#isRead(id, sinceMs)) return "read";
    const { devices, links } = this.virtual.agent.status();
    const device = devices.find((one) => one.id === id);
    if (device?.code !== undefined && device.code !== notOpen) return device.code;
    return links.find(({ id: link }) => link === device?.link)?.code ?? "nothing";
  }

  #isWellSince(id: string, sinceMs: number): boolean {
    const device = this.virtual.agent.status().devices.find((one) => one.id === id);
    return device?.state === "ok" && this.#isRead(id, sinceMs);
  }

  /** A value of it that is not bad came. */
  #isRead(id: string, sinceMs: number): boolean {
    const records = this.platform.records();
    for (let at = records.length - 1; at >= 0; at--) {
      const record = records[at];
      if (record === undefined || (record.received ?? 0) < sinceMs - 60_000) return false;
      if (record.device === id && (record.received ?? 0) > sinceMs && this.#isValue(record)) return true;
    }
    return false;
  }

  #isValue({ device, point, value, quality }: SchoolRecord): boolean {
    const isOwn = !this.virtual.plan.links.some(({ points }) => points.get(device)?.points.has(point));
    return !isOwn && value !== null && (quality & 0x7f) < 32;
  }

  #isWell(): boolean {
    const { devices } = this.virtual.agent.status().counts;
    return devices.ok === devices.total;
  }

  #unwell(): string {
    const { devices, reasons } = this.virtual.agent.status();
    const not = devices
      .filter(({ state }) => state !== "ok")
      .map(({ id, state, code }) => `${id} ${state} ${code}`);
    return `not well: ${not.join(", ")}; ${reasons.map(({ code, subject }) => `${code} ${subject}`).join(", ")}`;
  }

  async #pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 5000) {
      this.#options.move?.(this.virtual);
      await this.virtual.advance(5000);
    }
  }

  async #passUntil(isSo: () => boolean, mostMs: number): Promise<boolean> {
    for (let passed = 0; passed <= mostMs && !isSo(); passed += 5000) await this.#pass(5000);
    return isSo();
  }

  /** What came since and cannot be so. @param still since when a device measures nothing new */
  #wrong(still: ReadonlyMap<string, number>): string[] {
    const records = this.platform.records();
    const fresh = records.slice(this.#judged);
    this.#judged = records.length;
    return fresh.flatMap((record) => {
      const { device, point, value, received } = record;
      if (received === null || !this.#isValue(record)) return [];
      const fromMs = Math.min(received, still.get(device) ?? received) - ageMs;
      return this.#options.isTrue(record, [fromMs, received]) ? [] : [`${device} ${point} = ${value}`];
    });
  }
}
