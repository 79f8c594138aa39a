/** What arrived of one epoch: by seq its value, NaN for what did not, Infinity for the journal's own records. */
export class Arrived {
  /** Its place among the epochs. */
  readonly order: number;
  head = 0;
  /** First seq that did not arrive. */
  next = 1;
  #values = new Float64Array(1024).fill(Number.NaN);

  constructor(order: number) {
    this.order = order;
  }

  has(seq: number): boolean {
    return !Number.isNaN(this.at(seq));
  }

  at(seq: number): number {
    return this.#values[seq] ?? Number.NaN;
  }

  set(seq: number, value: number): void {
    if (seq >= this.#values.length) {
      const larger = new Float64Array(2 * seq).fill(Number.NaN);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[seq] = value;
    while (this.has(this.next)) this.next += 1;
  }
}
