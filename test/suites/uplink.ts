/**
 * The contract of an Uplink, as tests. An uplink passes when `uplinkSuite` is green for it.
 * Worlds are real: real sockets to a scripted platform on this machine; only the clock is fake.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { maxBatchBytes } from "../../config/schema/batch.ts";
import { type Batch, UplinkError, type UplinkSession } from "../../gateway/contract/index.ts";
import type { FakeClock } from "../fake-clock.ts";
import { batchOf, everything, failure, never, takes } from "./uplink-batches.ts";

export interface UplinkWorld {
  clock: FakeClock;
  /** It asks and is answered: nothing comes unasked, and there is no goodbye to wait for. Absent: a standing connection. */
  asks?: true;
  commands: { raw: Uint8Array; retained: boolean }[];
  strays: string[];
  /** What the uplink wrote to its log, as text. */
  logged(): string;
  /** Texts that may appear in no error and no log line. */
  secrets: string[];
  /** Opens a session; `wrong` is what is not right about the settings. Given no signal, it has one that never aborts. */
  open(wrong?: "credential" | "trust" | "address", signal?: AbortSignal): Promise<UplinkSession>;
  platform: {
    /** The nth batch that ever arrived, from 0: its uncompressed body, as it was announced. */
    arrived(n: number): Promise<{ id: string; early: boolean; body: Uint8Array }>;
    count(): number;
    /** Sends this as receipt: an object as JSON, bytes as they are. */
    receipt(body: object | Uint8Array): void;
    /** Batches are refused by the way, from now on or no more. */
    refuse(refuses: boolean): void;
    /** From now on nothing is answered, not even a goodbye; a connection attempt is not either. */
    freeze(): void;
    command?(raw: Uint8Array, retained: boolean): void;
    /** Every connection is cut. */
    cut(): void;
    accepted(): number;
    open(): number;
  };
  remove(): Promise<void>;
}

