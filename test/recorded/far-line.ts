/**
 * The real driver of any kind that speaks over lines, with what stands at their far ends, scripted or replayed: over real
 * sockets, with a clock that stands still.
 */
import type { LinkPlan, Plan } from "../../config/schema/plan.ts";
import type { DriverContext } from "../../drivers/contract/index.ts";
import { LineError } from "../../drivers/line/faults.ts";
import { openDriver } from "../../drivers/registry.ts";
import { driverContext } from "../driver-context.ts";
import type { FakeClock } from "../fake-clock.ts";
import type { FarEnd } from "../unit/line/far-end.ts";
import { type Told, toldBy } from "./plan.ts";
import type { Attachable } from "./polled.ts";

const stepMs = 4;
/** Whoever records asks more often than its lease ends. */
const askEveryMs = 1_000;
/** Between two turns. */
const pauseMs = 60;

export interface Said {
  afterMs: number;
  bytes: Uint8Array;
}

export interface Script {
  /** What each connection begins with. */
  greeting?: Uint8Array;
  /** What is said unasked, once, counted from the first connection. */
  speaks?: readonly Said[];
  answer?(asked: Uint8Array): readonly Said[];
}

export class ScriptedLine implements Attachable {
  readonly #clock: FakeClock;
  readonly #script: Script;
  #begun = false;

  constructor(clock: FakeClock, script: Script) {
    this.#clock = clock;
    this.#script = script;
  }

  attach(receive: (bytes: Uint8Array) => void) {
    const gone = new AbortController();
    const say = (all: readonly Said[]) => {
      for (const { afterMs, bytes } of all)
        void this.#clock.sleep(afterMs, gone.signal).then(
          () => receive(bytes),
          () => {},
        );
    };
    const { greeting, speaks = [], answer = () => [] } = this.#script;
    if (greeting !== undefined) receive(greeting);
    if (!this.#begun) say(speaks);
    this.#begun = true;
    return {
      send: (bytes: Uint8Array) => say(answer(Uint8Array.from(bytes))),
      detach: () => gone.abort("gone"),
    };
  }
}

/** Whoever connects there is on the line. */
export function joinLine(end: FarEnd, line: Attachable): void {
  end.onConnect = (socket) => {
    const port = line.attach((bytes) => void (socket.writable && socket.write(bytes)));
    socket.on("data", (bytes: Uint8Array) => port.send(bytes));
    socket.on("close", () => port.detach());
  };
}

/** The same link, with its line, or those of its devices in their order, at these ends instead. */
export function reachedAt(link: LinkPlan, ends: readonly FarEnd[]): LinkPlan {
  const at = (index: number) => ({ host: "127.0.0.1", port: ends[index]?.port ?? 0 });
  const { device: _, ...settings } = link.settings as Record<string, unknown>;
  const isWhole = "device" in (link.settings as object) || "host" in settings;
  const moved = isWhole
    ? { ...settings, ...at(0) }
    : "end" in settings
      ? { ...settings, end: at(0) }
      : settings;
  const devices = link.devices.map((device, index) => {
    const address = device.address as Record<string, unknown>;
    return "host" in address ? { ...device, address: { ...address, ...at(index) } } : device;
  });
  return { ...link, settings: moved, devices };
}

export interface Hearing {
  clock: FakeClock;
  /** Polls of each device. */
  rounds: number;
  /** How long those who speak by themselves are listened to. */
  listenMs: number;
  tap?: Partial<Pick<DriverContext, "trace" | "traceScan" | "traceMessage">>;
  asking?: () => Promise<unknown>;
}

/** Opens the link, has all that it says told, and closes it. */
export async function hear(plan: Plan, link: LinkPlan, hearing: Hearing): Promise<Told[]> {
  const { clock, rounds, listenMs, tap = {}, asking = async () => {} } = hearing;
  const tell = toldBy(link, () => clock.wallMs());
  const told: Told[] = [];
  const never = new AbortController().signal;
  const context = driverContext(clock, { ...tap, secret: (name) => plan.secret(name) });
  const passing = async <T>(work: Promise<T>): Promise<T> => {
    let open = true;
    const done = () => {
      open = false;
    };
    work.then(done, done);
    for (let passed = 0; open; passed += stepMs) {
      if (passed % askEveryMs === 0) await asking();
      await clock.advance(stepMs);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    return work;
  };
  const driver = await openDriver(link.kind);
  const session = await passing(driver.open(link.settings, [...link.devices], context, never));
  const rest = (ms: number) => passing(clock.sleep(ms, never));
  if (session.listen !== undefined) {
    await passing(session.listen(async ({ readings }) => void told.push(...readings.map(tell)), never));
    await rest(listenMs);
  }
  const { run } = session;
  const jobs = run === undefined ? [] : driver.kind.plan(link.settings, [...link.devices]);
  for (let round = 0; round < rounds; round++)
    for (const job of jobs) {
      const ran = session.run?.(job, never) ?? Promise.reject(new Error("it is not polled"));
      const reading = await passing(ran).then(
        (one) => one.reading,
        (error: unknown) => {
          if (!(error instanceof LineError)) throw error;
          return { device: job.device, samples: [], faults: [error.fault] };
        },
      );
      told.push(tell(reading));
      await rest(pauseMs);
    }
  await passing(session.close());
  return told;
}
