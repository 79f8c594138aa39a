/** Waiting that ends: for what may never settle, and for what may throw instead of rejecting. */
import type { Clock } from "../../config/schema/context.ts";

/**
 * What `promise` gives within `ms`; undefined after that, or as soon as `cut` aborts. Leaves no timer behind.
 * @param promise must not reject
 */
export async function within<T>(
  clock: Clock,
  promise: Promise<T>,
  ms: number,
  cut?: AbortSignal,
): Promise<T | undefined> {
  const timer = new AbortController();
  // A reason of its own would be an error with its stack, at every wait.
  const end = () => timer.abort("over");
  cut?.addEventListener("abort", end);
  if (cut?.aborted === true) end();
  const late = clock.sleep(ms, timer.signal).then(
    () => undefined,
    () => undefined,
  );
  const first = await Promise.race([promise, late]);
  cut?.removeEventListener("abort", end);
  end();
  return first;
}

/** Calls at once; a throw becomes a rejection. */
export async function call<T>(work: () => T | Promise<T>): Promise<T> {
  return await work();
}
