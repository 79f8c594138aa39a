import { afterEach, describe, expect, it } from "vitest";
import { settle, topicOf, until, type World, world } from "./world.ts";

let made: World;
afterEach(() => made.close());

/** Seconds pass, and what is under way arrives in between. */
async function pass(seconds: number): Promise<void> {
  for (let n = 0; n < seconds; n++) {
    await made.clock.advance(1000);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

describe("a connection to a quiet broker", () => {
  it("is kept by pings", async () => {
    made = await world();
    const session = await made.listening({ link: { keepAlive: "20s" } });
    let ended = false;
    void session.ended.then(() => {
      ended = true;
    });
    await pass(300);
    expect(ended).toBe(false);
    const pings = made.broker.of("pingreq").length;
    expect(pings).toBeGreaterThanOrEqual(15);
    expect(pings).toBeLessThanOrEqual(40);
  });

  it("that answers no ping is noticed within one and a half keep-alives", async () => {
    made = await world();
    const session = await made.listening({ link: { keepAlive: "20s" } });
    await settle();
    made.broker.script.pings = false;
    const since = made.clock.monotonicMs();
    expect(await made.end(session)).toMatchObject({ code: "mqtt.silent", retry: "later" });
    const noticedMs = made.clock.monotonicMs() - since;
    expect(noticedMs).toBeLessThanOrEqual(30_000);
    expect(noticedMs).toBeGreaterThan(20_000);
    expect(made.broker.accepted).toBe(1);
  });

  it("that trickles a message without ever finishing it is no better", async () => {
    made = await world();
    const session = await made.listening({ link: { keepAlive: "20s" } });
    made.broker.script.pings = false;
    made.broker.sendBytes(Buffer.of(0x30, 0xff, 0x7f));
    let over = false;
    const ended = session.ended.then((fault) => {
      over = true;
      return fault;
    });
    const since = made.clock.monotonicMs();
    while (!over) {
      made.broker.sendBytes(Buffer.of(0));
      await pass(1);
    }
    expect(await ended).toMatchObject({ code: "mqtt.silent" });
    expect(made.clock.monotonicMs() - since).toBeLessThanOrEqual(31_000);
  });

  it("keeps the keep-alive that the broker prescribes", async () => {
    made = await world(5);
    made.broker.script.connack = { properties: { serverKeepAlive: 8 } };
    const session = await made.listening({ link: { keepAlive: "1h" } });
    made.broker.script.pings = false;
    const since = made.clock.monotonicMs();
    expect(await made.end(session)).toMatchObject({ code: "mqtt.silent" });
    expect(made.clock.monotonicMs() - since).toBeLessThanOrEqual(12_000);
  });

  it("lives with one second as that, and is asked every second", async () => {
    made = await world(5);
    made.broker.script.connack = { properties: { serverKeepAlive: 1 } };
    const session = await made.listening();
    let ended = false;
    void session.ended.then(() => {
      ended = true;
    });
    await pass(30);
    expect(ended).toBe(false);
    expect(made.broker.of("pingreq").length).toBeGreaterThanOrEqual(29);
    made.broker.script.pings = false;
    expect(await made.end(session)).toMatchObject({ code: "mqtt.silent" });
  });

  it("notices its silence no later because it prescribes a day", async () => {
    made = await world(5);
    made.broker.script.connack = { properties: { serverKeepAlive: 65_535 } };
    const session = await made.listening({ link: { keepAlive: "20s" } });
    made.broker.script.pings = false;
    const since = made.clock.monotonicMs();
    expect(await made.end(session)).toMatchObject({ code: "mqtt.silent" });
    expect(made.clock.monotonicMs() - since).toBeLessThanOrEqual(30_000);
  });
});

it("a slow disk is no silence of the broker: it gets its pings, and the session stays", async () => {
  made = await world(4);
  const session = await made.listening({ link: { keepAlive: "10s" } });
  let ended = false;
  void session.ended.then(() => {
    ended = true;
  });
  made.automatic = false;
  const many = Array.from({ length: 250 }, (_, n) => made.broker.message(topicOf("air"), { co2: n }));
  made.broker.send(...many);
  await until(() => made.delivered.length === 200);
  await pass(50);
  expect(ended).toBe(false);
  expect(made.broker.of("pingreq").length).toBeGreaterThanOrEqual(5);
  made.automatic = true;
  for (const { resolve } of made.delivered) resolve();
  await until(() => made.broker.of("puback").length === 250);
});
