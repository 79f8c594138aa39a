/**
 * Device models by their id, of which those built in are read when somebody first asks for them: a school uses few.
 *
 * Holds: what is asked by id is read by then; whoever walks through all of them reads all; an id is known before.
 */
import type { Profile } from "./profile.ts";

export class ProfileShelf extends Map<string, Profile> {
  /** By id: reads the model and sets it. */
  readonly #unread = new Map<string, () => void>();

  /** @param read is called at most once, and sets the model if it can be read */
  later(id: string, read: () => void): void {
    this.#unread.set(id, read);
  }

  #read(id: string): void {
    const read = this.#unread.get(id);
    this.#unread.delete(id);
    read?.();
  }

  override get(id: string): Profile | undefined {
    this.#read(id);
    return super.get(id);
  }

  override has(id: string): boolean {
    return this.#unread.has(id) || super.has(id);
  }

  /** Reads nothing. */
  override keys(): MapIterator<string> {
    return new Set([...this.#unread.keys(), ...super.keys()]).values();
  }

  /** Reads nothing. */
  override get size(): number {
    return super.size + this.#unread.size;
  }

  #readAll(): void {
    for (const id of [...this.#unread.keys()]) this.#read(id);
  }

  override values(): MapIterator<Profile> {
    this.#readAll();
    return super.values();
  }

  override entries(): MapIterator<[string, Profile]> {
    this.#readAll();
    return super.entries();
  }

  override forEach(see: (profile: Profile, id: string, all: Map<string, Profile>) => void): void {
    this.#readAll();
    super.forEach(see);
  }

  override [Symbol.iterator](): MapIterator<[string, Profile]> {
    return this.entries();
  }
}
