/** What the envelope of a batch says: whose it is, what it declares, where the receipt goes. Pure. */
import type { Message } from "../mqtt/message.ts";

export interface Address {
  school: string;
  gateway: string;
  /** Early batches come by `alarm`, all others by `data`. */
  door: "data" | "alarm";
}

/** Everything gateways publish. */
export const intakeFilters = ["edu/v1/+/+/up/#"];

/** null: not a topic for batches. */
export function addressOf(topic: string): Address | null {
  const [, school, gateway, door] = /^edu\/v1\/([^/]+)\/([^/]+)\/up\/(data|alarm)$/.exec(topic) ?? [];
  if (school === undefined || gateway === undefined) return null;
  return { school, gateway, door: door === "alarm" ? "alarm" : "data" };
}

export function receiptTopic({ school, gateway }: Address): string {
  return `edu/v1/${school}/${gateway}/dn/receipt`;
}

export interface Declared {
  encoding: string | undefined;
  /** A user property that looks like a batch id. */
  id: string | undefined;
  /** Only below the gateway's own downlinks; anything else is as if it were absent. */
  responseTopic: string | undefined;
  correlationData: Buffer | undefined;
}

/** What the MQTT 5 properties say; all absent in MQTT 3.1.1. */
export function declaredOf({ properties }: Message, { school, gateway }: Address): Declared {
  const pairs = Object.entries(properties?.userProperties ?? {}).flatMap(([name, values]) =>
    [values].flat().map((value) => ({ name: name.toLowerCase(), value })),
  );
  const topic = properties?.responseTopic;
  const own = topic?.startsWith(`edu/v1/${school}/${gateway}/dn/`) === true && !/[+#]/.test(topic);
  return {
    encoding: pairs.find(({ name }) => name === "encoding" || name === "content-encoding")?.value,
    id: pairs.find(({ value }) => /^[0-9a-f]{64}$/.test(value))?.value,
    responseTopic: own ? topic : undefined,
    correlationData: properties?.correlationData,
  };
}
