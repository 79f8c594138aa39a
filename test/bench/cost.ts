/** What a gateway costs its machine while it does its work. */
import type { Figures, Subject } from "./figures.ts";
import { now } from "./moment.ts";
import { type Usage, usageOf } from "./usage.ts";

export interface Cost {
  seconds: number;
  cpuMs: number;
  /** Of all its threads. */
  wakeUps: number;
  writtenBytes: number;
  /** At the end. */
  residentBytes: number;
}

/** Begins to look at a process. @returns ends it, and says what it cost since then */
export function costFrom(pid: number): () => Cost {
  const [before, from] = [usageOf(pid), now()];
  return () => {
    const after = usageOf(pid);
    const since = (name: keyof Usage) => after[name] - before[name];
    return {
      seconds: (now() - from) / 1000,
      cpuMs: since("cpuMs"),
      wakeUps: since("wakeUps"),
      writtenBytes: since("writtenBytes"),
      residentBytes: after.residentBytes,
    };
  };
}

/** @param onDisk its data are where writing is writing */
export function noteCost(
  figures: Figures,
  title: string,
  subject: Subject,
  { seconds, cpuMs, wakeUps, writtenBytes, residentBytes }: Cost,
  onDisk: boolean,
): void {
  const note = (name: string, unit: string, decimals: number, value: number) =>
    figures.note(title, { name, unit, decimals }, subject, value);
  note("CPU", "% of a core", 2, cpuMs / 10 / seconds);
  note("RSS", "MB", 0, residentBytes / 1e6);
  note("wake-ups/s", "", 0, wakeUps / seconds);
  if (onDisk) note("written a day", "GB", 2, ((writtenBytes / seconds) * 86_400) / 1e9);
}
