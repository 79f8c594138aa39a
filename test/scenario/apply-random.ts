/** Random changes one after the other against a model of what should run; devices publish all the time. */
import { expect } from "vitest";
import type { MqttDevice } from "../../simulator/devices/mqtt-device.ts";
import { seeded } from "../../simulator/seeded.ts";
import {
  broker,
  drained,
  type Files,
  type Named,
  type School,
  school,
  talk,
  verdictOf,
} from "./apply-school.ts";

const ids = Array.from({ length: 8 }, (_, at) => `d${at + 1}`);
const notes = [
  "",
  "note: by the door",
  "points: { co2: { deadband: off, maxSilence: 120s } }",
  "period: 30s",
];

/** @param count how many times the files change. @throws when something runs that the files do not say, or is lost */
export async function changeAtRandom(seed: number, count: number): Promise<void> {
  const chance = seeded("apply", seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(chance() * list.length)] as T;
  const model = new Map<string, Named & { password: string; version: number }>();
  const settings = new Map([["broker", broker]]);
  const files = (): Files => ({
    devices: Object.fromEntries(model),
    links: Object.fromEntries(settings),
  });
  const add = (id: string) =>
    model.set(id, { room: "101", link: "broker", password: `pw-${id}`, version: 0 });
  for (const id of ids.slice(0, 4)) add(id);
  const s = await school(files());
  try {
    await changes(s);
  } finally {
    await s.stop();
  }

  async function changes(s: School): Promise<void> {
    const spoken = new Map<string, MqttDevice[]>(ids.map((id) => [id, []]));
    /** Who is connected and must stay so: by id what it was connected as. */
    const talking = new Map<string, { as: string; device: MqttDevice; talk: ReturnType<typeof talk> }>();
    const identity = (id: string) => {
      const { link = "", password } = model.get(id) ?? { password: "" };
      return model.has(id) ? `${link} ${settings.get(link)} ${password}` : "";
    };
    const follow = async () => {
      for (const [id, one] of talking) {
        if (one.as === identity(id)) continue;
        await one.talk.stop();
        await one.device.stop({ abrupt: true });
        talking.delete(id);
      }
      for (const [id, { link = "", password }] of model) {
        if (talking.has(id)) continue;
        const device = s.device(id, await s.port(link), password);
        spoken.get(id)?.push(device);
        await device.start();
        talking.set(id, { as: identity(id), device, talk: talk(device, s.fresh) });
      }
    };
    await follow();

    for (let step = 0; step < count; step++) {
      const kept = new Map([...talking].map(([id, { as, device }]) => [id, { as, device }]));
      const downs = s.facts.length;
      for (let edits = 1 + Math.floor(chance() * 3); edits > 0; edits--) {
        const id = pick(ids);
        const known = model.get(id);
        const what = pick(["come", "go", "move", "note", "password", "link", "settings"] as const);
        if (known === undefined) {
          s.secret(id, `pw-${id}`);
          add(id);
        } else if (what === "go" && model.size > 1) model.delete(id);
        else if (what === "move") known.room = String(101 + Math.floor(chance() * 40));
        else if (what === "note") known.more = pick(notes) || "note: none";
        else if (what === "password") {
          known.version += 1;
          known.password = `pw-${id}-${step}-${known.version}`;
          s.secret(id, known.password);
        } else if (what === "link") {
          if (!settings.has("second")) settings.set("second", broker);
          known.link = known.link === "broker" ? "second" : "broker";
        } else if (what === "settings") {
          settings.set("broker", broker.replace("}", `, maxPerAddress: ${50 + step} }`));
        }
      }
      if (settings.has("second") && ![...model.values()].some(({ link }) => link === "second"))
        settings.delete("second");
      s.write(files());
      await s.agent.applyFiles();

      const status = s.agent.status();
      expect(status.devices.map(({ id }) => id).sort()).toEqual([...model.keys()].sort());
      expect(status.counts.devices.total).toBe(model.size);
      expect(status.links.map(({ id }) => id).sort()).toEqual([...settings.keys()].sort());
      for (const { id, space, link } of status.devices) {
        expect(space.endsWith(model.get(id)?.room ?? "?"), id).toBe(true);
        expect(link).toBe(model.get(id)?.link);
      }
      expect(status.revision).toMatchObject({ running: s.folder.plan().revision, problems: 0 });
      await follow();
      for (const [id, { device }] of talking) {
        const { length } = device.emissions;
        await device.until(() => device.emissions.length > length + 1);
        const before = kept.get(id);
        if (before?.as !== identity(id) || before.device !== device) continue;
        expect(
          s.facts.slice(downs).filter(({ device: of, what }) => of === id && what === "down"),
          `${id} at ${step}`,
        ).toEqual([]);
      }
    }
    for (const { talk: one, device } of talking.values()) {
      await one.stop();
      await device.idle();
    }
    await drained(s.agent);
    for (const [id, parts] of spoken)
      expect(verdictOf(id, parts, s.platform), id).toMatchObject({
        lostAcked: [],
        duplicates: [],
        phantoms: [],
      });
    expect(s.log.lines.filter(({ level }) => level === "error")).toEqual([]);
  }
}