export function uplinkSuite(name: string, makeWorld: () => Promise<UplinkWorld>): void {
  describe(`${name} is an uplink`, () => {
    let world: UplinkWorld;
    const sessions: UplinkSession[] = [];
    const open = async () => {
      const session = await world.open();
      sessions.push(session);
      return session;
    };
    const strays = (...codes: string[]) =>
      vi.waitFor(() => expect(world.strays).toEqual(codes), { interval: 5, timeout: 5000 });

    beforeEach(async () => {
      world = await makeWorld();
    });
    afterEach(async () => {
      world.platform.cut();
      await Promise.all(sessions.splice(0).map((session) => session.close()));
      await world.remove();
    });

    it("sends a batch byte for byte and gives the receipt that names it", async () => {
      const session = await open();
      const batch = batchOf([1e-7, 5e-324, "走廊\u2028\"\t'"]);
      const sent = session.send(batch, never);
      const { id, body, early } = await world.platform.arrived(0);
      expect({ id, early, body: Buffer.from(body).toString() }).toEqual({
        id: batch.id,
        early: false,
        body: Buffer.from(batch.bytes).toString(),
      });
      const rejected = [{ seq: 2, code: "range", reason: "too small" }];
      world.platform.receipt(takes(batch, { taken: 2, rejected, retryAfterMs: 5000 }));
      expect(await sent).toEqual({
        batch: batch.id,
        taken: 2,
        rejected,
        next: 4,
        at: 1_790_000_000_000,
        retryAfterMs: 5000,
      });
      expect(session.confirms).toBe("receipt");
    });

    it("sends alarms on their own way", async () => {
      const session = await open();
      const batch = batchOf([1], { lane: "early" });
      const sent = session.send(batch, never);
      expect((await world.platform.arrived(0)).early).toBe(true);
      world.platform.receipt(takes(batch));
      expect((await sent).taken).toBe(1);
    });

    it("gives each of several batches its own receipt, in whatever order they come", async () => {
      const session = await open();
      const [a, b] = [batchOf([1]), batchOf([2, 3], {}, 2)];
      const sent = [session.send(a, never), session.send(b, never)];
      await world.platform.arrived(1);
      world.platform.receipt(takes(b));
      expect((await sent[1])?.taken).toBe(2);
      world.platform.receipt(takes(a));
      expect((await sent[0])?.taken).toBe(1);
    });

    it("counts receipts that answer nothing and goes on waiting for the right one", async () => {
      const session = await open();
      const batch = batchOf([1]);
      let answered = false;
      const sent = session.send(batch, never).finally(() => {
        answered = true;
      });
      await world.platform.arrived(0);
      world.platform.receipt(Buffer.from("{"));
      world.platform.receipt(Buffer.from([0xff, 0xfe, 0x00]));
      world.platform.receipt({ ...takes(batch), v: 2 });
      world.platform.receipt({ ...takes(batch), more: 1 });
      world.platform.receipt({ ...takes(batch), taken: -1 });
      world.platform.receipt([takes(batch)]);
      world.platform.receipt(takes(batchOf([7])));
      await strays(...Array(6).fill("receipt-malformed"), "receipt-unknown");
      expect(answered).toBe(false);
      world.platform.receipt(takes(batch));
      expect((await sent).batch).toBe(batch.id);
      if (world.asks) return;
      world.platform.receipt(takes(batch));
      await strays(...Array(6).fill("receipt-malformed"), "receipt-unknown", "receipt-unknown");
    });

    it("keeps a batch that the way refuses, and sends it again when asked", async () => {
      const session = await open();
      const batch = batchOf([1]);
      world.platform.refuse(true);
      expect((await failure(session.send(batch, never))).retry).toBe("later");
      world.platform.refuse(false);
      const again = session.send(batch, never);
      await world.platform.arrived(1);
      world.platform.receipt(takes(batch));
      expect((await again).taken).toBe(1);
    });

    it("forgets an aborted batch: its late receipt answers nothing, and the session goes on", async () => {
      const session = await open();
      const given = new AbortController();
      const batch = batchOf([1]);
      const sent = session.send(batch, given.signal);
      await world.platform.arrived(0);
      given.abort(new Error("30 s are over"));
      const error = await failure(sent);
      expect([error.code, error.retry]).toEqual(["aborted", "later"]);
      world.platform.receipt(takes(batch));
      await strays(...(world.asks ? [] : ["receipt-unknown"]));
      const again = session.send(batch, never);
      await world.platform.arrived(1);
      world.platform.receipt(takes(batch));
      expect((await again).taken).toBe(1);
    });

    it("sends nothing for a signal that has aborted already", async () => {
      const session = await open();
      expect((await failure(session.send(batchOf([1]), AbortSignal.abort()))).code).toBe("aborted");
      const next = batchOf([2]);
      const sent = session.send(next, never);
      expect((await world.platform.arrived(0)).id).toBe(next.id);
      world.platform.receipt(takes(next));
      await sent;
    });

    it("refuses to have the same batch on its way twice", async () => {
      const session = await open();
      const batch = batchOf([1]);
      const sent = session.send(batch, never);
      await world.platform.arrived(0);
      expect((await failure(session.send(batch, never))).code).toBe("in-flight");
      world.platform.receipt(takes(batch));
      expect((await sent).taken).toBe(1);
    });

    it("has at most `window` batches unanswered, and the next goes when one is answered", async () => {
      const session = await open();
      const batches = Array.from({ length: session.window + 2 }, (_, n) => batchOf([n], {}, n + 1));
      const sent = batches.map((batch) => session.send(batch, never));
      await world.platform.arrived(session.window - 1);
      for (let answered = 0; answered < batches.length; answered++) {
        expect(world.platform.count()).toBe(Math.min(batches.length, session.window + answered));
        world.platform.receipt(takes(batches[answered] as Batch));
        await sent[answered];
        const next = session.window + answered;
        if (next < batches.length) expect((await world.platform.arrived(next)).id).toBe(batches[next]?.id);
      }
      expect(world.platform.count()).toBe(batches.length);
    });

    it("lets an alarm go before batches that wait for their turn", async () => {
      const session = await open();
      const first = Array.from({ length: session.window }, (_, n) => batchOf([n], {}, n + 1));
      const sent = first.map((batch) => session.send(batch, never));
      await world.platform.arrived(session.window - 1);
      const waiting = batchOf([8], {}, 8);
      const alarm = batchOf([9], { lane: "early" }, 9);
      sent.push(session.send(waiting, never), session.send(alarm, never));
      world.platform.receipt(takes(first[0] as Batch));
      expect((await world.platform.arrived(session.window)).id).toBe(alarm.id);
      for (const batch of [...first.slice(1), alarm]) world.platform.receipt(takes(batch));
      await world.platform.arrived(session.window + 1);
      world.platform.receipt(takes(waiting));
      expect(await Promise.all(sent)).toHaveLength(session.window + 2);
    });

    it("says that a batch above the largest body is too large, without sending it", async () => {
      const session = await open();
      const huge: Batch = { ...batchOf([1]), bytes: new Uint8Array(maxBatchBytes + 1) };
      expect(await session.send(huge, never)).toMatchObject({ batch: huge.id, taken: 0, tooLarge: true });
      const next = batchOf([2]);
      const sent = session.send(next, never);
      expect((await world.platform.arrived(0)).id).toBe(next.id);
      world.platform.receipt(takes(next));
      await sent;
    });

    it("hands a command over as it came, and says whether it was retained", async () => {
      const { command } = world.platform;
      if (command === undefined) return;
      await open();
      const raw = Buffer.from([0x7b, 0xff, 0x00, 0x0a]);
      command(raw, false);
      command(Buffer.from("{}"), true);
      await vi.waitFor(() => expect(world.commands).toHaveLength(2), { interval: 5 });
      expect(world.commands.map(({ raw, retained }) => [[...raw], retained])).toEqual([
        [[...raw], false],
        [[...Buffer.from("{}")], true],
      ]);
      expect(world.strays).toEqual([]);
    });

    it("ends once with the loss: what is on its way is kept, nothing can be sent, nobody reconnects", async () => {
      const session = await open();
      const batches = Array.from({ length: session.window + 1 }, (_, n) => batchOf([n], {}, n + 1));
      const sent = batches.map((batch) => failure(session.send(batch, never)));
      await world.platform.arrived(session.window - 1);
      const before = world.platform.accepted();
      world.platform.cut();
      const ended = await session.ended;
      expect(ended).toBeInstanceOf(UplinkError);
      expect((await Promise.all(sent)).map(({ retry }) => retry)).toEqual(batches.map(() => "later"));
      expect((await failure(session.send(batchOf([1]), never))).retry).toBe("later");
      await world.clock.advance(3_600_000);
      await session.close();
      expect(await session.ended).toBe(ended);
      expect([world.platform.accepted(), world.platform.open()]).toEqual([before, 0]);
      expect(world.clock.sleeping).toBe(0);
    });

    it("leaves no timer and no socket behind when it is closed, however often", async () => {
      const before = timers();
      const session = await open();
      await Promise.all([session.close(), session.close()]);
      await session.close();
      expect(await session.ended).toBeNull();
      expect((await failure(session.send(batchOf([1]), never))).retry).toBe("later");
      await vi.waitFor(() => expect(world.platform.open()).toBe(0), { interval: 5 });
      while (timers() > before) await new Promise(setImmediate);
      expect(world.clock.sleeping).toBe(0);
    });

    it("keeps what is on its way when it is closed, and delivers nothing afterwards", async () => {
      const session = await open();
      const batch = batchOf([1]);
      const sent = failure(session.send(batch, never));
      await world.platform.arrived(0);
      const closed = session.close();
      world.platform.receipt(takes(batch));
      world.platform.command?.(Buffer.from("{}"), false);
      expect((await sent).retry).toBe("later");
      await closed;
      expect([world.strays, world.commands]).toEqual([[], []]);
    });

    it("closes within 2 s of a platform that does not answer", async () => {
      const session = await open();
      const sent = failure(session.send(batchOf([1]), never));
      await world.platform.arrived(0);
      world.platform.freeze();
      let closed = false;
      const closing = session.close().finally(() => {
        closed = true;
      });
      await world.clock.advance(1999);
      expect(closed).toBe(world.asks === true);
      await world.clock.advance(1);
      await closing;
      await sent;
      expect(world.clock.sleeping).toBe(0);
    });

    it("says `never` for a wrong credential and leaves nothing behind", async () => {
      const error = await failure(world.open("credential"));
      expect([error.code, error.retry]).toEqual(["credential", "never"]);
      await vi.waitFor(() => expect(world.platform.open()).toBe(0), { interval: 5 });
    });

    it("refuses a platform whose certificate nobody it trusts has signed, and shows it no credential", async () => {
      const error = await failure(world.open("trust"));
      expect([error.code, error.retry]).toEqual(["tls", "later"]);
      await vi.waitFor(() => expect(world.platform.open()).toBe(0), { interval: 5 });
      expect(world.platform.count()).toBe(0);
    });

    it("says `later` when nobody is there", async () => {
      const error = await failure(world.open("address"));
      expect([error.code, error.retry]).toEqual(["unreachable", "later"]);
    });

    it("gives up opening when told, and leaves nothing behind", async () => {
      expect((await failure(world.open(undefined, AbortSignal.abort()))).code).toBe("aborted");
      world.platform.freeze();
      const given = new AbortController();
      const before = timers();
      const opening = failure(world.open(undefined, given.signal));
      await vi.waitFor(() => expect(world.platform.open()).toBe(1), { interval: 5 });
      given.abort();
      expect((await opening).code).toBe("aborted");
      await vi.waitFor(() => expect(world.platform.open()).toBe(0), { interval: 5 });
      while (timers() > before) await new Promise(setImmediate);
    });

    it("shows no secret and no payload in errors and log lines", async () => {
      const errors = [await failure(world.open("credential")), await failure(world.open("trust"))];
      const session = await open();
      const sent = failure(session.send(batchOf(["payload-text"]), never));
      await world.platform.arrived(0);
      world.platform.receipt(Buffer.from("receipt-text"));
      await strays("receipt-malformed");
      world.platform.cut();
      errors.push(await sent);
      const shown = `${errors.map(everything).join("\n")}\n${world.logged()}`;
      for (const secret of [...world.secrets, "payload-text", "receipt-text"]) {
        expect(shown.includes(secret), secret).toBe(false);
      }
      expect(shown).toContain("credential");
    });
  });
}

/** Real timers that would keep the process alive. */
function timers(): number {
  return process.getActiveResourcesInfo().filter((what) => what === "Timeout").length;
}
