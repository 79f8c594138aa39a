/** A message, or the release of one, that is kept in memory. */

/** Messages and releases as aedes passes them on. */
export interface KeptPacket {
  cmd: string;
  topic?: string;
  payload?: string | Uint8Array;
  qos?: number;
  retain?: boolean;
  dup?: boolean;
  messageId?: number | undefined;
  brokerId?: string;
  brokerCounter?: number;
}

/** Bytes that a kept packet costs, roughly. */
export const sizeOf = ({ topic = "", payload = "" }: KeptPacket) => 200 + 2 * topic.length + payload.length;

/** With bytes of its own: it does not hold the packets that came in one piece with it. */
export function copied(packet: KeptPacket): KeptPacket {
  const { payload = "" } = packet;
  const bytes = typeof payload === "string" ? Buffer.from(payload) : payload;
  const own = Buffer.allocUnsafeSlow(bytes.length);
  own.set(bytes);
  return { ...packet, payload: own };
}
