import { mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { keepLocalDoor } from "../../../edge/agent/local-door.ts";

const answers = (path: string) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(path, () => resolve(true));
    socket.on("error", () => resolve(false));
    socket.unref();
  });

it("is there again after its folder was replaced, once, and gone at the end", async () => {
  const root = mkdtempSync(join(tmpdir(), "ce-door-"));
  const path = join(root, "data", "agent.sock");
  mkdirSync(join(root, "data"));
  let opened = 0;
  const open = async () => {
    opened += 1;
    const server = createServer((socket) => socket.end());
    await new Promise<void>((resolve, reject) => server.once("error", reject).listen(path, resolve));
    return { close: () => new Promise<void>((resolve) => server.close(() => resolve())) };
  };
  try {
    const door = await keepLocalDoor(path, open);
    await door.look();
    expect(opened).toBe(1);
    renameSync(join(root, "data"), join(root, "moved"));
    await expect(door.look()).rejects.toThrow();
    mkdirSync(join(root, "data"));
    expect(await answers(path)).toBe(false);
    await door.look();
    expect(await answers(path)).toBe(true);
    await door.look();
    expect(opened).toBe(3);
    await door.close();
    expect(await answers(path)).toBe(false);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
