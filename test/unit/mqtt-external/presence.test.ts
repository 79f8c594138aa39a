import { afterEach, describe, expect, it } from "vitest";
import { device, settle, topicOf, until, type World, world } from "./world.ts";

let made: World;
afterEach(() => made.close());

const availability = { topic: "tele/{device}/LWT", online: "Online", offline: "Offline" };
const plug = () => device("plug", { power: "power" }, { profile: { availability } });
const kept = { retain: true } as const;

describe("whether a device behind a broker of the school is there", () => {
  it("is said by its retained LWT, which is no value", async () => {
    made = await world();
    await made.listening({ devices: [plug()] });
    expect(made.broker.subscribed).toEqual(["ce/v1/plug/up/prop", "tele/plug/LWT"]);
    made.broker.publish("tele/plug/LWT", "Online", kept);
    await until(() => made.facts.length === 1);
    // It may have been on for weeks: its warm-up does not begin by our login.
    expect(made.facts).toEqual([{ what: "up", device: "plug", running: true }]);
    made.broker.publish("tele/plug/LWT", "Offline");
    await until(() => made.facts.length === 2);
    expect(made.facts[1]).toMatchObject({ what: "down", device: "plug", fault: { code: "mqtt.offline" } });
    made.broker.publish("tele/plug/LWT", "Online");
    await until(() => made.facts.length === 3);
    expect(made.facts[2]).toEqual({ what: "up", device: "plug" });
    expect(made.messages).toEqual([]);
  });

  it("is not said by a value after its own word that it is gone", async () => {
    made = await world();
    await made.listening({ devices: [plug()] });
    made.broker.publish("tele/plug/LWT", "Offline", kept);
    made.broker.publish(topicOf("plug"), { power: 3 });
    await until(() => made.messages.length === 1);
    await settle();
    expect(made.facts).toMatchObject([{ what: "down", device: "plug" }]);
  });

  it("goes with its bridge", async () => {
    made = await world();
    const bridge = device("bridge", {}, { profile: { availability: { topic: "{device}/state" } } });
    await made.listening({ devices: [bridge, device("sensor", { t: "t" }, { via: "bridge" })] });
    made.broker.publish(topicOf("sensor"), { t: 1 });
    made.broker.publish("bridge/state", "offline");
    await until(() => made.facts.length >= 3);
    expect(made.facts.map((fact) => [fact.what, "device" in fact ? fact.device : ""])).toEqual([
      ["up", "sensor"],
      ["down", "bridge"],
      ["down", "sensor"],
    ]);
  });

  it("is not known any more when the connection is lost", async () => {
    made = await world();
    const session = await made.listening();
    made.broker.publish(topicOf("air"), { co2: 1 });
    await until(() => made.facts.length === 1);
    made.broker.end();
    expect(await made.end(session)).toMatchObject({ code: "mqtt.hung-up" });
    expect(made.facts[1]).toMatchObject({ what: "down", device: "air", fault: { code: "mqtt.hung-up" } });
  });

  it("waits for the expected serial number: values before it are refused", async () => {
    made = await world();
    const expected = {
      ...device("air", { co2: "co2" }, { profile: { serial: { path: "sn" } } }),
      expect: "A1",
    };
    await made.listening({ devices: [expected] });
    made.broker.publish(topicOf("air"), { co2: 1 });
    made.broker.publish(topicOf("air"), { co2: 2, sn: "A1" });
    await until(() => made.messages.length === 2);
    expect(made.messages[0]?.readings[0]?.faults).toMatchObject([{ code: "mqtt.serial-missing" }]);
    expect(made.messages[1]?.readings[0]?.samples).toMatchObject([{ raw: 2 }]);
  });
});
