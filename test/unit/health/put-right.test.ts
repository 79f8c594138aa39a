import { describe, expect, it } from "vitest";
import { sayReason } from "../../../config/catalogue/reasons.ts";
import { fault, periodMs, plan, School } from "./world.ts";

const school = () => School.well(plan({ broker: { "301-air": {}, "302-air": {} } }));
const blame = (s: School, code: string) =>
  s.health.fault("301-air", fault(code, { layer: "access", retry: "never" }));
const refused = (s: School, client: string, code: string, devices?: string[]) =>
  s.health.device("broker", {
    what: "refused",
    client,
    address: "fd12:30::9c",
    fault: fault(code, { layer: "access", retry: "never" }),
    ...(devices === undefined ? {} : { devices }),
  });

describe("a device that was put right", () => {
  it("is blamed no longer after a period with good data", async () => {
    const s = school();
    s.up("301-air");
    s.say("301-air");
    blame(s, "mqtt.topic");
    expect(s.device()).toBe("degraded E303");
    await s.periods(1, "301-air");
    expect(s.device()).toBe("degraded E303");
    await s.clock.advance(1);
    expect(s.device()).toBe("ok");
  });

  it("is blamed as long as it goes on, however long lies between, and its data flow", async () => {
    const s = school();
    s.up("301-air");
    blame(s, "mqtt.topic");
    for (let n = 0; n < 4; n += 1) {
      await s.clock.advance(2 * periodMs);
      s.say("301-air");
      if (n > 0) expect(s.device()).toBe("degraded E303");
      blame(s, "mqtt.topic");
    }
    await s.periods(4, "301-air");
    expect(s.device()).toBe("degraded E303");
    await s.periods(1, "301-air");
    expect(s.device()).toBe("ok");
  });

  it("is not forgiven for silence", async () => {
    const s = school();
    s.up("301-air");
    s.say("301-air");
    await s.clock.advance(1);
    blame(s, "mqtt.topic");
    await s.periods(2);
    expect(s.device()).toBe("degraded E303");
  });

  it("and let in leaves no notice at its link, where its refusals were told", () => {
    const s = school();
    refused(s, "301-air", "mqtt.topic");
    refused(s, "somebody", "mqtt.topic");
    expect(s.status.reasons.find(({ subject }) => subject === "broker")?.facts).toMatchObject({
      strangers: 2,
    });
    s.up("301-air");
    expect(s.status.reasons.find(({ subject }) => subject === "broker")?.facts).toMatchObject({
      client: "somebody",
      strangers: null,
    });
    refused(s, "301-air", "mqtt.topic");
    expect(s.status.reasons.find(({ subject }) => subject === "broker")?.facts).toMatchObject({
      strangers: 2,
    });
  });
});

describe("a wrong password", () => {
  it("is told of the device whose user it named, whatever it called itself", () => {
    const s = school();
    refused(s, "ESP_0F3A", "mqtt.credential", ["301-air"]);
    expect(s.device()).toBe("down E301");
    expect(s.device("302-air")).toBe("unknown");
    const reason = s.status.reasons.find(({ subject }) => subject === "301-air");
    expect(reason?.facts).toMatchObject({ address: "fd12:30::9c" });
    s.up("301-air");
    s.say("301-air");
    expect(s.device()).toBe("ok");
    expect(s.reasons).toEqual([]);
  });

  it("of a device that was named only by itself is told of that name", () => {
    const s = school();
    refused(s, "301-air", "mqtt.credential");
    expect(s.device()).toBe("down E301");
  });
});

describe("a device that shows another serial number", () => {
  const swapped = (s: School) =>
    s.health.fault(
      "301-air",
      fault("mqtt.serial", {
        layer: "access",
        retry: "never",
        facts: { found: "E8123…07", expected: "E8123…12" },
      }),
    );

  it("is down, and both numbers are told with what to do", async () => {
    const s = school();
    s.up("301-air");
    await s.clock.advance(1000);
    swapped(s);
    expect(s.device()).toBe("down E302");
    const [reason] = s.status.reasons;
    if (reason === undefined) throw new Error("no reason");
    expect(sayReason(reason, "zh").line).toContain("序列号是 E8123…07, 不是应有的 E8123…12");
    expect(sayReason(reason, "en").line).toContain(
      "serial E8123…07, which is not the serial that is expected (E8123…12)",
    );
    expect(sayReason(reason, "zh").next).toContain("机身标签");
  });

  it("is not called silent about it for the first messages of a connection, only when that goes on", async () => {
    const s = school();
    const missing = () => s.health.fault("301-air", fault("mqtt.serial-missing", { layer: "access" }));
    s.up("301-air");
    missing();
    await s.clock.advance(10_000);
    missing();
    expect(s.device()).toBe("unknown");
    s.say("301-air");
    expect(s.device()).toBe("ok");
    const never = school();
    never.up("301-air");
    for (let n = 0; n < 3; n += 1) {
      never.health.fault("301-air", fault("mqtt.serial-missing", { layer: "access" }));
      await never.clock.advance(periodMs);
    }
    expect(never.device()).toBe("down E306");
  });

  it("is well when the right one is back", async () => {
    const s = school();
    s.up("301-air");
    await s.clock.advance(1000);
    swapped(s);
    await s.periods(2, "301-air");
    expect(s.device()).toBe("ok");
    expect(s.reasons.filter((reason) => reason.endsWith("301-air"))).toEqual([]);
  });

  it("keeps its number to itself before a viewer", async () => {
    const s = school();
    s.up("301-air");
    await s.clock.advance(1000);
    swapped(s);
    const shown = JSON.stringify(s.health.status({ level: 2, words: false }));
    expect(shown).toContain("E302");
    expect(shown).not.toContain("E8123");
  });
});
