/** Shelly devices of the second generation: which components each has, and what a component's status holds. */
import { type RoomValues, rounded } from "./room-values.ts";
import type { Json } from "./saying.ts";

export type ShellyModelName = "plus-plug-s" | "plus-1pm" | "pro-3em" | "wall-display" | "plus-ht";
export type Status = Readonly<Record<string, Json>>;

/** What a component needs to know beside the room. */
export interface Insides {
  id: string;
  mac: string;
  /** The relay is closed. */
  on: boolean;
  /** Who moved it last. */
  source: string;
  energy: EnergyCounter;
  upS: number;
  /** Seconds since 1970; null: it does not know the time. */
  unixS: number | null;
  /** Of its battery, 0 to 100. */
  percent: number;
}

export interface ShellyModel {
  /** First part of the id, before the MAC. */
  prefix: string;
  components: Readonly<Record<string, (room: RoomValues, insides: Insides) => Status>>;
  /** It switches `lamp`; how its relay lies as long as nobody has moved it. */
  relay?: { on: boolean };
  /** It runs on a battery and sleeps. */
  sleeps?: true;
}

/** Energy as the firmware counts it: a total in Wh, and mWh of the last three whole minutes, newest first. */
export class EnergyCounter {
  totalWh = 0;
  byMinute: readonly number[] = [0, 0, 0];
  /** The second at which the minute that runs began. */
  minuteS = 0;
  #minute: number | null = null;
  #minuteStartWh = 0;

