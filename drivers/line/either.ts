/**
 * Works with a signal that is aborted when one of two is, with its reason. Nothing is left at either of them
 * afterwards: one of them lives as long as its session.
 * @throws what `work` throws; the reason of the one that is aborted already
 */
export async function withEither<T>(
  one: AbortSignal,
  other: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  one.throwIfAborted();
  other.throwIfAborted();
  const both = new AbortController();
  const abort = () => both.abort(one.aborted ? one.reason : other.reason);
  one.addEventListener("abort", abort);
  other.addEventListener("abort", abort);
  try {
    return await work(both.signal);
  } finally {
    one.removeEventListener("abort", abort);
    other.removeEventListener("abort", abort);
  }
}
