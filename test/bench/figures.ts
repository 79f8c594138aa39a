/**
 * What was measured, against the limits measured beside it: medians over the rounds, how far rounds are apart, and
 * whether an aim is met. Ratios are taken within a round, where both had the same machine, then their median.
 */
import type { CandidateName } from "./candidates/contract.ts";

export interface Aim {
  /** Measured against this one; absent: the figure of campus-edge itself. */
  of?: "relay" | "floor";
  atMost?: number;
  atLeast?: number;
}

export interface Figure {
  name: string;
  unit: string;
  decimals: number;
  aim?: Aim;
}

/** Whose figure it is: of a candidate, or of a program that one might take instead. */
export type Subject = CandidateName | "mosquitto";

interface Kept extends Figure {
  section: string;
  values: Map<Subject, number[]>;
}

const candidates: readonly Subject[] = ["relay", "floor", "campus-edge"];

export class Figures {
  readonly #kept: Kept[] = [];
  readonly #remarks: string[] = [];

  /** One value of one round. */
  note(section: string, figure: Figure, subject: Subject, value: number): void {
    let kept = this.#kept.find((one) => one.section === section && one.name === figure.name);
    if (kept === undefined) {
      kept = { ...figure, section, values: new Map() };
      this.#kept.push(kept);
    }
    kept.values.set(subject, [...(kept.values.get(subject) ?? []), value]);
  }

  /** Something that could not be measured, or that a reader must know. */
  remark(text: string): void {
    if (!this.#remarks.includes(text)) this.#remarks.push(text);
  }

  /** The table, as lines; last how many aims are met. */
  print(): string[] {
    const others = this.#kept.some(({ values }) => values.has("mosquitto")) ? (["mosquitto"] as const) : [];
    const subjects = [...candidates, ...others];
    const head = ["", ...subjects, "÷ relay", "÷ floor", "aim", ""];
    const body = this.#kept.map((kept) => this.#row(kept, subjects));
    const widths = head.map((_, column) =>
      Math.max(...[head, ...body].map((row) => (row[column] ?? "").length)),
    );
    const line = (row: string[]) =>
      row
        .map((cell, column) =>
          column === 0 || column >= head.length - 2
            ? cell.padEnd(widths[column] ?? 0)
            : cell.padStart(widths[column] ?? 0),
        )
        .join("  ")
        .trimEnd();
    const aimed = body.map((row) => row.at(-1)).filter((word) => word !== "");
    const met = aimed.filter((word) => word === "met").length;
    return [
      ...(body.length > 0 ? [line(head), ...body.map(line), ""] : []),
      ...this.#remarks.map((text) => `note: ${text}`),
      ...(aimed.length > 0 ? [`${met} of ${aimed.length} aims met`] : []),
    ];
  }

  #row(kept: Kept, subjects: readonly Subject[]): string[] {
    const { section, name, unit, decimals, aim, values } = kept;
    const cell = (subject: Subject) => spread(values.get(subject), decimals);
    const by = (of: "relay" | "floor") => spread(ratios(values, of), 2);
    return [
      `${section}: ${name}${unit === "" ? "" : `, ${unit}`}`,
      ...subjects.map(cell),
      by("relay"),
      by("floor"),
      aim === undefined ? "" : words(aim),
      aim === undefined ? "" : stands(values, aim),
    ];
  }
}

function ratios(values: Kept["values"], of: "relay" | "floor"): number[] {
  const limit = values.get(of) ?? [];
  return (values.get("campus-edge") ?? [])
    .slice(0, limit.length)
    .map((one, round) => one / (limit[round] ?? 0));
}

function words({ of, atMost, atLeast }: Aim): string {
  const bound = atMost === undefined ? `≥ ${atLeast}` : `≤ ${atMost}`;
  return of === undefined ? bound : `${bound} × ${of}`;
}

function stands(values: Kept["values"], { of, atMost, atLeast }: Aim): "met" | "not met" | "not measured" {
  const seen = of === undefined ? (values.get("campus-edge") ?? []) : ratios(values, of);
  if (seen.length === 0) return "not measured";
  const is = median(seen);
  return is <= (atMost ?? Number.POSITIVE_INFINITY) && is >= (atLeast ?? 0) ? "met" : "not met";
}

/** Median, and how far the rounds are from it at most. */
function spread(values: readonly number[] | undefined, decimals: number): string {
  if (values === undefined || values.length === 0) return "";
  const middle = median(values);
  const text = middle.toFixed(middle < 100 ? decimals : Math.min(decimals, 1));
  if (values.length < 2 || middle === 0) return text;
  const off = Math.max(...values.map((value) => Math.abs(value - middle))) / Math.abs(middle);
  return `${text} ±${String(Math.round(off * 100)).padStart(2)}%`;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  const upper = sorted[half] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? Number.NaN) + upper) / 2;
}
