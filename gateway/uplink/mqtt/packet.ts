/**
 * What goes to the broker, as packets, and the topics between a school and its platform. Pure.
 */
import type { IPublishPacket } from "mqtt";
import { generate, writeToStream } from "mqtt-packet";
import type { Batch } from "../../contract/index.ts";
import type { Packed } from "../../encode/compression.ts";

const contentType = "application/json";

export interface Topics {
  data: string;
  alarm: string;
  status: string;
  receipt: string;
  command: string;
  /** What became of commands. */
  answer: string;
}

export function topicsOf(school: string, gateway: string): Topics {
  const root = `edu/v1/${school}/${gateway}`;
  return {
    data: `${root}/up/data`,
    alarm: `${root}/up/alarm`,
    status: `${root}/up/status`,
    receipt: `${root}/dn/receipt`,
    command: `${root}/dn/cmd`,
    answer: `${root}/up/ack`,
  };
}

/** A PUBLISH with QoS 1, without its packet id. */
export type Outgoing = Required<Pick<IPublishPacket, "topic" | "retain" | "properties">> & {
  payload: Buffer;
};

/** Early batches go to `alarm`, the rest to `data`. The content encoding is told when there is one. */
export function dataPacket(topics: Topics, batch: Batch, { bytes, encoding }: Packed): Outgoing {
  return {
    topic: batch.lane === "early" ? topics.alarm : topics.data,
    payload: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    retain: false,
    properties: {
      // Says that the payload is UTF-8 text (MQTT 5, 3.3.2.3.2).
      ...(encoding === undefined ? { payloadFormatIndicator: true } : {}),
      contentType,
      responseTopic: topics.receipt,
      userProperties: {
        batch: batch.id,
        ...(encoding === undefined ? {} : { "content-encoding": encoding }),
      },
    },
  };
}

export function statusPacket(topics: Topics, status: object, retain: boolean): Outgoing {
  return {
    topic: topics.status,
    payload: Buffer.from(JSON.stringify(status)),
    retain,
    properties: { payloadFormatIndicator: true, contentType },
  };
}

export function answerPacket(topics: Topics, answer: object): Outgoing {
  return { ...statusPacket(topics, answer, false), topic: topics.answer };
}

let bounded = false;

/**
 * mqtt-packet keeps the bytes of every packet length below 16,384 it has ever written. Made one by one, each is a
 * slice that keeps a whole block of Node's buffer pool (64 kB): a block more for every batch of a new size. Made at
 * once they share a few. Its cache of all 16-bit
 * numbers would be 11 MB more. Once a process, before it sends.
 */
export function boundPacketCaches(): void {
  if (bounded) return;
  bounded = true;
  writeToStream.cacheNumbers = false;
  const nowhere = {
    write: () => true,
    cork() {},
    uncork() {},
    destroy() {},
  } as unknown as NodeJS.WritableStream;
  const most = Buffer.alloc(16_384);
  for (let length = 3; length < most.length; length++) {
    const payload = most.subarray(0, length - 3);
    writeToStream({ cmd: "publish", topic: "-", payload, qos: 0, dup: false, retain: false }, nowhere);
  }
}

/** Size on the wire, of all of it: fixed header, variable header and payload (MQTT 5, 2.1.4). */
export function packetBytes({ payload, ...packet }: Outgoing): number {
  const empty = { ...packet, cmd: "publish", qos: 1, dup: false, messageId: 1, payload: "" } as const;
  const bytes = generate(empty, { protocolVersion: 5 }).length;
  const variableHeader = bytes - (bytes - 2 < 128 ? 2 : 3);
  const remaining = variableHeader + payload.length;
  const lengthField = remaining < 128 ? 1 : remaining < 16_384 ? 2 : remaining < 2_097_152 ? 3 : 4;
  return 1 + lengthField + remaining;
}

/** The one packet that is written past the client. */
export function disconnectPacket(): Buffer {
  return generate({ cmd: "disconnect", reasonCode: 0 }, { protocolVersion: 5 });
}
