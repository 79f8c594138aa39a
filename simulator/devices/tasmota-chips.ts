/** What a Tasmota device has soldered to it: each chip writes its own object, under its own name. */
import { type RoomValues, rounded } from "./room-values.ts";
import type { Json } from "./saying.ts";

export type Chip = keyof typeof chips;

/** One chip's object in SENSOR; undefined: the chip does not answer and is left out. */
export type ChipValues = (room: RoomValues) => Readonly<Record<string, Json>> | undefined;

export const chips = {
  AM2301: (room) => moist(room),
  SHT3X: (room) => moist(room),
  DS18B20: ({ temperature }) =>
    given(temperature) ? { Id: "01131B123456", Temperature: rounded(temperature, 1) } : undefined,
  BME280: (room) => {
    const air = moist(room);
    return air !== undefined && given(room.pressure)
      ? { ...air, Pressure: rounded(room.pressure * 10, 1) }
      : undefined;
  },
  SCD40: (room) => {
    const air = moist(room);
    return air !== undefined && given(room.co2) ? { CarbonDioxide: rounded(room.co2, 0), ...air } : undefined;
  },
  SDS0X1: ({ pm25, pm10 }) =>
    given(pm25) ? { "PM2.5": rounded(pm25, 1), PM10: rounded(pm10 ?? pm25 * 1.4, 1) } : undefined,
  BH1750: ({ illuminance }) => (given(illuminance) ? { Illuminance: rounded(illuminance, 0) } : undefined),
  ANALOG: ({ illuminance }) => (given(illuminance) ? { Illuminance: rounded(illuminance, 0) } : undefined),
} as const satisfies Record<string, ChipValues>;

function moist({ temperature, humidity }: RoomValues): Record<string, number> | undefined {
  if (!given(temperature) || !given(humidity)) return undefined;
  // Magnus, as the firmware works it out from the two.
  const gamma = Math.log(Math.max(1, humidity) / 100) + (17.62 * temperature) / (243.12 + temperature);
  return {
    Temperature: rounded(temperature, 1),
    Humidity: rounded(humidity, 1),
    DewPoint: rounded((243.12 * gamma) / (17.62 - gamma), 1),
  };
}

function given(value: number | null | undefined): value is number {
  return typeof value === "number";
}

/** A meter's object: totals in kWh; yesterday and today by the device's own calendar. */
export class EnergyMeter {
  #day: number | null = null;
  #dayStartWh = 0;
  #yesterdayWh = 0;
  #saidWh: number | null = null;

  /**
   * @param localMs the device's local time; null while it has none: then no day begins
   * @param period whether it is the periodic report: only that begins a new period
   */
  object(
    room: RoomValues,
    on: boolean,
    localMs: number | null,
    period: boolean,
  ): Readonly<Record<string, Json>> {
    const totalWh = Number(room.energyImport ?? 0);
    const day = localMs === null ? null : Math.floor(localMs / 86_400_000);
    if (this.#saidWh === null) this.#dayStartWh = totalWh;
    if (day !== null && day !== this.#day) {
      this.#yesterdayWh = this.#day === null ? 0 : totalWh - this.#dayStartWh;
      if (this.#day !== null) this.#dayStartWh = totalWh;
      this.#day = day;
    }
    const power = on ? (room.power ?? 0) : 0;
    const current = on ? (room.current ?? 0) : 0;
    const voltage = room.voltage ?? 0;
    const apparent = Math.max(power, voltage * current);
    const object = {
      TotalStartTime: "2026-08-20T09:12:44",
      Total: rounded(totalWh / 1000, 3),
      Yesterday: rounded(this.#yesterdayWh / 1000, 3),
      Today: rounded((totalWh - this.#dayStartWh) / 1000, 3),
      ...(period ? { Period: Math.round(totalWh - (this.#saidWh ?? totalWh)) } : {}),
      Power: rounded(power, 0),
      ApparentPower: rounded(apparent, 0),
      ReactivePower: rounded(Math.sqrt(Math.max(0, apparent ** 2 - power ** 2)), 0),
      Factor: apparent === 0 ? 0 : rounded(power / apparent, 2),
      Voltage: rounded(voltage, 0),
      Current: rounded(current, 3),
    };
    if (period || this.#saidWh === null) this.#saidWh = totalWh;
    return object;
  }
}
