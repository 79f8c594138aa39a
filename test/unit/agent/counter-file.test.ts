/** What is known of counters over a restart, whatever became of its file. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type CounterDisk,
  type CounterFile,
  counterFileName,
  olderFileName,
  openCounterFile,
} from "../../../edge/agent/counter-file.ts";
import type { Normal } from "../../../edge/normalize/normalizer.ts";
import { FakeClock, recordingLog } from "../../fake-clock.ts";
import { memoryFolder } from "../../memory-folder.ts";
import { energy } from "../normalize/counter-world.ts";
import { devicePoints } from "../normalize/plans.ts";

let folder: string;
let clock: FakeClock;
let log: ReturnType<typeof recordingLog>;
beforeEach(() => {
  folder = mkdtempSync(join(memoryFolder, "ce-counters-"));
  clock = new FakeClock();
  log = recordingLog();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const point = energy({ rollOver: 10_000 });
const device = devicePoints([point]);
const begin = (disk?: CounterDisk, more = {}) =>
  openCounterFile({
    ...{ folder, school: "2133000001", gateway: "gw1", clock, log, ...more },
    ...(disk === undefined ? {} : { disk }),
  });

function read(file: CounterFile, value: number): [unknown, number] {
  const series = {
    device: device.device,
    point: point.id,
    space: "",
    kind: "counter",
    level: 2,
    source: "x",
  };
  const record = { series, class: "T", value, quality: 0, time: clock.wallMs(), axis: "wall" } as Normal;
  const now = { wallMs: clock.wallMs(), monotonicMs: clock.monotonicMs() };
  const { value: counted, quality } = file.counters.count(device, point, record, now).record;
  return [counted, quality];
}
const path = (name = counterFileName) => join(folder, name);
const said = () => log.lines.map(({ sentence }) => sentence);

/** A disk that dies at its nth step, halfway through when it writes; what came before is there. */
function dyingAt(nth: number): CounterDisk & { steps: number } {
  const disk = {
    steps: 0,
    alive() {
      this.steps += 1;
      if (this.steps >= nth) throw new Error("the machine lost power");
    },
    read: (from: string) => readFile(from, "utf8"),
    async write(to: string, text: string) {
      this.steps += 1;
      if (this.steps > nth) throw new Error("the machine lost power");
      await writeFile(to, this.steps === nth ? text.slice(0, text.length / 2) : text);
      if (this.steps === nth) throw new Error("the machine lost power");
    },
    async rename(from: string, to: string) {
      this.alive();
      await rename(from, to);
    },
    async sync() {
      this.alive();
    },
  };
  return disk;
}

describe("a restart", () => {
  it("goes on with what was known when it stopped", async () => {
    const first = await begin();
    read(first, 9999.8);
    expect(read(first, 0.3)).toEqual([10_000.3, 0]);
    read(first, 0.4);
    await first.close();
    const second = await begin();
    expect(read(second, 0.5)).toEqual([10_000.5, 0]);
    read(second, 0.1);
    await second.close();
    expect(read(await begin(), 0.6)).toEqual([10_000.6, 0]);
  });

  // One write has four steps: beside, the old one's other name, its own name, the folder.
  it.each([1, 2, 3, 4, 5])(
    "after the power failed at step %d of writing a roll-over counts it once",
    async (nth) => {
      const first = await begin();
      read(first, 9999.8);
      await first.close();
      const disk = dyingAt(nth);
      const second = await begin(disk);
      read(second, 9999.9);
      expect(read(second, 0.3)).toEqual([10_000.3, 0]);
      await second.close();
      expect(disk.steps).toBeGreaterThanOrEqual(Math.min(nth, 4));
      const third = await begin();
      expect(read(third, 0.4)).toEqual([10_000.4, 0]);
      await third.close();
      expect(read(await begin(), 0.5)).toEqual([10_000.5, 0]);
    },
  );

  it.each([1, 2, 3, 4, 5])(
    "after the power failed at step %d of writing a later reading keeps the roll-over",
    async (nth) => {
      const first = await begin();
      read(first, 9999.8);
      read(first, 0.3);
      await first.close();
      const second = await begin(dyingAt(nth));
      read(second, 5);
      await second.close();
      expect(read(await begin(), 6)).toEqual([10_006, 0]);
    },
  );
});

