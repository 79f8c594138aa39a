/**
 * The local door, kept where technicians look for it: who cleans the data folder, or puts another in its place, takes
 * the socket away, and it is made anew.
 */
import { lstat } from "node:fs/promises";

export interface LocalDoor {
  /** To be called now and then. @throws what opening throws */
  look(): Promise<void>;
  close(): Promise<void>;
}

/** @param open opens the door whose socket is at `path` */
export async function keepLocalDoor(
  path: string,
  open: () => Promise<{ close(): Promise<void> }>,
): Promise<LocalDoor> {
  let door: { close(): Promise<void> } | null = await open();
  return {
    async look() {
      const found = await lstat(path).catch(() => null);
      if (found !== null) return;
      // What listens there is found by nobody any more. Closed first: closing removes what is at the path.
      await door?.close();
      door = null;
      door = await open();
    },
    async close() {
      await door?.close();
      door = null;
    },
  };
}
