/**
 * The real gateway on disks that fill, refuse, or come back: nobody starts it again, nothing acknowledged is lost, and
 * it accepts again at most 20 s after the disk does.
 */
import { rmSync, statfsSync, writeFileSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { canMount, type DiskSchool, diskSchool, refuseWrites } from "./disk-school.ts";
import { canTrace } from "./power-cut.ts";

let school: DiskSchool | null = null;
afterEach(async () => {
  await school?.stop();
  school = null;
});

const acceptsWithinMs = 20_000;
const clean = { lostAcked: 0, duplicates: 0, phantoms: 0, falseGaps: 0 };

it.runIf(canMount)("outlives a disk that is full while the platform is away", async () => {
  school = await diskSchool({ before: 'mount -t tmpfs -o size=64m,mode=750 none "$DATA"' });
  const { platform, data } = school;
  await platform.down();
  const { bavail, bsize } = statfsSync(data);
  writeFileSync(join(data, "filler"), Buffer.alloc(bavail * bsize - 64 * 1024));
  await school.refuses();
  const acknowledged = school.acked();
  rmSync(join(data, "filler"));
  const acceptsMs = await school.accepts();
  await platform.up();
  const verdict = await school.verdict();
  console.log(
    `full disk: ${acknowledged} acknowledged before, again after ${Math.round(acceptsMs)} ms, ${JSON.stringify(verdict)}`,
  );
  expect(verdict).toMatchObject(clean);
  expect(acceptsMs).toBeLessThan(acceptsWithinMs);
});

it.runIf(canMount && canTrace).each(["EROFS", "EIO", "ENOSPC"])(
  "outlives a disk that refuses every write with %s for a while",
  async (error) => {
    school = await diskSchool();
    const lift = await refuseWrites(school, error);
    await school.refuses();
    const { fault } = await school.journal();
    await lift();
    const acceptsMs = await school.accepts();
    const verdict = await school.verdict();
    console.log(`${error} (${fault}): accepts after ${Math.round(acceptsMs)} ms, ${JSON.stringify(verdict)}`);
    expect(verdict).toMatchObject(clean);
    expect(acceptsMs).toBeLessThan(acceptsWithinMs);
  },
);

it.runIf(canMount)("outlives callers that take all of its 64 open files", async () => {
  school = await diskSchool({ before: "ulimit -n 64" });
  const port = school.port;
  const callers: Socket[] = [];
  for (let n = 0; n < 100; n++)
    callers.push(createConnection({ host: "127.0.0.1", port }).on("error", () => {}));
  await school.accepts();
  for (const caller of callers) caller.destroy();
  const acceptsMs = await school.accepts();
  const verdict = await school.verdict();
  console.log(`64 files: accepts after ${Math.round(acceptsMs)} ms, ${JSON.stringify(verdict)}`);
  expect(verdict).toMatchObject(clean);
  expect(acceptsMs).toBeLessThan(acceptsWithinMs);
});
