/**
 * One line, asked address by address who is there.
 *
 * Holds: one question at a time, each in a turn of its own, so that polling goes on between two; who stands in the
 * files is not asked; who answered is found once, whatever was asked; nothing is written to any device.
 */
import type { Model } from "../../config/load/index.ts";
import type { Clock } from "../../config/schema/context.ts";
import type { Kind, Seek } from "../../config/schema/kind.ts";
import type { LinkPlan } from "../../config/schema/plan.ts";
import type { FoundDevice, SearchPlace } from "../../config/schema/search.ts";
import type { Found, Session } from "../../drivers/contract/index.ts";
import { type Fitting, fitsOf } from "./fitting.ts";
import { isNobody, Questions } from "./questions.ts";
import { closeIn, openIn, timed } from "./timed.ts";

/** What a search may do with a link's line. */
export interface Hands {
  /** One question between two polls, with the line as it is. @throws when it is not open, or lost */
  turn<T>(
    line: string,
    deadlineMs: number,
    work: (session: Session, signal: AbortSignal) => Promise<T>,
  ): Promise<T>;
  /** The line alone, closed by everybody else. @param work opens it as it likes */
  lend<T>(work: (open: Opener, signal: AbortSignal) => Promise<T>): Promise<T>;
}

/** Opens a link's line with settings of the same kind. */
export type Opener = (settings: unknown, signal: AbortSignal) => Promise<Session>;

/** A device and its address. */
export type Reserved = Pick<LinkPlan["devices"][number], "id" | "address">;

export interface LineSearch {
  clock: Clock;
  link: LinkPlan;
  /** Devices of it that are off. */
  reserved: readonly Reserved[];
  kind: Kind;
  models: readonly Model[];
  /** Also at the other speeds that devices are delivered with. */
  speeds: boolean;
}

export interface Listener {
  found(device: FoundDevice): void;
  at(place: SearchPlace): void;
}

type Fields = Readonly<Record<string, string | number>>;

/** A machine that is busy, a known device that rests: silence alone takes all of a question's time. */
const graceMs = 5_000;
/** A reading asks more than once where an answer may still be on its way. */
const exchanges = 3;

