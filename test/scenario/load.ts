import type { Journal } from "../../edge/journal/index.ts";
import type { Draft } from "../../gateway/contract/index.ts";
import type { FakeClock } from "../fake-clock.ts";

const rooms = 40;
const points = ["co2", "temperature", "humidity", "illuminance", "pm25"] as const;

export type Load = ReturnType<typeof newLoad>;

/** Four stored records a second, five times as many in the minute of a bell, an alarm an hour. */
export function newLoad(journal: Journal, clock: FakeClock, random: () => number) {
  const values: number[] = [];
  const walk = new Map<string, number>();
  const series = Array.from({ length: rooms * points.length }, (_, index) => ({
    device: `${101 + (index % rooms)}-air`,
    point: points[Math.floor(index / rooms)] as string,
    space: `2133000001-01-JX1-F01-${101 + (index % rooms)}`,
    unit: "[ppm]",
    kind: "measurement" as const,
    level: 2,
    source: "mqtt-air-json",
  }));
  const put = (drafts: Draft[], urgency: "now" | "polled") => {
    for (const { value } of drafts) values.push(value as number);
    journal.append(drafts, [], urgency).catch(() => {});
  };
  return {
    values,
    /** Puts what a second brings; an alarm every `alarmS` seconds. */
    second(second: number, alarmS: number): void {
      const ofDay = (clock.wallMs() / 1000 + second) % 86_400;
      const isBell = ofDay % 3000 < 60;
      const drafts = Array.from({ length: isBell ? 20 : 4 }, (): Draft => {
        const each = series[Math.floor(random() * series.length)] as (typeof series)[number];
        const name = `${each.device}/${each.point}`;
        const value = Math.round(((walk.get(name) ?? 600) + (random() - 0.5) * 40) * 10) / 10;
        walk.set(name, value);
        return { series: each, class: "T", value, quality: 0 };
      });
      put(drafts, "polled");
      if (second % alarmS !== 0) return;
      const [first] = series;
      put(
        [
          {
            series: { ...(first as (typeof series)[number]), kind: "alarm" },
            class: "K",
            value: second,
            quality: 0,
          },
        ],
        "now",
      );
    },
  };
}
