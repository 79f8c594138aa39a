/** What goes wrong in a simulated school is told by its right name, where it is, in time; and all is well afterwards. */
import { describe, expect, it } from "vitest";
import type { SchoolFault } from "../../simulator/faults/fault-schema.ts";
import { sceneSchema } from "../../simulator/scenes/scene-schema.ts";
import { VirtualSchool } from "./virtual-school.ts";

const scene = sceneSchema.parse({
  school: { id: "2133000006" },
  floors: [
    { floor: "1", rooms: "101..103" },
    { floor: "2", rooms: "201..204" },
  ],
  devices: [
    { name: "air", model: "jxct-air-board", unit: "1", every: "10s" },
    { name: "meter", model: "chint-ddsu666", unit: "41", every: "20s" },
    { name: "desk", model: "mqtt-air", every: "10s", in: ["101", "201"] },
    { name: "main", model: "acrel-adw300", every: "20s" },
  ],
});
const dayMs = 86_400_000;

type Case = [
  fault: SchoolFault,
  /** Reasons that nothing else explains, when all of it is known. */
  told: readonly string[],
  /** Longest until then, and until all is well again after it is over, s. */
  withinS: number,
  againS: number,
];

const cases: readonly Case[] = [
  [{ what: "cable-cut", room: "202" }, ["E112 rs2"], 75, 60],
  [{ what: "converter-off" }, ["E120 rs1"], 15, 30],
  [{ what: "converter-mode", floor: 2 }, ["E124 rs2"], 60, 120],
  [{ what: "device-off", device: "202-air" }, ["E113 202-air"], 40, 90],
  [{ what: "device-off", device: "101-desk" }, ["E115 101-desk"], 40, 15],
  [{ what: "device-off", device: "f1-main" }, ["E120 f1-main"], 75, 60],
  [{ what: "same-address", device: "102-air" }, ["E122 102-air"], 40, 90],
  [{ what: "power-out", floor: 2 }, ["E111 rs2", "E115 201-desk", "E120 f2-main"], 90, 60],
  [{ what: "broker-flood", device: "101-desk", rate: 500 }, ["E139 101-desk"], 90, 60],
  [{ what: "strangers", count: 2 }, ["E301 broker"], 10, 15],
  [{ what: "platform-down" }, ["E503 province"], 10, 30],
  [{ what: "clock-jump", by: -3 * dayMs }, ["E007 gw1", "E012 gw1"], 120, 60],
  [{ what: "clock-jump", by: 400 * dayMs }, ["E007 gw1", "E012 gw1"], 120, 60],
];

describe("a school", () => {
  it.each(cases)("with %j says %j, and nothing when it is over", async (fault, told, withinS, againS) => {
    const school = new VirtualSchool(scene, Date.UTC(2026, 8, 15, 1));
    const reasons = () =>
      school.agent
        .status()
        .reasons.filter(({ root }) => root === undefined)
        .map(({ code, subject }) => `${code} ${subject}`)
        .sort();
    const seen = new Set<string>();
    const isSo = (wanted: readonly string[]) => () => {
      for (const reason of reasons()) seen.add(reason);
      return JSON.stringify(reasons()) === JSON.stringify([...wanted].sort());
    };
    try {
      await school.start();
      const { total } = school.agent.status().counts.devices;
      const allUp = () => school.agent.status().counts.devices.ok === total && isSo([])();
      expect(await school.until(allUp, 60_000)).toBe(true);
      const acknowledged = school.agent.status().uplinks[0]?.delivered ?? 0;

      const undo = await school.troubles.begin(fault);
      expect({ told: await school.until(isSo(told), withinS * 1000), reasons: reasons() }).toEqual({
        told: true,
        reasons: [...told].sort(),
      });
      // It stays told, and nothing is told beside it.
      await school.advance(30_000);
      expect(reasons()).toEqual([...told].sort());
      await undo();
      // What is merely worth knowing, such as who knocked, stays to be read.
      const isWell = () => isSo([])() || school.agent.status().state === "ok";
      expect({ well: await school.until(isWell, againS * 1000), reasons: reasons() }).toMatchObject({
        well: true,
      });
      // On the way nothing was blamed that is sound: a device alone at most, before more was known.
      const blamed = [...seen].filter((reason) => !told.includes(reason) && !reason.startsWith("E113 "));
      expect(blamed.filter((reason) => !mayPass.has(reason))).toEqual([]);

      expect(await school.until(() => school.agent.status().uplinks[0]?.waiting === 0, 60_000)).toBe(true);
      const [uplink] = school.agent.status().uplinks;
      expect(uplink).toMatchObject({ lost: 0, quarantined: 0 });
      expect(uplink?.delivered).toBeGreaterThan(acknowledged);
    } finally {
      await school.stop();
    }
  });
});

/** While a gateway is being found out: the line is silent, which is true. */
const mayPass = new Set(["E111 rs2", "E124 201-air", "E124 202-air", "E124 203-air", "E124 204-air"]);
