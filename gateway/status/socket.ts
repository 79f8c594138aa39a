/**
 * The local socket: for technicians, who are told by the file system. Its folder is 0750 and its file 0660,
 * so its group decides. A file left by a dead process is replaced; that of a living one never.
 */
import { chmod, lstat, mkdir, stat, unlink } from "node:fs/promises";
import { connect } from "node:net";
import { dirname } from "node:path";
import type { Log, StatusSource } from "../contract/index.ts";
import { DoorError } from "./error.ts";
import { createServer, type Limits } from "./server.ts";

/** sun_path holds 108 bytes, the last one zero (unix(7)). */
const maxPathBytes = 107;
const folderMode = 0o750;
const socketMode = 0o660;
/** A living process answers a local connect at once, or its queue is full; both mean: alive. */
const probeMs = 2000;

export interface SocketDoor {
  close(): Promise<void>;
}

/** @throws DoorError `path-too-long`, `folder-open`, `not-a-socket`, `already-running`, `not-allowed` */
export async function openSocketDoor(
  source: StatusSource,
  { path, mode = socketMode }: { path: string; mode?: number },
  limits: Limits,
  log: Log,
): Promise<SocketDoor> {
  if (Buffer.byteLength(path) > maxPathBytes) {
    throw new DoorError("path-too-long", `the path of a socket has at most ${maxPathBytes} bytes: ${path}`);
  }
  await prepareFolder(dirname(path), log);
  await clear(path);
  const app = createServer(source, "technician", limits, log);
  try {
    await app.listen({ path });
    await chmod(path, mode);
  } catch (cause) {
    await app.close();
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "EADDRINUSE") throw running(path, cause);
    if (code === "EACCES")
      throw new DoorError("not-allowed", `${path} may not be made by this user`, { cause });
    throw cause;
  }
  return { close: () => app.close() };
}

/**
 * Makes the folder. One that is there stays as it is, since it may hold more than our socket: where others may
 * write it is refused, for they could put their own socket in our place; where they may look is said.
 */
async function prepareFolder(folder: string, log: Log): Promise<void> {
  const made = await mkdir(folder, { recursive: true, mode: folderMode });
  if (made !== undefined) await chmod(folder, folderMode);
  const { mode } = await stat(folder);
  if ((mode & 0o022) !== 0) {
    const message = `others may write to ${folder}: chmod 750 it, or give the socket a folder of its own`;
    throw new DoorError("folder-open", message);
  }
  if ((mode & 0o007) !== 0)
    log.warn({ folder }, "the folder of the local socket is open to others: chmod 750 it");
}

/** Removes what a dead process left. */
async function clear(path: string): Promise<void> {
  const found = await lstat(path).catch(() => null);
  if (found === null) return;
  if (!found.isSocket())
    throw new DoorError("not-a-socket", `${path} is in the way and no socket: remove it`);
  if (await answers(path)) throw running(path);
  await unlink(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
  });
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const done = (alive: boolean) => {
      socket.destroy();
      resolve(alive);
    };
    socket.setTimeout(probeMs, () => done(true));
    socket.once("connect", () => done(true));
    socket.on("error", (error: NodeJS.ErrnoException) =>
      done(error.code !== "ECONNREFUSED" && error.code !== "ENOENT"),
    );
  });
}

function running(path: string, cause?: unknown): DoorError {
  return new DoorError("already-running", `another process already answers at ${path}: stop it first`, {
    cause,
  });
}
