/** A search of a line on which much is polled: each device is read as often as before. */
import { afterEach, expect, it } from "vitest";
import { searchStartedSchema, searchTakenSchema } from "../../config/schema/search.ts";
import { statusSchema } from "../../config/schema/status.ts";
import { kinds, openDriver } from "../../drivers/registry.ts";
import { fetchStatus, postSearch } from "../../gateway/status/client.ts";
import { sceneSchema } from "../../simulator/scenes/scene-schema.ts";
import { VirtualSchool } from "./virtual-school.ts";

const scene = sceneSchema.parse({
  school: { id: "2133000008" },
  floors: [{ floor: "1", rooms: "101..124" }],
  devices: [{ name: "air", model: "jxct-air-board", unit: "1", every: "10s" }],
});

let school: VirtualSchool | null = null;
afterEach(async () => {
  await school?.stop();
  school = null;
});

it("24 devices every ten seconds miss no cycle, and the line is not called too full", async () => {
  const own = new VirtualSchool(scene, Date.UTC(2026, 8, 15, 1));
  school = own;
  for (const { kind } of kinds) await openDriver(kind);
  await own.start();
  await own.advance(20_000);
  const ask = (asked: object) => postSearch(own.agent.socket, asked, AbortSignal.timeout(20_000));
  const { id } = searchStartedSchema.parse(await ask({ do: "start", what: "modbus", speeds: false }));
  for (let second = 0; second < 60; second++) {
    await own.advance(1_000);
    const { ended, troubles } = searchTakenSchema.parse(await ask({ do: "take", id }));
    expect([ended, troubles]).toEqual([null, []]);
  }
  const asked = searchTakenSchema.parse(await ask({ do: "take", id })).at.asked;
  // Half of the time of the line, at least.
  expect(asked).toBeGreaterThan(80);
  const { links } = statusSchema.parse(await fetchStatus(own.agent.socket, AbortSignal.timeout(20_000)));
  expect(links).toMatchObject([{ state: "ok", cyclesMissed: 0, devices: { ok: 24, total: 24 } }]);
});
