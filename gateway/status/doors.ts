/** One route table behind two doors: loopback HTTP for viewers, a local socket for technicians. */
import type { Log, StatusSource } from "../contract/index.ts";
import { openLoopbackDoor } from "./loopback.ts";
import { defaultLimits, type Limits } from "./server.ts";
import { openSocketDoor } from "./socket.ts";

export interface DoorsOptions {
  source: StatusSource;
  /** Absent: no page. */
  http?: { host: string; port: number };
  /** Absent: no local socket. `mode` 0660 by default. */
  socket?: { path: string; mode?: number };
  log: Log;
  limits?: Partial<Limits>;
}

export interface StatusDoors {
  /** Where the page is, when there is one. */
  address?: { host: string; port: number };
  /** Ends both doors and every connection; goes on when one refuses, then throws what refused. */
  close(): Promise<void>;
}

/**
 * Opens the doors that are asked for; when one cannot be opened, none stays open.
 * @throws DoorError with what to do next
 */
export async function openStatusDoors(options: DoorsOptions): Promise<StatusDoors> {
  const { source, http, socket, log } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const open: { close(): Promise<void> }[] = [];
  const close = async () => {
    const refused: unknown[] = [];
    for (const door of open.splice(0).reverse())
      await door.close().catch((error: unknown) => refused.push(error));
    if (refused.length > 0) throw new AggregateError(refused, "a status door could not be closed");
  };
  try {
    if (socket !== undefined) open.push(await openSocketDoor(source, socket, limits, log));
    if (http === undefined) return { close };
    const door = await openLoopbackDoor(source, http, limits, log);
    open.push(door);
    return { address: door.address, close };
  } catch (error) {
    await close().catch(() => {});
    throw error;
  }
}
