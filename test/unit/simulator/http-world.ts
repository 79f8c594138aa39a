/** Platforms and MQTT connections that end with the test that opened them. */
import { afterEach } from "vitest";
import { connectMqtt, type MqttClient } from "../../../simulator/mqtt/client.ts";
import { type Platform, type PlatformOptions, startPlatform } from "../../../simulator/platform/platform.ts";

/** What the test at hand has to close; the last opened first. */
export const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A platform with an HTTP door, and no other unless asked for. */
export async function platformWith(options: PlatformOptions = {}): Promise<Platform> {
  const platform = await startPlatform({ mqtt: false, http: {}, ...options });
  closing.push(() => platform.stop());
  return platform;
}

/** A gateway's MQTT connection that hears everything for gateways. */
export async function mqttTo(
  platform: Platform,
  onMessage: (text: string) => void = () => {},
): Promise<MqttClient> {
  const { hostname, port } = new URL(platform.url);
  const client = await connectMqtt({
    host: hostname,
    port: Number(port),
    version: 5,
    clientId: "gw",
    onMessage: ({ payload }) => {
      onMessage(payload.toString());
      return 0;
    },
  });
  closing.push(() => client.destroy());
  await client.subscribe(["edu/v1/+/+/dn/#"]);
  return client;
}

/** Resolves once the HTTP door has read so many requests. */
export function asked(platform: Platform, requests: number): Promise<void> {
  return platform.until(({ counters }) => counters.requests === requests);
}
