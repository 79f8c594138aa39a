/** A search of a simulated RS-485 line at its real pace, in virtual time. */
import { Duplex } from "node:stream";
import { expect, it } from "vitest";
import type { Found } from "../../../drivers/contract/index.ts";
import { lineFault } from "../../../drivers/line/faults.ts";
import { characterMs } from "../../../drivers/line/pace.ts";
import { StreamLine } from "../../../drivers/line/stream-line.ts";
import { silenceMs } from "../../../drivers/modbus/pace.ts";
import { RtuSession } from "../../../drivers/modbus/rtu-session.ts";
import { modbusRtuKind, type RtuLink } from "../../../drivers/modbus/schema.ts";
import { SimulatedLine } from "../../../simulator/links/line.ts";
import { driverContext } from "../../driver-context.ts";
import { FakeClock } from "../../fake-clock.ts";
import { plainSlave } from "../simulator-modbus/rig.ts";

const never = new AbortController().signal;
const link: RtuLink = { device: "/dev/simulated", baud: 9600, format: "8N1" };

class Port extends Duplex {
  readonly #port: ReturnType<SimulatedLine["attach"]>;
  constructor(line: SimulatedLine) {
    super();
    this.#port = line.attach((bytes) => void this.push(bytes));
  }
  override _read(): void {}
  override _write(chunk: Uint8Array, _: unknown, done: () => void): void {
    this.#port.send(chunk);
    done();
  }
  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#port.detach();
    done(error);
  }
}

/** Searches a line with these slaves, by all its seeks; the s that it took. */
async function searched(
  slaves: ReturnType<typeof plainSlave>[],
  how: (line: SimulatedLine) => void = () => {},
) {
  const clock = new FakeClock();
  const line = new SimulatedLine({ baud: 9600, clock, slaves });
  how(line);
  const session = await RtuSession.open(link, driverContext(clock, {}), never, async () => {
    const port = new Port(line);
    return new StreamLine(port, {
      clock,
      timing: { characterMs: characterMs(link), silenceMs: silenceMs(link) },
      trace() {},
      lossOf: () => lineFault("line.gone"),
      free: async () => void port.destroy(),
    });
  });
  const found: Found[] = [];
  const from = clock.monotonicMs();
  for (const seek of modbusRtuKind.seeks?.(link, []) ?? []) {
    let open = true;
    const sought = session.seek(seek, never).finally(() => {
      open = false;
    });
    while (open) await clock.advance(2);
    found.push(...(await sought));
  }
  const seconds = (clock.monotonicMs() - from) / 1000;
  await session.close();
  line.close();
  return { found, seconds, requests: line.requests };
}

const units = Array.from({ length: 24 }, (_, nth) => 10 * nth + 3);
const sure = units.map((unit) => ({ address: { unit }, told: {} }));
const slavesOf = () => units.map((unit, nth) => plainSlave(unit, { turnaroundMs: 5 + 9 * (nth % 20) }));

it("finds exactly its 24 devices, in 76 s at most", async () => {
  const { found, seconds } = await searched(slavesOf());
  expect(found).toEqual(sure);
  expect(seconds).toBeLessThan(76);
});

it("finds them through an adapter that gives back what is sent", async () => {
  const { found } = await searched(slavesOf(), (line) => {
    line.echo = true;
  });
  expect(found).toEqual(sure);
});

it.each([
  ["at once", 5],
  ["one after the other", 60],
])(
  "finds two with one unit as such, and the others as they are, when they answer %s",
  async (_, turnaroundMs) => {
    const { found } = await searched([...slavesOf(), plainSlave(13, { turnaroundMs })]);
    expect(found.filter(({ address }) => address.unit !== 13)).toEqual(
      sure.filter(({ address }) => address.unit !== 13),
    );
    const [both, ...more] = found.filter(({ address }) => address.unit === 13);
    expect(both?.fault?.code).toMatch(/^modbus\./);
    expect(more).toEqual([]);
  },
);
