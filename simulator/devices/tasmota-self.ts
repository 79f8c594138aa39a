/** What a Tasmota device tells of itself: at boot who it is, and with every period how it does. */
import { seeded } from "../seeded.ts";
import { type Json, jsonSaying, type Saying } from "./saying.ts";

/** The name it connects by: the last half of its MAC. */
export function clientIdOf(seed: number): string {
  return `DVES_${macOf(seed).slice(6)}`;
}

/** Said once after boot: what home automations find it by, retained, and INFO1 to INFO3. */
export function introduction(topic: string, seed: number, boots: number): Saying[] {
  const mac = macOf(seed);
  const hostname = `${topic}-${seed % 8192}`;
  const address = `192.168.${seed % 200}.${1 + ((seed >>> 8) % 250)}`;
  const config = {
    ip: address,
    dn: topic,
    fn: [topic],
    hn: hostname,
    mac,
    md: "Generic",
    ofln: "Offline",
    onln: "Online",
    state: ["OFF", "ON", "TOGGLE", "HOLD"],
    sw: "14.2.0",
    t: topic,
    ft: "%prefix%/%topic%/",
    tp: ["cmnd", "stat", "tele"],
    ver: 1,
  };
  const info = (n: number, json: Json) => jsonSaying(`tele/${topic}/INFO${n}`, { [`Info${n}`]: json });
  return [
    { topic: `tasmota/discovery/${mac}/config`, payload: JSON.stringify(config), retain: true },
    info(1, {
      Module: "Generic",
      Version: "14.2.0(tasmota)",
      FallbackTopic: `cmnd/${clientIdOf(seed)}_fb/`,
      GroupTopic: "cmnd/tasmotas/",
    }),
    info(2, { WebServerMode: "Admin", Hostname: hostname, IPAddress: address }),
    info(3, { RestartReason: "Power On", BootCount: boots }),
  ];
}

/**
 * What STATE holds beside the time.
 * @param connections to the server, since boot
 * @param on how its relay lies; null: it has none
 */
export function condition(seed: number, upMs: number, connections: number, on: boolean | null) {
  const upS = Math.floor(upMs / 1000);
  const chance = seeded("state", seed, upS);
  const rssi = 60 + Math.floor(chance() * 40);
  return {
    Uptime: span(upS),
    UptimeSec: upS,
    Vcc: Number((3.3 + chance() * 0.2).toFixed(3)),
    Heap: 24 + Math.floor(chance() * 6),
    SleepMode: "Dynamic",
    Sleep: 50,
    LoadAvg: 19 + Math.floor(chance() * 5),
    MqttCount: connections,
    ...(on === null ? {} : { POWER: on ? "ON" : "OFF" }),
    Wifi: {
      AP: 1,
      SSId: "School",
      BSSId: "02:00:00:00:00:01",
      Channel: 1 + (seed % 13),
      Mode: "11n",
      RSSI: rssi,
      Signal: Math.round(rssi / 2 - 100),
      LinkCount: 1,
      Downtime: "0T00:00:03",
    },
  };
}

function macOf(seed: number): string {
  return `5CCF7F${(seed >>> 8).toString(16).padStart(6, "0").toUpperCase()}`;
}

/** As in `3T07:05:00`: days, then hours, minutes, seconds. */
function span(seconds: number): string {
  const clock = new Date((seconds % 86_400) * 1000).toISOString().slice(11, 19);
  return `${Math.floor(seconds / 86_400)}T${clock}`;
}
