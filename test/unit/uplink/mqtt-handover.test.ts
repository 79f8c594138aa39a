import { describe, expect, it } from "vitest";
import { batchOf, takes } from "../../suites/uplink-batches.ts";
import { contextOf, never, root } from "./mqtt-world.ts";
import { fault, PlainWorld } from "./plain-world.ts";

describe("handing over to a broker that gives no receipts, the MQTT uplink", () => {
  const world = PlainWorld.each();

  const handing = () => world.open(contextOf({}, { confirm: "broker" }));

  it("takes reason 0 for all rows handed over, and asks for no receipts", async () => {
    const session = await handing();
    const batch = batchOf([1, 2, 3]);
    expect(session.confirms).toBe("broker");
    expect(await session.send(batch, never)).toEqual({
      batch: batch.id,
      taken: 3,
      rejected: [],
      next: null,
      at: null,
    });
    expect(
      world.broker.subscribes.flatMap(({ subscriptions }) => subscriptions.map(({ topic }) => topic)),
    ).toEqual([`${root}/dn/cmd`]);
  });

  it.each([
    [16, "no-subscriber"],
    [128, "refused"],
    [131, "refused"],
    [135, "not-authorised"],
    [144, "refused"],
    [151, "quota"],
    [153, "refused"],
  ])("keeps the batch at reason %i", async (reason, code) => {
    world.broker.script.puback = () => reason;
    const session = await handing();
    expect(await fault(session.send(batchOf([1]), never))).toEqual([code, "later"]);
    world.broker.script.puback = () => 0;
    expect((await session.send(batchOf([1]), never)).taken).toBe(1);
  });

  it("takes neither a receipt nor a foreign PUBACK for an answer", async () => {
    world.broker.script.puback = () => null;
    const context = contextOf({}, { confirm: "broker" });
    const session = await world.open(context);
    const batch = batchOf([1]);
    let settled = false;
    const sent = session.send(batch, never).finally(() => {
      settled = true;
    });
    const publish = await world.broker.publish(0);
    world.broker.message(`${root}/dn/receipt`, JSON.stringify(takes(batch)));
    world.broker.acknowledge({ ...publish, messageId: 999 });
    await world.allRead(context);
    expect([settled, context.strays]).toEqual([false, ["receipt-unexpected"]]);
    world.broker.acknowledge(publish);
    expect((await sent).taken).toBe(1);
  });

  it.each(["pubrec", "pubcomp", "pubrel"] as const)("ends when the broker answers with a %s", async (cmd) => {
    world.broker.script.puback = () => null;
    const session = await handing();
    const sent = fault(session.send(batchOf([1]), never));
    const { messageId = 0 } = await world.broker.publish(0);
    world.broker.send({ cmd, messageId, reasonCode: 0 });
    expect(await sent).toEqual(["protocol", "later"]);
    expect(await session.ended).toMatchObject({ code: "protocol" });
  });

  it("takes the PUBACK of a forgotten sending for that sending alone", async () => {
    world.broker.script.puback = () => null;
    const context = contextOf({}, { confirm: "broker" });
    const session = await world.open(context);
    const batch = batchOf([1]);
    const given = new AbortController();
    const first = fault(session.send(batch, given.signal));
    const publish = await world.broker.publish(0);
    given.abort();
    await first;
    let settled = false;
    const again = session.send(batch, never).finally(() => {
      settled = true;
    });
    const second = await world.broker.publish(1);
    world.broker.acknowledge(publish, 0);
    await world.allRead(context);
    expect(settled).toBe(false);
    world.broker.acknowledge(second, 16);
    expect(await fault(again)).toEqual(["no-subscriber", "later"]);
  });
});
