/**
 * A line on a serial port of this machine. The only file that knows `serialport`.
 *
 * Its `read` is replaced: a port that hangs up gives 0 bytes for ever, which the original takes for "nothing yet" and
 * asks again at once, on a full core and without ever noticing the end.
 */
import { readSync } from "node:fs";
import { stat } from "node:fs/promises";
import { SerialPort } from "serialport";
import type { Clock } from "../contract/index.ts";
import { faultOfError, LineError, type LineFaultCode, lineFault } from "./faults.ts";
import type { Line, Timing } from "./line.ts";
import { StreamLine } from "./stream-line.ts";

export interface SerialOptions {
  /** Best below /dev/serial/by-id, which stays the same when adapters change places. */
  path: string;
  baud: number;
  /** Data bits, parity, stop bits. */
  format: "8N1" | "8E1" | "8O1" | "8N2";
  timing: Timing;
  clock: Clock;
  trace(way: "tx" | "rx", bytes: Uint8Array): void;
}

type OpenPort = Extract<NonNullable<SerialPort["port"]>, { poller: unknown }>;

const formats = {
  "8N1": { parity: "none", stopBits: 1 },
  "8E1": { parity: "even", stopBits: 1 },
  "8O1": { parity: "odd", stopBits: 1 },
  "8N2": { parity: "none", stopBits: 2 },
} as const;

/**
 * Opens and locks the port.
 * @throws LineError: line.absent, line.busy, line.denied, line.unfit, line.aborted; nothing is left behind then
 */
export async function openSerial(options: SerialOptions, signal: AbortSignal): Promise<Line> {
  const { path, baud, format, timing, clock, trace } = options;
  const abortedError = () => new LineError(lineFault("line.aborted"), { cause: signal.reason });
  if (signal.aborted) throw abortedError();
  await known(path);
  if (signal.aborted) throw abortedError();
  const port = new SerialPort({ path, baudRate: baud, dataBits: 8, ...formats[format], autoOpen: false });
  // From construction on: an `error` that nobody hears ends the process.
  port.on("error", () => {});
  await new Promise<void>((resolve, reject) =>
    port.open((error) =>
      error ? reject(new LineError(faultOfOpening(error), { cause: error })) : resolve(),
    ),
  );
  await tame(port);
  if (signal.aborted) {
    await closed(port);
    throw abortedError();
  }
  return new StreamLine(port, {
    clock,
    timing,
    trace,
    lossOf: () => lineFault("line.gone"),
    free: () => closed(port),
  });
}

/** A path that is no port is told apart before anything is set on it. */
async function known(path: string): Promise<void> {
  const found = await stat(path).catch((error: unknown) => {
    throw new LineError(faultOfError(error, "line.absent"), { cause: error });
  });
  if (!found.isCharacterDevice()) throw new LineError(lineFault("line.unfit", "no character device"));
}

/** serialport gives the system's words, without an errno. */
function faultOfOpening(error: Error) {
  const words: readonly [RegExp, LineFaultCode][] = [
    [/cannot lock|resource busy/i, "line.busy"],
    [/no such (file|device)/i, "line.absent"],
    [/permission denied|not permitted/i, "line.denied"],
  ];
  const [, code] = words.find(([pattern]) => pattern.test(error.message)) ?? [];
  return lineFault(code ?? "line.unfit");
}

/** What an open port needs beyond what the package does. */
async function tame({ port }: SerialPort): Promise<void> {
  if (port === undefined || !("poller" in port)) return;
  endsWhenHungUp(port);
  // USB adapters keep what came for 16 ms unless asked not to. Not every port knows it.
  await port.set({ dtr: true, rts: true, lowLatency: true }).catch(() => {});
}

/** Reads directly, as the descriptor never blocks; 0 bytes are the end. */
function endsWhenHungUp(port: OpenPort): void {
  const readable = () =>
    new Promise<void>((resolve, reject) =>
      port.poller.once("readable", (error) => (error ? reject(error) : resolve())),
    );
  port.read = async (buffer, offset, length) => {
    for (;;) {
      if (port.fd === null) throw Object.assign(new Error("closed"), { canceled: true });
      try {
        const bytesRead = readSync(port.fd, buffer, offset, length, null);
        if (bytesRead === 0) throw new Error("hung up");
        return { buffer, bytesRead };
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === "EINTR") continue;
        if (code !== "EAGAIN" && code !== "EWOULDBLOCK") throw error;
      }
      await readable();
    }
  };
}

function closed(port: SerialPort): Promise<void> {
  return new Promise((resolve) => {
    if (port.isOpen) port.close(() => resolve());
    else if (port.closing) port.once("close", () => resolve());
    else resolve();
  });
}
