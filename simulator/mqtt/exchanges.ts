/** What a client has asked and not yet been answered, by packet id. Every question settles, at the latest by `fail`. */
export class Exchanges {
  #open = new Map<
    number,
    { resolve(codes: number[]): void; reject(error: Error): void; onReceived?: (() => void) | undefined }
  >();
  #lastId = 0;

  /** An id that nothing waits for (2.2.1). */
  freeId(): number {
    do this.#lastId = (this.#lastId % 65_535) + 1;
    while (this.#open.has(this.#lastId));
    return this.#lastId;
  }

  /** Sends a question and waits for its codes; rejects when the id is taken or `send` gives false. */
  ask(messageId: number, send: () => boolean, onReceived?: () => void): Promise<number[]> {
    return new Promise((resolve, reject) => {
      if (this.#open.has(messageId)) {
        reject(new Error("packet id in use"));
        return;
      }
      this.#open.set(messageId, { resolve, reject, onReceived });
      if (send()) return;
      this.#open.delete(messageId);
      reject(new Error("not connected, or not sendable"));
    });
  }

  /** QoS 2: the server has it. */
  received(messageId: number): void {
    this.#open.get(messageId)?.onReceived?.();
  }

  answer(messageId: number, codes: number[]): void {
    this.#open.get(messageId)?.resolve(codes);
    this.#open.delete(messageId);
  }

  fail(why: Error): void {
    for (const { reject } of this.#open.values()) reject(why);
    this.#open.clear();
  }
}
