/** A display on a clock that stands still, and what it says to whoever talks to it without a wire between. */
import { existsSync, readFileSync } from "node:fs";
import { Panel, type PanelOptions } from "../../../simulator/displays/panel.ts";
import { type Dialect, Instrument, type Way } from "../../../simulator/talk/instrument.ts";
import { FakeClock } from "../../fake-clock.ts";
import { bytes, hex } from "../simulator-modbus/rig.ts";

export const quick = { warmMs: 3000, coolMs: 0, busy: "remembers" } as const;

export interface Bench<Order> {
  clock: FakeClock;
  panel: Panel;
  instrument: Instrument<Order>;
  /** Says bytes written in hexadecimal, and gives what comes back, glued. */
  ask(request: string): string;
  /** The same with plain letters. */
  tell(line: string): string;
  /** When each part of the last answer begins, ms after it was asked. */
  afterMs: number[];
}

export function bench<Order>(
  inputs: readonly number[],
  dialect: (panel: Panel) => Dialect<Order>,
  { way = "serial", ...options }: Partial<PanelOptions> & { way?: Way } = {},
): Bench<Order> {
  const clock = new FakeClock();
  const panel = new Panel({ ...quick, inputs, clock, ...options });
  const instrument = new Instrument(dialect(panel), { powered: () => panel.powered });
  const conversation = instrument.converse(way);
  const made: Bench<Order> = {
    clock,
    panel,
    instrument,
    afterMs: [],
    ask: (request) => hex(said(bytes(request))),
    tell: (line) => Buffer.from(said(Buffer.from(line, "latin1"))).toString("utf8"),
  };
  function said(request: Uint8Array): Uint8Array {
    const utterances = [...request].flatMap((byte) => conversation.hear(byte, clock.monotonicMs()));
    made.afterMs = utterances.map(({ afterMs }) => afterMs);
    return Buffer.concat(utterances.map((each) => each.bytes));
  }
  return made;
}

/** Items of a file of public captures; empty where the files are not. */
export function captures<Item>(name: string): Item[] {
  const file = new URL(`../../../../shared/captures/${name}`, import.meta.url);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as { items: Item[] }).items : [];
}
