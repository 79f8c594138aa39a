import { expect, it } from "vitest";
import { minuteMs } from "./cameras-day.ts";
import { camerasDay } from "./cameras-day-test.ts";
import { troubles } from "./cameras-troubles.ts";

it("cameras that go, come back, change places, clocks and passwords for twelve hours are known as they are", async () => {
  const happened = await camerasDay(1, 5, 12 * 60 * minuteMs);
  expect([...happened.keys()].sort()).toEqual(troubles.map(({ name }) => name).sort());
}, 300_000);
