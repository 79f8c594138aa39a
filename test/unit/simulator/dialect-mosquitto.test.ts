import { afterEach, describe, expect, it } from "vitest";
import { esphome } from "../../../simulator/devices/esphome.ts";
import type { RoomValues } from "../../../simulator/devices/room-values.ts";
import { shelly } from "../../../simulator/devices/shelly.ts";
import type { Speaker } from "../../../simulator/devices/speaker.ts";
import { tasmota } from "../../../simulator/devices/tasmota.ts";
import { zigbeeBridge } from "../../../simulator/devices/zigbee-bridge.ts";
import { connectMqtt } from "../../../simulator/mqtt/client.ts";
import type { Message } from "../../../simulator/mqtt/message.ts";
import { FakeClock } from "../../fake-clock.ts";
import { type Place, room, settled } from "./dialect-world.ts";
import { Mosquitto, withoutMosquitto } from "./mosquitto.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

interface Case {
  name: string;
  make: (place: Place, source: () => RoomValues) => Speaker;
  /** Until the first report and the change of the lamp or the door have been said. */
  waitMs: number;
  /** What is said when the lamp goes off and the door opens. */
  change: RegExp;
  alive: string;
  will: string;
  /** Retained after its death. */
  retained: string[];
}

const cases: Case[] = [
  {
    name: "Zigbee bridge",
    make: (place, source) =>
      zigbeeBridge({ ...place, devices: [{ name: "教室 1", model: "contact", source }], habits: { qos: 1 } }),
    waitMs: 59_000,
    change: /^zigbee2mqtt\/教室 1 .*"contact":false/,
    alive: 'zigbee2mqtt/bridge/state {"state":"online"}',
    will: 'zigbee2mqtt/bridge/state {"state":"offline"}',
    retained: ["bridge/devices", "bridge/groups", "bridge/info", "bridge/state", "教室 1/availability"].map(
      (path) => `zigbee2mqtt/${path}`,
    ),
  },
  {
    name: "Tasmota device",
    make: (place, source) => tasmota({ ...place, topic: "t", source, relay: true, energy: true }),
    waitMs: 7000,
    change: /^stat\/t\/POWER OFF/,
    alive: "tele/t/LWT Online",
    will: "tele/t/LWT Offline",
    retained: ["tasmota/discovery/", "tele/t/LWT"],
  },
  {
    name: "Shelly device",
    make: (place, source) => shelly({ ...place, model: "plus-plug-s", mac: "aabbccddeeff", source }),
    waitMs: 2000,
    change: /^shellyplusplugs-aabbccddeeff\/events\/rpc .*"NotifyStatus".*"output":false/,
    alive: "shellyplusplugs-aabbccddeeff/online true",
    will: "shellyplusplugs-aabbccddeeff/online false",
    retained: ["shellyplusplugs-aabbccddeeff/online"],
  },
  {
    name: "ESPHome node",
    make: (place, source) =>
      esphome({ ...place, node: "n", source, points: ["co2", "contact"], everyMs: 2000 }),
    waitMs: 4000,
    change: /^n\/binary_sensor\/contact\/state ON/,
    alive: "n/status online",
    will: "n/status offline",
    retained: [
      ...["homeassistant/binary_sensor/n/contact/config", "homeassistant/sensor/n/co2/config"],
      ...["n/binary_sensor/contact/state", "n/sensor/co2/state", "n/status"],
    ],
  },
];

describe.skipIf(withoutMosquitto)("the simulated dialects on a real broker (needs mosquitto)", () => {
  const listen = async (port: number, clientId: string) => {
    const heard: Message[] = [];
    const listener = await connectMqtt({
      host: "127.0.0.1",
      port,
      clientId,
      onMessage: (message) => {
        heard.push(message);
        return 0;
      },
    });
    closing.push(() => listener.destroy());
    await listener.subscribe(["#"]);
    return heard;
  };
  const line = ({ topic, payload }: Message) => `${topic} ${payload}`;

  it.each(cases)("a $name is born, reports, tells a change, and dies by its will", async (one) => {
    const mosquitto = await Mosquitto.start();
    closing.push(() => mosquitto.remove());
    const heard = await listen(mosquitto.port, "early");
    const clock = new FakeClock();
    const now = room();
    const speaker = one.make({ host: "127.0.0.1", port: mosquitto.port, clock }, () => now);
    closing.push(() => speaker.stop({ abrupt: true }));
    await speaker.start();
    await settled(() => heard.some((message) => line(message) === one.alive));
    await clock.advance(one.waitMs);
    Object.assign(now, { lamp: false, contact: false });
    await clock.advance(2000);
    await speaker.device.idle();
    await settled(() => heard.some((message) => one.change.test(line(message))));
    // Nothing that was on the wire is missing, and nothing else was heard.
    const said = speaker.device.emissions.filter(({ wire }) => wire.length > 0).map(({ topic }) => topic);
    await settled(() => heard.length >= said.length);
    expect(heard.map(({ topic }) => topic)).toEqual(said);
    heard.length = 0;

    await speaker.stop({ abrupt: true });
    await settled(() => heard.length > 0);
    expect(heard.map(line)).toEqual([one.will]);
    const late = await listen(mosquitto.port, "late");
    await settled(() => late.length >= one.retained.length);
    expect(late.every(({ retain }) => retain)).toBe(true);
    const topics = late.map(({ topic }) => topic).sort();
    expect(topics).toHaveLength(one.retained.length);
    for (const [index, topic] of topics.entries()) expect(topic).toContain(one.retained[index]);
    expect(late.map(line)).toContain(one.will);
  });

  it("a device at QoS 1 has everything acknowledged that a broker has taken, through the broker's death", async () => {
    const mosquitto = await Mosquitto.start();
    closing.push(() => mosquitto.remove());
    const clock = new FakeClock();
    const speaker = tasmota({
      ...{ host: "127.0.0.1", port: mosquitto.port, clock, topic: "t", source: room, telePeriodS: 10 },
      ...{ chips: ["AM2301"], habits: { qos: 1, burst: 100 } },
    });
    closing.push(() => speaker.stop({ abrupt: true }));
    await speaker.start();
    await clock.advance(6000);
    await speaker.device.idle();
    await mosquitto.end("SIGKILL");
    await speaker.device.until(({ online }) => !online);
    await clock.advance(40_000);
    await mosquitto.begin();
    const heard = await listen(mosquitto.port, "after");
    while (!speaker.device.online) await clock.advance(500);
    await speaker.device.idle();
    const reports = speaker.device.emissions.filter(({ topic }) => topic === "tele/t/SENSOR");
    expect(reports.length).toBeGreaterThanOrEqual(5);
    expect(reports.every(({ ackedMs, dropped }) => ackedMs !== null && !dropped)).toBe(true);
    const later = reports.slice(1).map(({ values }) => values.Time);
    await settled(() => heard.filter(({ topic }) => topic === "tele/t/SENSOR").length >= later.length);
    const times = heard
      .filter(({ topic }) => topic === "tele/t/SENSOR")
      .map(({ payload }) => JSON.parse(`${payload}`));
    expect(times.map(({ Time }) => Time)).toEqual(later);
  });
});
