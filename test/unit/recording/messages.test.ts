/**
 * What devices say to the broker is recorded, and played again against the broker: the readings are the same. The case
 * folder that it compares with is made by it: CE_WRITE_CASES=1, after removing the old one's files.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readRecording } from "../../../config/schema/recording.ts";
import { playMessages } from "../../recorded/messages.ts";
import { casePlan, caseRoot, recordingFile, type Told } from "../../recorded/plan.ts";
import { cards, recordTasmota } from "../../recorded/tasmota-school.ts";
import { folderOf, school } from "../config/school-folder.ts";

const folder = join(caseRoot, "mqtt-tasmota-card");
const broker = 'links: { broker: { kind: mqtt-broker, listen: "127.0.0.1:1883" } }\n';

/** As the school has it. */
const own = `devices:
  wang-door: { profile: tasmota-card, via: broker, user: wang-door, password: secret:door, friendly: wang_laoshi_door, space: 101 }
  101-plug: { profile: tasmota, via: broker, user: plug-user-17, password: secret:plug, space: 101 }
`;

it("gives the same readings when it is played again, under the names of the recording", async () => {
  const { plan, link } = casePlan(
    folderOf({ "school.yaml": school, "link.yaml": broker, "devices.yaml": own }),
  );
  const { told, text } = await recordTasmota(plan, link);
  const recording = readRecording(text);
  expect(told.length).toBeGreaterThan(8);
  const [door, plug] = recording.header.devices;
  // Who gets a recording makes a configuration of its header.
  const entries = `devices:
  door: { profile: tasmota-card, via: broker, user: door, password: secret:door, friendly: ${door?.friendly}, space: 101 }
  plug: { profile: tasmota, via: broker, user: plug, password: secret:plug, friendly: ${plug?.device}, space: 101 }
`;
  const again = casePlan(folderOf({ "school.yaml": school, "link.yaml": broker, "devices.yaml": entries }));
  const played = await playMessages(recording, again.plan, again.link);
  const named = (one: Told): Told => ({ ...one, device: one.device === "wang-door" ? "door" : "plug" });
  expect(played.told).toEqual(told.map(named));
  const shown = played.told.map(({ values }) => values.card).filter((card) => card !== undefined);
  expect(shown).toEqual(cards.map(({ length }) => `digest of ${length}`));

  const file = join(folder, recordingFile);
  if (process.env.CE_WRITE_CASES === "1" && !existsSync(file)) {
    writeFileSync(file, text);
    writeFileSync(join(folder, "devices.yaml"), `${broker}${entries}`);
    writeFileSync(join(folder, "expected.json"), `${JSON.stringify(played.told, null, 2)}\n`);
  }
  // Which of two devices is heard first at one moment, nobody promises.
  const said = (of: string) =>
    [1, 2].map((number) =>
      readRecording(of).entries.flatMap(({ ms: _, ...rest }) =>
        "connection" in rest && rest.connection === number ? [rest] : [],
      ),
    );
  expect(said(readFileSync(file, "utf8"))).toEqual(said(text));
});

it("has nothing of who and where in it", async () => {
  const { plan, link } = casePlan(
    folderOf({ "school.yaml": school, "link.yaml": broker, "devices.yaml": own }),
  );
  const { text } = await recordTasmota(plan, link);
  for (const card of cards) expect(text).not.toContain(card);
  expect(text).not.toMatch(/wang|laoshi|plug-user|101-plug|password of|DVES|127\.0|192\.168|2133000001|云溪/);
  // The two cards are told apart all the same, and each is the same each time.
  const uids = [...text.matchAll(/UID\\":\\"([^"\\]+)/g)].map(([, uid]) => uid);
  expect(new Set(uids).size).toBe(cards.length);
});
