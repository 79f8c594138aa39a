/**
 * Freezes what was loaded, so that nobody changes the Plan: objects, lists and maps, all the way down.
 */

/** Buffers cannot be frozen and are left alone. */
export function deepFreeze<T>(value: T): T {
  freeze(value, new Set());
  return value;
}

function freeze(value: unknown, seen: Set<object>): void {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value) || seen.has(value)) return;
  seen.add(value);
  if (value instanceof Map || value instanceof Set) seal(value);
  if (value instanceof Map)
    for (const [key, item] of value) {
      freeze(key, seen);
      freeze(item, seen);
    }
  else if (value instanceof Set) for (const item of value) freeze(item, seen);
  else for (const member of Object.values(value)) freeze(member, seen);
  Object.freeze(value);
}

/** Object.freeze does not reach the content of maps and sets. */
function seal(collection: object): void {
  const refuse = () => {
    throw new TypeError("the plan is frozen");
  };
  for (const method of ["set", "add", "delete", "clear"])
    if (method in collection) Object.defineProperty(collection, method, { value: refuse });
}
