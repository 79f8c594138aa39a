/** One after the other, in the order in which they ask: a camera answers one question at a time. */
export class Turns {
  #last: Promise<void> = Promise.resolve();

  /**
   * @throws the reason of `signal` while it waits; what `work` throws
   */
  async take<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    // Whoever gives up is passed over, and not before those in front of it are done.
    this.#last = before.then(() => promise);
    const given = Promise.withResolvers<void>();
    const abort = () => given.reject(signal.reason);
    signal.addEventListener("abort", abort);
    before.then(given.resolve);
    try {
      await given.promise;
      signal.throwIfAborted();
      return await work();
    } finally {
      signal.removeEventListener("abort", abort);
      resolve();
    }
  }
}
