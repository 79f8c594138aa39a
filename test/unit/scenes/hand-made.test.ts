import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { askDoor, DoorTaken, openDoor } from "../../../simulator/faults/door.ts";
import { HandMade } from "../../../simulator/faults/hand-made.ts";
import type { Troubles } from "../../../simulator/faults/troubles.ts";
import { FakeClock } from "../../fake-clock.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Faults that come, and go unless they are `for` a port that somebody else has. */
function school() {
  const on = new Set<string>();
  const troubles = {
    async begin({ what }: { what: string }) {
      on.add(what);
      return async () => {
        if (what === "converter-off") throw new Error("listen EADDRINUSE");
        on.delete(what);
      };
    },
  } as unknown as Troubles;
  const clock = new FakeClock();
  const told: string[] = [];
  const byHand = new HandMade(troubles, clock, ({ fault, isOn }) => void told.push(`${fault.what} ${isOn}`));
  return { on, clock, told, byHand };
}

function doorIn() {
  const folder = mkdtempSync(join(tmpdir(), "ce-door-"));
  closing.push(() => rmSync(folder, { recursive: true }));
  return join(folder, "of-mine", "door.sock");
}

it("takes a fault back after its time, and once", async () => {
  const { on, clock, told, byHand } = school();
  await byHand.begin({ what: "platform-down" }, 60_000);
  await clock.advance(59_999);
  expect([...on]).toEqual(["platform-down"]);
  await clock.advance(1);
  expect([...on]).toEqual([]);
  expect(await byHand.takeBack()).toBe(0);
  expect(told).toEqual(["platform-down true", "platform-down false"]);
});

it("takes the others back when one cannot be, also at the end and after its time", async () => {
  const { on, clock, byHand } = school();
  await byHand.begin({ what: "converter-off" }, 1000);
  await byHand.begin({ what: "platform-down" });
  await clock.advance(1000);
  expect([...on].sort()).toEqual(["converter-off", "platform-down"]);
  await byHand.begin({ what: "converter-off" });
  await expect(byHand.takeBack()).rejects.toThrow("EADDRINUSE");
  expect([...on]).toEqual(["converter-off"]);
  await byHand.stop();
});

it("answers through the door, says what could not be done, and lets nobody in beside it", async () => {
  const { on, byHand } = school();
  const path = doorIn();
  closing.push(await openDoor(path, (question) => byHand.answer(question)));
  await expect(openDoor(path, (question) => byHand.answer(question))).rejects.toThrow(DoorTaken);
  expect(await askDoor(path, { fault: { what: "converter-off" } })).toMatchObject({ ok: true });
  expect([...on]).toEqual(["converter-off"]);
  expect(await askDoor(path, { allWell: true })).toMatchObject({
    ok: false,
    text: { en: expect.stringContaining("EADDRINUSE") },
  });
  expect(await askDoor(path, { fault: { what: "cable-cut" } })).toMatchObject({ ok: false });
});

it("says that there is none where no school is open", async () => {
  expect(await askDoor(doorIn(), { allWell: true })).toBeNull();
});
