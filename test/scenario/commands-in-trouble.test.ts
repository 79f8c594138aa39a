/**
 * A command to a device of each driver that is in trouble: what is not known is answered as not known, what was not
 * sent as not sent; a repeat gets the same answer; nothing is done twice, and afterwards all is as before.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Command, CommandAnswer } from "../../config/schema/command.ts";
import { readAudit } from "../../edge/audit.ts";
import type { TalkFault } from "../../simulator/talk/faults.ts";
import { CommandedSchool } from "./commanded-school.ts";

const school = new CommandedSchool();
/** What it is told in its nth trouble, and what then moves. */
type Order = [action: string, args: Command["args"], ...moved: string[]];

const louder = (n: number): Order => ["volume", { to: 30 + n }, `volume ${30 + n}`];
const warmer = (n: number): Order => ["setpoint", { temperature: 17 + n }, `target ${17 + n}`];
const hushed: Order[] = [
  ["mute", {}, "muted true"],
  ["blank", {}, "blank true"],
  ["unmute", {}, "muted false"],
  ["show", {}, "blank false", "muted false"],
];
const orders: Record<string, (n: number) => Order> = {
  "101-pjlink": (n) => hushed[n % hushed.length] ?? ["mute", {}],
  "103-samsung": louder,
  "104-samsung-tcp": louder,
  "113-hex": louder,
  "114-hex-tcp": louder,
  "115-zhonghong": warmer,
  "116-zhonghong-serial": warmer,
  "117-onokom": (n) => ["setpoint", { temperature: 17 + n }, `holding 5 = ${1700 + 100 * n}`],
  "relays-tcp": (n) => [
    `switch-${1 + (n % 8)}`,
    { on: String(n < 8) },
    `holding ${1 + (n % 8)} = ${n < 8 ? 256 : 512}`,
  ],
};
const devices = Object.keys(orders);
const isZhonghong = (device: string) => device.includes("zhonghong");
const isModbus = (device: string) => device === "117-onokom" || device === "relays-tcp";

type Undo = () => unknown;
interface Trouble {
  what: string;
  /** Of all but these. */
  not?: (device: string) => boolean;
  begin?(device: string, withinMs: number): Undo | Promise<Undo>;
  ends(device: string): [CommandAnswer["state"], CommandAnswer["code"]];
  moves: boolean;
}

/** What is wrong with who answers for a device. */
function wrong(device: string, fault: TalkFault): Undo {
  const slave = school.virtual.school.slaves.get(device) ?? school.boxes.get(device);
  if (slave === undefined)
    return school.virtual.school.controls.instruments.get(device)?.faults.add(fault) ?? (() => {});
  if (fault.kind === "nak") return slave.faults.add({ kind: "lying", code: 4 });
  return slave.faults.add(fault as Parameters<typeof slave.faults.add>[0]);
}

/** Takes away what a device is reached over. */
async function unplugged(device: string): Promise<Undo> {
  const { controls, lines } = school.virtual.school;
  const door =
    controls.doors.get(device) ??
    [...controls.doors].find(([name]) => name === `${device.slice(4)}-f1`)?.[1] ??
    (device === "relays-tcp" ? school.server : lines.get(1)?.server);
  await door?.stop();
  return () => door?.start();
}

const well = (what: string): Trouble => ({ what, ends: () => ["done", null], moves: true });
const troubles: Trouble[] = [
  well("no trouble"),
  {
    what: "no answer to anything",
    begin: (device) => wrong(device, { kind: "mute" }),
    ends: () => ["unknown", "no-answer"],
    moves: true,
  },
  well("answers again"),
  {
    what: "no answer to the command alone",
    begin: (device) => wrong(device, { kind: "mute", times: 1 }),
    // It is asked, and says that it is so.
    ends: () => ["done", null],
    moves: true,
  },
  {
    what: "answers later than it may take",
    begin: (device, withinMs) => wrong(device, { kind: "late", byMs: withinMs + 15_000 }),
    ends: () => ["unknown", "no-answer"],
    moves: true,
  },
  well("answers in time again"),
  {
    what: "says that it is done and does nothing",
    not: isModbus,
    begin: (device) => wrong(device, { kind: "disobedient" }),
    ends: () => ["failed", "mismatch"],
    moves: false,
  },
  {
    what: "refuses",
    begin: (device) => wrong(device, { kind: "nak" }),
    // Of these no refusal is known: one says nothing, the table of the other has no row for it.
    ends: (device) =>
      isZhonghong(device) || device.includes("hex") ? ["unknown", "no-answer"] : ["failed", "refused"],
    moves: false,
  },
  {
    what: "hangs, though its line is open",
    begin: (device) => wrong(device, { kind: "silent" }),
    // A projector greets first: who does not is told nothing.
    ends: (device) => (device === "101-pjlink" ? ["failed", "offline"] : ["unknown", "no-answer"]),
    moves: false,
  },
  {
    what: "cannot be reached",
    begin: unplugged,
    ends: () => ["failed", "offline"],
    moves: false,
  },
  well("is back"),
];

