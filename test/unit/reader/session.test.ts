import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Message, NotStored } from "../../../drivers/contract/index.ts";
import { StreamLine } from "../../../drivers/line/stream-line.ts";
import type { ReaderDevice } from "../../../drivers/reader/fields.ts";
import { readerDriver } from "../../../drivers/reader/index.ts";
import { veiled } from "../../../drivers/reader/veiled.ts";
import { FarEnd, until } from "../line/far-end.ts";
import { world as parts, passing } from "../modbus-session/world.ts";
import { ascii, reader, tag } from "./cards.ts";

const never = new AbortController().signal;
const card = tag("62E3086CED");
const other = tag("62E3086CEE");

let end: FarEnd;
let world: ReturnType<typeof parts>;
let session: Awaited<ReturnType<typeof readerDriver.open>>;
let delivered: Message[];
/** What the journal answers. */
let store: (message: Message) => Promise<void>;

beforeEach(async () => {
  end = await FarEnd.listen();
  world = parts();
  delivered = [];
  store = async () => {};
});
afterEach(async () => {
  await passing(world.clock, session.close(), 250);
  await end.close();
});

async function open(device: ReaderDevice = reader({ form: "rdm6300" }), kept = false) {
  const context = { ...world.context, digest: (identity: string) => `<${identity}>` };
  const link = { host: "127.0.0.1", port: end.port, baud: 9600, format: "8N1" as const };
  session = await readerDriver.open(link, [device], context, never);
  await until(() => end.sockets.size === 1);
  if (!kept) await world.clock.advance(400);
  await session.listen?.(async (message) => {
    await store(message);
    delivered.push(message);
  }, never);
}

/** Bytes of the line that the driver has heard so far. */
const heard = () => world.traced.reduce((all, { bytes }) => all + bytes.length, 0);
/** The reader says it, and the driver has heard it. */
async function say(bytes: Uint8Array) {
  const before = heard();
  end.say(bytes);
  await until(() => heard() === before + bytes.length);
  await world.clock.advance(0);
}
const samples = () => delivered.flatMap(({ readings }) => readings.flatMap((one) => one.samples));
const cards = () => samples().map(({ raw }) => raw);
const faults = () => delivered.flatMap(({ readings }) => readings.flatMap((one) => one.faults));

describe("a card that is shown", () => {
  it("is one message with the digest of its number", async () => {
    await open();
    await say(card);
    expect(delivered).toEqual([
      {
        readings: [{ device: "gate", samples: [{ point: "card", raw: "<E3086CED>" }], faults: [] }],
        keys: [],
      },
    ]);
  });

  it("again within 3 s of its last sight is no new event, as when it stays there; later it is", async () => {
    await open();
    for (let second = 0; second < 10; second++) {
      await say(card);
      if (second === 4) await say(other);
      await world.clock.advance(1000);
    }
    expect(cards()).toEqual(["<E3086CED>", "<E3086CEE>"]);
    await world.clock.advance(2001);
    await say(card);
    expect(cards()).toEqual(["<E3086CED>", "<E3086CEE>", "<E3086CED>"]);
  });

  it("that a serial server kept while nobody was connected is of no known moment", async () => {
    await open(undefined, true);
    await say(card);
    await world.clock.advance(400);
    await say(other);
    expect(samples()).toEqual([
      { point: "card", raw: "<E3086CED>", stale: true },
      { point: "card", raw: "<E3086CEE>" },
    ]);
  });

  it("and misread is a fault without a byte of it, told every 3 s at most", async () => {
    await open();
    const wrong = card.slice();
    wrong[3] = 0x39;
    for (let time = 0; time < 7; time++) {
      await say(wrong);
      await world.clock.advance(1000);
    }
    expect(faults().map(({ code }) => code)).toEqual(Array(3).fill("reader.checksum"));
    expect(JSON.stringify([delivered, world.facts])).not.toMatch(/62|E308|6CED/);
  });
});

