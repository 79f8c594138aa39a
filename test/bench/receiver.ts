/**
 * The far end of every candidate: an MQTT server that acknowledges what comes and counts the messages in it, as
 * cheaply as can be. To campus-edge it is a platform: each batch gets its receipt.
 *
 * It can go away (its port is closed then) and come back, and take so many rows a second in one queue.
 */
import { createServer, type Server, type Socket } from "node:net";
import mqttPacket, { type IPublishPacket, type Packet } from "mqtt-packet";
import type { BatchBody } from "../../config/schema/batch.ts";
import type { ReceiptBody } from "../../config/schema/receipt.ts";
import { AfterAway, type Returned } from "./after-away.ts";
import { serve } from "./calls.ts";
import { Stopwatch } from "./latencies.ts";
import { listening } from "./listening.ts";
import { momentPoint } from "./message.ts";
import { now, said } from "./moment.ts";
import { Throttle } from "./throttle.ts";

const way = new Stopwatch();
const throttle = new Throttle();
const sockets = new Set<Socket>();
let server: Server | null = null;
let port = 0;
let origin = 0;
let count = 0;
let rows = 0;
let batches = 0;
let back: AfterAway | null = null;
/** Values of moments, each once; null: nobody asks. */
let distinct: Set<number> | null = null;
let waiting: { reached: () => boolean; resolve(): void }[] = [];
/** First seq that is missing, by epoch. */
const nextOf = new Map<string, number>();

function arrived(value: number, at: number): void {
  count += 1;
  const saidAt = said(value, origin);
  way.note(at - saidAt);
  back?.arrived(saidAt, at);
  distinct?.add(value);
}

type Message = { p: Record<string, number> };

const isBatch = (topic: string) => /\/up\/(data|alarm)$/.test(topic);

function rowsOf(body: Partial<BatchBody & Message>): number {
  return body.rows?.length ?? Object.keys(body.p ?? {}).length;
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
  sockets.add(socket);
  socket.setNoDelay(true);
  let version = 4;
  const parser = mqttPacket.parser({ protocolVersion: 4 });
  const send = (packet: Packet) => socket.write(mqttPacket.generate(packet, { protocolVersion: version }));
  const take = ({ messageId, topic, properties }: IPublishPacket, body: unknown) => {
    socket.cork();
    send({ cmd: "puback", messageId: messageId as number, reasonCode: 0 });
    if (topic.endsWith("/up/prop")) arrived((body as Message).p[momentPoint] as number, now());
    else if (properties !== undefined && isBatch(topic))
      send({
        cmd: "publish",
        topic: properties.responseTopic as string,
        payload: JSON.stringify(receipt(properties, body as BatchBody)),
        qos: 0,
        dup: false,
        retain: false,
      });
    socket.uncork();
    waiting = waiting.filter(({ reached, resolve }) => !reached() || resolve());
  };
  parser.on("packet", (packet: Packet) => {
    switch (packet.cmd) {
      case "connect":
        version = packet.protocolVersion ?? 4;
        back?.connected(now());
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
        const body = JSON.parse(packet.payload.toString());
        throttle.do(
          () => rowsOf(body),
          () => take(packet, body),
        );
      }
    }
  });
  socket.on("data", (chunk) => parser.parse(chunk));
  socket.on("error", () => socket.destroy());
  socket.on("close", () => sockets.delete(socket));
}

const calls = {
  /** @param perSecond rows that it takes; 0 or absent: as many as come. @returns the port */
  async listen(body: { origin: number; perSecond?: number }): Promise<number> {
    origin = body.origin;
    throttle.set(body.perSecond ?? 0);
    server = createServer(accept);
    port = await listening(server);
    return port;
  },
  /** Closes the port and every connection; what waited for its turn was never here. */
  away(): void {
    server?.close();
    server = null;
    for (const socket of sockets) socket.destroy();
    throttle.forget();
  },
  /** Listens again at the same port. @param markAt what was sent before is old */
  async back({ markAt }: { markAt: number }): Promise<void> {
    const again = createServer(accept);
    await listening(again, port);
    server = again;
    back = new AfterAway(markAt, now());
  },
  /** Resolves when so many old messages, and a live one, are here. */
  async returned({ old }: { old: number }): Promise<Returned> {
    const reached = () => back !== null && back.moments.old >= old && back.moments.firstLiveAt < now();
    await until(reached);
    return (back as AfterAway).moments;
  },
  /** How long live messages took that were sent while old ones came. */
  live: () => (back as AfterAway).live(),
  count: () => ({ count, rows, batches, at: now() }),
  /** From now on messages are told apart. */
  tellApart(): void {
    distinct = new Set();
  },
  /** Different messages since then. */
  apart: () => distinct?.size ?? 0,
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
