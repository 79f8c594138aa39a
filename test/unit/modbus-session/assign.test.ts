/** One write of an assignment, over a line in memory: sent once, to whom it is for, and what is said of it. */
import { expect, it } from "vitest";
import type { Assignment } from "../../../config/schema/kind.ts";
import { withCrc16 } from "../../../drivers/codec/crc16.ts";
import { RtuSession } from "../../../drivers/modbus/rtu-session.ts";
import { modbusRtuKind, profileSchema, type RtuLink } from "../../../drivers/modbus/schema.ts";
import { Wire } from "../line/wire.ts";
import { answerOf, parse } from "./slaves.ts";
import { rtuDevice, rtuJobs, world } from "./world.ts";

const never = new AbortController().signal;
const link: RtuLink = { device: "/dev/ttyS9", baud: 9600, format: "8N1" };
const profile = profileSchema.parse({
  ...{ answer: "100ms", factory: { unit: "1" } },
  assign: { unit: { address: "256" } },
});
const framed = (...bytes: number[]) => [...withCrc16(Uint8Array.from(bytes))];
const request = framed(1, 6, 1, 0, 0, 12);

async function written(answer: readonly number[] | null, signal = never) {
  const assignment = modbusRtuKind.assignment?.(link, profile, { to: "12" }) as Assignment;
  const wire = new Wire();
  const sent: number[][] = [];
  wire.onSent = (bytes) => {
    const taken = parse(bytes);
    if (taken?.fc === 3) wire.say(answerOf(taken), 30);
    else {
      sent.push([...bytes]);
      if (answer !== null) wire.say(answer, 30);
    }
  };
  const context = { ...world().context, clock: wire.clock };
  const session = await RtuSession.open(link, context, never, async () => wire.line());
  // As whoever assigns does: the line is known not to give back what is sent.
  for (const job of rtuJobs(link, [rtuDevice("a", { p: { address: "0" } })]))
    expect((await wire.passing(session.run(job, never), 2)).reading).toMatchObject({
      samples: [{ point: "p" }],
      faults: [],
    });
  const [place] = assignment.places;
  const [write] = assignment.writes;
  if (place === undefined || write === undefined) throw new Error("there is one");
  const done = await wire.passing(session.assign(place.address, write, signal), 2);
  return { done, sent };
}

it.each<[string, readonly number[] | null, string, string | undefined]>([
  ["is done when the device says so", request, "done", undefined],
  ["has failed when it refuses", framed(1, 0x86, 3), "failed", "modbus.illegal-value"],
  ["is unknown without an answer", null, "unknown", "modbus.silent"],
  [
    "is unknown when another unit answers",
    framed(12, 6, 1, 0, 0, 12),
    "unknown",
    expect.any(String) as never,
  ],
  [
    "is unknown when the answer is garbled",
    [...request.slice(0, -1), 0],
    "unknown",
    expect.any(String) as never,
  ],
])("%s", async (_, answer, state, code) => {
  const { done, sent } = await written(answer);
  expect([done.state, done.fault?.code]).toEqual([state, code]);
  expect(sent).toEqual([request]);
});

it("throws when it is aborted, and nothing is sent then", async () => {
  await expect(written(request, AbortSignal.abort(new Error("stop")))).rejects.toThrow("stop");
});
