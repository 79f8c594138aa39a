/**
 * A request whose answer was "illegal address" becomes two: something that it covers does not exist. Pure.
 */
import { hullOf } from "./blocks.ts";
import { answerBytes, type Read } from "./pdu.ts";
import type { JobPoint, ModbusJob } from "./plan.ts";

/**
 * Two jobs that together read the same points from fewer places each: cut at the widest gap that no point needs, else
 * in the middle. Empty when all points lie at one place: then the device does not have it, and each of them is a
 * fault. The deadline stays that of the whole, which is enough.
 */
export function split(job: ModbusJob): ModbusJob[] {
  const points = job.body.points.toSorted((a, b) => a.at - b.at || a.place.count - b.place.count);
  const cuts = points.flatMap((point, cut) => {
    const last = points[cut - 1];
    if (last === undefined || (last.at === point.at && last.place.count === point.place.count)) return [];
    const [before, after] = [points.slice(0, cut), points.slice(cut)].map((part) => hullOf(part.map(spanOf)));
    if (before === undefined || after === undefined) return [];
    const gap = Math.max(0, after.from - before.from - before.count);
    return { cut, gap, uneven: Math.abs(before.count - after.count) };
  });
  const [best] = cuts.sort((a, b) => b.gap - a.gap || a.uneven - b.uneven);
  if (best === undefined) return [];
  return [partOf(job, points.slice(0, best.cut)), partOf(job, points.slice(best.cut))];
}

const spanOf = ({ at, place }: JobPoint) => ({ from: at, count: place.count });

function partOf(job: ModbusJob, points: readonly JobPoint[]): ModbusJob {
  const { body } = job;
  const { from, count } = hullOf(points.map(spanOf));
  const request: Read = { ...body.request, address: body.request.address + from, count };
  return {
    ...job,
    points: points.map(({ id }) => id),
    rxBytes: job.rxBytes - answerBytes(body.request) + answerBytes(request),
    body: { ...body, request, points: points.map((point) => ({ ...point, at: point.at - from })) },
  };
}
