/** A real serial transport on a simulated line: what a poll that a pause cut off leaves behind. */
import { Duplex } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import { expect, it } from "vitest";
import { lineFault } from "../../../drivers/line/faults.ts";
import { characterMs } from "../../../drivers/line/pace.ts";
import { StreamLine } from "../../../drivers/line/stream-line.ts";
import { silenceMs } from "../../../drivers/modbus/pace.ts";
import { RtuSession } from "../../../drivers/modbus/rtu-session.ts";
import { modbusRtuKind, type RtuLink } from "../../../drivers/modbus/schema.ts";
import { Poller } from "../../../edge/supervise/poller.ts";
import { SimulatedLine } from "../../../simulator/links/line.ts";
import { Bank, stored } from "../../../simulator/modbus/bank.ts";
import { ModbusSlave } from "../../../simulator/modbus/slave.ts";
import { driverContext } from "../../driver-context.ts";
import { FakeClock, recordingLog } from "../../fake-clock.ts";
import { device } from "../modbus/bytes.ts";

const link: RtuLink = { device: "/dev/simulated", baud: 9600, format: "8N1" };
const heldAt = (unit: number) => unit * 1000;

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

it.each([
  ["never answers", { kind: "silent" as const }],
  ["answers seconds later, into the turns of others", { kind: "late" as const, byMs: 4_000 }],
])(
  "a slow device that %s, when its poll was cut off, costs no other a turn and makes no value wrong",
  async (_, fault) => {
    const clock = new FakeClock();
    const slaves = [1, 2, 3].map((unit) => {
      const bank = new Bank();
      for (let address = 0; address < 4; address += 1) bank.add(stored("holding", address, heldAt(unit)));
      return new ModbusSlave({ unit, bank, turnaroundMs: 5 });
    });
    const line = new SimulatedLine({ baud: 9600, clock, slaves });
    const stop = new AbortController();
    const log = recordingLog();
    const context = driverContext(clock, { log });
    const session = await RtuSession.open(link, context, stop.signal, async () => {
      const port = new Port(line);
      return new StreamLine(port, {
        clock,
        timing: { characterMs: characterMs(link), silenceMs: silenceMs(link) },
        trace() {},
        lossOf: () => lineFault("line.gone"),
        free: async () => void port.destroy(),
      });
    });
    const downs: string[] = [];
    const reads = new Map<string, number>();
    const wrong: unknown[] = [];
    const poller = new Poller({
      ...{ link: "rs1", clock, log },
      hand: async ({ device: id, samples }) => {
        for (const { raw } of samples) if (raw !== heldAt(Number(id.slice(1)))) wrong.push([id, raw]);
        reads.set(id, (reads.get(id) ?? 0) + samples.length);
      },
      presence: (fact) => void (fact.what === "down" && downs.push(fact.device)),
      figures() {},
    });
    const planned = (unit: number, answer: string) => ({
      ...device(`s${unit}`, { r: { address: "0" } }, { unit, answer }),
      address: { unit },
    });
    poller.adopt(modbusRtuKind.plan(link, [planned(1, "200ms"), planned(2, "200ms"), planned(3, "10s")]));
    const running = poller.run(session, stop.signal);
    const pass = async (ms: number) => {
      for (let passed = 0; passed < ms; passed += 5) {
        await clock.advance(5);
        await turn();
      }
    };
    await pass(3_000);
    const mend = slaves[2]?.faults.add(fault);
    const answered = reads.get("s3");
    // Until its turn has begun.
    await pass(1_500);
    const paused = poller.pause();
    await pass(1_100);
    expect(await paused).toBe(true);
    mend?.();
    poller.resume();
    await pass(20_000);
    expect([downs, wrong]).toEqual([[], []]);
    expect(poller.figures()[0]?.recent.faults).toEqual([]);
    for (const unit of ["s1", "s2"]) expect(reads.get(unit), unit).toBeGreaterThanOrEqual(10);
    expect(reads.get("s3")).toBeGreaterThan((answered ?? 0) + 3);
    stop.abort();
    await clock.advance(15_000);
    await running;
    await session.close();
    line.close();
  },
  30_000,
);
