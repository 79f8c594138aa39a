/**
 * How another terminal makes things go wrong in a running school: a unix socket that its owner alone may open; a question
 * is one line of JSON, and so is the answer.
 *
 * Holds: what was made by hand is taken back when the school ends; a question is at most 4 KB and is answered or given up
 * within 10 s.
 */
import { chmodSync, lstatSync, mkdirSync, rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Text } from "../../config/schema/vocabulary.ts";

/** What is asked: a fault in the words of its schema, or that all be well again. */
export type Question = { fault: Record<string, string> } | { allWell: true };
export interface Answer {
  ok: boolean;
  text: Text;
}

const maxLineBytes = 4096;
const patienceMs = 10_000;

/** Where a school of this user listens, unless told otherwise. */
export function doorPath(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const own = `campus-edge-simulator-${process.getuid?.() ?? 0}`;
  return join(env.XDG_RUNTIME_DIR || tmpdir(), own, "door.sock");
}

/** Opens the door; the result closes it. @throws when another school of this user is open there */
export async function openDoor(
  path: string,
  answer: (question: Question) => Promise<Answer>,
): Promise<() => Promise<void>> {
  const folder = dirname(path);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { uid } = lstatSync(folder);
  if (uid !== process.getuid?.()) throw new Error(`${folder} is somebody else's`);
  chmodSync(folder, 0o700);
  if (await isOpen(path)) throw new DoorTaken();
  rmSync(path, { force: true });
  const peers = new Set<Socket>();
  const server = createServer((socket) => {
    peers.add(socket);
    socket.on("close", () => peers.delete(socket));
    socket.on("error", () => socket.destroy());
    socket.setTimeout(patienceMs, () => socket.destroy());
    void hear(socket, answer);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
  return () => shut(server, peers);
}

/** Another school of this user is running. */
export class DoorTaken extends Error {}

function shut(server: Server, peers: ReadonlySet<Socket>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    for (const peer of peers) peer.destroy();
  });
}

async function hear(socket: Socket, answer: (question: Question) => Promise<Answer>): Promise<void> {
  try {
    const question = JSON.parse(await lineOf(socket)) as Question;
    const reply = await answer(question).catch(failed);
    socket.end(`${JSON.stringify(reply)}\n`);
  } catch {
    socket.destroy();
  }
}

/** It went wrong in the school itself. */
function failed(error: unknown): Answer {
  const why = error instanceof Error ? error.message : String(error);
  return { ok: false, text: { zh: `没能做到：${why}`, en: `it could not be done: ${why}` } };
}

/** Asks the school that is open there. null: there is none */
export async function askDoor(path: string, question: Question): Promise<Answer | null> {
  const socket = connect(path);
  socket.setTimeout(patienceMs, () => socket.destroy());
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    });
    const reply = lineOf(socket);
    socket.write(`${JSON.stringify(question)}\n`);
    return JSON.parse(await reply) as Answer;
  } catch {
    return null;
  } finally {
    socket.destroy();
  }
}

function lineOf(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    socket.setEncoding("utf8");
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("the other side has gone")));
    socket.on("data", (part: string) => {
      text += part;
      const end = text.indexOf("\n");
      if (end >= 0) resolve(text.slice(0, end));
      else if (text.length > maxLineBytes) reject(new Error("the line is too long"));
    });
  });
}

async function isOpen(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    });
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