describe("while the store is down", () => {
  it("scans wait in their order as digests, and their moments are kept", async () => {
    await open();
    let down = true;
    store = async () => {
      if (down) throw new NotStored("store-down");
    };
    await say(card);
    await world.clock.advance(5000);
    await say(other);
    await world.clock.advance(5000);
    expect(delivered).toEqual([]);
    down = false;
    await world.clock.advance(1000);
    await until(() => delivered.length === 2);
    expect(samples()).toMatchObject([
      { raw: "<E3086CED>", ageMs: expect.any(Number) },
      { raw: "<E3086CEE>", ageMs: expect.any(Number) },
    ]);
    const [first = 0, second = 0] = samples().map(({ ageMs }) => ageMs);
    expect(first - second).toBe(5000);
    expect(first).toBeGreaterThanOrEqual(10_000);
  });

  it("64 wait; what is beyond is counted, and told when there is room; shown again it counts", async () => {
    await open();
    let down = true;
    store = async () => {
      if (down) throw new NotStored("busy");
    };
    const tags = Array.from({ length: 70 }, (_, index) =>
      tag(`62${(0x1000 + index).toString(16).toUpperCase().padStart(8, "0")}`),
    );
    for (const one of tags) await say(one);
    down = false;
    await world.clock.advance(1000);
    await until(() => delivered.length === 65);
    expect(cards()).toEqual(
      Array.from({ length: 64 }, (_, index) => `<0000${(0x1000 + index).toString(16).toUpperCase()}>`),
    );
    expect(faults()).toMatchObject([{ code: "reader.lost", facts: { times: 6 } }]);
    await say(tags[69] ?? card);
    await until(() => delivered.length === 66);
    expect(cards().at(-1)).toBe("<00001045>");
  });

  it("what is not stored at the end is said with how many there were", async () => {
    await open();
    store = () => new Promise(() => {});
    await say(card);
    await say(other);
    await passing(world.clock, session.close(), 250);
    const { lines } = world.context.log as unknown as { lines: { level: string; fields: object }[] };
    expect(lines).toMatchObject([{ level: "error", fields: { device: "gate", scans: 2 } }]);
    expect(delivered).toEqual([]);
  });
});

describe("a reader", () => {
  it("that says nothing for a day is well, and nobody is asked", async () => {
    await open();
    await world.clock.advance(86_400_000);
    expect(world.facts).toEqual([{ what: "up", device: "gate", running: true }]);
    expect([delivered, end.received, end.sockets.size]).toEqual([[], [], 1]);
    expect(world.clock.sleeping).toBe(0);
  });

  it("whose line is lost ends with its fault, and what it had read is stored before", async () => {
    await open();
    let stored = () => {};
    store = () =>
      new Promise((resolve) => {
        stored = resolve;
      });
    await say(card);
    end.hangUp();
    await until(() => end.sockets.size === 0);
    stored();
    expect(await passing(world.clock, session.ended)).toMatchObject({ code: "line.gone", layer: "port" });
    expect(cards()).toEqual(["<E3086CED>"]);
    expect(world.facts.at(-1)).toMatchObject({ what: "down", device: "gate", fault: { code: "line.gone" } });
  });

  it("without a suffix is cut where it rests", async () => {
    await open(reader({ form: "text", end: "gap", gap: "100ms" }, "qr"));
    await say(ascii("code"));
    await world.clock.advance(90);
    await say(ascii("-1"));
    await world.clock.advance(110);
    await say(ascii("code-2"));
    await world.clock.advance(110);
    expect(cards()).toEqual(["<code-1>", "<code-2>"]);
  });

  it("that does not finish is dropped, and the next scan is whole", async () => {
    await open(reader({ form: "text" }, "qr"));
    await say(ascii("half of a co"));
    await world.clock.advance(1100);
    await say(ascii("code-2\r"));
    expect(faults().map(({ code }) => code)).toEqual(["reader.unfinished"]);
    expect(cards()).toEqual(["<code-2>"]);
  });

  it("is traced by the number of its bytes alone", async () => {
    await open(reader({ form: "text" }, "qr"));
    await say(ascii("secret-7781\r\n"));
    expect(Buffer.concat(world.traced.map(({ bytes }) => bytes)).toString()).toBe("***********\r\n");
    expect(
      veiled(Uint8Array.from({ length: 256 }, (_, byte) => byte)).filter((byte) => byte !== 0x2a),
    ).toEqual(Uint8Array.of(2, 3, 10, 13));
  });

  it("leaves none of its bytes in the line, which keeps the last of what came unasked", async () => {
    const closes = vi.spyOn(StreamLine.prototype, "close");
    await open(reader({ form: "text" }, "qr"));
    await say(ascii("secret-7781\r\n"));
    await session.close();
    const [line] = closes.mock.contexts as (StreamLine | undefined)[];
    closes.mockRestore();
    expect(line?.strays).toBe(13);
    expect(line?.takeStrays()).toEqual(new Uint8Array(13));
  });

  it("whose digest cannot be made harms nobody and tells nothing of it", async () => {
    const context = world.context;
    context.digest = (identity) => {
      throw new TypeError(`no digest of ${identity}`);
    };
    const link = { host: "127.0.0.1", port: end.port, baud: 9600, format: "8N1" as const };
    session = await readerDriver.open(link, [reader({ form: "rdm6300" })], context, never);
    await session.listen?.(async (message) => void delivered.push(message), never);
    await say(card);
    const { lines } = context.log as unknown as { lines: object[] };
    expect(lines).toMatchObject([{ level: "error", fields: { error: "TypeError" } }]);
    expect(JSON.stringify([lines, delivered])).not.toMatch(/E3086CED/);
  });
});
