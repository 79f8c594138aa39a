/**
 * A disk by the letter: what was written is certain once its file was synced, a name once its folder was.
 * Until then any part of it may be there, sector by sector, or not: `image` draws one such disk.
 *
 * Holds: with everything applied it is the folder as the process left it (`now`).
 */
import { dirname } from "node:path";
import type { DiskCall } from "./disk-trace.ts";

type Write = { at: number; bytes: Buffer } | { truncate: number } | { extend: number };

/** Bytes that grow, shrink and change in place. */
class Content {
  #bytes: Buffer;
  #size: number;

  constructor(bytes: Buffer = Buffer.alloc(0)) {
    this.#bytes = bytes;
    this.#size = bytes.length;
  }

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#size);
  }

  copy(): Content {
    return new Content(Buffer.from(this.bytes));
  }

  apply(write: Write): void {
    if ("truncate" in write) this.#resize(write.truncate);
    else if ("extend" in write) this.#resize(Math.max(this.#size, write.extend));
    else {
      this.#resize(Math.max(this.#size, write.at + write.bytes.length));
      write.bytes.copy(this.#bytes, write.at);
    }
  }

  #resize(size: number): void {
    if (size > this.#bytes.length) {
      const grown = Buffer.alloc(size * 2);
      this.bytes.copy(grown);
      this.#bytes = grown;
    }
    // What lies behind the end is zero when the end moves on.
    if (size < this.#size) this.#bytes.fill(0, size, this.#size);
    this.#size = size;
  }
}

interface Inode {
  /** Certain. */
  durable: Content;
  /** Since then, in order. */
  pending: Write[];
  size: number;
}

/** What becomes of names at once. */
interface Naming {
  folder: string;
  names: [path: string, inode: Inode | null][];
}

/** Sectors of disks, and pages of flash. */
const sectors = [512, 4096];

export class DiskModel {
  readonly #names = new Map<string, Inode>();
  readonly #durableNames = new Map<string, Inode>();
  #pendingNames: Naming[] = [];
  readonly #open = new Map<number, { inode: Inode | null; path: string; at: number; append: boolean }>();
  /** What was pending when a sync began. */
  readonly #syncing = new Map<number, { writes: Write[]; names: Naming[] }>();
  syncs = 0;
  writes = 0;

