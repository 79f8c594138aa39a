/** The master's end of a real socket or terminal: what it wrote and heard, with times. */
import { openSync, writeSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { performance } from "node:perf_hooks";
import { ReadStream } from "node:tty";
import { hex } from "./rig.ts";

export class Peer {
  heard: number[] = [];
  /** Each piece as it arrived. */
  pieces: { size: number; atMs: number }[] = [];
  ended = false;
  readonly #write: (bytes: Uint8Array) => void;
  readonly #end: () => void;
  #waits = new Set<() => void>();

  private constructor(write: (bytes: Uint8Array) => void, end: () => void) {
    this.#write = write;
    this.#end = end;
  }

  static async tcp(port: number): Promise<Peer> {
    const socket = connect(port, "127.0.0.1");
    socket.setNoDelay(true);
    const peer = new Peer(
      (bytes) => socket.write(bytes),
      () => socket.destroy(),
    );
    peer.#listen(socket);
    await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
    return peer;
  }

  static tty(path: string): Peer {
    const fd = openSync(path, "r+");
    const stream = new ReadStream(fd);
    const peer = new Peer(
      (bytes) => writeSync(fd, bytes),
      () => stream.destroy(),
    );
    peer.#listen(stream);
    return peer;
  }

  /** Writes, and gives when it did. */
  send(bytes: Uint8Array): number {
    const atMs = performance.now();
    this.#write(bytes);
    return atMs;
  }

  get text(): string {
    return hex(this.heard);
  }

  /** Resolves once it is so; asked after everything that arrives. */
  async until(predicate: (peer: Peer) => boolean): Promise<void> {
    while (!predicate(this)) await new Promise<void>((resolve) => this.#waits.add(resolve));
  }

  async exchange(bytes: Uint8Array, size: number): Promise<string> {
    this.heard = [];
    this.pieces = [];
    this.send(bytes);
    await this.until(({ heard }) => heard.length >= size);
    return this.text;
  }

  close(): void {
    this.#end();
  }

  #listen(stream: Socket | ReadStream): void {
    const changed = () => {
      for (const wake of this.#waits) wake();
      this.#waits.clear();
    };
    const over = () => {
      this.ended = true;
      changed();
    };
    stream.on("data", (bytes: Buffer) => {
      this.heard.push(...bytes);
      this.pieces.push({ size: bytes.length, atMs: performance.now() });
      changed();
    });
    stream.on("error", over);
    stream.on("close", over);
  }
}
