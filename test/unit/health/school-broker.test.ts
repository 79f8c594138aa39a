/** What is told of a link to a broker that the school has already. */
import { describe, expect, it } from "vitest";
import { sayReason } from "../../../config/catalogue/reasons.ts";
import { externalFaults } from "../../../drivers/mqtt/external/faults.ts";
import { mqttFault, mqttFaults } from "../../../drivers/mqtt/faults.ts";
import { plan, School } from "./world.ts";

const names = ["air-1", "air-2", "air-3", "air-4"];

function atBroker(): School {
  const of = plan({ old: Object.fromEntries(names.map((id) => [id, {}])) });
  const links = of.links.map((link) => ({
    ...link,
    kind: "mqtt-external",
    settings: { host: "192.168.10.5", port: 8883 },
  }));
  const school = School.well({ ...of, links });
  for (const id of names) school.up(id, "old");
  return school;
}

const said = (school: School, lang: "zh" | "en" = "zh") =>
  school.status.reasons.map((reason) => {
    const { line, next } = sayReason(reason, lang, school.clock.wallMs());
    return `${line} → ${next}`;
  });

const rows: Record<string, string> = {
  "mqtt.unreachable": "E133",
  "mqtt.hung-up": "E134",
  "mqtt.silent": "E134",
  "mqtt.no-answer": "E134",
  "mqtt.stalled": "E134",
  "mqtt.their-busy": "E134",
  "mqtt.refused": "E134",
  "mqtt.not-mqtt": "E135",
  "mqtt.their-frame": "E135",
  "mqtt.unasked": "E135",
  "mqtt.certificate": "E136",
  "mqtt.no-tls": "E136",
  "mqtt.trust": "E136",
  "mqtt.their-version": "E137",
  "mqtt.our-id": "E137",
  "mqtt.moved": "E137",
  "mqtt.not-stored": "E138",
  "mqtt.login": "E307",
  "mqtt.own-password": "E310",
  "mqtt.taken-over": "E309",
};

describe("a broker of the school", () => {
  it("has a row for each way in which it may not be there for us", () => {
    const told = Object.keys(externalFaults).filter((code) => code !== "mqtt.their-topic");
    expect(told.filter((code) => rows[code] === undefined)).toEqual([]);
  });

  it.each(Object.entries(rows))("that is lost by %s is %s, and its devices are down by it", (code, row) => {
    const school = atBroker();
    const { retry, what } = mqttFaults[code as keyof typeof mqttFaults];
    school.health.link("old", { what: "closed", code, retry, detail: what.en, nextMs: 4000 });
    expect(school.states("links")).toEqual({ old: `down ${row}` });
    expect(school.reasons).toEqual([`${row} old`, ...names.map((id) => `E110 ${id} by old`)]);
    const [zh = ""] = said(school);
    expect(zh).toContain("4 台受影响");
    expect(zh).not.toContain("?");
    expect(said(school, "en")[0]).toMatch(/4 devices/);
  });

  it("tells a technician what to do first, in both languages", () => {
    const school = atBroker();
    school.health.link("old", { what: "closed", code: "mqtt.login", retry: "never", nextMs: 3_600_000 });
    expect(said(school)[0]).toMatch(
      /^E307 old 的 MQTT 服务器 192\.168\.10\.5:8883 不接受.*用户名或密码.*apply$/,
    );
    expect(said(school, "en")[0]).toMatch(/refuses user or password of this gateway.*run campus-edge apply$/);
  });

  it("that was not called for want of a password says where to store it", () => {
    const school = atBroker();
    school.health.link("old", {
      what: "closed",
      code: "mqtt.own-password",
      retry: "never",
      nextMs: 3_600_000,
    });
    expect(said(school)[0]).toMatch(/^E310 old 没有去连 MQTT 服务器: 读不到.*secrets\/.*apply$/);
    expect(said(school, "en")[0]).toMatch(/the secret of password cannot be read.*under secrets\/.*apply$/);
  });

  it("that refuses one topic leaves the others well, and the topic is named", async () => {
    const school = atBroker();
    const topic = "ce/v1/air-1/up/prop";
    await school.periods(1, ...names.slice(1));
    school.health.device("old", {
      what: "down",
      device: "air-1",
      fault: mqttFault("mqtt.their-topic", { facts: { topic } }),
    });
    await school.periods(5, ...names.slice(1));
    expect(school.reasons).toEqual(["E308 air-1"]);
    expect(said(school)[0]).toContain(`不许本网关订阅 air-1 的主题 ${topic}, `);
    school.health.device("old", {
      what: "down",
      device: "air-2",
      fault: mqttFault("mqtt.their-topic", { facts: { topic, reason: 143 } }),
    });
    await school.periods(1, ...names.slice(2));
    expect(said(school)[1]).toContain(`${topic} (原因代码 143), `);
    expect(said(school, "en")[1]).toContain("(reason 143)");
  });

  it("at which all are silent while it is there is told as such, not as a listener of ours", async () => {
    const school = atBroker();
    await school.periods(2, ...names);
    await school.periods(8);
    expect(school.reasons[0]).toBe("E111 old");
    expect(said(school)[0]).toMatch(/4 台, 与 MQTT 服务器连着.*mosquitto_sub/);
    expect(said(school)[0]).not.toContain("本机监听");
    expect(said(school, "en")[0]).toContain("4 devices, while we are connected to the broker");
  });

  it("a value that it had kept makes no device well", async () => {
    const school = atBroker();
    await school.clock.advance(1000);
    for (const id of names) school.say(id, 16);
    await school.periods(5, ...names.slice(1));
    expect(school.device("air-1")).toMatch(/^(degraded|down) E1/);
    expect(school.device("air-2")).toBe("ok");
  });
});
