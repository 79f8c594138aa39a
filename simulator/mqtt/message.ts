/** A message as it is handed in and out, on either side of a connection. */
import type { PublishProperties } from "./packets.ts";

export interface Message {
  topic: string;
  payload: Buffer;
  qos: 0 | 1 | 2;
  retain: boolean;
  /** The sender says that it may have been sent before. */
  dup: boolean;
  /** MQTT 5 only. */
  properties?: PublishProperties | undefined;
}

/** What is needed to send one. */
export interface Outgoing {
  topic: string;
  payload: Uint8Array | string;
  qos?: 0 | 1 | 2;
  retain?: boolean;
  properties?: PublishProperties;
}
