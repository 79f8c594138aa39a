import { it } from "vitest";
import { minuteMs } from "./cameras-day.ts";
import { camerasDay } from "./cameras-day-test.ts";

it.each([2, 3, 4])(
  "forty cameras that go, come back, change places, clocks and passwords for two hours are known as they are, seed %d",
  async (seed) => {
    await camerasDay(seed, 40, 120 * minuteMs);
  },
  900_000,
);
