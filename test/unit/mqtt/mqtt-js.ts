import mqtt, { type IClientOptions, type IPublishPacket } from "mqtt";
import { until } from "./world.ts";

type Got = Pick<IPublishPacket, "topic" | "qos" | "retain" | "dup"> & { text: string };

/** A client of mqtt.js and everything that it was sent. */
export async function joinMqttJs(port: number, clientId: string, more: IClientOptions = {}) {
  const client = mqtt.connect(`mqtt://127.0.0.1:${port}`, {
    clientId,
    reconnectPeriod: 0,
    clean: true,
    ...more,
  });
  client.on("error", () => {});
  const got: Got[] = [];
  client.on("message", (topic, payload, { qos, retain, dup }) => {
    got.push({ topic, text: payload.toString(), qos, retain, dup });
  });
  await new Promise<void>((resolve, reject) => {
    client.once("connect", () => resolve());
    client.once("close", () => reject(new Error("closed")));
  });
  return {
    client,
    got,
    /** Everything that was published before has arrived when this comes back. */
    async caughtUp() {
      const word = `end-${Math.random()}`;
      await client.subscribeAsync("the/end", { qos: 2 });
      await client.publishAsync("the/end", word, { qos: 2 });
      await until(() => got.some(({ text }) => text === word));
      return got.filter(({ topic }) => topic !== "the/end");
    },
  };
}
