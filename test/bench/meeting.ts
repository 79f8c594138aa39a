/**
 * Measurements that run side by side and begin at once, so that nobody's start is in another one's figures.
 *
 * Holds: who cannot come keeps nobody waiting: all the others fail as well.
 */
export class Meeting {
  readonly #places: PromiseWithResolvers<void>[];
  readonly #all: Promise<unknown>;
  #taken = 0;

  constructor(size: number) {
    this.#places = Array.from({ length: size }, () => Promise.withResolvers<void>());
    this.#all = Promise.all(this.#places.map(({ promise }) => promise));
    // Whoever waits for it hears of it; nobody has to.
    this.#all.catch(() => {});
  }

  /** Does `work`, which is given what to wait for once it is ready to begin. */
  async join<T>(work: (begin: () => Promise<void>) => Promise<T>): Promise<T> {
    const place = this.#places[this.#taken++];
    if (place === undefined) throw new RangeError("more have come than were expected");
    try {
      return await work(async () => {
        place.resolve();
        await this.#all;
      });
    } catch (error) {
      place.reject(error);
      throw error;
    }
  }
}
