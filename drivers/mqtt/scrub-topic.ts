/**
 * A topic of a configured device → the same with nothing of anybody in it. Names of devices have stand-ins, whatever
 * they are made of; the other levels stay where they are of plain words. Pure but for the stand-ins.
 */
import type { StandIns } from "../codec/stand-ins.ts";
import { topicPatterns } from "./carried.ts";
import type { MqttDevice } from "./fields.ts";
import { isPlain } from "./plain-words.ts";
import { fillTopic, matches } from "./topics.ts";

/** Longest topic that is shown. */
const longestShown = 512;
const placeholder = /\{[^}]*\}/g;

export interface TopicRules {
  standIns: StandIns;
  isSecret(text: string): boolean;
}

/** null: it is no topic of a device that is configured, or a monster. */
export function scrubTopic(topic: string, devices: readonly MqttDevice[], rules: TopicRules): string | null {
  for (const device of devices) {
    const patterns = [...topicPatterns(device), ...device.profile.unread, ...(device.address.topics ?? [])];
    for (const pattern of patterns) {
      const made = rewritten(pattern, device, topic, rules);
      if (made !== null) return made.length > longestShown ? null : made;
    }
  }
  return null;
}

function rewritten(
  pattern: string,
  { id, address: { friendly } }: MqttDevice,
  topic: string,
  { standIns, isSecret }: TopicRules,
): string | null {
  const filled = fillTopic(pattern, id, friendly);
  if (filled === null || !matches(filled, topic)) return null;
  const shown = (level: string) => (isPlain(level) && !isSecret(level) ? level : standIns.of(level));
  const named = (level: string) => {
    const isPlainAround = isPlain(level.replace(placeholder, " "));
    const other = friendly === undefined ? undefined : standIns.of(friendly);
    return (isPlainAround ? fillTopic(level, standIns.of(id), other) : null) ?? standIns.of(level);
  };
  const levels = topic.split("/");
  const made: string[] = [];
  let at = 0;
  for (const level of pattern.split("/")) {
    if (level === "#") return [...made, ...levels.slice(at).map(shown)].join("/");
    // A name may have several levels.
    const count = (fillTopic(level, id, friendly) ?? level).split("/").length;
    made.push(...(level.includes("{") ? [named(level)] : levels.slice(at, at + count).map(shown)));
    at += count;
  }
  return made.join("/");
}
