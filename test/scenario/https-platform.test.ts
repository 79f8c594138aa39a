/** One school, two platforms, one over MQTT and one over HTTPS: whatever the second one does, both have the same. */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { SchoolRecord } from "../../config/schema/record.ts";
import { postBuffer } from "../../gateway/status/client.ts";
import type { Moods } from "../../simulator/platform/moods.ts";
import { type Platform, type PlatformCounters, startPlatform } from "../../simulator/platform/platform.ts";
import { type Authority, makeAuthority } from "../certificates.ts";
import { drained, school, until, verdictOf } from "./apply-school.ts";

const token = "0123456789abcdef0123456789abcdef";
let authority: Authority;
beforeAll(() => {
  authority = makeAuthority("platform");
});
afterAll(() => authority.remove());

type World = Awaited<ReturnType<typeof world>>;

/** Within a world that ends in any case. */
async function inWorld(play: (w: World) => Promise<void>): Promise<void> {
  const w = await world();
  try {
    await play(w);
  } finally {
    await w.stop();
  }
}

/** Two devices, a province over MQTT, a cube over HTTPS with a CA and a credential of its own. */
async function world() {
  const province = await startPlatform({ host: "127.0.0.1", port: 0, users: { gw: "north" } });
  const cube = await startPlatform({
    mqtt: false,
    http: { tls: authority.issue("IP:127.0.0.1"), tokens: { "2133000001/gw1": token } },
  });
  const s = await school({
    devices: { d1: { room: "101" }, d2: { room: "102" } },
    secrets: { token: `${token}\n`, ca: authority.cert },
    uplinks: {
      province: `{ kind: mqtt, url: "${province.url}", user: gw, password: secret:north }`,
      cube: `{ kind: https, url: "${cube.httpUrl}/v1", credential: secret:token, ca: secret:ca }`,
    },
  });
  const port = await s.port("broker");
  const devices = ["d1", "d2"].map((id) => s.device(id, port));
  await Promise.all(devices.map((device) => device.start()));
  return {
    s,
    province,
    cube,
    /** Ten values of each device after the other, until it holds. */
    async talkUntil(holds: () => boolean): Promise<void> {
      while (!holds()) {
        for (const device of devices) for (let n = 0; n < 10; n++) device.emit({ co2: s.fresh() });
        await Promise.all(devices.map((device) => device.idle()));
      }
    },
    /** Both have everything, once and alike; nothing was lost, set aside or kept back on the way. */
    compare(): void {
      for (const platform of [province, cube]) {
        for (const device of devices) {
          const { received: _, ...numbers } = verdictOf(device.id, [device], platform);
          expect(numbers).toEqual({ lostAcked: [], duplicates: [], phantoms: [] });
        }
        const { falseGaps, conflicts, malformed, mislabelled, rejected } = platform.counters;
        expect({ falseGaps, conflicts, malformed, mislabelled, rejected }).toEqual({
          falseGaps: 0,
          conflicts: 0,
          malformed: {},
          mislabelled: 0,
          rejected: 0,
        });
        expect(platform.missing()).toEqual([]);
      }
      expect(byKey(cube)).toEqual(byKey(province));
      for (const { id, quarantined, lost, withheld } of s.agent.status().uplinks)
        expect({ id, quarantined, lost, withheld }).toEqual({ id, quarantined: 0, lost: 0, withheld: 0 });
    },
    async stop(): Promise<void> {
      await s.stop();
      await Promise.all([province.stop(), cube.stop()]);
    },
  };
}

/** Each platform has its own order of arrival. */
function byKey(platform: Platform): Map<string, SchoolRecord> {
  return new Map(platform.records().map((record) => [`${record.epoch}/${record.seq}`, record]));
}

it.concurrent("the same records come to a platform over MQTT and to one over HTTPS", () =>
  inWorld(async (w) => {
    await w.talkUntil(() => w.cube.count > 200 && w.province.count > 200);
    await drained(w.s.agent);
    w.compare();
    expect(w.cube.counters.unauthorized).toBe(0);
  }));

it.concurrent(
  "a platform over HTTPS that refuses everything stops its uplink alone; retry is the word to go on, and brings what was refused",
  () =>
    inWorld(async (w) => {
      const { agent } = w.s;
      const cube = () => agent.status().uplinks.find(({ id }) => id === "cube");
      const ask = (asked: object) => postBuffer(agent.socket, asked, AbortSignal.timeout(10_000));
      w.cube.mood({ reject: { share: 1, code: "unit" } });
      await w.talkUntil(() =>
        w.s.log.lines.some(({ sentence }) => sentence.startsWith("the platform refuses")),
      );
      await w.talkUntil(() => w.province.count > 200);
      w.cube.calm();
      await w.cube.until(({ counters }) => counters.rejected > 0);
      expect(cube()?.quarantined).toBeGreaterThan(0);
      for (let asked = 0; cube()?.quarantined !== 0 || cube()?.waiting !== 0; asked++) {
        // What it refused before it stopped is sent again; what waits follows.
        if (asked % 50 === 0) await ask({ do: "retry", uplink: "cube" });
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      await drained(agent);
      expect(byKey(w.cube)).toEqual(byKey(w.province));
    }),
  60_000,
);

/** How it misbehaves, until when; `ends`: only an end of it lets everything through. */
interface Mood {
  what: string;
  mood: Partial<Moods>;
  seen(counters: PlatformCounters): boolean;
  ends?: true;
}
const moods: Mood[] = [
  {
    what: "answers 500",
    mood: { refuse: { share: 1, kinds: ["error"] } },
    seen: ({ turnedAway }) => turnedAway > 1,
    ends: true,
  },
  {
    what: "answers 429 with Retry-After",
    mood: { refuse: { share: 1, kinds: ["busy"], retryAfterS: 1 } },
    seen: ({ turnedAway }) => turnedAway > 1,
    ends: true,
  },
  {
    what: "answers 202 and judges later",
    mood: { later: 1 },
    seen: ({ acceptedForLater }) => acceptedForLater > 0,
  },
  {
    what: "answers 413 to more than 7 rows",
    mood: { tooLarge: { rows: 7 } },
    seen: ({ tooLarge }) => tooLarge > 1,
  },
  {
    what: "loses its answers",
    mood: { loseReceipts: 1 },
    seen: ({ receiptsLost }) => receiptsLost > 1,
    ends: true,
  },
  {
    what: "gives half answers",
    mood: { halfAnswers: 1 },
    seen: ({ receiptsLost }) => receiptsLost > 1,
    ends: true,
  },
  { what: "is slow", mood: { slowMs: 300 }, seen: ({ batches }) => batches > 2 },
  {
    what: "says something else than the truth",
    mood: { lie: { share: 0.5 } },
    seen: ({ liesTold }) => liesTold > 1,
    ends: true,
  },
];

it.concurrent.each(moods)(
  "a platform over HTTPS that $what has everything in the end, once, and the other one never waits",
  ({ mood, seen, ends }) =>
    inWorld(async (w) => {
      await w.talkUntil(() => w.cube.count > 20);
      w.cube.mood(mood);
      await w.talkUntil(() => seen(w.cube.counters) && w.province.count > 200);
      await until(() => w.s.agent.status().uplinks.find(({ id }) => id === "province")?.waiting === 0);
      if (ends) w.cube.calm();
      await drained(w.s.agent);
      w.compare();
    }),
  90_000,
);
