/**
 * Plays a recording of MQTT against the real broker session: each recorded connection logs in as the one whose
 * credential may say what it said, and says it again in the recorded order and pace, on a clock that stands still.
 */

import type { LinkPlan, Plan } from "../../config/schema/plan.ts";
import type { MessageEntry, Recording } from "../../config/schema/recording.ts";
import type { DriverContext } from "../../drivers/contract/index.ts";
import { type ConnectionPlan, connectionsOf } from "../../drivers/mqtt/connections.ts";
import { mqttDriver } from "../../drivers/mqtt/index.ts";
import type { MqttDevice, MqttLink } from "../../drivers/mqtt/schema.ts";
import { matches } from "../../drivers/mqtt/topics.ts";
import { driverContext } from "../driver-context.ts";
import { FakeClock } from "../fake-clock.ts";
import { RawClient, until } from "../unit/mqtt/world.ts";
import { type Told, toldBy } from "./plan.ts";

export interface Played {
  told: Told[];
  /** What could not be said again, since the recording does not have it. */
  untold: number;
}

export async function playMessages(
  { header, entries }: Recording,
  plan: Plan,
  link: LinkPlan,
  trace: Partial<Pick<DriverContext, "traceMessage">> = {},
  clock = new FakeClock(header.began === null ? undefined : Date.parse(header.began)),
  between: () => unknown = () => {},
): Promise<Played> {
  const tell = toldBy(link, () => clock.wallMs());
  const told: Told[] = [];
  let port = 0;
  const context = driverContext(clock, {
    ...{ ...trace, secret: (name) => plan.secret(name) },
    report: (fact) => {
      if (fact.what === "listening") port = fact.port;
    },
  });
  const never = new AbortController().signal;
  const settings: MqttLink = { ...(link.settings as MqttLink), listen: { host: "127.0.0.1", port: 0 } };
  const devices = link.devices as readonly MqttDevice[];
  const session = await mqttDriver.open(settings, [...devices], context, never);
  await session.listen?.(async ({ readings }) => void told.push(...readings.map(tell)), never);
  const said = entries.filter((entry): entry is MessageEntry => "connection" in entry);
  const clients = new Map<number, RawClient>();
  let untold = 0;
  let passedMs = 0;
  try {
    for (const [at, entry] of said.entries()) {
      await clock.advance(Math.max(0, entry.ms - passedMs));
      passedMs = Math.max(passedMs, entry.ms);
      await between();
      const { connection, topic, payload, qos, retain, dup, will } = entry;
      const client = clients.get(connection) ?? (await login(said, connection, devices, plan, port));
      clients.set(connection, client);
      if (will) {
        const before = told.length;
        client.socket.destroy();
        await until(() => told.length > before);
        clients.delete(connection);
      } else if (topic === undefined || payload === undefined) untold += 1;
      else {
        const messageId = qos === 0 ? {} : { messageId: 1 + at };
        client.send(
          { cmd: "publish", topic, payload, qos: qos as 0 | 1 | 2, retain, dup, ...messageId },
          { cmd: "pingreq" },
        );
        // What is answered after it has been taken.
        if (qos === 1) await client.next("puback");
        if (qos === 2) await client.next("pubrec");
        await client.next("pingresp");
      }
    }
  } finally {
    for (const client of clients.values()) client.socket.destroy();
    let open = true;
    const closed = session.close().finally(() => {
      open = false;
    });
    while (open) {
      await clock.advance(500);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await closed;
  }
  return { told, untold };
}

async function login(
  said: readonly MessageEntry[],
  connection: number,
  devices: readonly MqttDevice[],
  plan: Plan,
  port: number,
): Promise<RawClient> {
  const own = said.filter((entry) => entry.connection === connection);
  const speaks = ({ topics, unread }: ConnectionPlan) =>
    own.filter(
      ({ topic }) => topic !== undefined && [...topics, ...unread].some((one) => matches(one, topic)),
    );
  const [best] = connectionsOf(devices).sort((a, b) => speaks(b).length - speaks(a).length);
  const { user, password } = best?.device?.address ?? {};
  const client = await RawClient.open(port, false);
  const will = own.find((entry) => entry.will && entry.topic !== undefined && entry.payload !== undefined);
  client.connect({
    clientId: `c${connection}`,
    ...(user === undefined || password === undefined
      ? {}
      : { username: user, password: Buffer.from(plan.secret(password.name)) }),
    ...(will === undefined
      ? {}
      : {
          will: {
            topic: will.topic ?? "",
            payload: Buffer.from(will.payload ?? ""),
            qos: will.qos as 0 | 1 | 2,
            retain: will.retain,
          },
        }),
  });
  const { returnCode } = await client.next("connack");
  if (returnCode !== 0) throw new Error(`connection ${connection} may not log in: ${returnCode}`);
  return client;
}