describe("a file that cannot be used", () => {
  const rolled = async () => {
    const file = await begin();
    read(file, 9999.8);
    read(file, 0.3);
    await file.close();
  };

  it.each([
    ["torn", (text: string) => text.slice(0, -20)],
    ["empty", () => ""],
    ["something else", () => '{"v":2}'],
    ["not a number", (text: string) => text.replace(/"last":[0-9.]+/, '"last":"x"')],
  ])("(%s) gives way to the one before it, and that is told", async (_name, damage) => {
    await rolled();
    const file = await begin();
    read(file, 1);
    await file.close();
    writeFileSync(path(), damage(readFileSync(path(), "utf8")));
    expect(read(await begin(), 2)).toEqual([10_002, 0]);
    expect(said()).toContain("what was known of counters cannot be used");
    expect(said()).toContain("what is known of counters is from an older file");
  });

  it("and none before it: counting begins anew, and that is told", async () => {
    await rolled();
    writeFileSync(path(), "{");
    rmSync(path(olderFileName), { force: true });
    const file = await begin();
    expect(read(file, 2)).toEqual([2, 0]);
    expect(said()).toContain("of counters nothing is known from before");
    await file.close();
    expect(read(await begin(), 3)).toEqual([3, 0]);
  });

  it("of another gateway is not taken", async () => {
    await rolled();
    expect(read(await begin(undefined, { gateway: "gw2" }), 2)).toEqual([2, 0]);
    expect(log.lines).toContainEqual(
      expect.objectContaining({ fields: expect.objectContaining({ why: "of another gateway" }) }),
    );
  });
});

describe("the disk", () => {
  const counting = () => {
    const disk = {
      writes: 0,
      fail: false,
      read: (from: string) => readFile(from, "utf8"),
      async write(to: string, text: string) {
        if (disk.fail) throw new Error("ENOSPC");
        disk.writes += 1;
        await writeFile(to, text);
      },
      rename,
      async sync() {},
    };
    return disk;
  };

  it("is written at most once a minute, and not when nothing changed", async () => {
    const disk = counting();
    const file = await begin(disk);
    for (let second = 0; second < 180; second += 10) {
      read(file, 100 + second);
      await file.step();
      await clock.advance(10_000);
    }
    expect(disk.writes).toBe(2);
    await file.step();
    for (let n = 0; n < 5; n++) {
      await clock.advance(60_000);
      await file.step();
    }
    expect(disk.writes).toBe(3);
    await file.close();
    expect(disk.writes).toBe(3);
  });

  it("is written at once at a roll-over", async () => {
    const disk = counting();
    const file = await begin(disk);
    read(file, 9999.8);
    read(file, 0.3);
    await file.close();
    expect(disk.writes).toBe(1);
    expect(JSON.parse(readFileSync(path(), "utf8")).counters["301-air"].energy).toMatchObject({
      ...{ last: 0.3, rolled: 10_000 },
    });
  });

  it("that is full is told once, and written when it can be", async () => {
    const disk = counting();
    const file = await begin(disk);
    disk.fail = true;
    read(file, 9999.8);
    read(file, 0.3);
    for (let n = 0; n < 4; n++) {
      await file.step();
      await clock.advance(10_000);
    }
    expect(said().filter((one) => one === "what is known of counters could not be written")).toHaveLength(1);
    disk.fail = false;
    await file.step();
    expect(read(await begin(), 0.4)).toEqual([10_000.4, 0]);
  });
});
