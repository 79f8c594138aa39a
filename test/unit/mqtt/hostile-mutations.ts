/**
 * Valid sessions of a device, changed by dice: bytes, pieces, order, lengths. After each handful another device is
 * still served.
 */
import mqttPacket, { type Packet } from "mqtt-packet";
import { seeded } from "../journal/model-dice.ts";
import { device, publish, RawClient, secretOf, settle, until, world } from "./world.ts";

export interface Verdict {
  sessions: number;
  /** Let in, with something acknowledged, refused or cut by the broker. */
  admitted: number;
  acknowledged: number;
  cut: number;
  /** Readings of the other device that were stored and acknowledged. */
  served: number;
  /** Sockets that are left when all are gone. */
  left: number;
  rejections: unknown[];
}

const handful = 20;

const session: Packet[] = [
  publish("air", { co2: 1 }, { messageId: 1 }),
  publish("air", { co2: 2 }, { messageId: 2, qos: 2 }),
  publish("air", { co2: 3 }, { qos: 0 }),
  publish("air", { co2: 1 }, { messageId: 1, dup: true }),
  { cmd: "pubrel", messageId: 2 },
  {
    cmd: "subscribe",
    messageId: 3,
    subscriptions: [
      { topic: "ce/v1/air/dn/cmd", qos: 1 },
      { topic: "a/+/#", qos: 2 },
    ],
  },
  { cmd: "unsubscribe", messageId: 4, unsubscriptions: ["ce/v1/air/dn/cmd"] },
  { cmd: "puback", messageId: 5 },
  { cmd: "pubrec", messageId: 6 },
  { cmd: "pubcomp", messageId: 7 },
  { cmd: "pingreq" },
  { cmd: "disconnect" },
];
const login: Packet = {
  cmd: "connect",
  clientId: "air",
  clean: true,
  keepalive: 60,
  username: "air",
  password: secretOf("air"),
  will: { topic: "ce/v1/air/up/prop", payload: Buffer.from('{"co2":1}'), qos: 1, retain: false },
};
const packets = session.map((packet) => mqttPacket.generate(packet));
const logins = [login, { ...login, clean: false }, { ...login, clientId: "" }].map((packet) =>
  mqttPacket.generate(packet as Packet),
);

type Dice = { below(n: number): number; chance(p: number): boolean };

function mutated({ below, chance }: Dice): Buffer {
  const pick = (list: readonly Buffer[]) => Buffer.from(list[below(list.length)] ?? "");
  const parts = Array.from({ length: 1 + below(5) }, () => pick(packets));
  if (chance(0.95)) parts.unshift(pick(logins));
  if (chance(0.05)) parts.reverse();
  // A CONNECT that is wrong shows nothing of what comes behind it: most of them stay as they are.
  const first = chance(0.8) ? Math.min(1, parts.length - 1) : 0;
  for (let changes = below(4); changes > 0; changes--) {
    const at = first + below(parts.length - first);
    parts[at] = Buffer.from(changed(parts[at] ?? Buffer.alloc(0), { below, chance }));
  }
  const all = Buffer.concat(parts);
  return chance(0.2) ? all.subarray(0, below(all.length + 1)) : all;
}

function changed(bytes: Buffer, { below }: Dice): Buffer {
  const at = below(bytes.length + 1);
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  const some = Buffer.from(Array.from({ length: 1 + below(8) }, () => below(256)));
  switch (below(6)) {
    case 0: // one byte is another
      return Buffer.concat([before, Buffer.from([below(256)]), after.subarray(1)]);
    case 1: // one bit is another
      return Buffer.concat([before, Buffer.from([(after[0] ?? 0) ^ (1 << below(8))]), after.subarray(1)]);
    case 2: // some come in between
      return Buffer.concat([before, some, after]);
    case 3: // some are gone
      return Buffer.concat([before, after.subarray(1 + below(4))]);
    case 4: // some are said twice
      return Buffer.concat([before, after.subarray(0, 1 + below(8)), after]);
    default: // the length lies
      return Buffer.concat([bytes.subarray(0, 1), Buffer.from([below(256)]), bytes.subarray(2)]);
  }
}

export async function mutations(sessions: number, seed: number): Promise<Verdict> {
  const random = seeded(seed);
  const below = (n: number) => Math.floor(random() * n);
  const chance = (p: number) => random() < p;
  const rejections: unknown[] = [];
  const note = (reason: unknown) => void rejections.push(reason);
  process.on("unhandledRejection", note);
  const w = await world([device("air", { co2: "co2" }), device("other", { t: "t" })]);
  const verdict: Verdict = { sessions, admitted: 0, acknowledged: 0, cut: 0, served: 0, left: 0, rejections };
  try {
    const other = await w.login("other", { keepalive: 0 });
    const one = async () => {
      const client = await RawClient.open(w.port, false);
      const bytes = mutated({ below, chance });
      const middle = chance(0.3) ? below(bytes.length + 1) : bytes.length;
      client.socket.write(bytes.subarray(0, middle));
      if (middle < bytes.length) {
        await new Promise(setImmediate);
        client.socket.write(bytes.subarray(middle));
      }
      // Some hang up; the others are cut, at once or for their silence.
      if (chance(0.3)) client.socket.end();
      return client;
    };
    for (let done = 0; done < sessions; done += handful) {
      const clients = await Promise.all(Array.from({ length: Math.min(handful, sessions - done) }, one));
      await settle();
      // Longer than any login may take; wrong passwords are forgotten, too.
      await w.clock.jump(100_000);
      for (const client of clients) {
        // Who was let in may have asked for any keep-alive; all others are cut by now.
        if (count(verdict, client)) client.socket.destroy();
        await client.end();
      }
      const messageId = 1 + (done % 65_000);
      other.packets.length = 0;
      other.send(publish("other", { t: done }, { messageId }));
      await until(() => other.closed || other.ids("puback").includes(messageId));
      const [reading] = w.messages.at(-1)?.readings ?? [];
      if (!other.closed && reading?.device === "other" && reading.samples[0]?.raw === done)
        verdict.served += 1;
      w.delivered.length = 0;
      w.facts.length = 0;
    }
    other.socket.destroy();
    await until(() => w.session.connections === 0);
    verdict.left = w.session.connections;
  } finally {
    process.off("unhandledRejection", note);
    await w.close();
  }
  return verdict;
}

/** @returns whether it was let in */
function count(verdict: Verdict, client: RawClient): boolean {
  const [connack] = client.packets;
  const admitted = connack?.cmd === "connack" && connack.returnCode === 0;
  if (!admitted) verdict.cut += 1;
  else verdict.admitted += 1;
  if (client.ids("puback").length > 0) verdict.acknowledged += 1;
  return admitted;
}
