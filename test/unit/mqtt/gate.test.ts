import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import mqttPacket from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { Gate } from "../../../drivers/mqtt/gate.ts";
import { settle } from "./world.ts";

/** A peer that sends and never reads. */
class DeafPeer extends Duplex {
  writes = 0;
  constructor() {
    super({ highWaterMark: 16 });
  }
  override _read(): void {}
  override _write(_chunk: Buffer, _encoding: string, _done: () => void): void {
    this.writes += 1;
  }
  destroySoon(): void {
    this.destroy();
  }
}

const connect = mqttPacket.generate({ cmd: "connect", clientId: "a", clean: true, keepalive: 0 });
const pings = (count: number) => Buffer.from(Array.from({ length: count }, () => [0xc0, 0]).flat());

function gateOf(peer: DeafPeer): { gate: Gate; cuts: string[] } {
  const cuts: string[] = [];
  const gate = new Gate(peer as unknown as Socket, { onFrame: () => {}, onCut: (code) => cuts.push(code) });
  gate.start();
  return { gate, cuts };
}

describe("a gate", () => {
  it("stops listening to a peer that does not read its answers", async () => {
    const peer = new DeafPeer();
    const { gate } = gateOf(peer);
    peer.push(connect);
    await settle();
    gate.read();
    gate.open();
    for (let round = 0; round < 20; round++) {
      peer.push(pings(10_000));
      await settle();
    }
    expect(peer.isPaused()).toBe(true);
    expect(gate.writableLength).toBeLessThan(200_000);
    expect(gate.resting).toBe(true);
    gate.destroy();
  });

  it("hands on nothing more of such a peer", async () => {
    const peer = new DeafPeer();
    const { gate } = gateOf(peer);
    peer.push(connect);
    await settle();
    gate.read();
    gate.open();
    const release = Buffer.from([0x62, 2, 0, 1]);
    peer.push(release);
    await settle();
    expect(gate.read()).toEqual(release);
    peer.push(Buffer.concat([pings(40_000), release]));
    await settle();
    expect(gate.read()).toBeNull();
    gate.destroy();
  });

  it("lets nothing but one CONNECT pass before login", async () => {
    const peer = new DeafPeer();
    const { gate, cuts } = gateOf(peer);
    peer.push(Buffer.concat([connect, pings(10)]));
    await settle();
    expect(gate.read()).toEqual(connect);
    expect(gate.read()).toBeNull();
    expect(peer.isPaused()).toBe(true);
    gate.open();
    await settle();
    expect(gate.read()?.length).toBe(20);
    expect(cuts).toEqual([]);
    gate.destroy();
  });

  it("is not filled by small packets that come with the CONNECT", async () => {
    const peer = new DeafPeer();
    const { gate, cuts } = gateOf(peer);
    peer.push(Buffer.concat([connect, pings(100)]));
    await settle();
    expect(cuts).toEqual(["mqtt.protocol"]);
    expect(gate.destroyed).toBe(true);
  });

  it("hands on what a peer said before it hung up, and then its end", async () => {
    const peer = new DeafPeer();
    const { gate } = gateOf(peer);
    peer.push(connect);
    await settle();
    gate.read();
    gate.open();
    peer.push(Buffer.from([0x30, 4, 0, 1, 0x61, 0x62]));
    peer.push(null);
    await settle();
    expect(gate.read()?.length).toBe(6);
    let ended = false;
    gate.on("end", () => {
      ended = true;
    });
    gate.read();
    await settle();
    expect(ended).toBe(true);
  });
});
