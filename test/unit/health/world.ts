/** A small school for tests of health: a plan by words, a fake clock, and the health of both. */
import type { DevicePoints, Plan, PointPlan, UplinkPlan } from "../../../config/schema/plan.ts";
import { type Status, statusSchema } from "../../../config/schema/status.ts";
import type { Value } from "../../../config/schema/vocabulary.ts";
import type { Fault } from "../../../drivers/contract/index.ts";
import type { Change, Health, HealthOptions, JournalFact } from "../../../edge/health/index.ts";
import { createHealth } from "../../../edge/health/index.ts";
import { FakeClock, recordingLog } from "../../fake-clock.ts";

export const periodMs = 60_000;

export function point(id: string, more: Partial<PointPlan> = {}): PointPlan {
  return {
    id,
    kind: "measurement",
    type: "number",
    unit: "1",
    level: 2,
    range: [0, 5000],
    scale: 1,
    offset: 0,
    sentinels: [],
    warmUpMs: 0,
    everyMs: periodMs,
    deadband: null,
    maxSilenceMs: 600_000,
    ...more,
  };
}

export interface DeviceWords {
  points?: PointPlan[];
  via?: string;
  stage?: "on" | "trial";
  buffered?: boolean;
  simulated?: boolean;
}

export function plan(
  links: Record<string, Record<string, DeviceWords>>,
  uplinks: Partial<UplinkPlan>[] = [{}],
  more: Partial<Plan> = {},
): Plan {
  return {
    folder: "/etc/school",
    revision: "37f2a0b1",
    school: {
      id: "2133000001",
      gateway: "gw1",
      name: "云溪镇中心小学",
      language: "zh",
      clock: "auto",
    },
    spaces: new Map(),
    buffer: {
      folder: "/var/lib/school",
      quotaBytes: 6e9,
      keepMs: 400 * 86_400_000,
      history: { quotaBytes: 2e9 },
      diskFloorBytes: 2e9,
      commit: { ackMs: 100, polledMs: 1000 },
    },
    links: Object.entries(links).map(([id, devices]) => ({
      id,
      kind: "mqtt-broker",
      settings: {},
      simulated: false,
      devices: Object.entries(devices).map(([device, { via, simulated = false }]) => ({
        id: device,
        ...(via === undefined ? {} : { via }),
        address: {},
        profile: {},
        simulated,
        points: [],
        actions: {},
      })),
      points: new Map(
        Object.entries(devices).map(([device, words]): [string, DevicePoints] => [
          device,
          {
            device,
            profile: "p",
            space: "X-301",
            simulated: words.simulated ?? false,
            stage: words.stage ?? "on",
            buffered: words.buffered ?? false,
            points: new Map((words.points ?? [point("co2")]).map((p) => [p.id, p])),
          },
        ]),
      ),
    })),
    off: [],
    spares: [],
    uplinks: uplinks.map((more) => ({
      id: "province",
      kind: "mqtt",
      settings: {},
      confirm: "receipt",
      accepts: "real",
      send: { levels: [1, 2] },
      start: "now",
      backlog: {},
      ...more,
    })),
    secret: () => new Uint8Array(),
    ...more,
  };
}

export const fault = (code: string, more: Partial<Fault> = {}): Fault => ({
  code,
  layer: "answer",
  retry: "later",
  detail: "something is wrong",
  ...more,
});

export const openJournal = (more: Partial<JournalFact> = {}): JournalFact => ({
  state: "open",
  head: 10,
  stored: 10,
  bytes: 4096,
  accounts: [],
  ...more,
});

export class School {
  clock = new FakeClock();
  log = recordingLog();
  changes: Change[] = [];
  health: Health;

  constructor(of: Plan, more: Partial<HealthOptions> = {}) {
    this.health = createHealth({
      plan: of,
      clock: this.clock,
      log: this.log,
      changes: (change) => this.changes.push(change),
      ...more,
    });
  }

  /** A gateway on which nothing is wrong, its links open. */
  static well(of: Plan, more: Partial<HealthOptions> = {}): School {
    const school = new School(of, more);
    school.health.clock({ known: true, quality: 0 });
    school.health.journal(openJournal());
    for (const { id } of of.links) school.health.link(id, { what: "open" });
    for (const { id } of of.uplinks) school.health.uplink(id, { what: "open", confirms: "receipt" });
    return school;
  }

  up(device: string, link = "broker"): void {
    this.health.device(link, { what: "up", device });
  }

  down(device: string, code = "mqtt.gone", link = "broker"): void {
    this.health.device(link, { what: "down", device, fault: fault(code, { layer: "line" }) });
  }

  say(device: string, quality = 0, more: { point?: string; value?: Value; ageMs?: number } = {}): void {
    const { point = "co2", value = 600, ageMs = 0 } = more;
    const time = this.clock.wallMs() - ageMs;
    this.health.values(device, [{ point, quality, value, time, kept: true }]);
  }

  /** Time passes in periods; with devices named, they speak at the end of each. */
  async periods(count: number, ...speaking: string[]): Promise<void> {
    for (let n = 0; n < count; n += 1) {
      await this.clock.advance(periodMs);
      for (const device of speaking) this.say(device);
    }
  }

  /** The status, which is always one by its schema. */
  get status(): Status {
    return statusSchema.parse(JSON.parse(JSON.stringify(this.health.status())));
  }

  /** Subject → "state code". */
  states(of: "devices" | "links" | "uplinks"): Record<string, string> {
    return Object.fromEntries(
      this.status[of].map(({ id, state, code }) => [id, code === undefined ? state : `${state} ${code}`]),
    );
  }

  device(id = "301-air"): string {
    return this.states("devices")[id] ?? "";
  }

  /** "code subject", with what explains it. */
  get reasons(): string[] {
    return this.status.reasons.map(
      ({ code, subject, root }) => `${code} ${subject}${root === undefined ? "" : ` by ${root}`}`,
    );
  }

  minutesAgo(minutes: number): number {
    return this.clock.wallMs() - minutes * 60_000;
  }
}
