import { existsSync } from "node:fs";
import { tmpdir } from "node:os";

/** Where to make a folder for what is not about the disk: in memory, where there is such a place, which is a quicker one. */
export const memoryFolder = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