interface Played {
  order: Order;
  answers: CommandAnswer[];
  moved: string[];
  /** The last answer to a repeat, and what moved then. */
  again: CommandAnswer | undefined;
  movedAgain: string[];
}
const came = new Map<string, Played>();
const all: Record<string, string[]> = {};
let breaks: unknown[];
let audited: Map<unknown, string[]>;

async function through({ what, not, begin }: Trouble, n: number): Promise<void> {
  const { clock, plan } = school.virtual;
  const signal = new AbortController().signal;
  const actions = new Map(plan.links.flatMap(({ points }) => [...points]));
  const here = devices.filter((device) => not?.(device) !== true);
  const undo: Undo[] = [];
  const withinOf = (device: string) =>
    actions.get(device)?.actions?.get((orders[device]?.(n) ?? [""])[0])?.withinMs ?? 0;
  for (const device of here) undo.push((await begin?.(device, withinOf(device))) ?? (() => {}));
  let open = here.length;
  const plays = here.map(async (device) => {
    const order = orders[device]?.(n) ?? ["", {}];
    const [action, args, ...moved] = order;
    const before = school.moves.of(device).length;
    const req = school.ask({ device, action, args });
    while (school.last(req) === undefined) await clock.sleep(250, signal);
    const did = school.moves.of(device).slice(before);
    const answers = [...(school.answers.get(req) ?? [])];
    school.ask({ device, action, args }, { req });
    while ((school.answers.get(req)?.length ?? 0) === answers.length) {
      await clock.sleep(250, signal);
      school.look();
    }
    await clock.sleep(2000, signal);
    came.set(`${what} ${device}`, {
      ...{ order, answers, moved: did, again: school.answers.get(req)?.at(-1) },
      movedAgain: school.moves.of(device).slice(before + did.length),
    });
    all[device] = [...(all[device] ?? []), ...(troubles[n]?.moves === true ? moved : [])];
    open -= 1;
  });
  if (!(await school.virtual.until(() => open === 0, 400_000, 500))) throw new Error(`${what}: no end`);
  await Promise.all(plays);
  for (const step of undo) await step();
  // What was late comes in, and who was silent is found again.
  const isWell = () => school.virtual.agent.status().counts.devices.down === 0;
  await school.virtual.advance(90_000);
  if (!(await school.virtual.until(isWell, 400_000))) throw new Error(`${what}: no way back`);
}

beforeAll(async () => {
  await school.start(Date.UTC(2026, 8, 19, 2));
  for (const device of ["101-pjlink", "103-samsung", "104-samsung-tcp", "113-hex", "114-hex-tcp"]) {
    await school.ended([school.ask({ device, action: "power-on" })]);
    all[device] = ["on"];
  }
  await school.virtual.advance(45_000);
  for (const [n, trouble] of troubles.entries()) await through(trouble, n);
  const { entries, breaks: found } = await readAudit(school.virtual.plan.buffer.folder);
  breaks = found;
  audited = new Map(
    [...Map.groupBy(entries, ({ facts }) => facts.req)].map(([req, of]) => [
      req,
      // When an answer was taken is another matter.
      of.flatMap(({ what }) => (what === "command.told" ? [] : [what])),
    ]),
  );
}, 150_000);
afterAll(() => school.stop());

const rows = troubles.flatMap((trouble, n) =>
  devices
    .filter((device) => trouble.not?.(device) !== true)
    .map((device): [string, string, number] => [device, trouble.what, n]),
);

describe("a command", () => {
  it.each(rows)("to %s: %s", (device, what, n) => {
    const played = came.get(`${what} ${device}`);
    const trouble = troubles[n];
    const [, , ...moved] = played?.order ?? ["", {}];
    expect(played?.moved).toEqual(trouble?.moves === true ? moved : []);
    expect(played?.answers.map(({ state, code }) => [state, code])).toEqual([
      ["accepted", null],
      trouble?.ends(device),
    ]);
    // A repeat gets the same answer, and nothing is done for it.
    expect(played?.again).toEqual(played?.answers.at(-1));
    expect(played?.movedAgain).toEqual([]);
    expect(audited.get(played?.again?.req)).toEqual(["command.accepted", `command.${played?.again?.state}`]);
  });

  it("is never done again, however long nobody knew what became of it, and the audit is whole", () => {
    expect(breaks).toEqual([]);
    for (const device of devices) expect(school.moves.of(device), device).toEqual(all[device]);
  });
});
