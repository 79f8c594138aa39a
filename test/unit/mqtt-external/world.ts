/**
 * A subscriber with a fake clock at a scripted broker on a free port of 127.0.0.1.
 */
import { SecretRef } from "../../../config/schema/scalar.ts";
import type { Deliver, DriverContext, DriverFact, Fault, Message } from "../../../drivers/contract/index.ts";
import {
  type ExternalDevice,
  type ExternalLink,
  externalLinkSchema,
} from "../../../drivers/mqtt/external/fields.ts";
import { ExternalSession } from "../../../drivers/mqtt/external/session.ts";
import { sourceSchema } from "../../../drivers/mqtt/profile-fields.ts";
import { driverContext, secretsOf } from "../../driver-context.ts";
import { FakeClock, recordingLog } from "../../fake-clock.ts";
import { profile, settle, until } from "../mqtt/world.ts";
import { ScriptedBroker } from "./scripted-broker.ts";

export { settle, until };

/** Points by id: a path, or a source as in a profile. */
export function device(
  id: string,
  points: Record<string, string | object>,
  more: { profile?: object; address?: object; via?: string } = {},
): ExternalDevice {
  return {
    id,
    ...(more.via === undefined ? {} : { via: more.via }),
    address: { ...more.address },
    profile: profile(more.profile),
    simulated: false,
    points: Object.entries(points).map(([point, source]) => ({
      id: point,
      source: sourceSchema.parse(typeof source === "string" ? { path: source } : source),
      everyMs: 60_000,
    })),
    actions: {},
  };
}

export const topicOf = (id: string) => `ce/v1/${id}/up/prop`;
export const air = () => device("air", { co2: "co2" });

export const link = (port: number, raw: object = {}): ExternalLink =>
  externalLinkSchema.parse({ url: `mqtt://127.0.0.1:${port}`, ...raw });

interface Delivery {
  message: Message;
  resolve(): void;
  reject(error: Error): void;
}

export interface World {
  clock: FakeClock;
  log: ReturnType<typeof recordingLog>;
  facts: DriverFact[];
  secrets: Map<string, Uint8Array>;
  broker: ScriptedBroker;
  delivered: Delivery[];
  readonly messages: Message[];
  /** true: resolves at once; false: waits for the test. */
  automatic: boolean;
  deliver: Deliver;
  context: DriverContext;
  open(more?: { devices?: ExternalDevice[]; link?: object }): Promise<ExternalSession>;
  /** Open and subscribed. */
  listening(more?: { devices?: ExternalDevice[]; link?: object }): Promise<ExternalSession>;
  /** Moves the clock until it settles. */
  passing<T>(work: Promise<T>): Promise<T>;
  end(session: ExternalSession): Promise<Fault | null>;
  codes(what: DriverFact["what"]): string[];
  close(): Promise<void>;
}

export const never = new AbortController().signal;

export async function world(version: 4 | 5 = 5): Promise<World> {
  const clock = new FakeClock();
  const facts: DriverFact[] = [];
  const log = recordingLog();
  const secrets = new Map<string, Uint8Array>([["given", Buffer.from("s3cret\n")]]);
  const broker = new ScriptedBroker(version);
  await broker.listen();
  const sessions: ExternalSession[] = [];
  const delivered: Delivery[] = [];
  const passing = async <T>(work: Promise<T>): Promise<T> => {
    let open = true;
    const done = () => {
      open = false;
    };
    work.then(done, done);
    while (open) {
      await clock.advance(250);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    return work;
  };
  const made: World = {
    ...{ clock, log, facts, secrets, broker, delivered, passing },
    automatic: true,
    get messages() {
      return delivered.map(({ message }) => message);
    },
    deliver: (message) =>
      new Promise((resolve, reject) => {
        delivered.push({ message, resolve, reject });
        if (made.automatic) resolve();
      }),
    context: driverContext(clock, {
      ...{ log, self: "2133000001-gw1-old", secret: secretsOf(secrets) },
      report: (fact: DriverFact) => void facts.push(fact),
    }),
    async open({ devices = [air()], link: raw = {} } = {}) {
      const settings = link(broker.port, { version: version === 5 ? "5" : "3.1.1", ...raw });
      const session = await ExternalSession.open(settings, devices, made.context, never);
      sessions.push(session);
      return session;
    },
    async listening(more = {}) {
      const session = await made.open(more);
      await session.listen((message) => made.deliver(message), never);
      return session;
    },
    end: (session) => passing(session.ended),
    codes: (what) =>
      facts.flatMap((fact) => (fact.what === what && "fault" in fact ? [fact.fault.code] : [])),
    async close() {
      for (const session of sessions) await passing(session.close());
      await broker.close();
    },
  };
  return made;
}

export const secret = (name: string) => new SecretRef(name);
