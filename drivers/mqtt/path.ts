/**
 * Where a value lies in a JSON document: `a.b`, `SDS0X1."PM2.5"`, `sensors.0.value`.
 * Segments are separated by dots; one that has a dot itself is quoted, with \" and \\ inside.
 */

const maxSegments = 32;

/** The segments of a path; null when it is not one. */
export function parsePath(text: string): readonly string[] | null {
  const segments: string[] = [];
  let at = 0;
  for (;;) {
    const rest = text.slice(at);
    const quoted = /^"((?:[^"\\]|\\["\\])+)"/.exec(rest);
    const plain = /^[^."\\]+/.exec(rest);
    const found = quoted ?? plain;
    if (found === null) return null;
    segments.push(quoted?.[1] === undefined ? found[0] : quoted[1].replace(/\\(["\\])/g, "$1"));
    at += found[0].length;
    if (at === text.length) return segments.length <= maxSegments ? segments : null;
    if (text[at] !== ".") return null;
    at += 1;
  }
}

/** A path as people write it. */
export function printPath(segments: readonly string[]): string {
  return segments
    .map((segment) => (/[."\\]/.test(segment) ? `"${segment.replace(/["\\]/g, "\\$&")}"` : segment))
    .join(".");
}

/** The value at a path, by own members and array positions only; undefined when there is none. */
export function lookUp(document: unknown, segments: readonly string[]): unknown {
  let here = document;
  for (const segment of segments) {
    if (typeof here !== "object" || here === null) return undefined;
    if (Array.isArray(here)) {
      if (!/^\d{1,6}$/.test(segment)) return undefined;
      here = here[Number(segment)];
    } else {
      if (!Object.hasOwn(here, segment)) return undefined;
      here = (here as Record<string, unknown>)[segment];
    }
  }
  return here;
}
