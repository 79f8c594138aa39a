/** Commands that a projector does not know, so that it is not asked in vain again and again. Pure: monotonic ms. */

/** A projector may be replaced, or its program. */
const rememberedMs = 24 * 3_600_000;

export class Unsupported {
  readonly #until = new Map<string, number>();

  add(device: string, command: string, now: number): void {
    this.#until.set(`${device} ${command}`, now + rememberedMs);
  }

  has(device: string, command: string, now: number): boolean {
    return (this.#until.get(`${device} ${command}`) ?? 0) > now;
  }

  retain(devices: ReadonlySet<string>): void {
    for (const name of this.#until.keys())
      if (!devices.has(name.slice(0, name.indexOf(" ")))) this.#until.delete(name);
  }
}
