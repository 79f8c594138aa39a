/**
 * Keeps the part of the heap small in which objects begin: a gateway has 1 GB and lives at a hundredth of what it
 * could do, while V8 would take 60 MB for that part at the first burst, and keep them.
 *
 * V8 reads the limit of that part only before a program begins, but how fast it grows at each time: so it is let grow
 * to the size that costs a tenth of the speed at saturation, and then no more.
 */
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";

/** Both halves together. */
const enoughBytes = 8 * 1024 * 1024;
/** Far more than it takes; a later V8 may do otherwise. */
const mostRounds = 64;

/** Before anything else is loaded: what has grown does not shrink. Holds for the threads of this process as well. */
export function keepHeapSmall(): void {
  // What survives makes it grow.
  const held: number[][] = [];
  for (let round = 0; round < mostRounds && youngBytes() < enoughBytes; round++)
    for (let n = 0; n < 32; n++) held[(round * 32 + n) % 512] = new Array(512).fill(n);
  setFlagsFromString("--semi-space-growth-factor=1");
}

function youngBytes(): number {
  return getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space")?.space_size ?? 0;
}
