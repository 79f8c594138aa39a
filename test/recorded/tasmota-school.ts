/** A card reader and a plug with Tasmota, as simulated, at the real broker session, recorded as the agent does. */
import type { LinkPlan, Plan } from "../../config/schema/plan.ts";
import { mqttDriver } from "../../drivers/mqtt/index.ts";
import type { MqttDevice, MqttLink } from "../../drivers/mqtt/schema.ts";
import type { RoomValues } from "../../simulator/devices/room-values.ts";
import { tasmota } from "../../simulator/devices/tasmota.ts";
import { driverContext } from "../driver-context.ts";
import { FakeClock } from "../fake-clock.ts";
import { settle, until } from "../unit/mqtt/world.ts";
import { room } from "../unit/simulator/dialect-world.ts";
import { type Told, toldBy } from "./plan.ts";
import { Recorded } from "./record.ts";

/** Of the cards that are shown. */
export const cards = ["BA839D07", "04A2B3C4"];

export async function recordTasmota(plan: Plan, link: LinkPlan): Promise<{ told: Told[]; text: string }> {
  const clock = new FakeClock();
  const recording = new Recorded(plan, link, clock);
  await recording.start();
  const tell = toldBy(link, () => clock.wallMs());
  const told: Told[] = [];
  let port = 0;
  const context = driverContext(clock, {
    ...{ secret: (name) => plan.secret(name), ...recording.tap },
    report: (fact) => {
      if (fact.what === "listening") port = fact.port;
    },
  });
  const never = new AbortController().signal;
  const settings: MqttLink = { ...(link.settings as MqttLink), listen: { host: "127.0.0.1", port: 0 } };
  const devices = link.devices as readonly MqttDevice[];
  const session = await mqttDriver.open(settings, [...devices], context, never);
  await session.listen?.(async ({ readings }) => void told.push(...readings.map(tell)), never);
  let card: string | null = null;
  const speakers = devices.map(({ id, address }) =>
    tasmota({
      ...{ host: "127.0.0.1", port, clock, topic: address.friendly ?? id, telePeriodS: 10 },
      ...{
        user: address.user ?? "",
        password: Buffer.from(plan.secret(address.password?.name ?? "")).toString(),
      },
      ...(id.includes("door")
        ? { reader: "Data" as const }
        : { relay: true, energy: true, chips: ["AM2301"] as const }),
      source: (): RoomValues => ({ ...room(), ...(card === null ? {} : { card }) }),
    }),
  );
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 1000) {
      await clock.advance(1000);
      await settle();
      await recording.take();
    }
  };
  for (const speaker of speakers) {
    await speaker.start();
    await until(() => speaker.device.online);
    await settle();
  }
  await pass(8000);
  for (const shown of cards) {
    card = shown;
    await pass(3000);
    card = null;
    await pass(2000);
  }
  // Somebody pulls the reader's plug: its last words.
  const before = told.length;
  await speakers[0]?.stop({ abrupt: true });
  await until(() => told.length > before);
  const text = await recording.text();
  const heard = [...told];
  for (const speaker of speakers) await speaker.stop({ abrupt: true });
  let open = true;
  const closed = session.close().finally(() => {
    open = false;
  });
  while (open) {
    await clock.advance(500);
    await settle();
  }
  await closed;
  return { told: heard, text };
}