/** @throws what `hands` throw; the reason of `signal` */
export async function searchLine(
  { clock, link, reserved, kind, models, speeds }: LineSearch,
  hands: Hands,
  listener: Listener,
  signal: AbortSignal,
): Promise<void> {
  const known = { devices: [...link.devices, ...reserved] };
  const line = kind.lineOfAll?.(link.settings) ?? "";
  const between: Turn = async (deadlineMs, work) => {
    for (;;)
      try {
        return await hands.turn(line, deadlineMs, work);
      } catch (error) {
        // Cut off for a moment, such as when other files are put to work: asked again.
        if ((error as { code?: unknown }).code !== "paused" || signal.aborted) throw error;
      }
  };
  await searchAs(link.settings, between, false);
  const others = speeds ? (kind.otherSettings?.(link.settings, profilesOf(models)) ?? []) : [];
  if (others.length === 0) return;
  await hands.lend(async (open, taken) => {
    const over = AbortSignal.any([signal, taken]);
    for (const settings of others) {
      over.throwIfAborted();
      const session = await openIn(clock, (signal) => open(settings, signal), over);
      try {
        const turn: Turn = (deadlineMs, work) =>
          timed(clock, deadlineMs, (ended) => work(session, ended), over);
        await searchAs(settings, turn, true);
      } finally {
        await closeIn(clock, session);
      }
    }
  });

  /** @param likely only whom a model names: all at every speed would take a quarter of an hour */
  async function searchAs(settings: unknown, turn: Turn, likely: boolean): Promise<void> {
    const all = (kind.seeks?.(settings, profilesOf(models)) ?? []).filter(
      (seek) => (!likely || seek.likely === true) && (likely || deviceAt(known, seek.address) === null),
    );
    const differs = likely ? differing(settings, link.settings) : undefined;
    const questions = new Questions(all);
    const settled = differs === undefined ? {} : { settings: differs };
    let asked = 0;
    const tell = (fitting: boolean, now: readonly Seek[] = []) =>
      listener.at({
        ...{ link: link.id, asked, of: asked + now.length + questions.left.length },
        ...{ leftMs: lastsMs([...now, ...questions.left]), fitting, ...settled },
      });
    const heard = new Set<string>();
    /** Somebody answered, nobody knows where: told at the end, unless others were found, for then it was they. */
    const nobodies: Found[] = [];
    for (let seek = questions.next(); seek !== null; seek = questions.next()) {
      signal.throwIfAborted();
      tell(false, [seek]);
      const answers = await heardFrom(seek, turn);
      asked += 1;
      for (const { address, told, fault } of questions.heard(answers)) {
        const name = JSON.stringify([address, fault?.code]);
        if (heard.has(name)) continue;
        heard.add(name);
        if (isNobody({ address })) {
          nobodies.push({ address, told, ...(fault === undefined ? {} : { fault }) });
          continue;
        }
        const owner = deviceAt(known, address);
        // One that is slow is there all the same.
        const isThere = fault === undefined || fault.layer === "answer";
        if (owner === null && isThere) tell(true);
        listener.found({
          ...{ link: link.id, kind: kind.kind, address, told, known: owner, ...settled },
          fits: owner === null && isThere ? await fitsOf(address, fitting(settings, turn)) : [],
          ...(fault === undefined ? {} : { fault: fault.code }),
        });
      }
    }
    if (heard.size === nobodies.length)
      for (const { address, told, fault } of nobodies)
        listener.found({
          ...{ link: link.id, kind: kind.kind, address, told, known: null, ...settled, fits: [] },
          ...(fault === undefined ? {} : { fault: fault.code }),
        });
    tell(false);
  }

  function fitting(settings: unknown, turn: Turn): Fitting {
    return {
      ...{ kind, settings, models },
      ask: (job) =>
        turn(job.deadlineMs * exchanges, async (session, ended) => {
          const said = await session.run?.(job, ended);
          return said?.reading ?? { device: job.device, samples: [], faults: [] };
        }),
    };
  }
}

/** Whoever babbles beyond the time of a question costs this one alone. */
async function heardFrom(seek: Seek, turn: Turn): Promise<Found[]> {
  try {
    return await turn(
      seek.deadlineMs + graceMs,
      async (session, ended) => (await session.seek?.(seek, ended)) ?? [],
    );
  } catch (error) {
    if ((error as { code?: unknown }).code === "deadline") return [];
    throw error;
  }
}

type Turn = <T>(
  deadlineMs: number,
  work: (session: Session, signal: AbortSignal) => Promise<T>,
) => Promise<T>;

const profilesOf = (models: readonly Model[]) => models.map(({ settings }) => settings);

const lastsMs = (seeks: readonly Seek[]) =>
  Math.round(seeks.reduce((sum, { deadlineMs, silentMs = deadlineMs }) => sum + silentMs, 0));

/** The device that has this address; null: none has. */
export function deviceAt({ devices }: { devices: readonly Reserved[] }, address: Fields): string | null {
  const fields = Object.entries(address);
  if (fields.length === 0) return null;
  const same = (own: unknown) =>
    fields.every(([name, value]) => String((own as Record<string, unknown>)[name]) === String(value));
  return devices.find((device) => same(device.address))?.id ?? null;
}

/** Fields that differ, as the files have them. */
function differing(settings: unknown, from: unknown): Record<string, string | number> {
  const before = from as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(settings as Record<string, unknown>).filter(
      (field): field is [string, string | number] =>
        before[field[0]] !== field[1] && (typeof field[1] === "string" || typeof field[1] === "number"),
    ),
  );
}
