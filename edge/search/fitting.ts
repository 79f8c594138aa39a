/**
 * Which device models read who answered: each is tried as it would be polled, and only read.
 */
import type { Model } from "../../config/load/index.ts";
import type { DevicePlan, Job, Kind } from "../../config/schema/kind.ts";
import type { DevicePoints } from "../../config/schema/plan.ts";
import type { Fit } from "../../config/schema/search.ts";
import type { Reading, Sample } from "../../drivers/contract/index.ts";
import { createNormalizer } from "../normalize/normalizer.ts";

export interface Fitting {
  kind: Kind;
  /** What the link's line is set to. */
  settings: unknown;
  models: readonly Model[];
  /** One poll. @throws when the line is lost: nobody knows then */
  ask(job: Job): Promise<Reading>;
}

/** Of a bad quality from here on. */
const bad = 32;
/** More are no help. */
const mostFits = 4;

/**
 * A model fits when each of its points that every unit has gives a value within its range. Boards that answer whatever
 * they are asked fit many: the one of which most is read comes first.
 * @param address fields as the files have them
 */
export async function fitsOf(
  address: Readonly<Record<string, string | number>>,
  fitting: Fitting,
): Promise<Fit[]> {
  const fits: Fit[] = [];
  /** Variants of one model ask the same. */
  const said = new Map<string, Reading>();
  for (const model of fitting.models) {
    const samples = await readAs(model, address, fitting, said);
    const fit = samples === null ? null : fitOf(model, samples);
    if (fit !== null) fits.push(fit);
  }
  const told = ({ values, variant }: Fit) =>
    values.filter(({ value }) => value !== 0).length - (variant ? 0.5 : 0);
  return fits.sort((a, b) => told(b) - told(a)).slice(0, mostFits);
}

async function readAs(
  model: Model,
  address: Fitting["settings"],
  { kind, settings, ask }: Fitting,
  said: Map<string, Reading>,
): Promise<Sample[] | null> {
  // Every field is text in a file.
  const written = Object.fromEntries(
    Object.entries(address as object).map(([key, value]) => [key, String(value)]),
  );
  const parsed = kind.address.safeParse(written);
  if (!parsed.success) return null;
  const device: DevicePlan = {
    id: "found",
    address: parsed.data,
    profile: model.settings,
    simulated: false,
    points: model.sources,
    actions: {},
  };
  const samples: Sample[] = [];
  for (const job of kind.plan(settings, [device])) {
    const asked = JSON.stringify(job);
    const reading = said.get(asked) ?? (await ask(job));
    said.set(asked, reading);
    const missing = new Set(job.points.filter((id) => model.points.get(id)?.optional !== true));
    for (const { point } of reading.samples) missing.delete(point);
    if (missing.size > 0) return null;
    samples.push(...reading.samples);
  }
  return samples;
}

function fitOf({ profile, text, variant, needs, points }: Model, samples: Sample[]): Fit | null {
  const device: DevicePoints = {
    ...{ device: "found", profile, space: "", simulated: false, stage: "on", buffered: false },
    points,
  };
  const { records } = createNormalizer(device).normalize(
    { device: "found", samples, faults: [] },
    { wallMs: null, monotonicMs: 0 },
  );
  const good = records.filter(({ quality }) => quality < bad);
  const have = new Set(good.map(({ series }) => series.point));
  const whole = [...points].every(
    ([id, { optional, inferred }]) => optional === true || inferred !== undefined || have.has(id),
  );
  if (!whole || good.length === 0) return null;
  return {
    profile,
    text,
    ...(variant === undefined ? {} : { variant }),
    needs,
    values: good.map(({ series, value }) => {
      const unit = points.get(series.point)?.unit;
      return { point: series.point, value, ...(unit === undefined ? {} : { unit }) };
    }),
  };
}