  apply(call: DiskCall): void {
    switch (call.what) {
      case "say":
        return;
      case "open": {
        let inode = this.#names.get(call.path) ?? null;
        if (inode === null && call.create) {
          inode = { durable: new Content(), pending: [], size: 0 };
          this.#name(dirname(call.path), [[call.path, inode]]);
        }
        if (inode !== null && call.truncate) this.#write(inode, { truncate: 0 });
        this.#open.set(call.fd, { inode, path: call.path, at: 0, append: call.append });
        return;
      }
      case "close":
        this.#open.delete(call.fd);
        return;
      case "rename": {
        const inode = this.#inode(this.#names.get(call.from));
        this.#name(dirname(call.from), [
          [call.from, null],
          [call.to, inode],
        ]);
        return;
      }
      case "unlink":
        this.#name(dirname(call.path), [[call.path, null]]);
        return;
    }
    const file = this.#open.get(call.fd);
    if (file === undefined) throw new Error(`file ${call.fd} is not open`);
    switch (call.what) {
      case "sync-begin":
        this.#syncing.set(call.fd, {
          writes: [...(file.inode?.pending ?? [])],
          names: this.#pendingNames.filter(({ folder }) => file.inode === null && folder === file.path),
        });
        return;
      case "sync-end":
        this.#certain(call.fd, file.inode);
        return;
      case "seek":
        file.at = call.to;
        return;
      case "truncate":
        this.#write(this.#inode(file.inode), { truncate: call.to });
        return;
      case "extend":
        this.#write(this.#inode(file.inode), { extend: call.to });
        return;
      case "write": {
        const inode = this.#inode(file.inode);
        const at = call.at ?? (file.append ? inode.size : file.at);
        if (call.at === null) file.at = at + call.bytes.length;
        this.#write(inode, { at, bytes: call.bytes });
      }
    }
  }

  /** Everything that was written, by path. */
  now(): Map<string, Buffer> {
    return new Map(
      [...this.#names].map(([path, { durable, pending }]) => {
        const content = durable.copy();
        for (const write of pending) content.apply(write);
        return [path, content.bytes];
      }),
    );
  }

  /** A disk as a power cut may leave it now. */
  image(random: () => number): Map<string, Buffer> {
    const names = new Map(this.#durableNames);
    for (const { names: changed } of some(this.#pendingNames, random).kept)
      for (const [path, inode] of changed) rename(names, path, inode);
    return new Map([...names].map(([path, inode]) => [path, surviving(inode, random)]));
  }

  #name(folder: string, names: Naming["names"]): void {
    for (const [path, inode] of names) rename(this.#names, path, inode);
    this.#pendingNames.push({ folder, names });
  }

  #write(inode: Inode, write: Write): void {
    inode.pending.push(write);
    if ("truncate" in write) inode.size = write.truncate;
    else inode.size = Math.max(inode.size, "extend" in write ? write.extend : write.at + write.bytes.length);
    this.writes += 1;
  }

  #certain(fd: number, inode: Inode | null): void {
    const { writes, names } = this.#syncing.get(fd) ?? { writes: [], names: [] };
    this.#syncing.delete(fd);
    this.syncs += 1;
    if (inode !== null) {
      for (const write of writes) inode.durable.apply(write);
      const certain = new Set(writes);
      inode.pending = inode.pending.filter((write) => !certain.has(write));
    }
    for (const { names: changed } of names)
      for (const [path, named] of changed) rename(this.#durableNames, path, named);
    this.#pendingNames = this.#pendingNames.filter((naming) => !names.includes(naming));
  }

  #inode(inode: Inode | null | undefined): Inode {
    if (inode === null || inode === undefined) throw new Error("a folder is written like a file");
    return inode;
  }
}

function rename(names: Map<string, Inode>, path: string, inode: Inode | null): void {
  if (inode === null) names.delete(path);
  else names.set(path, inode);
}

/** None, all, the first of them, or any of them; the one after the first of them may have been under way. */
function some<T>(all: readonly T[], random: () => number): { kept: T[]; torn: T | undefined } {
  const dice = random();
  if (dice < 0.2) return { kept: [], torn: undefined };
  if (dice < 0.3) return { kept: [...all], torn: undefined };
  const first = Math.floor(random() * (all.length + 1));
  if (dice < 0.6) return { kept: all.slice(0, first), torn: all[first] };
  const share = random();
  return { kept: all.filter(() => random() < share), torn: all[first] };
}

/** What of a file may be there. */
function surviving({ durable, pending }: Inode, random: () => number): Buffer {
  const { kept, torn } = some(pending, random);
  const chosen = new Set(kept);
  const sector = sectors[Math.floor(random() * sectors.length)] ?? 512;
  const tears = random() < 0.5;
  const content = durable.copy();
  for (const write of pending) {
    if (!chosen.has(write) && write !== torn) continue;
    if (!("bytes" in write) || (write !== torn && !(tears && random() < 0.2))) {
      content.apply(write);
      continue;
    }
    const end = write.at + write.bytes.length;
    const share = random();
    for (let at = write.at; at < end; ) {
      const next = Math.min(end, (Math.floor(at / sector) + 1) * sector);
      const bytes = write.bytes.subarray(at - write.at, next - write.at);
      if (random() < share) content.apply({ at, bytes });
      at = next;
    }
    // The new size may be there before what fills it.
    if (random() < 0.3) content.apply({ extend: end });
  }
  return content.bytes;
}
