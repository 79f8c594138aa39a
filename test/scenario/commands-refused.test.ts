/**
 * What a platform may not ask of a device of each driver, while a lesson goes on: each is refused for its reason, stands
 * in the audit, and moves nothing.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Command, CommandAnswer } from "../../config/schema/command.ts";
import { type AuditRead, readAudit } from "../../edge/audit.ts";
import { CommandedSchool } from "./commanded-school.ts";

/** What its key may ask for and what not, what is too much, and what would disturb a lesson. */
interface Bounds {
  may: [action: string, args: Command["args"]];
  mayNot: string;
  tooMuch: Command["args"];
  disturbs?: string;
}
const volume: Bounds = {
  may: ["volume", { to: 40 }],
  mayNot: "mute",
  tooMuch: { to: 101 },
  disturbs: "power-off",
};
const setpoint: Bounds = {
  may: ["setpoint", { temperature: 24 }],
  mayNot: "fan",
  tooMuch: { temperature: 31 },
};
const table: Record<string, Bounds> = {
  "101-pjlink": {
    may: ["input", { to: "digital-1" }],
    mayNot: "mute",
    tooMuch: { to: "digital-77" },
    disturbs: "input",
  },
  "102-laser": { may: ["unfreeze", {}], mayNot: "mute", tooMuch: { hex: "AA" }, disturbs: "freeze" },
  "103-samsung": volume,
  "104-samsung-tcp": volume,
  "105-lg": volume,
  "106-nec": volume,
  "108-epson": { may: ["show", {}], mayNot: "power-on", tooMuch: { to: 1 }, disturbs: "blank" },
  "110-hisense": volume,
  "112-benq": volume,
  "113-hex": { ...volume, mayNot: "power-on" },
  "114-hex-tcp": { ...volume, mayNot: "power-on" },
  "115-zhonghong": { ...setpoint, mayNot: "mode" },
  "116-zhonghong-serial": setpoint,
  "117-onokom": setpoint,
  "118-ir": {
    may: ["adjust", { temperature: 24, fan: "low" }],
    mayNot: "set",
    tooMuch: { temperature: 24, fan: "storm" },
  },
  "119-relay": { may: ["switch-1", { on: "true" }], mayNot: "switch-2", tooMuch: { on: "maybe" } },
  "relays-tcp": { may: ["switch-1", { on: "true" }], mayNot: "switch-2", tooMuch: { on: 2 } },
  "dimmer-tcp": { may: ["level", { level: 50 }], mayNot: "colour", tooMuch: { level: 50.5 } },
};
const actions = Object.entries(table).flatMap(([device, { may, disturbs }]) =>
  [may[0], "explode", ...(disturbs === undefined || disturbs === may[0] ? [] : [disturbs])].map(
    (action) => `${device}/${action}`,
  ),
);

/** A Tuesday at ten in the morning, in the third lesson. */
const tuesday = Date.UTC(2026, 8, 15, 2);
const timetable = `timetable:
  terms: { 2026-autumn: { from: 2026-09-01, to: 2027-01-20 } }
  periods: { p3: 09:50-10:30 }
`;

const school = new CommandedSchool();
type Try = [why: string, code: CommandAnswer["code"], ask: (device: string, bounds: Bounds) => string | null];
const tries: Try[] = [
  [
    "expired",
    "expired",
    (device, { may: [action, args] }) => {
      const now = school.virtual.clock.wallMs();
      return school.ask({ device, action, args }, { issued: now - 120_000, expires: now - 60_000 });
    },
  ],
  ["not in the list of its key", "forbidden", (device, { mayNot: action }) => school.ask({ device, action })],
  ["no action of it", "no-action", (device) => school.ask({ device, action: "explode" })],
  [
    "out of bounds",
    "bad-argument",
    (device, { may: [action], tooMuch: args }) => school.ask({ device, action, args }),
  ],
  [
    "of another school",
    "not-ours",
    (device, { may: [action, args] }) => school.ask({ device, action, args }, { school: "2133000019" }),
  ],
  [
    "disturbing a lesson",
    "interlock",
    (device, { may: [action, args], disturbs }) => {
      if (disturbs === undefined) return null;
      return school.ask({ device, action: disturbs, args: disturbs === action ? args : {} });
    },
  ],
];

const asked = new Map<string, string>();
let audit: AuditRead;
let forged = 0;

beforeAll(async () => {
  await school.start(tuesday, { actions, more: { "timetable.yaml": timetable } });
  for (const [device, bounds] of Object.entries(table)) {
    const [action, args] = bounds.may;
    for (const [why, , ask] of tries) {
      const req = ask(device, bounds);
      if (req !== null) asked.set(`${device} ${why}`, req);
    }
    school.ask({ device, action, args }, {}, { forged: true });
    school.ask({ device, action, args }, {}, { retain: true });
    forged += 2;
    await school.ended([...asked.values()]);
  }
  // What is forged is told once a minute, with how often it was.
  await school.virtual.advance(61_000);
  school.ask({ device: "101-pjlink", action: "input" }, {}, { forged: true });
  forged += 1;
  const isTold = () => {
    school.look();
    return school.refusals.length >= forged;
  };
  expect(await school.virtual.until(isTold, 60_000)).toBe(true);
  audit = await readAudit(school.virtual.plan.buffer.folder);
}, 150_000);
afterAll(() => school.stop());

const rows = Object.entries(table).flatMap(([device, { disturbs }]) =>
  tries
    .filter(([, code]) => code !== "interlock" || disturbs !== undefined)
    .map(([why, code]): [string, string, CommandAnswer["code"]] => [device, why, code]),
);

describe("a command", () => {
  it.each(rows)("to %s that is %s is answered with %s, and stands in the audit", (device, why, code) => {
    const req = asked.get(`${device} ${why}`) ?? "";
    const answers = school.answers.get(req) ?? [];
    const state = code === "expired" ? "expired" : "failed";
    expect(answers).toMatchObject([{ req, state, code, readBack: {} }]);
    const entries = audit.entries.filter(({ facts, what }) => facts.req === req && what !== "command.told");
    expect(entries).toMatchObject([{ who: "uplink:ops:ops", what: "command.refused", facts: { code } }]);
  });

  it("that is forged or retained is answered to nobody in particular, and counted in the audit", () => {
    const codes = Map.groupBy(school.refusals, ({ code }) => code);
    const devices = Object.keys(table).length;
    expect([...codes].map(([code, of]) => [code, of.length]).sort()).toEqual([
      ["retained", devices],
      ["signature", devices + 1],
    ]);
    const counts = audit.entries.flatMap(({ facts: { req, count } }) =>
      req === undefined ? [Number(count)] : [],
    );
    expect(counts.length).toBeLessThan(5);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(forged);
  });

  it("of all these moves nothing, and the audit is whole", () => {
    expect(audit.breaks).toEqual([]);
    for (const device of Object.keys(table)) expect(school.moves.of(device), device).toEqual([]);
  });
});
