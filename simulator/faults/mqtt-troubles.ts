/** What MQTT devices do to a broker when they go wrong. */
import type { Clock } from "../../config/schema/context.ts";
import { MqttDevice } from "../devices/mqtt-device.ts";
import type { BrokerTarget, Client } from "../scenes/wireless.ts";

const floodsPerS = 10;
const firstStranger = 0x7f21;

/** A device's firmware goes round in circles: it says the same again and again. The result ends it. */
export function flood({ device }: Client, rate: number, clock: Clock): () => void {
  const { values = {} } = device.emissions.at(-1) ?? {};
  const over = new AbortController();
  const goRound = async () => {
    while (!over.signal.aborted) {
      for (let n = 0; n < Math.max(1, rate / floodsPerS); n++) device.emit(values);
      await clock.sleep(1000 / floodsPerS, over.signal).catch(() => undefined);
    }
  };
  void goRound();
  return () => over.abort();
}

/** Devices that nobody knows try to get in. The result sends them away. @param before how many there were already */
export function knock(target: BrokerTarget, count: number, before: number): () => Promise<void> {
  const here = Array.from({ length: count }, (_, index) => {
    const id = `esp-${(firstStranger + before + index).toString(16)}`;
    return new MqttDevice({ ...target, id, user: id, password: "guess" });
  });
  for (const stranger of here) void stranger.start();
  return async () => {
    await Promise.allSettled(here.map((stranger) => stranger.stop()));
  };
}
