/** A line with slaves on a clock that stands still, and what its master hears. */
import { modbusAir } from "../../../simulator/devices/modbus-air.ts";
import { type LineOptions, SimulatedLine } from "../../../simulator/links/line.ts";
import { Bank, stored } from "../../../simulator/modbus/bank.ts";
import { rtuFrame } from "../../../simulator/modbus/rtu.ts";
import { ModbusSlave, type SlaveOptions } from "../../../simulator/modbus/slave.ts";
import { FakeClock } from "../../fake-clock.ts";

export const hex = (bytes: Uint8Array | readonly number[]) =>
  Buffer.from(bytes)
    .toString("hex")
    .toUpperCase()
    .replace(/..(?=.)/g, "$& ");

export const bytes = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));

/** A sealed request to read holding registers. */
export const ask = (unit: number, address = 0, count = 2) =>
  rtuFrame(unit, Uint8Array.of(3, address >>> 8, address & 0xff, count >>> 8, count & 0xff));

/** 27.1 °C and 49.5 %, temperature first: the published pair of frames. */
export const publishedSensor = (options: Partial<SlaveOptions> = {}) =>
  modbusAir("renke-ws-n01-tr", () => ({ temperature: 27.1, humidity: 49.5 }), { unit: 1, ...options });

export const publishedAsk = "01 03 00 00 00 02 C4 0B";
export const publishedAnswer = "01 03 04 01 0F 01 EF 8B D0";

/** A slave with eight holding registers: unit × 1000 + address. */
export function plainSlave(unit: number, options: Partial<SlaveOptions> = {}): ModbusSlave {
  const bank = new Bank();
  for (let address = 0; address < 8; address += 1) {
    bank.add(stored("holding", address, unit * 1000 + address), stored("coils", address));
  }
  return new ModbusSlave({ unit, bank, ...options });
}

export class Rig {
  readonly clock = new FakeClock();
  readonly line: SimulatedLine;
  readonly #port: ReturnType<SimulatedLine["attach"]>;
  /** Every byte with the time at which it was handed over. */
  heard: { byte: number; atMs: number }[] = [];
  /** Time at which the rig began. */
  readonly zeroMs: number;

  constructor(slaves: readonly ModbusSlave[], options: Partial<LineOptions> = {}) {
    this.zeroMs = this.clock.monotonicMs();
    this.line = new SimulatedLine({ baud: 9600, handOverMs: 0, clock: this.clock, slaves, ...options });
    this.#port = this.line.attach((part) => {
      const atMs = this.clock.monotonicMs() - this.zeroMs;
      for (const byte of part) this.heard.push({ byte, atMs });
    });
  }

  send(...parts: (Uint8Array | string)[]): void {
    for (const part of parts) this.#port.send(typeof part === "string" ? bytes(part) : part);
  }

  /** Sends, lets time pass, and gives what was heard meanwhile. */
  async exchange(request: Uint8Array | string, ms = 300): Promise<string> {
    this.heard = [];
    this.send(request);
    await this.clock.advance(ms);
    return this.text;
  }

  get text(): string {
    return hex(this.heard.map(({ byte }) => byte));
  }
}
