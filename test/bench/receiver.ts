/**
 * The far end of every candidate: an MQTT server that acknowledges what comes and counts the messages in it, as
 * cheaply as can be. To campus-edge it is a platform: each batch gets its receipt.
 */
import { createServer, type Socket } from "node:net";
import mqttPacket, { type IPublishPacket, type Packet } from "mqtt-packet";
import type { BatchBody } from "../../config/schema/batch.ts";
import type { ReceiptBody } from "../../config/schema/receipt.ts";
import { serve } from "./calls.ts";
import { Stopwatch } from "./latencies.ts";
import { momentPoint } from "./message.ts";
import { now, said } from "./moment.ts";

const way = new Stopwatch();
let origin = 0;
let count = 0;
let rows = 0;
let batches = 0;
let waiting: { reached: () => boolean; resolve(): void }[] = [];
/** First seq that is missing, by epoch. */
const nextOf = new Map<string, number>();

function arrived(value: number, at: number): void {
  count += 1;
  way.note(at - said(value, origin));
}

/** @returns true iff it was a batch of campus-edge, which wants a receipt */
function take({ topic, payload }: IPublishPacket, at: number): BatchBody | null {
  const body = JSON.parse(payload.toString());
  if (topic.endsWith("/up/prop")) arrived(body.p[momentPoint], at);
  else if (/\/up\/(data|alarm)$/.test(topic)) return body;
  return null;
}

function receipt(
  { userProperties }: NonNullable<IPublishPacket["properties"]>,
  batch: BatchBody,
): ReceiptBody {
  const at = now();
  const { epoch, first, last } = batch;
  let next = nextOf.get(epoch) ?? 1;
  const moments = new Set<number>();
  for (const [number, { point }] of Object.entries(batch.series))
    if (point === momentPoint) moments.add(Number(number));
  // Sent early they come again with their claim.
  if (first !== undefined && last !== undefined && first <= next) {
    for (const [seq, series, , value] of batch.rows)
      if (seq >= next && moments.has(series)) arrived(value as number, at);
    next = Math.max(next, last + 1);
    nextOf.set(epoch, next);
  }
  rows += batch.rows.length;
  batches += 1;
  const id = userProperties?.batch as string;
  return { v: 1, batch: id, taken: batch.rows.length, rejected: [], next, at: Date.now() };
}

function accept(socket: Socket): void {
  socket.setNoDelay(true);
  let version = 4;
  const parser = mqttPacket.parser({ protocolVersion: 4 });
  const send = (packet: Packet) => socket.write(mqttPacket.generate(packet, { protocolVersion: version }));
  parser.on("packet", (packet: Packet) => {
    switch (packet.cmd) {
      case "connect":
        version = packet.protocolVersion ?? 4;
        send({ cmd: "connack", sessionPresent: false, returnCode: 0, reasonCode: 0 });
        return;
      case "subscribe":
        send({
          cmd: "suback",
          messageId: packet.messageId as number,
          granted: packet.subscriptions.map(() => 1),
        });
        return;
      case "pingreq":
        send({ cmd: "pingresp" });
        return;
      case "publish": {
        const at = now();
        socket.cork();
        send({ cmd: "puback", messageId: packet.messageId as number, reasonCode: 0 });
        const batch = take(packet, at);
        const { properties } = packet;
        if (batch !== null && properties !== undefined)
          send({
            cmd: "publish",
            topic: properties.responseTopic as string,
            payload: JSON.stringify(receipt(properties, batch)),
            qos: 0,
            dup: false,
            retain: false,
          });
        socket.uncork();
        waiting = waiting.filter(({ reached, resolve }) => !reached() || resolve());
      }
    }
  });
  socket.on("data", (chunk) => parser.parse(chunk));
  socket.on("error", () => socket.destroy());
}

const calls = {
  /** @returns the port */
  listen(body: { origin: number }): Promise<number> {
    origin = body.origin;
    const server = createServer(accept);
    return new Promise((resolve) =>
      server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port)),
    );
  },
  count: () => ({ count, rows, batches, at: now() }),
  /** Resolves when so many messages are here, with the moment. */
  async messages(least: number): Promise<{ count: number; at: number }> {
    await until(() => count >= least);
    return { count, at: now() };
  },
  /** Resolves when so many rows of batches have got their receipt, with the moment. */
  async rows(least: number): Promise<{ at: number }> {
    await until(() => rows >= least);
    return { at: now() };
  },
  /** Begins to note how long messages were on their way. */
  watch(): void {
    way.start();
  },
  watched: () => way.stop(),
};
export type ReceiverCalls = typeof calls;

function until(reached: () => boolean): Promise<void> {
  if (reached()) return Promise.resolve();
  return new Promise((resolve) => void waiting.push({ reached, resolve }));
}

serve(calls);
