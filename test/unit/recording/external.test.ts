/**
 * What a broker of the school brings is recorded, and brought again by another: the readings are the same, and nothing
 * of who and where is in the file.
 */
import { afterEach, expect, it } from "vitest";
import { type MessageEntry, readRecording } from "../../../config/schema/recording.ts";
import { FakeClock } from "../../fake-clock.ts";
import { found, spellingsOfNumber, spellingsOfText } from "../../recorded/canary.ts";
import { hear } from "../../recorded/far-line.ts";
import { casePlan, type Told } from "../../recorded/plan.ts";
import { Recorded } from "../../recorded/record.ts";
import { folderOf, school } from "../config/school-folder.ts";
import { ScriptedBroker } from "../mqtt-external/scripted-broker.ts";

interface Brought {
  ms: number;
  topic: string;
  payload: string;
  qos?: 0 | 1 | 2;
  retain?: boolean;
}

const brokers: ScriptedBroker[] = [];
afterEach(async () => {
  for (const broker of brokers.splice(0)) await broker.close();
});

const never = new AbortController().signal;
const card = 0xe3086ced;
const password = "password of CE_SECRET_BROKER";
const shown = (uid: string) => JSON.stringify({ Time: "2026-09-01T08:00:00", RDM6300: { UID: uid } });
const air = (more: object) => JSON.stringify({ p: { co2: 612, temperature: 21.5 }, ...more });

const said: Brought[] = [
  { ms: 1000, topic: "tele/wang_laoshi_door/LWT", payload: "Online", retain: true },
  { ms: 2000, topic: "tele/wang_laoshi_door/SENSOR", payload: shown("E3086CED") },
  { ms: 3000, topic: "tele/wang_laoshi_door/SENSOR", payload: shown("04A2B3C4") },
  { ms: 4000, topic: "tele/wang_laoshi_door/SENSOR", payload: shown("E3086CED"), qos: 2 },
  { ms: 5000, topic: "old/wangxiaoming/air", payload: air({ who: "zhangwei", mode: "cool-fan" }) },
  { ms: 6000, topic: "old/wangxiaoming/air", payload: air({ login: `${password}!`, broker: "127.0.0.1" }) },
  {
    ms: 7000,
    topic: "old/wangxiaoming/air",
    payload: air({ card, cards: [[0xe3, 0x08, 0x6c, 0xed]] }),
    qos: 0,
  },
  { ms: 7500, topic: "old/wangxiaoming/air", payload: "zhangwei 330102199001011234" },
  { ms: 8000, topic: "tele/somebody/SENSOR", payload: shown("E3086CED") },
];

/** Its user is made of words that are kept where they are nobody's. */
const link = (port: number) =>
  `links: { old: { kind: mqtt-external, url: "mqtt://127.0.0.1:${port}", user: cool-fan, password: secret:BROKER, clientId: wang-pc-33 } }\n`;

/** What the broker brings, at its times, heard by the real driver. */
async function heard(all: readonly Brought[], devices: string, isRecorded: boolean) {
  const clock = new FakeClock();
  const broker = new ScriptedBroker(5);
  brokers.push(broker);
  await broker.listen();
  const { plan, link: own } = casePlan(
    folderOf({ "school.yaml": school, "link.yaml": link(broker.port), "devices.yaml": devices }),
  );
  const recording = new Recorded(plan, own, clock);
  if (isRecorded) await recording.start();
  for (const { ms, topic, payload, qos = 1, retain = false } of all)
    void clock.sleep(ms, never).then(() => broker.publish(topic, payload, { qos, retain }));
  const told = await hear(plan, own, {
    ...{ clock, rounds: 0, listenMs: 10_000, ...(isRecorded ? { tap: recording.tap } : {}) },
    asking: async () => void (isRecorded && (await recording.take())),
  });
  return { told, text: isRecorded ? await recording.text() : "", broker };
}

const own = `devices:
  wang-door: { profile: tasmota-card, via: old, friendly: wang_laoshi_door, space: 101 }
  101-air: { profile: mqtt-air-json, via: old, topics: ["old/+/air"], space: 101 }
`;

it("gives the same readings when it is brought again, under the names of the recording", async () => {
  const { told, text } = await heard(said, own, true);
  const { header, entries } = readRecording(text);
  expect(header).toMatchObject({ link: { kind: "mqtt-external", tls: false }, dropped: 0 });
  expect(header.entries).toBe(said.length);
  expect(told.flatMap(({ values }) => values.card ?? [])).toEqual(Array(3).fill("digest of 8"));
  expect(told.flatMap(({ values }) => values.co2 ?? [])).toEqual([612, 612, 612]);

  const [door] = header.devices;
  const again = (entries as MessageEntry[]).flatMap(({ ms, topic, payload, qos, retain }): Brought[] =>
    topic === undefined || payload === undefined
      ? []
      : [{ ms, topic, payload, qos: qos as 0 | 1 | 2, retain }],
  );
  // Nobody reads the last one, and the one in front of it says nothing that is understood.
  expect(again).toHaveLength(said.length - 2);
  const devices = own.replace("wang-door", "door").replace("wang_laoshi_door", String(door?.friendly));
  const played = await heard(again, devices, false);
  const named = (one: Told): Told => ({ ...one, device: one.device === "wang-door" ? "door" : one.device });
  // What could not be understood was a fault, and is not in the recording.
  const understood = told.filter(({ values }) => Object.keys(values).length > 0);
  expect(played.told.filter(({ values }) => Object.keys(values).length > 0)).toEqual(understood.map(named));
});

it("has nothing of who and where in it, however it is spelled", async () => {
  const { text, broker } = await heard(said, own, true);
  // It was there to be found.
  const [connect] = broker.of("connect");
  expect([connect?.username, connect?.clientId, String(connect?.password)]).toEqual([
    ...["cool-fan", "wang-pc-33", password],
  ]);
  const secrets = [
    ...spellingsOfNumber(card),
    ...[password, "cool-fan", "wang-pc-33", "wangxiaoming", "wang_laoshi_door", "zhangwei"].flatMap(
      spellingsOfText,
    ),
    ...["04A2B3C4", "330102199001011234", "somebody", "127.0.0.1", "101-air"],
    ...["227,8,108,237", "2133000001"],
  ];
  expect(found(text, secrets)).toEqual([]);
  const uids = [...text.matchAll(/UID\\":\\"([^"\\]+)/g)].map(([, uid]) => uid);
  expect([uids.length, new Set(uids).size, uids[0]]).toEqual([3, 2, uids[2]]);
});
