/**
 * A line over TCP: a serial server that passes bytes through, or a device of the network. One socket, never two.
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Clock } from "../contract/index.ts";
import { errnoOf, faultOfError, LineError, lineFault } from "./faults.ts";
import type { Line, Timing } from "./line.ts";
import { StreamLine } from "./stream-line.ts";

/** An answer across a slow mobile link takes 3 s; a box without power never gives one. */
const connectMs = 5_000;
/** Rest after which the system asks whether the other end is still there. */
const keepAliveMs = 10_000;

export interface TcpOptions {
  host: string;
  /** 1 to 65535. */
  port: number;
  /** Null: what comes are packets, not characters of a wire behind a serial server. */
  timing: Timing | null;
  clock: Clock;
  trace(way: "tx" | "rx", bytes: Uint8Array): void;
}

/**
 * Connects within 5 s.
 * @throws LineError: line.refused, line.unreachable, line.timeout, line.aborted; nothing is left behind then
 */
export async function openTcp(options: TcpOptions, signal: AbortSignal): Promise<Line> {
  const { host, port, timing, clock, trace } = options;
  if (signal.aborted) throw new LineError(lineFault("line.aborted"), { cause: signal.reason });
  const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAliveMs });
  const late = new AbortController();
  const giveUp = () => socket.destroy(new LineError(lineFault("line.aborted"), { cause: signal.reason }));
  signal.addEventListener("abort", giveUp);
  void clock.sleep(connectMs, late.signal).then(
    () => socket.destroy(new LineError(lineFault("line.timeout"))),
    () => {},
  );
  try {
    await once(socket, "connect");
  } catch (error) {
    throw error instanceof LineError
      ? error
      : new LineError(faultOfError(error, "line.unreachable"), { cause: error });
  } finally {
    late.abort();
    signal.removeEventListener("abort", giveUp);
  }
  return new StreamLine(socket, {
    clock,
    timing,
    trace,
    lossOf: (error) => lineFault("line.gone", errnoOf(error)),
    free: () => reset(socket),
  });
}

/** What was not sent yet is not sent any more: nobody would take its answer. */
async function reset(socket: Socket): Promise<void> {
  if (socket.closed) return;
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.resetAndDestroy();
  await closed;
}
