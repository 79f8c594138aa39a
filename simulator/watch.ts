/**
 * Waiting for something to become true of a subject that says when it has changed.
 *
 * Holds: a predicate is asked at once and after every `changed`; each wait settles once; after `end` every wait rejects.
 */
export class Watch<Subject> {
  readonly #subject: Subject;
  #waits = new Set<{ check(): void; reject(error: unknown): void }>();
  #ended: { error: unknown } | null = null;

  constructor(subject: Subject) {
    this.#subject = subject;
  }

  /** Rejects with what the predicate throws, or with the signal's reason. */
  until(predicate: (subject: Subject) => boolean, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (act: () => void) => {
        this.#waits.delete(wait);
        signal?.removeEventListener("abort", abort);
        act();
      };
      const wait = {
        check: () => {
          try {
            if (predicate(this.#subject)) settle(resolve);
          } catch (error) {
            settle(() => reject(error));
          }
        },
        reject: (error: unknown) => settle(() => reject(error)),
      };
      const abort = () => wait.reject(signal?.reason);
      this.#waits.add(wait);
      signal?.addEventListener("abort", abort);
      if (this.#ended !== null) wait.reject(this.#ended.error);
      else if (signal?.aborted) abort();
      else wait.check();
    });
  }

  changed(): void {
    for (const wait of [...this.#waits]) wait.check();
  }

  end(error: unknown): void {
    this.#ended ??= { error };
    for (const wait of [...this.#waits]) wait.reject(this.#ended.error);
  }
}
