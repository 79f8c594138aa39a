import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { reasonRow, sayReason } from "../../../config/catalogue/reasons.ts";
import { maxReasons, maxStrangers, statusSchema } from "../../../config/schema/status.ts";
import { valuesSchema } from "../../../config/schema/values.ts";
import type { DriverFact, Fault } from "../../../drivers/contract/index.ts";
import type {
  ClockFact,
  ConfigurationFact,
  JournalFact,
  LinkFact,
  UplinkFact,
  ValueFact,
} from "../../../edge/health/index.ts";
import { plan, point, School } from "./world.ts";

const secret = "sixteen-tons-of-secret";

const school = plan(
  {
    broker: {
      a: { points: [point("co2"), point("pm25", { everyMs: 900_000 }), point("card", { level: 3 })] },
      b: { via: "a", buffered: true },
      c: { points: [point("door", { kind: "event", type: "boolean" })], simulated: true },
      d: { stage: "trial" },
    },
    rs1: { e: { via: "a" }, f: {}, g: {} },
    empty: {},
  },
  [{ id: "province" }, { id: "district", confirm: "broker", accepts: "any" }],
  {
    off: [
      { device: "h", link: "broker", profile: "p", space: "X-302", why: "返厂\u202e", untilMs: 1.79e12 },
      { device: "i", profile: "p", space: "", why: "behind", behind: "h" },
      { device: "j", link: "ghost", profile: "", space: "", why: "", untilMs: Number.NaN },
    ],
    spares: [{ profile: "p", serial: "JX2409", note: "柜子" }],
  },
);

const id = fc.constantFrom("a", "b", "c", "d", "e", "f", "g", "ghost", "__proto__", "");
const link = fc.constantFrom("broker", "rs1", "empty", "ghost");
const uplink = fc.constantFrom("province", "district", "ghost");
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 300 }),
  fc.constantFrom("x".repeat(100_000), "\u202e\u0000", "__proto__", "constructor", "\ud800"),
);
const code = fc.oneof(
  text,
  fc.constantFrom(
    "mqtt.json",
    "mqtt.credential",
    "mqtt.left",
    "mqtt.full",
    "EADDRINUSE",
    "no-subscriber",
    "E001",
  ),
);
const number = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -1, Number.MAX_VALUE),
);
const fault: fc.Arbitrary<Fault> = fc.record(
  {
    code,
    layer: fc.constantFrom("port", "line", "answer", "frame", "device", "map", "policy", "access"),
    retry: fc.constantFrom("later", "never"),
    point: fc.constantFrom("co2", "card", "ghost"),
    detail: text,
    facts: fc.dictionary(text, fc.oneof(number, text, fc.boolean(), fc.constant(null))),
  },
  { requiredKeys: ["code", "layer", "retry", "detail"] },
);
const lineCode = fc.oneof(
  code,
  fc.constantFrom("modbus.crc", "modbus.echo", "modbus.second-master", "modbus.late", "modbus.silent"),
);
const driverFact: fc.Arbitrary<DriverFact> = fc.oneof(
  fc.record({ what: fc.constant("listening" as const), host: text, port: fc.nat(65_535) }),
  fc.record({ what: fc.constant("up" as const), device: id }),
  fc.record({ what: fc.constant("down" as const), device: id, fault }),
  fc.record({
    what: fc.constant("refused" as const),
    client: fc.oneof(id, text),
    address: text,
    fault,
    devices: fc.array(id, { maxLength: 2 }),
  }),
);
const linkFact: fc.Arbitrary<LinkFact> = fc.oneof(
  fc.constantFrom<LinkFact>({ what: "opening" }, { what: "open" }, { what: "closed" }),
  fc.record({
    what: fc.constant("closed" as const),
    code,
    retry: fc.constant("later" as const),
    detail: text,
    nextMs: fc.oneof(number, fc.constant(null)),
  }),
  fc.record({
    what: fc.constant("polled" as const),
    lines: fc.array(
      fc.record({
        ...{ line: text, busyShare: fc.oneof(number, fc.constant(null)), cyclesMissed: number },
        turns: fc.record({ poll: number }),
        recent: fc.record({
          answered: number,
          faults: fc.array(
            fc.record({
              ...{ code: lineCode, turns: number, devices: number },
              who: fc.array(fc.tuple(id, number)).map((turns) => new Map(turns)),
            }),
            { maxLength: 3 },
          ),
          lately: fc.array(fc.tuple(id, lineCode)).map((codes) => new Map(codes)),
        }),
      }),
      { maxLength: 2 },
    ),
  }),
);
const value: fc.Arbitrary<ValueFact> = fc.record({
  point: fc.constantFrom("co2", "pm25", "card", "door", "ghost", "__proto__"),
  quality: fc.oneof(fc.constantFrom(0, 16, 18, 33, 36, 128, 164), fc.integer()),
  value: fc.oneof(number, fc.boolean(), fc.constant(null), fc.constant(secret)),
  time: fc.oneof(number, fc.constant(null)),
  kept: fc.boolean(),
});
const uplinkFact: fc.Arbitrary<UplinkFact> = fc.oneof(
  fc.constant<UplinkFact>({ what: "connecting" }),
  fc.record({ what: fc.constant("open" as const), confirms: fc.constantFrom("receipt", "broker") }),
  fc.record({
    what: fc.constant("closed" as const),
    code,
    retry: fc.constant("never" as const),
    detail: text,
  }),
  fc.record({ what: fc.constant("settled" as const), taken: number, rejected: number, lane: text }),
  fc.record({ what: fc.constant("kept" as const), lane: text, code, detail: text }),
  fc.record({ what: fc.constantFrom("stalled" as const, "paused" as const), forMs: number }),
  fc.record({ what: fc.constantFrom("stray" as const, "stopped" as const), code }),
);
const journalFact: fc.Arbitrary<JournalFact> = fc.record(
  {
    state: fc.constantFrom("open", "store-down", "closed"),
    head: number,
    stored: number,
    bytes: number,
    repeated: number,
    accounts: fc.array(
      fc.record({
        uplink,
        ...{ delivered: number, withheld: number, quarantined: number, lost: number, waiting: number },
      }),
      { maxLength: 4 },
    ),
    fault: text,
    busy: fc.boolean(),
    lastCommitMs: number,
    disk: fc.record({ freeBytes: number, floorBytes: number }),
    used: number,
  },
  { requiredKeys: ["state", "head", "stored", "bytes", "accounts"] },
);
const clockFact: fc.Arbitrary<ClockFact> = fc.record({ known: fc.boolean(), quality: number });
const configurationFact: fc.Arbitrary<ConfigurationFact> = fc.record({
  running: text,
  files: fc.oneof(text, fc.constant(null)),
  problems: fc.array(fc.record({ file: text, line: number }), { maxLength: 3 }),
});

