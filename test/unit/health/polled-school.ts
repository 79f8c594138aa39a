/** A school whose devices are polled, one in each room, for tests of health. */
import { sayReason } from "../../../config/catalogue/reasons.ts";
import type { Plan, SpacePlan } from "../../../config/schema/plan.ts";
import type { LineFact } from "../../../edge/health/index.ts";
import { type DeviceWords, plan, School } from "./world.ts";

export const line = (more: Partial<LineFact> = {}, recent: Partial<LineFact["recent"]> = {}): LineFact => ({
  ...{ line: "serial:/dev/one", busyShare: 0.06, cyclesMissed: 0 },
  recent: { answered: 1000, faults: [], ...recent },
  ...more,
});
export const faults = (...all: [code: string, turns: number, devices: number][]) => ({
  faults: all.map(([code, turns, devices]) => ({ code, turns, devices })),
});

export const rooms = ["201", "202", "203", "204", "205", "206", "207", "208"];

/** One device in each room, on links that are polled; `via` names what carries them. */
export function lines(
  of: Record<string, string[]>,
  more: {
    chain?: readonly string[];
    via?: string;
    mount?: string;
    kind?: string;
    settings?: object;
    /** Of all devices. */
    host?: string;
    /** Nothing was ever heard of them. */
    mute?: boolean;
  } = {},
): School {
  const spaces = new Map(
    rooms.map((id): [string, SpacePlan] => [id, { id, code: `X-${id}`, kind: "classroom" }]),
  );
  const words = Object.fromEntries(
    Object.entries(of).map(([id, devices]) => [
      id,
      Object.fromEntries(devices.map((device): [string, DeviceWords] => [device, {}])),
    ]),
  );
  const { chain, via, mount, kind = "modbus-rtu", settings = {} } = more;
  const base = plan(words, [{}], { spaces });
  const made: Plan = {
    ...base,
    links: base.links.map((link) => ({
      ...link,
      ...{ kind, settings },
      devices: link.devices.map((device) => ({ ...device, address: { host: more.host } })),
      ...(chain === undefined ? {} : { chain }),
      ...(via === undefined ? {} : { via }),
      ...(mount === undefined || via === undefined
        ? {}
        : { box: { ...anyPoints(base), device: via, mount, points: new Map() } }),
    })),
  };
  for (const { points } of made.links)
    for (const [id, device] of points) device.space = `X-${id.slice(0, 3)}`;
  const school = School.well(made);
  for (const [id, devices] of Object.entries(of)) {
    school.health.link(id, { what: "polled", lines: [line()] });
    for (const device of more.mute === true ? [] : devices) {
      school.up(device, id);
      school.say(device);
    }
  }
  return school;
}

function anyPoints({ links }: Plan) {
  const [first] = links[0]?.points.values() ?? [];
  if (first === undefined) throw new RangeError("a plan with a device");
  return first;
}

export const airs = rooms.map((room) => `${room}-air`);
export const said = (school: School, lang: "zh" | "en" = "zh", at = 0) => {
  const reason = school.status.reasons[at];
  if (reason === undefined) throw new RangeError("there is no such reason");
  const { line: what, next } = sayReason(reason, lang, school.clock.wallMs());
  return `${what} → ${next}`;
};

/** These no longer answer when they are asked; the others do. */
export async function silence(
  school: School,
  silent: readonly string[],
  link = "rs1",
  code = "modbus.silent",
) {
  for (const device of silent) school.down(device, code, link);
  await school.periods(8, ...airs.filter((device) => !silent.includes(device)));
}

/** As `silence`, and the line says since when they are asked in vain. */
export async function silenceTogether(school: School, silent: readonly string[], link = "rs1") {
  const first = school.clock.monotonicMs();
  const inVain = new Map(silent.map((device) => [device, { first, enough: first }]));
  school.health.link(link, { what: "polled", lines: [line({}, { inVain })] });
  await silence(school, silent, link);
}
