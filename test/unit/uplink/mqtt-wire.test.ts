import { generate } from "mqtt-packet";
import { describe, expect, it, vi } from "vitest";
import { batchOf, takes } from "../../suites/uplink-batches.ts";
import { contextOf, never, root } from "./mqtt-world.ts";
import { fault, PlainWorld } from "./plain-world.ts";

describe("on the wire, the MQTT uplink", () => {
  const world = PlainWorld.each();

  it("introduces itself with MQTT 5, a clean session and its own limits", async () => {
    await world.open(contextOf({ pass: "word\r\n" }), {
      user: "u",
      password: "secret:pass",
      keepAlive: "2min",
    });
    const { protocolVersion, clean, clientId, keepalive, username, password, properties, will } =
      world.broker.connects[0] ?? {};
    expect({ protocolVersion, clean, clientId, keepalive, username, password: `${password}`, will }).toEqual({
      protocolVersion: 5,
      clean: true,
      clientId: "2133000001-gw1",
      keepalive: 120,
      username: "u",
      password: "word",
      will: undefined,
    });
    expect(properties).toEqual({ maximumPacketSize: 262_144, receiveMaximum: 20 });
    expect(world.broker.subscribes.map(({ subscriptions }) => subscriptions)).toEqual([
      [{ topic: `${root}/dn/receipt`, qos: 1, nl: false, rap: true, rh: 2 }],
      [{ topic: `${root}/dn/cmd`, qos: 1, nl: false, rap: true, rh: 0 }],
    ]);
  });

  it("says with each batch what it is", async () => {
    const session = await world.open();
    const [live, alarm] = [batchOf([1]), batchOf([2], { lane: "early" })];
    const sent = [session.send(live, never), session.send(alarm, never)];
    await world.broker.publish(1);
    const plain = {
      payloadFormatIndicator: true,
      contentType: "application/json",
      responseTopic: `${root}/dn/receipt`,
    };
    expect(
      world.broker.publishes.map(({ topic, qos, retain, dup, properties }) => ({
        topic,
        qos,
        retain,
        dup,
        properties,
      })),
    ).toEqual([
      {
        topic: `${root}/up/data`,
        qos: 1,
        retain: false,
        dup: false,
        properties: { ...plain, userProperties: { batch: live.id } },
      },
      {
        topic: `${root}/up/alarm`,
        qos: 1,
        retain: false,
        dup: false,
        properties: { ...plain, userProperties: { batch: alarm.id } },
      },
    ]);
    for (const batch of [live, alarm]) world.receipt(takes(batch));
    await Promise.all(sent);
  });

  it("tells the encoding of a compressed batch, and none when compressing does not pay", async () => {
    const session = await world.open(contextOf(), { compress: "gzip" });
    const [large, tiny] = [batchOf(Array(500).fill(1)), { ...batchOf([1]), bytes: Buffer.from("{}") }];
    const sent = [session.send(large, never), session.send(tiny, never)];
    const [a, b] = [await world.broker.publish(0), await world.broker.publish(1)];
    expect(a.properties?.userProperties).toEqual({ batch: large.id, "content-encoding": "gzip" });
    expect(a.properties?.payloadFormatIndicator).toBeUndefined();
    expect(a.payload.length).toBeLessThan(large.bytes.length / 3);
    expect(b.properties?.userProperties).toEqual({ batch: tiny.id });
    expect(b.payload.toString()).toBe("{}");
    for (const batch of [large, tiny]) world.receipt(takes(batch));
    await Promise.all(sent);
  });

  it("sends compressed batches in the order they were given, however large they are", async () => {
    const session = await world.open(contextOf(), { compress: "gzip" });
    const batches = Array.from({ length: 40 }, (_, n) =>
      batchOf(Array(n % 2 ? 1 : 900).fill(n), {}, n * 1000 + 1),
    );
    const sent = batches.map((batch) => session.send(batch, never));
    for (let n = 0; n < batches.length; n++) {
      const { properties } = await world.broker.publish(n);
      expect(properties?.userProperties?.batch).toBe(batches[n]?.id);
      world.receipt(takes(batches[n] as (typeof batches)[0]));
    }
    await Promise.all(sent);
  });

  it("takes a receipt that comes before the PUBACK, and keeps the place until the PUBACK", async () => {
    world.broker.script.connack = () => ({ properties: { receiveMaximum: 1 } });
    world.broker.script.puback = () => null;
    const context = contextOf();
    const session = await world.open(context);
    expect(session.window).toBe(1);
    const [a, b] = [batchOf([1]), batchOf([2])];
    const first = session.send(a, never);
    const publish = await world.broker.publish(0);
    world.receipt(takes(a));
    expect((await first).taken).toBe(1);
    const second = session.send(b, never);
    await world.allRead(context);
    expect(world.broker.publishes).toHaveLength(1);
    world.broker.acknowledge(publish);
    await world.broker.publish(1);
    world.receipt(takes(b));
    expect((await second).taken).toBe(1);
  });

  it.each([0, 16])("with receipts, settles nothing by a PUBACK with reason %i", async (reason) => {
    world.broker.script.puback = () => reason;
    const context = contextOf();
    const session = await world.open(context);
    const batch = batchOf([1]);
    let settled = false;
    const sent = session.send(batch, never).finally(() => {
      settled = true;
    });
    await world.broker.publish(0);
    await world.allRead(context);
    expect(settled).toBe(false);
    world.receipt(takes(batch));
    expect((await sent).taken).toBe(1);
  });

  it("gives a forgotten batch's place back only with its PUBACK, and never gives its packet id again before", async () => {
    world.broker.script.puback = () => null;
    const context = contextOf();
    const session = await world.open(context);
    for (let n = 0; n < session.window; n++) {
      const given = new AbortController();
      const sent = fault(session.send(batchOf([n]), given.signal));
      await world.broker.publish(n);
      given.abort();
      expect(await sent).toEqual(["aborted", "later"]);
    }
    const batch = batchOf([9]);
    const sent = session.send(batch, never);
    await world.allRead(context);
    expect(world.broker.publishes).toHaveLength(session.window);
    expect(new Set(world.broker.publishes.map(({ messageId }) => messageId)).size).toBe(session.window);
    world.broker.acknowledge(await world.broker.publish(2));
    await world.broker.publish(session.window);
    world.receipt(takes(batch));
    expect((await sent).batch).toBe(batch.id);
  });

  it("sends the answer to a command also while no receipt comes for as many batches as may be on their way", async () => {
    const context = contextOf();
    const session = await world.open(context);
    const given = new AbortController();
    const sent = Array.from({ length: session.window }, (_, n) =>
      fault(session.send(batchOf([n]), given.signal)),
    );
    await world.broker.publish(session.window - 1);
    await session.answer?.({ req: "req-00000001" }, never);
    expect(world.broker.publishes.at(-1)?.topic).toMatch(/\/up\/ack$/);
    given.abort();
    await Promise.all(sent);
  });

  it("obeys the broker's largest packet to the byte: above it nothing is sent and `tooLarge` is answered", async () => {
    const batch = batchOf(Array(50).fill(1));
    const session = await world.open();
    const sent = session.send(batch, never);
    const publish = await world.broker.publish(0);
    world.receipt(takes(batch));
    await sent;
    const size = generate(publish, { protocolVersion: 5 }).length;
    for (const [maximumPacketSize, fits] of [
      [size, true],
      [size - 1, false],
    ] as const) {
      world.broker.script.connack = () => ({ properties: { maximumPacketSize } });
      const bounded = await world.open();
      const before = world.broker.publishes.length;
      const answer = bounded.send(batch, never);
      if (fits) {
        await world.broker.publish(before);
        world.receipt(takes(batch));
      }
      expect((await answer).tooLarge).toBe(fits ? undefined : true);
      expect(world.broker.publishes.length).toBe(before + (fits ? 1 : 0));
    }
  });

  it("counts a retained receipt and a message on another topic as stray", async () => {
    const context = contextOf();
    const session = await world.open(context);
    const batch = batchOf([1]);
    const sent = session.send(batch, never);
    await world.broker.publish(0);
    world.broker.message(`${root}/dn/receipt`, JSON.stringify(takes(batch)), { retain: true });
    world.broker.message(`${root}/dn/receipt/more`, JSON.stringify(takes(batch)));
    await world.allRead(context);
    expect(context.strays).toEqual(["receipt-retained", "topic-unknown"]);
    world.receipt(takes(batch));
    expect((await sent).batch).toBe(batch.id);
  });

  it("goes on when whoever takes a command fails", async () => {
    const context = contextOf({}, {});
    context.command = () => {
      throw new Error("cmd-text");
    };
    const session = await world.open(context);
    world.broker.message(`${root}/dn/cmd`, "{}");
    await vi.waitFor(() => expect(context.log.lines).toHaveLength(1), { interval: 5, timeout: 5000 });
    expect(JSON.stringify(context.log.lines)).not.toContain("cmd-text");
    const batch = batchOf([1]);
    const sent = session.send(batch, never);
    await world.broker.publish(0);
    world.receipt(takes(batch));
    await sent;
  });

  it("says goodbye when it is closed, also while something is unacknowledged", async () => {
    world.broker.script.puback = () => null;
    const session = await world.open();
    const sent = fault(session.send(batchOf([1]), never));
    await world.broker.publish(0);
    await session.close();
    expect(world.broker.disconnects).toEqual([0]);
    expect(await sent).toEqual(["closed", "later"]);
  });

  it("publishes the status, retained where the broker can, and says when it is refused", async () => {
    const session = await world.open();
    await session.publish?.({ state: "ok" }, never);
    const { topic, payload, retain, qos } = await world.broker.publish(0);
    expect([topic, payload.toString(), retain, qos]).toEqual([
      `${root}/up/status`,
      '{"state":"ok"}',
      true,
      1,
    ]);
    world.broker.script.puback = () => 135;
    expect(await fault(session.publish?.({}, never) as Promise<void>)).toEqual(["not-authorised", "later"]);
    world.broker.script.puback = () => null;
    const given = new AbortController();
    const stuck = fault(session.publish?.({}, given.signal) as Promise<void>);
    await world.broker.publish(2);
    given.abort();
    expect(await stuck).toEqual(["aborted", "later"]);
    const cut = fault(session.publish?.({}, never) as Promise<void>);
    await world.broker.publish(3);
    world.broker.cut();
    expect(await cut).toEqual(["lost", "later"]);
    world.broker.script.connack = () => ({ properties: { retainAvailable: false, maximumPacketSize: 200 } });
    world.broker.script.puback = () => 0;
    const modest = await world.open();
    await modest.publish?.({}, never);
    expect((await world.broker.publish(4)).retain).toBe(false);
    expect(await fault(modest.publish?.({ text: "x".repeat(200) }, never) as Promise<void>)).toEqual([
      "too-large",
      "later",
    ]);
  });
});
