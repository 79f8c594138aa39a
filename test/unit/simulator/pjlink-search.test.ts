/** Projectors that are looked for: one answer of a host, and none of class 1. */
import { afterEach, expect, it } from "vitest";
import { type Findable, PjlinkSearch } from "../../../simulator/displays/pjlink-search.ts";
import { Troubles } from "../../../simulator/faults/troubles.ts";
import { roomWorld } from "../../../simulator/scenes/room-world.ts";
import { sceneSchema } from "../../../simulator/scenes/scene-schema.ts";
import { SimulatedSchool } from "../../../simulator/scenes/simulated-school.ts";
import { FakeClock } from "../../fake-clock.ts";
import { UdpAsker } from "./udp-asker.ts";

const host = "127.0.0.1";
const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function asking(found: PjlinkSearch) {
  const asker = await new UdpAsker(host).open();
  ends.push(() => asker.close());
  const ask = async (what = "%2SRCH\r", to = host) => {
    const { searches, ignored } = found;
    await asker.say(what, found.port, to);
    await found.until((one) => one.searches + one.ignored > searches + ignored);
  };
  return { asker, ask };
}

async function looking(projectors: readonly Findable[]) {
  const found = new PjlinkSearch(projectors, { hosts: [host], port: 0 });
  ends.push(() => found.stop());
  await found.start();
  return { found, ...(await asking(found)) };
}

const projector = (mac: string, level: 1 | 2 = 2) => ({ mac, level, isThere: () => true });

it("answer with their MAC when they are asked, or all are", async () => {
  const { asker, ask, found } = await looking([projector("02:5e:00:00:00:01")]);
  await ask();
  await ask("%2SRCH\r", "127.255.255.255");
  await asker.until(2);
  expect(asker.texts).toEqual(["%2ACKN=02:5e:00:00:00:01\r", "%2ACKN=02:5e:00:00:00:01\r"]);
  expect(asker.heard.map(({ from }) => from)).toEqual([host, host]);
  expect(found.unopened).toEqual([]);
});

it("answer once for a host, for those of class 2 that have power", async () => {
  let hasPower = true;
  const { asker, ask } = await looking([
    projector("02:5e:00:00:00:01", 1),
    { ...projector("02:5e:00:00:00:02"), isThere: () => hasPower },
    projector("02:5e:00:00:00:03"),
  ]);
  await ask();
  await asker.until(1);
  hasPower = false;
  await ask();
  await asker.until(2);
  expect(asker.texts).toEqual(["%2ACKN=02:5e:00:00:00:02\r", "%2ACKN=02:5e:00:00:00:03\r"]);
});

it.each(["", "%1SRCH\r", "%2SRCH", "%2SRCH\r\r", "%2POWR ?\r", "%2ACKN=02:5e:00:00:00:01\r"])(
  "say nothing to %j",
  async (what) => {
    const { asker, ask, found } = await looking([projector("02:5e:00:00:00:01")]);
    await ask(what);
    await ask();
    await asker.until(1);
    expect(asker.heard).toHaveLength(1);
    expect(found).toMatchObject({ searches: 1, ignored: 1 });
  },
);

it("say nothing where all are of class 1", async () => {
  const { asker, ask, found } = await looking([projector("02:5e:00:00:00:01", 1)]);
  await ask();
  const other = await looking([projector("02:5e:00:00:00:09")]);
  await asker.say("%2SRCH\r", other.found.port);
  await asker.until(1);
  expect(asker.texts).toEqual(["%2ACKN=02:5e:00:00:00:09\r"]);
  expect(found.searches).toBe(1);
});

it("are found in a school, also in standby, and not without power", async () => {
  const scene = sceneSchema.parse({
    school: { id: "2133000001" },
    floors: [{ floor: "1", rooms: "101..103" }],
    devices: [
      { name: "old", model: "pjlink-projector", in: ["101"] },
      { name: "pj", model: "pjlink-laser", in: ["102..103"] },
    ],
  });
  const clock = new FakeClock(Date.parse("2026-10-14T03:00:00+08:00"));
  const school = new SimulatedSchool(scene, roomWorld(scene, clock), { host, clock });
  ends.push(() => school.stop());
  await school.start();
  const { search } = school.controls;
  if (search === null) throw new Error("nobody answers");
  const { asker, ask } = await asking(search);
  const troubles = new Troubles(school);
  await ask();
  await asker.until(1);
  await troubles.begin({ what: "device-off", device: "102-pj" });
  await ask();
  await asker.until(2);
  const over = await troubles.begin({ what: "power-out", floor: 1 });
  await ask();
  await over();
  await ask();
  await asker.until(3);
  const [first, second, third] = asker.texts;
  expect(first).toMatch(/^%2ACKN=02:5e(:[0-9a-f]{2}){4}\r$/);
  expect(second).not.toBe(first);
  expect(third).toBe(second);
});