type Step = (of: School) => void | Promise<void>;
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(link, driverFact).map(
    ([l, f]): Step =>
      ({ health }) =>
        health.device(l, f),
  ),
  fc.tuple(link, linkFact).map(
    ([l, f]): Step =>
      ({ health }) =>
        health.link(l, f),
  ),
  fc.tuple(id, fc.array(value, { maxLength: 3 })).map(
    ([d, v]): Step =>
      ({ health }) =>
        health.values(d, v),
  ),
  fc.tuple(id, fault).map(
    ([d, f]): Step =>
      ({ health }) =>
        health.fault(d, f),
  ),
  fc.tuple(uplink, uplinkFact).map(
    ([u, f]): Step =>
      ({ health }) =>
        health.uplink(u, f),
  ),
  journalFact.map(
    (f): Step =>
      ({ health }) =>
        health.journal(f),
  ),
  fc.tuple(id, number).map(
    ([d, ahead]): Step =>
      ({ health }) =>
        health.deviceClock(d, ahead),
  ),
  clockFact.map(
    (f): Step =>
      ({ health }) =>
        health.clock(f),
  ),
  configurationFact.map(
    (f): Step =>
      ({ health }) =>
        health.configuration(f),
  ),
  fc.nat(3_600_000).map(
    (ms): Step =>
      ({ clock }) =>
        clock.advance(ms),
  ),
  fc.integer({ min: -1e12, max: 1e12 }).map(
    (ms): Step =>
      ({ clock }) =>
        clock.step(ms),
  ),
  fc.constant<Step>(({ health }) => health.step()),
  fc.constant<Step>(({ health }) => health.adopt(school)),
);

describe("any facts in any order", () => {
  it("give a status by the schema, with reasons that can be said and counts that add up", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const of = new School(school);
        for (const take of steps) await take(of);
        of.health.step();
        const text = JSON.stringify(of.health.status());
        const status = statusSchema.parse(JSON.parse(text));
        expect(status).toEqual(JSON.parse(text));

        expect(text).not.toContain(secret);
        expect(status.reasons.length).toBeLessThanOrEqual(maxReasons);
        expect(status.strangers.length).toBeLessThanOrEqual(maxStrangers);
        for (const counts of [
          ...Object.values(status.counts).filter((c) => typeof c === "object"),
          ...status.links.map(({ devices }) => devices),
          ...status.devices.map(({ points }) => points),
        ]) {
          const { total, ...states } = counts;
          expect(Object.values(states).reduce((sum, n) => sum + n, 0)).toBe(total);
        }
        for (const reason of status.reasons) {
          expect(reasonRow(reason.code)).toBeDefined();
          for (const lang of ["zh", "en"] as const) {
            const { line, next } = sayReason(reason, lang, status.at);
            expect(line + next).not.toMatch(/undefined|NaN|\{\w+\}/);
            expect(line + next).not.toMatch(/\p{Cc}/u);
          }
        }
        // Whoever is not well has a code, and a reason of that code tells why, unless it is on trial.
        for (const { id, state, code, trial } of [...status.devices, ...status.links, ...status.uplinks].map(
          (one) => ({ trial: undefined, ...one }),
        )) {
          if (state !== "down" && state !== "degraded") continue;
          expect(code).toBeDefined();
          if (trial) continue;
          expect(
            status.reasons.some(
              (r) => r.code === code && (r.subject === id || r.subject.startsWith(`${id}/`)),
            ),
          ).toBe(true);
        }
        const viewer = statusSchema.parse(
          JSON.parse(JSON.stringify(of.health.status({ level: 2, words: false }))),
        );
        expect(viewer.strangers).toEqual([]);
        const values = valuesSchema.parse(
          JSON.parse(JSON.stringify(of.health.lastValues({ level: 2, words: false }))),
        );
        expect(JSON.stringify(values)).not.toContain('"card"');
        const { ready, why } = of.health.ready();
        expect(ready).toBe(why.length === 0);
      }),
      { numRuns: 400 },
    );
  });
});
