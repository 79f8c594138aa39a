/** `report recording` of a running gateway with a reader of cards: the file has another card, the same each time. */
import { afterEach, expect, it, vi } from "vitest";
import { bytesOf, readRecording } from "../../../config/schema/recording.ts";
import { startAgent, systemClock } from "../../../edge/agent/index.ts";
import { program } from "../../../edge/cli/program.ts";
import { recordingLog } from "../../fake-clock.ts";
import { found, spellingsOfNumber } from "../../recorded/canary.ts";
import { schoolFolder, schoolSection } from "../../scenario/school-folder.ts";
import { FarEnd } from "../line/far-end.ts";
import { tag } from "../reader/cards.ts";

const undo: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

it("has each card as another one, with a checksum that fits, and nothing of it in the log", async () => {
  const gate = await FarEnd.listen();
  undo.push(() => gate.close());
  const folder = schoolFolder(
    {
      "school.yaml": `${schoolSection}\nbuffer: { folder: "$DATA", quota: 1GB, diskFloor: 1MB }\n`,
      "devices.yaml": `links: { gate: { kind: reader, host: 127.0.0.1, port: ${gate.port} } }
devices: { gate-card: { profile: rdm6300, via: gate, space: 101 } }
`,
    },
    {},
  );
  undo.push(() => folder.remove());
  const log = recordingLog();
  const agent = await startAgent(folder.plan(), { clock: systemClock(), log });
  undo.push(() => agent.stop());
  await vi.waitFor(() => expect(gate.sockets.size).toBe(1));

  const [out, err]: [string[], string[]] = [[], []];
  const done = program(
    ["report", "recording", "gate", "--for", "1s", "--lang", "en", "--config", folder.config],
    {
      out: (line) => void out.push(line),
      err: (line) => void err.push(line),
      env: { LANG: "C" },
      signal: AbortSignal.timeout(30_000),
    },
  );
  await vi.waitFor(() => expect(err.join()).toContain("recording for 1 s"));
  for (const digits of ["62E3086CED", "6200ABCDEF", "62E3086CED"]) {
    gate.say(tag(digits));
    await new Promise((resolve) => setTimeout(resolve, 60));
  }
  expect(await done).toBe(0);

  const text = out.join("\n");
  const { header, entries } = readRecording(text);
  expect(header).toMatchObject({ link: { kind: "reader", behind: "serial-server" }, entries: 3 });
  const shown = entries.map((entry) => ("way" in entry ? Buffer.from(bytesOf(entry)).toString() : ""));
  expect(shown.map((one) => one === Buffer.from(tag(one.slice(1, 11))).toString())).toEqual([
    true,
    true,
    true,
  ]);
  expect([new Set(shown).size, shown[2]]).toEqual([2, shown[0]]);
  const canaries = [...spellingsOfNumber(0xe3086ced), "00abcdef", "11259375"];
  expect(found(text, canaries)).toEqual([]);
  expect(canaries.filter((one) => JSON.stringify([log.lines, err]).toLowerCase().includes(one))).toEqual([]);
});
