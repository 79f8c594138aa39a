/** The unit that is expected at a position, and another one in its place. */
import { afterEach, describe, expect, it } from "vitest";
import type { MqttDevice } from "../../../drivers/mqtt/schema.ts";
import { device, publish, type RawClient, topicOf, type World, world } from "./world.ts";

let w: World;
afterEach(() => w.close());

const told = () =>
  w.messages.flatMap(({ readings }) =>
    readings.flatMap(({ samples, faults }) => [
      ...samples.map(({ point, raw }) => `${point} ${raw}`),
      ...faults.map(({ code }) => code),
    ]),
  );

let id = 0;
async function say(client: RawClient, body: object | string, topic = topicOf("air")) {
  id += 1;
  client.send(publish("", body, { topic, messageId: id }));
  await client.next("puback");
}

const air = (profile: object = {}, expected = "A17"): MqttDevice => ({
  ...device("air", { co2: "co2" }, { profile: { serial: { path: "info.sn" }, ...profile } }),
  expect: expected,
});

describe("a device that is expected to show a serial number", () => {
  it("is taken when it shows it, in whichever way it is written", async () => {
    w = await world([air({}, "A4:CF-12 ab")]);
    for (const sn of ["A4:CF-12 ab", "a4cf12AB"]) await say(await w.login("air"), { co2: 600, info: { sn } });
    expect(told()).toEqual(["co2 600", "co2 600"]);
  });

  it.each([["A18"], ["A1"], ["0A17"], [17], [""], [true], [null], [{ a: 1 }], ["x".repeat(300)]])(
    "gives no value when it shows %j instead",
    async (sn) => {
      w = await world([air()]);
      const client = await w.login("air");
      await say(client, { co2: 600, info: { sn } });
      expect(told()).toHaveLength(1);
      expect(told()[0]).toMatch(/^mqtt\.(serial|serial-missing|forbidden)$/);
    },
  );

  it("does not lose its zeros to a number", async () => {
    w = await world([air({}, "0017")]);
    const client = await w.login("air");
    await say(client, { co2: 1, info: { sn: 17 } });
    await say(client, { co2: 1, info: { sn: "0017" } });
    expect(told()).toEqual(["mqtt.serial", "co2 1"]);
  });

  it("says in the fault what was found, where that can be a serial number", async () => {
    w = await world([air()]);
    const client = await w.login("air");
    await say(client, { co2: 1, info: { sn: "B99" } });
    await say(client, { co2: 1, info: { sn: "Li Lei" } });
    const faults = w.messages.flatMap(({ readings }) => readings.flatMap((reading) => reading.faults));
    expect(faults.map(({ facts, layer }) => ({ facts, layer }))).toEqual([
      { facts: { expected: "A17", found: "B99" }, layer: "access" },
      { facts: { expected: "A17" }, layer: "access" },
    ]);
    expect(JSON.stringify(faults)).not.toContain("Lei");
  });

  it("gives nothing until it has shown it, then also messages without it count", async () => {
    w = await world([air()]);
    const client = await w.login("air");
    await say(client, { co2: 1 });
    await say(client, { info: { sn: "A17" } });
    await say(client, { co2: 3 });
    expect(told()).toEqual(["mqtt.serial-missing", "co2 3"]);
  });

  it("is not taken any more once it shows another one, until the right one is back", async () => {
    w = await world([air()]);
    const client = await w.login("air");
    await say(client, { co2: 1, info: { sn: "A17" } });
    await say(client, { co2: 2, info: { sn: "A18" } });
    await say(client, { co2: 3 });
    await say(client, { co2: 4, info: { sn: "A17" } });
    expect(told()).toEqual(["co2 1", "mqtt.serial", "mqtt.serial", "co2 4"]);
  });

  it("shows it anew on every connection: another unit with the same password slips nothing through", async () => {
    w = await world([air()]);
    const first = await w.login("air");
    await say(first, { co2: 1, info: { sn: "A17" } });
    const swapped = await w.login("air");
    await say(swapped, { co2: 2 });
    await say(swapped, { co2: 3, info: { sn: "A18" } });
    expect(told()).toEqual(["co2 1", "mqtt.serial-missing", "mqtt.serial"]);
  });

  it("beside another unit is taken, and that one is not, at the same time", async () => {
    w = await world([air()]);
    const right = await w.login("air", { clientId: "right" });
    const wrong = await w.login("air", { clientId: "wrong" });
    await say(right, { co2: 1, info: { sn: "A17" } });
    await say(wrong, { co2: 2, info: { sn: "A18" } });
    await say(right, { co2: 3 });
    await say(wrong, { co2: 4 });
    expect(told()).toEqual(["co2 1", "mqtt.serial", "co2 3", "mqtt.serial"]);
  });

  it("leaves no key behind while it is refused, so that the same message counts later", async () => {
    w = await world([air({ identity: { epoch: "ep", seq: "seq" } })]);
    const client = await w.login("air");
    await say(client, { co2: 1, ep: 1, seq: 1 });
    expect(w.messages[0]?.keys.filter(({ rule }) => rule === "once")).toEqual([]);
    await say(client, { co2: 1, ep: 1, seq: 1, info: { sn: "A17" } });
    expect(w.messages[1]?.keys.filter(({ rule }) => rule === "once")).toHaveLength(1);
  });

  it("may show it in its birth", async () => {
    const availability = { topic: "ce/v1/{device}/up/state", path: "on", online: "true", offline: "false" };
    w = await world([air({ availability })]);
    const client = await w.login("air");
    const state = "ce/v1/air/up/state";
    await say(client, { on: true }, state);
    await say(client, { on: true, info: { sn: "A17" } }, state);
    await say(client, { co2: 2 });
    await say(client, { on: true, info: { sn: "A18" } }, state);
    await say(client, { co2: 3 });
    expect(told()).toEqual(["co2 2", "mqtt.serial", "mqtt.serial"]);
  });

  it("is looked at by a configuration that comes later, without a new connection", async () => {
    w = await world([air({}, "A18")]);
    const client = await w.login("air");
    await say(client, { co2: 1, info: { sn: "A17" } });
    await w.session.update([air()], new AbortController().signal);
    await say(client, { co2: 2 });
    expect(told()).toEqual(["mqtt.serial", "co2 2"]);
  });
});

