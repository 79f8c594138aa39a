/**
 * Two recorded classrooms as MQTT devices, through a whole agent, to a platform: real sockets, a real store,
 * and a clock that follows the rows. The platform can be reached at night only, when the rooms are silent.
 */
import { setTimeout } from "node:timers/promises";
import { startAgent } from "../../edge/agent/index.ts";
import { MqttDevice } from "../../simulator/devices/mqtt-device.ts";
import { startPlatform } from "../../simulator/platform/platform.ts";
import { FakeClock, recordingLog } from "../fake-clock.ts";
import { memoryFolder } from "../memory-folder.ts";
import { type RoomRow, roomRows } from "./real-rooms.ts";
import { schoolFolder, schoolSection } from "./school-folder.ts";

export const rooms = ["106", "204"] as const;
export const points = ["co2", "temperature", "humidity"] as const;

const profile = `profile: lisbon-air
text: { zh: 回放的教室, en: A recorded classroom }
proof: simulated
driver: mqtt
time: { path: t, format: local, zone: Europe/Lisbon }
identity: { by: time-and-digest }
points:
  co2: { path: co2, type: number }
  temperature: { path: temperature, type: number }
  humidity: { path: humidity, type: number }
`;

/** A gap between rows in which the platform is there. */
const nightMs = 5 * 3_600_000;

export interface Arrived {
  device: string;
  point: string;
  time: number;
  value: unknown;
  quality: number;
}

/** Replays all rows. `stored` is the storing rule of the three points, as in a configuration. */
export async function replay(
  stored: string,
): Promise<{ arrived: Arrived[]; repeated: number; sent: number }> {
  const rowsOf = new Map(rooms.map((room) => [room, roomRows(room)]));
  const all = rooms.flatMap((room) =>
    (rowsOf.get(room) as RoomRow[]).map((row, index) => ({ room, row, index })),
  );
  // Rows of one room keep their order, also where the recorder's clock went back.
  const latest = new Map<string, number>();
  const due = all.map(({ room, row }) => {
    latest.set(room, Math.max(row.time, latest.get(room) ?? 0));
    return latest.get(room) as number;
  });
  const order = all.map((_, index) => index).sort((a, b) => (due[a] as number) - (due[b] as number) || a - b);

  const start = due[order[0] as number] as number;
  const clock = new FakeClock(start);
  const platform = await startPlatform({ host: "127.0.0.1", port: 0, users: { gw: "north" } });
  const folder = schoolFolder(
    {
      "school.yaml": `${schoolSection}
defaults: { period: 300s, points: ${stored} }
buffer: { folder: "$DATA", quota: 1GB, diskFloor: 1MB }
links: { broker: { kind: mqtt-broker, listen: "127.0.0.1:0" } }
devices:
  room-106: { profile: lisbon-air, via: broker, user: u106, password: secret:d106, space: 101 }
  room-204: { profile: lisbon-air, via: broker, user: u204, password: secret:d204, space: 102 }
uplinks: { province: { kind: mqtt, url: "${platform.url}", user: gw, password: secret:north } }
`,
      "profiles/lisbon-air.yaml": profile,
    },
    { d106: "one", d204: "two", north: "north" },
    memoryFolder,
  );
  const port = Promise.withResolvers<number>();
  const agent = await startAgent(folder.plan(), {
    clock,
    log: recordingLog(),
    random: () => 0.5,
    synchronised: async () => "yes",
    onFact: (_link, fact) => fact.what === "listening" && port.resolve(fact.port),
  });
  const devices = new Map<string, MqttDevice>();
  try {
    for (const room of rooms) {
      const device = new MqttDevice({
        id: `room-${room}`,
        host: "127.0.0.1",
        port: await port.promise,
        user: `u${room}`,
        password: room === "106" ? "one" : "two",
        // Keep-alive and reconnects run on real time; the agent's time jumps.
        keepAlive: 0,
        inFlight: 100,
        payload: (n) => {
          const { local, co2, temperature, humidity } = (rowsOf.get(room) as RoomRow[])[n - 1] as RoomRow;
          return JSON.stringify({ t: local, co2, temperature, humidity });
        },
      });
      await device.start();
      devices.set(room, device);
    }
    const waiting = () => agent.status().uplinks.reduce((sum, uplink) => sum + uplink.waiting, 0);
    const unacked = () => [...devices.values()].some((device) => device.unacked > 0);
    /** All is acknowledged, or a moment has passed: it may be time that lacks. */
    const idle = async () => {
      const ended = new AbortController();
      const all = Promise.all([...devices.values()].map((device) => device.idle()));
      const moment = setTimeout(10, null, { signal: ended.signal }).catch(() => {});
      await Promise.race([all, moment]);
      ended.abort();
    };
    const night = async () => {
      await platform.up();
      while (unacked() || waiting() > 0) {
        await clock.jump(500);
        await setTimeout(1);
      }
      await platform.down();
    };
    await platform.down();
    let sent = 0;
    for (let next = 0; next < order.length; ) {
      const now = due[order[next] as number] as number;
      if (now - clock.wallMs() > nightMs) await night();
      await clock.jump(Math.max(0, now - clock.wallMs()));
      for (; next < order.length && due[order[next] as number] === now; next++) {
        const { room } = all[order[next] as number] as (typeof all)[number];
        devices.get(room)?.emit({});
        sent += 1;
      }
      // Acknowledged before time goes on by minutes: nothing on the way may look late. The disk is real and
      // the clock is not, so the clock hardly moves while the disk is waited for.
      for (let spin = 0; unacked(); spin++) {
        if (spin >= 8) await idle();
        if (unacked()) await clock.jump(20);
      }
    }
    await night();
    const arrived = platform
      .records()
      .filter(({ point }) => (points as readonly string[]).includes(point))
      .map(({ device, point, time, value, quality }) => ({
        device,
        point,
        time: time ?? Number.NaN,
        value,
        quality,
      }));
    return { arrived, repeated: agent.status().counters.repeated, sent };
  } finally {
    await Promise.all([...devices.values()].map((device) => device.stop({ abrupt: true })));
    const stopped = agent.stop();
    await clock.advance(60_000);
    await stopped;
    await platform.stop();
    folder.remove();
  }
}

/** Rows of a room without repeats: same time, same content. */
export function distinct(rows: readonly RoomRow[]): RoomRow[] {
  const seen = new Set<string>();
  return rows.filter((row) => {
    const key = JSON.stringify(row);
    return !seen.has(key) && seen.add(key) !== undefined;
  });
}
