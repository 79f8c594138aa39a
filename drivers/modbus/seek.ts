/**
 * Whom a search of an RS-485 line asks, and at which other settings of the line it may go on. Pure.
 *
 * Asked is function 3, register 0: whoever speaks Modbus answers it, if only by an exception. Some devices know only the
 * function of their points and say nothing to another: a unit with which models of another function are delivered is
 * asked by that as well. Any other unit is asked once, so that 247 silent ones take 76 s at 9600 baud at most.
 * Unit 254 is not sought: who answers to it has a number of its own, and on a line with others they answer all at once.
 */
import type { Seek } from "../../config/schema/kind.ts";
import type { Format, Pace } from "../line/pace.ts";
import type { ModbusProfile, RtuLink } from "./fields.ts";
import { exchangeMs } from "./pace.ts";
import { betweenMs, firstMs, type Way } from "./patience.ts";
import type { Read } from "./pdu.ts";

const lastUnit = 247;
/** Devices begin within some tens of ms; who is later is found in the turn of the next. */
const answerMs = 185;

export interface SeekBody {
  unit: number;
  /** Asked one after the other, until something comes. */
  reads: readonly Read[];
  answerMs: number;
  /** The rest that devices delivered with this unit need between two requests, ms. */
  pauseMs: number;
}
export type ModbusSeek = Seek & { body: SeekBody };

const firstOf = (fc: Read["fc"]): Read => ({ kind: "read", fc, address: 0, count: 1 });

/** All units, each once: those with which most models are delivered first. */
export function seekUnits(
  route: { line: string; pace: Pace; way: Way },
  profiles: readonly ModbusProfile[],
): ModbusSeek[] {
  const delivered = Map.groupBy(profiles, ({ factory }) => factory?.unit);
  const models = (unit: number) => delivered.get(unit) ?? [];
  return Array.from({ length: lastUnit }, (_, index) => index + 1)
    .sort((a, b) => models(b).length - models(a).length || a - b)
    .map((unit) => seekUnit(unit, models(unit), route));
}

/**
 * One unit, 1 to 247.
 * @param models that it may be
 * @param patienceMs longest time until an answer begins
 */
export function seekUnit(
  unit: number,
  models: readonly ModbusProfile[],
  { line, pace, way }: { line: string; pace: Pace; way: Way },
  patienceMs = answerMs,
): ModbusSeek {
  const reads = [...new Set([3 as const, ...models.map(({ fc }) => fc)])].map(firstOf);
  const pauseMs = Math.max(0, ...models.map((model) => model.pauseMs));
  const onceMs = (read: Read) =>
    exchangeMs(read, pace) + firstMs(read, patienceMs, pace, way) + betweenMs[way] + pauseMs;
  return {
    line,
    address: { unit },
    deadlineMs: Math.ceil(reads.reduce((sum, read) => sum + onceMs(read), 0)),
    ...(models.length > 0 ? { likely: true } : {}),
    body: { unit, reads, answerMs: patienceMs, pauseMs },
  };
}

/** What devices are set to, the most usual first. */
const usualBauds = [9600, 4800, 19_200, 2400, 38_400, 115_200];

/**
 * The line at other speeds and formats, those with which most models are delivered first. None behind a serial server:
 * its page has the speed and the format of the line, and what the files say of them changes nothing there.
 */
export function otherPaces(link: RtuLink, profiles: readonly ModbusProfile[]): RtuLink[] {
  if (!("device" in link)) return [];
  const factories = profiles.flatMap(({ factory }) => (factory === undefined ? [] : [factory]));
  const delivered = [...Map.groupBy(factories, nameOf).values()]
    .sort((a, b) => b.length - a.length)
    .flatMap(([first]) => (first === undefined ? [] : [first]));
  const usual = usualBauds.map((baud) => ({ baud, format: "8N1" as Format }));
  const paces = new Map([...delivered, ...usual].map((pace) => [nameOf(pace), pace]));
  return [...paces.values()]
    .filter((pace) => !isAlike(pace, link))
    .map(({ baud, format }) => ({ ...link, baud, format }));
}

/** Whoever reads one reads the other, whatever its stop bits are: it would be found once more. */
const isAlike = (a: Pace, b: Pace) => a.baud === b.baud && a.format.slice(0, 2) === b.format.slice(0, 2);

const nameOf = ({ baud, format }: Pace) => `${baud} ${format}`;
