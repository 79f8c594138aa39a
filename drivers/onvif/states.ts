/**
 * What a camera has told of its events, as states of its points. Pure; time does not pass here.
 *
 * Holds: a point is true as long as one of its sources is (several rules, several pictures); what a camera told on an
 * earlier subscription is forgotten with it; of each point at most `mostSources` are known.
 */
import type { Sample } from "../contract/index.ts";
import type { OnvifSource } from "./fields.ts";
import { booleanOf, momentOfNotification, type Notification, plainTopic } from "./notifications.ts";

const mostSources = 64;

interface Told {
  id: string;
  patterns: { topic: string; item: string }[];
  sources: Map<string, boolean>;
}

export class EventStates {
  readonly #points: Told[];

  constructor(points: readonly { id: string; source: OnvifSource }[]) {
    this.#points = points.flatMap(({ id, source: { events } }) =>
      events === undefined ? [] : [{ id, patterns: events.map(patternOf), sources: new Map() }],
    );
  }

  get wanted(): boolean {
    return this.#points.length > 0;
  }

  /** A subscription begins: everything is told anew. */
  forget(): void {
    for (const { sources } of this.#points) sources.clear();
  }

  /** undefined: nothing was told of it. */
  valueOf(point: string): boolean | undefined {
    const told = this.#points.find(({ id }) => id === point);
    return told === undefined ? undefined : stateOf(told);
  }

  /** @returns what it means for the points that it tells of */
  take(notification: Notification): Sample[] {
    const topic = plainTopic(notification.topic);
    const at = momentOfNotification(notification);
    return this.#points.flatMap((told): Sample[] => {
      const value = valueIn(told, topic, notification);
      if (value === undefined) return [];
      const source = `${topic} ${JSON.stringify(notification.source)}`;
      if (value === null) told.sources.delete(source);
      else keep(told.sources, source, value);
      const raw = stateOf(told);
      return raw === undefined ? [] : [{ point: told.id, raw, ...(at === null ? {} : { deviceTime: at }) }];
    });
  }
}

/** Of too many, one that is true is worth more than one that is not. */
function keep(sources: Map<string, boolean>, source: string, value: boolean): void {
  if (!sources.has(source) && sources.size >= mostSources) {
    const [idle] = value ? ([...sources].find(([, is]) => !is) ?? []) : [];
    if (idle === undefined) return;
    sources.delete(idle);
  }
  sources.set(source, value);
}

function patternOf(event: string) {
  const [topic = "", item = ""] = event.split("#");
  return { topic, item };
}

const stateOf = ({ sources }: Told): boolean | undefined =>
  sources.size === 0 ? undefined : [...sources.values()].includes(true);

/** null: this source is no more; undefined: it is nothing of this point. */
function valueIn(
  { patterns }: Told,
  topic: string,
  { operation, data }: Notification,
): boolean | null | undefined {
  for (const pattern of patterns) {
    if (!isOf(pattern.topic, topic)) continue;
    if (operation === "Deleted") return null;
    const [text] = Object.entries(data).flatMap(([name, value]) =>
      pattern.item === "*" || pattern.item === name ? [value] : [],
    );
    const value = text === undefined ? null : booleanOf(text);
    if (value !== null) return value;
  }
  return undefined;
}

const isOf = (pattern: string, topic: string): boolean =>
  pattern.endsWith("/*")
    ? topic.startsWith(pattern.slice(0, -1)) && !topic.slice(pattern.length - 1).includes("/")
    : pattern === topic;
