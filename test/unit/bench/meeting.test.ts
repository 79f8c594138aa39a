import { expect, it } from "vitest";
import { Meeting } from "../../bench/meeting.ts";

it("lets nobody begin before all are ready", async () => {
  const meeting = new Meeting(3);
  const begun: number[] = [];
  const late = Promise.withResolvers<void>();
  const both = [1, 2].map((n) =>
    meeting.join(async (begin) => {
      await begin();
      begun.push(n);
    }),
  );
  const third = meeting.join(async (begin) => {
    await late.promise;
    await begin();
    begun.push(3);
  });
  await new Promise(setImmediate);
  expect(begun).toEqual([]);
  late.resolve();
  await Promise.all([...both, third]);
  expect(begun.sort()).toEqual([1, 2, 3]);
});

it("fails for those who wait when one cannot come", async () => {
  const meeting = new Meeting(2);
  const waiting = meeting.join(async (begin) => {
    await begin();
    return "measured";
  });
  const broken = meeting.join(async () => {
    throw new Error("no device came up");
  });
  await expect(broken).rejects.toThrow("no device came up");
  await expect(waiting).rejects.toThrow("no device came up");
});

it("goes on for the others when one fails after all have begun", async () => {
  const meeting = new Meeting(2);
  const well = meeting.join(async (begin) => {
    await begin();
    await new Promise(setImmediate);
    return "measured";
  });
  const broken = meeting.join(async (begin) => {
    await begin();
    throw new Error("messages are missing");
  });
  await expect(broken).rejects.toThrow("messages are missing");
  await expect(well).resolves.toBe("measured");
});

it("takes no more than were expected", async () => {
  const meeting = new Meeting(1);
  await meeting.join((begin) => begin());
  await expect(meeting.join((begin) => begin())).rejects.toThrow(RangeError);
});
