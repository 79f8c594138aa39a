import { expect, it } from "vitest";
import type { CommandAnswer } from "../../../config/schema/command.ts";
import { Answers } from "../../../edge/agent/answers.ts";
import type { UplinkSession } from "../../../gateway/contract/index.ts";
import { FakeClock, recordingLog } from "../../fake-clock.ts";

const answer = (req: string | null): CommandAnswer => ({
  ...{ v: 1, school: "2133000018", gateway: "gw1", req, state: "failed", code: null, readBack: {}, at: 0 },
});

/** What an uplink gets of them once it can send. */
async function sentOf(answers: Answers): Promise<(string | null)[]> {
  const sent: (string | null)[] = [];
  const ended = new AbortController();
  const session = {
    answer: async ({ req }: CommandAnswer) => void sent.push(req),
  } as unknown as UplinkSession;
  const served = answers.serve(session, ended.signal);
  await new Promise((resolve) => setTimeout(resolve, 5));
  ended.abort("over");
  await served;
  return sent;
}

it("what became of a command is not pushed out by answers to what nobody signed or what is old, however many", async () => {
  const answers = new Answers(new FakeClock(), recordingLog(), () => {});
  answers.add(answer("req-00000001"));
  for (let n = 0; n < 10_000; n++) answers.add(answer(n % 2 === 0 ? null : "req-an-old-one"));
  answers.add(answer("req-00000002"));
  const sent = await sentOf(answers);
  expect(sent.filter((req) => req !== null)).toEqual(["req-00000001", "req-an-old-one", "req-00000002"]);
  expect(sent.length).toBeLessThanOrEqual(256);
});

it("the oldest goes where there are too many of one kind", async () => {
  const answers = new Answers(new FakeClock(), recordingLog(), () => {});
  for (let n = 0; n < 300; n++) answers.add(answer(`req-${n}`));
  const sent = await sentOf(answers);
  expect([sent.length, sent[0], sent.at(-1)]).toEqual([256, "req-44", "req-299"]);
});

it("sends answers that a broker did not take over the same connection again, in their order", async () => {
  const clock = new FakeClock();
  const answers = new Answers(clock, recordingLog(), () => {});
  const taken: (string | null)[] = [];
  let tries = 0;
  const session = {
    async answer({ req }: CommandAnswer) {
      tries += 1;
      if (tries <= 2) throw new Error("no place was free in time");
      taken.push(req);
    },
  } as unknown as UplinkSession;
  const ended = new AbortController();
  const served = answers.serve(session, ended.signal);
  answers.add(answer("req-00000001"));
  answers.add(answer("req-00000002"));
  await clock.advance(0);
  await clock.advance(4_000);
  expect([tries, taken]).toEqual([1, []]);
  await clock.advance(12_000);
  expect(taken).toEqual(["req-00000001", "req-00000002"]);
  ended.abort();
  await served;
  expect(clock.sleeping).toBe(0);
});

it("asks a broker that never takes an answer less and less often", async () => {
  const clock = new FakeClock();
  const log = recordingLog();
  const answers = new Answers(clock, log, () => {});
  let tries = 0;
  const session = {
    answer() {
      tries += 1;
      return Promise.reject(new Error("not authorised"));
    },
  } as unknown as UplinkSession;
  const ended = new AbortController();
  const served = answers.serve(session, ended.signal);
  answers.add(answer("req-00000001"));
  await clock.advance(0);
  await clock.advance(3_600_000);
  expect(tries).toBeGreaterThan(10);
  expect(tries).toBeLessThan(25);
  ended.abort();
  await served;
});