describe("a device that nothing is expected of", () => {
  it("is taken, whatever it shows", async () => {
    const { expect: _, ...free } = air();
    w = await world([free]);
    await say(await w.login("air"), { co2: 1, info: { sn: "B" } });
    expect(told()).toEqual(["co2 1"]);
  });

  it("is taken, too, when its profile does not say where the number is", async () => {
    w = await world([{ ...device("air", { co2: "co2" }), expect: "A17" }]);
    await say(await w.login("air"), { co2: 1, sn: "B" });
    expect(told()).toEqual(["co2 1"]);
  });
});

describe("in SenML", () => {
  const sensor = (serial: object): MqttDevice => ({
    ...device(
      "air",
      { temperature: { name: "temperature" }, humidity: { name: "humidity" } },
      { profile: { payload: "senml", serial } },
    ),
    expect: "0024BEFFFE804FF1",
  });
  const mine = "urn:dev:mac:0024befffe804ff1:";
  const other = "urn:dev:mac:0024befffe804ff2:";
  const pack = (bn: string, more: object[] = []) => [{ bn, n: "temperature", u: "Cel", v: 20 }, ...more];

  it("the number is the last part of the base name", async () => {
    w = await world([sensor({ base: "true" })]);
    const client = await w.login("air");
    await say(client, pack(other));
    await say(client, pack(mine));
    await say(client, pack(mine, [{ bn: other, n: "humidity", u: "%RH", v: 40 }]));
    await say(client, [{ n: "temperature", v: 20 }]);
    expect(told()).toEqual(["mqtt.serial", "temperature 20", "mqtt.serial", "mqtt.serial"]);
  });

  it("or a record of its own", async () => {
    w = await world([sensor({ name: "serial" })]);
    const client = await w.login("air");
    await say(client, pack(mine));
    await say(client, pack(mine, [{ n: "serial", vs: "0024BEFFFE804FF1" }]));
    await say(client, pack(mine));
    await say(client, pack(mine, [{ n: "serial", vs: "0024BEFFFE804FF9" }]));
    expect(told()).toEqual(["mqtt.serial-missing", "temperature 20", "temperature 20", "mqtt.serial"]);
  });
});
