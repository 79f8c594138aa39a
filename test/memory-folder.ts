import { existsSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";

const memory = "/dev/shm";
/** Containers often have 64 MB there, which is too little. */
const neededBytes = 1024 ** 3;

function isRoomy(folder: string): boolean {
  if (!existsSync(folder)) return false;
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize >= neededBytes;
}

/** Where to make a folder for what is not about the disk: in memory, where there is room, since it is a quicker one. */
export const memoryFolder = isRoomy(memory) ? memory : tmpdir();
