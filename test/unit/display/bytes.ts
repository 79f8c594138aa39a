/** Bytes, devices and jobs as the tests of displays write them; checksums are computed here anew. */
import type { DevicePlan, DriverContext, DriverFact, Job, Kind } from "../../../drivers/contract/index.ts";
import { FakeClock, recordingLog } from "../../fake-clock.ts";

export const bytes = (hex: string): Uint8Array =>
  Uint8Array.from(Buffer.from(hex.replaceAll(/\s/g, ""), "hex"));
export const ascii = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "latin1"));
export const shown = (said: Uint8Array): string => Buffer.from(said).toString("hex").toUpperCase();

export const sum = (body: Iterable<number>): number =>
  [...body].reduce((total, byte) => total + byte, 0) % 256;
export const xor = (body: Iterable<number>): number => [...body].reduce((total, byte) => total ^ byte, 0);

/** A frame of Samsung MDC. */
export const mdc = (command: number, id: number, data: readonly number[]): Uint8Array => {
  const body = [command, id, data.length, ...data];
  return Uint8Array.of(0xaa, ...body, sum(body));
};
/** What a Samsung display answers. */
export const mdcSaid = (id: number, command: number, data: readonly number[], verdict = "A"): Uint8Array =>
  mdc(0xff, id, [verdict.charCodeAt(0), command, ...data]);

/** A frame of NEC. @param to and from: 0x30 is the controller, A is set 1 */
export const nec = (to: number, from: number, type: string, message: string): Uint8Array => {
  const length = (message.length + 2).toString(16).toUpperCase().padStart(2, "0");
  const body = [0x30, to, from, ...ascii(type + length), 2, ...ascii(message), 3];
  return Uint8Array.of(1, ...body, xor(body), 0x0d);
};

/** What a Hisense display answers. */
export const hisenseSaid = (command: number, id: number, data: readonly number[]): Uint8Array => {
  const body = [0, 6 + data.length, 0xc1, command, 0, 0, id, ...data];
  return Uint8Array.of(0xab, 0xab, ...body, xor(body), 0xcd, 0xcd);
};

type Written = Record<string, string>;

/** A device as the loader gives it, through the schemas of its kind. */
export function deviceOf<K extends Kind>(
  kind: K,
  id: string,
  written: {
    address?: Written;
    profile?: Written;
    points?: Record<string, Written>;
    actions?: Record<string, Written>;
    everyMs?: number;
  },
): DevicePlan {
  const { address = {}, profile = {}, points = {}, actions = {}, everyMs = 60_000 } = written;
  return {
    id,
    address: kind.address.parse(address),
    profile: kind.profile.parse(profile),
    simulated: false,
    points: Object.entries(points).map(([point, source]) => ({
      id: point,
      source: kind.source.parse(source),
      everyMs,
    })),
    actions: Object.fromEntries(
      Object.entries(actions).map(([action, said]) => [action, kind.action.parse(said)]),
    ),
  };
}

export function onlyJob(kind: Kind, link: unknown, device: DevicePlan): Job {
  const jobs = kind.plan(link, [device]);
  const [job] = jobs;
  if (job === undefined || jobs.length > 1) throw new Error(`there are ${jobs.length} jobs`);
  return job;
}

export interface World {
  clock: FakeClock;
  context: DriverContext;
  facts: DriverFact[];
  /** By name. */
  secrets: Map<string, string>;
  traced: { line: string; way: "tx" | "rx"; bytes: Uint8Array }[];
}

export function world(): World {
  const clock = new FakeClock();
  const facts: DriverFact[] = [];
  const traced: World["traced"] = [];
  const secrets = new Map<string, string>();
  const context: DriverContext = {
    clock,
    log: recordingLog(),
    secret(name) {
      const found = secrets.get(name);
      if (found === undefined) throw new Error("no such secret");
      return new TextEncoder().encode(found);
    },
    digest: (identity) => identity,
    self: "2133000001-gw1-screens",
    trace: (line, way, said) => void traced.push({ line, way, bytes: Uint8Array.from(said) }),
    report: (fact) => void facts.push(fact),
  };
  return { clock, context, facts, secrets, traced };
}

export const never = (): AbortSignal => new AbortController().signal;

/** Moves the clock until a promise settles, slowly enough for what goes over loopback. */
export async function passing<T>(clock: FakeClock, work: Promise<T>, stepMs = 5): Promise<T> {
  let open = true;
  const done = () => {
    open = false;
  };
  work.then(done, done);
  while (open) {
    await clock.advance(stepMs);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return work;
}
