/**
 * Opens a serial line where its link says that it is.
 */
import type { DriverContext } from "../contract/index.ts";
import { type SerialLink, serialLineName } from "./fields.ts";
import type { Line } from "./line.ts";
import { characterMs } from "./pace.ts";
import { openSerial } from "./serial-port.ts";
import { openTcp } from "./tcp-socket.ts";

/**
 * @param silenceMs rest of the line that ends a frame, ms
 * @throws LineError when it cannot be opened; the reason of `signal`
 */
export async function openLine(
  link: SerialLink,
  silenceMs: number,
  context: Pick<DriverContext, "clock" | "trace">,
  signal: AbortSignal,
): Promise<Line> {
  const name = serialLineName(link);
  const common = {
    clock: context.clock,
    timing: { characterMs: characterMs(link), silenceMs },
    trace: (way: "tx" | "rx", bytes: Uint8Array) => context.trace(name, way, bytes),
  };
  if ("device" in link)
    return openSerial({ ...common, path: link.device, baud: link.baud, format: link.format }, signal);
  return openTcp({ ...common, host: link.host, port: link.port }, signal);
}
