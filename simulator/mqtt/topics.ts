/** Topic names and filters by MQTT 5, 4.7. Pure. */

const maxTopicBytes = 1024;

export function isTopic(topic: string): boolean {
  return isText(topic) && !/[+#]/.test(topic);
}

/** A filter: + alone in its level, # alone in the last. */
export function isFilter(filter: string): boolean {
  if (!isText(filter)) return false;
  const levels = filter.split("/");
  return levels.every(
    (level, index) => !/[+#]/.test(level) || level === "+" || (level === "#" && index === levels.length - 1),
  );
}

/** Whether a filter takes a topic; wildcards in the first level never take $-topics (4.7.2). */
export function matches(filter: string, topic: string): boolean {
  const wanted = filter.split("/");
  const levels = topic.split("/");
  if (topic.startsWith("$") && (wanted[0] === "+" || wanted[0] === "#")) return false;
  for (const [index, level] of wanted.entries()) {
    if (level === "#") return true;
    if (index >= levels.length) return false;
    if (level !== "+" && level !== levels[index]) return false;
  }
  return wanted.length === levels.length;
}

function isText(topic: string): boolean {
  return topic.length > 0 && Buffer.byteLength(topic) <= maxTopicBytes && !topic.includes("\u0000");
}
