/**
 * A line over TCP: a serial server that passes bytes through, or a device of the network. One socket, never two.
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Clock } from "../contract/index.ts";
import { errnoOf, faultOfError, LineError, lineFault } from "./faults.ts";
import type { Line, Timing } from "./line.ts";
import { type Resolver, resolver } from "./resolve.ts";
import { StreamLine } from "./stream-line.ts";

/** A name that is not found by then is not waited for. */
const lookupMs = 10_000;
/** An answer across a slow mobile link takes 3 s; a box without power never gives one. */
const connectMs = 5_000;
/** One address of a name may take most of it before the next is tried; Node would give it a quarter of a second. */
const perAddressMs = 3_500;
/** What a serial server kept while nobody was connected comes within this. */
const staleMs = 300;
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
  /** For tests alone: another than the one of this process. */
  names?: Resolver;
}

/**
 * Connects within 5 s, once it knows the address.
 * @throws LineError: line.refused, line.unreachable, line.timeout, line.aborted; nothing is left behind then
 */
export async function openTcp(options: TcpOptions, signal: AbortSignal): Promise<Line> {
  const { host, port, timing, clock, trace, names = resolver } = options;
  const addresses = await found(names, host, clock, signal);
  const socket = connect({
    ...{ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAliveMs },
    autoSelectFamilyAttemptTimeout: perAddressMs,
    lookup: (_host, _options, take) => take(null, addresses),
  });
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
    names.doubt(host);
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
    ...(timing === null ? {} : { staleMs }),
    lossOf: (error) => lineFault("line.gone", errnoOf(error)),
    free: () => reset(socket),
  });
}

async function found(names: Resolver, host: string, clock: Clock, signal: AbortSignal) {
  if (signal.aborted) throw new LineError(lineFault("line.aborted"), { cause: signal.reason });
  const late = new AbortController();
  const giveUp = () => late.abort("given up");
  signal.addEventListener("abort", giveUp);
  const nobody = clock.sleep(lookupMs, late.signal).then(
    () => null,
    () => null,
  );
  try {
    const addresses = await Promise.race([names.addressesOf(host, clock.monotonicMs()), nobody]);
    if (signal.aborted) throw new LineError(lineFault("line.aborted"), { cause: signal.reason });
    if (addresses === null) throw new LineError(lineFault("line.unreachable", "ENOTFOUND"));
    return addresses;
  } catch (error) {
    throw error instanceof LineError
      ? error
      : new LineError(faultOfError(error, "line.unreachable"), { cause: error });
  } finally {
    late.abort("found");
    signal.removeEventListener("abort", giveUp);
  }
}

/** What was not sent yet is not sent any more: nobody would take its answer. */
async function reset(socket: Socket): Promise<void> {
  if (socket.closed) return;
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.resetAndDestroy();
  await closed;
}
