/**
 * Generated conversations on a bad line: answers late, twice, damaged, cut off, of others, echoes, refusals, other
 * masters. Whatever is taken is what its own meter has at its own identifier.
 */
import fc from "fast-check";
import { expect, it } from "vitest";
import { DltSession } from "../../../drivers/dlt645/session.ts";
import { characterMs } from "../../../drivers/line/pace.ts";
import { Wire } from "../line/wire.ts";
import {
  type Asked,
  answer,
  device,
  frame,
  jobsOf,
  link,
  low,
  parse,
  refusal,
  wake,
  world,
} from "./meters.ts";

const never = new AbortController().signal;
const meters = ["000021081234", "000021081301", "000000000068"];
const identifiers = ["02010100", "02010200", "02010300"];
const point = (di: string) => ({ di, format: "XXX.X" });
const devices = meters.map((meter, at) =>
  device(`m${at}`, Object.fromEntries(identifiers.map((di) => [`p${di}`, point(di)])), { meter }),
);
const digitsOf = (meter: string, di: string) =>
  `${meters.indexOf(meter) + 1}${identifiers.indexOf(di) + 1}68`;
const said = (meter: string, di: string) => answer(di, [digitsOf(meter, di)], meter);

/** What a meter or the line does with a request. */
const deed = fc.record({
  what: fc.constantFrom(
    "good",
    "good",
    "good",
    "silent",
    "refuses",
    "damaged",
    "cut",
    "twice",
    "other",
    "neighbour",
    "master",
  ),
  ms: fc.constantFrom(0, 30, 400, 900, 1200, 2500),
  at: fc.nat(40),
  noise: fc.uint8Array({ maxLength: 6 }),
  echo: fc.boolean(),
});
type Deed = typeof deed extends fc.Arbitrary<infer T> ? T : never;

function bytesOf({ what, at, noise }: Deed, { meter, di }: Asked): number[] {
  const whole = [...noise, ...wake, ...said(meter, di)];
  const [first = "", second = ""] = identifiers.filter((other) => other !== di);
  switch (what) {
    case "silent":
      return [];
    case "refuses":
      return refusal(2, meter);
    case "damaged":
      return whole.map((byte, index) =>
        index === noise.length + (at % (whole.length - noise.length)) ? byte ^ 0x11 : byte,
      );
    case "cut":
      return whole.slice(0, at % whole.length);
    case "twice":
      return [...whole, ...whole];
    case "other":
      return [...said(meter, first), ...(at % 2 === 0 ? whole : said(meter, second))];
    case "neighbour":
      return said(meters.find((other) => other !== meter) ?? "", di);
    case "master":
      return [...frame(meter, 0x11, low(first)), ...said(meter, first), ...whole];
    default:
      return whole;
  }
}

it("takes nothing but what was asked for, and reads on when the line is well", async () => {
  let values = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(deed, fc.nat(8)), { minLength: 1, maxLength: 25 }), async (turns) => {
      const wire = new Wire();
      const line = wire.line({ characterMs: characterMs(link), silenceMs: 20 });
      const session = await DltSession.open(link, world(wire.clock).context, never, async () => line);
      const jobs = jobsOf(devices);
      let next: Deed | null = null;
      wire.onSent = (sent) => {
        const asked = parse(sent);
        if (asked === null) throw new Error("no request");
        if (next?.echo === true) wire.say(sent);
        const all = next === null ? said(asked.meter, asked.di) : bytesOf(next, asked);
        if (all.length > 0) wire.say(all, (next?.ms ?? 30) + sent.length * characterMs(link));
      };
      const ask = async (nth: number) => {
        const job = jobs[nth];
        if (job === undefined) throw new Error("no such job");
        const { reading } = await wire.passing(session.run(job, never), 20);
        const wanted = Number(digitsOf(job.body.meter, job.body.di)) / 10;
        for (const { raw } of reading.samples) expect(raw).toBe(wanted);
        values += reading.samples.length;
        return reading;
      };
      for (const [now, nth] of turns) {
        next = now;
        await ask(nth);
      }
      next = null;
      await wire.clock.advance(5000);
      for (const nth of jobs.keys()) expect((await ask(nth)).faults).toEqual([]);
      await session.close();
      expect(wire.clock.sleeping).toBe(0);
    }),
    { numRuns: 60 },
  );
  expect(values).toBeGreaterThan(500);
});