  /** @param second of the device's clock */
  count(wh: number | bigint | null | undefined, second: number): void {
    this.totalWh = rounded(wh ?? 0, 3);
    const minute = Math.floor(second / 60);
    if (minute === this.#minute) return;
    if (this.#minute !== null) {
      const spent = rounded((this.totalWh - this.#minuteStartWh) * 1000, 3);
      this.byMinute = [Math.max(0, spent), ...this.byMinute.slice(0, 2)];
    }
    this.#minute = minute;
    this.#minuteStartWh = this.totalWh;
    this.minuteS = minute * 60;
  }
}

const switched = (room: RoomValues, { on, source, energy }: Insides): Status => ({
  id: 0,
  source,
  output: on,
  apower: on ? rounded(room.power ?? 0, 1) : 0,
  voltage: rounded(room.voltage ?? 0, 1),
  current: on ? rounded(room.current ?? 0, 3) : 0,
  aenergy: { total: energy.totalWh, by_minute: energy.byMinute, minute_ts: energy.minuteS },
  // Its own, inside the case: warmer than the room, more so under load.
  temperature: celsius((room.temperature ?? 20) + 10 + (on ? (room.power ?? 0) / 200 : 0)),
});

const temperature = (room: RoomValues): Status => ({ id: 0, ...celsius(room.temperature ?? null) });
const humidity = (room: RoomValues): Status => ({ id: 0, rh: rounded(room.humidity ?? null, 1) });
const wifi = (_room: RoomValues, { mac }: Insides): Status => ({
  sta_ip: addressOf(mac),
  status: "got ip",
  ssid: "School",
  rssi: -58,
});
const connected = (): Status => ({ connected: true });
const unconnected = (): Status => ({ connected: false });
const empty = (): Status => ({});

const sys = (_room: RoomValues, { mac, upS, unixS }: Insides): Status => ({
  mac: mac.toUpperCase(),
  restart_required: false,
  time: unixS === null ? null : new Date((unixS + 8 * 3600) * 1000).toISOString().slice(11, 16),
  unixtime: unixS,
  uptime: upS,
  ram_size: 246_084,
  ram_free: 141_000 + (upS % 977),
  fs_size: 458_752,
  fs_free: 139_264,
  cfg_rev: 25,
  kvs_rev: 0,
  schedule_rev: 0,
  webhook_rev: 0,
  available_updates: { beta: { version: "1.7.0-beta1" } },
  reset_reason: 3,
});

export const shellyModels: Readonly<Record<ShellyModelName, ShellyModel>> = {
  "plus-plug-s": {
    prefix: "shellyplusplugs",
    relay: { on: true },
    components: {
      ble: empty,
      cloud: unconnected,
      mqtt: connected,
      plugs_ui: empty,
      "switch:0": switched,
      sys,
      wifi,
      ws: unconnected,
    },
  },
  "plus-1pm": {
    prefix: "shellyplus1pm",
    relay: { on: false },
    components: {
      ble: empty,
      cloud: unconnected,
      "input:0": (room) => ({ id: 0, state: room.contact ?? false }),
      mqtt: connected,
      "switch:0": switched,
      sys,
      wifi,
      ws: unconnected,
    },
  },
  "pro-3em": {
    prefix: "shellypro3em",
    components: {
      cloud: unconnected,
      "em:0": meter,
      "emdata:0": meterTotals,
      eth: (_room, { mac }) => ({ ip: addressOf(mac) }),
      mqtt: connected,
      sys,
      "temperature:0": (room) => ({ id: 0, ...celsius((room.temperature ?? 20) + 12) }),
      ws: unconnected,
    },
  },
  "wall-display": {
    prefix: "shellywalldisplay",
    relay: { on: false },
    components: {
      "humidity:0": humidity,
      "illuminance:0": ({ illuminance }) => ({
        id: 0,
        lux: rounded(illuminance ?? null, 0),
        illumination: illumination(illuminance ?? null),
      }),
      "input:0": (room) => ({ id: 0, state: room.contact ?? false }),
      mqtt: connected,
      "switch:0": (_room, { on, source }) => ({ id: 0, output: on, source }),
      sys: (_room, { mac, upS, unixS }) => ({
        id: `ShellyWallDisplay-${mac.toUpperCase()}`,
        mac: mac.toUpperCase(),
        model: "SAWD-0A1XX10EU1",
        gen: 2,
        fw_id: "20240115-105444/1.2.8-59063a9a",
        ver: "1.2.8",
        app: "WallDisplay",
        auth_en: false,
        uptime: upS + 60,
        app_uptime: upS,
        discoverable: false,
        cfg_rev: 32,
        schedule_rev: 0,
        webhook_rev: 0,
        platform: "vXD10000M2",
        available_updates: { stable: { version: "1.2.9", build_id: "20240315-101010/1.2.9-0a1b2c3d" } },
        restart_required: false,
        unixtime: unixS,
        relay_in_thermostat: true,
        sensor_in_thermostat: true,
      }),
      "temperature:0": temperature,
      "thermostat:0": (room, { on }) => ({
        id: 0,
        enable: true,
        target_C: 21,
        current_C: rounded(room.temperature ?? null, 1),
        output: on,
        schedules: { enable: false },
      }),
    },
  },
  /** Wakes up, says everything, sleeps; it does not know the time. */
  "plus-ht": {
    prefix: "shellyplusht",
    sleeps: true,
    components: {
      ble: empty,
      cloud: unconnected,
      "devicepower:0": (_room, { percent }) => ({
        id: 0,
        battery: { V: rounded(4.2 + (percent / 100) * 1.8, 2), percent },
        external: { present: false },
      }),
      ht_ui: empty,
      "humidity:0": humidity,
      mqtt: connected,
      sys: (room, insides) => ({
        ...sys(room, insides),
        available_updates: {},
        wakeup_reason: { boot: "deepsleep_wake", cause: "status_update" },
        wakeup_period: 7200,
        reset_reason: 8,
      }),
      "temperature:0": temperature,
      wifi,
      ws: unconnected,
    },
  },
};

/** A meter of three phases; without a sensor on the neutral wire its current is null. */
function meter({ phases }: RoomValues): Status {
  const status: Record<string, Json> = { id: 0 };
  const total = { current: 0, act_power: 0, aprt_power: 0 };
  for (const [index, phase] of (["a", "b", "c"] as const).entries()) {
    const voltage = phases?.voltage?.[index] ?? null;
    const current = phases?.current?.[index] ?? null;
    const power = phases?.power?.[index] ?? null;
    const apparent = voltage === null || current === null ? null : voltage * current;
    status[`${phase}_current`] = rounded(current, 3);
    status[`${phase}_voltage`] = rounded(voltage, 1);
    status[`${phase}_act_power`] = rounded(power, 1);
    status[`${phase}_aprt_power`] = rounded(apparent, 1);
    status[`${phase}_pf`] =
      apparent === null || power === null ? null : rounded(power / Math.max(1, apparent), 2);
    status[`${phase}_freq`] = rounded(phases?.frequency ?? null, 1);
    total.current += current ?? 0;
    total.act_power += power ?? 0;
    total.aprt_power += apparent ?? 0;
  }
  return {
    ...status,
    n_current: null,
    total_current: rounded(total.current, 3),
    total_act_power: rounded(total.act_power, 3),
    total_aprt_power: rounded(total.aprt_power, 3),
    user_calibrated_phase: [],
  };
}

/** Energy of three phases in Wh. What is lent is the whole; every phase has a third. */
function meterTotals({ phases }: RoomValues): Status {
  const imported = Number(phases?.energyImport ?? 0);
  const exported = Number(phases?.energyExport ?? 0);
  const third = (wh: number) => rounded(wh / 3, 2);
  const status: Record<string, Json> = { id: 0 };
  for (const phase of ["a", "b", "c"]) {
    status[`${phase}_total_act_energy`] = third(imported);
    status[`${phase}_total_act_ret_energy`] = third(exported);
  }
  return { ...status, total_act: rounded(imported, 2), total_act_ret: rounded(exported, 2) };
}

function celsius(value: number | null): { tC: number | null; tF: number | null } {
  return { tC: rounded(value, 1), tF: value === null ? null : rounded((value * 9) / 5 + 32, 1) };
}

function illumination(lux: number | null): string | null {
  if (lux === null) return null;
  return lux < 20 ? "dark" : lux < 200 ? "twilight" : "bright";
}

/** Some address of its own in the house's network. */
function addressOf(mac: string): string {
  const [subnet, host] = [mac.slice(8, 10), mac.slice(10, 12)].map((hex) => Number.parseInt(hex, 16));
  return `192.168.${subnet}.${host}`;
}
