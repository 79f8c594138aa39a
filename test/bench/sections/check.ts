/** How long a technician waits for `check`: 500 rooms made by a template, and 1,000 devices written one by one. */
import { execFile } from "node:child_process";
import { schoolFolder } from "../../scenario/school-folder.ts";
import type { Section } from "../bench.ts";
import { builtFile } from "../built-file.ts";
import { whileRunning } from "../ending.ts";
import { deviceId, passwordOf, points } from "../message.ts";
import { now } from "../moment.ts";

const program = builtFile("../../../edge/cli/main.ts", import.meta.url);
const roomsPerFloor = 20;
const floors = 25;

const rooms = Array.from({ length: floors * roomsPerFloor }, (_, n) =>
  String((1 + Math.floor(n / roomsPerFloor)) * 100 + 1 + (n % roomsPerFloor)),
);
const school = `version: 1
school: { id: "2133000001", gateway: gw1, name: Test, clock: trusted }
spaces:
${Array.from({ length: floors }, (_, n) => `  - { building: JX1, floor: F${String(n + 1).padStart(2, "0")}, rooms: ${n + 1}01..${n + 1}${roomsPerFloor}, kind: classroom }`).join("\n")}
links: { broker: { kind: mqtt-broker, listen: "127.0.0.1:1883", maxConnections: 2000 } }
`;
const profile = `profile: bench
text: { zh: 基准, en: Benchmark }
proof: simulated
driver: mqtt
points: { ${points.map((point) => `${point}: { path: p.${point}, type: number }`).join(", ")} }
`;
const template = `templates:
  classroom:
    params: { room: { text: 房间号 } }
    space: $room
    devices:
      air: { profile: bench, via: broker, user: $room-air, password: secret:one }
      meter: { profile: bench, via: broker, user: $room-meter, password: secret:one }
rooms:
  use: classroom
  rows:
${rooms.map((room) => `    - { room: ${room} }`).join("\n")}
`;
const devices = Array.from({ length: 2 * rooms.length }, (_, n) => deviceId(n));
const written = `devices:
${devices.map((id, n) => `  ${id}: { profile: bench, via: broker, user: ${id}, password: secret:one, space: ${rooms[n % rooms.length]} }`).join("\n")}
`;

export const section: Section = async ({ quick, figures, say }) => {
  const schools: [string, string][] = [
    [`${rooms.length} rooms from a template`, template],
    [`${devices.length} devices written out`, written],
  ];
  for (const [what, text] of schools) {
    const folder = schoolFolder(
      { "school.yaml": school, "devices.yaml": text, "profiles/bench.yaml": profile },
      { one: passwordOf("one") },
    );
    const forget = whileRunning(() => folder.remove());
    try {
      for (let round = 1; round <= (quick ? 1 : 5); round++) {
        const { ms, complaint } = await check(folder.config);
        if (complaint !== null) {
          figures.remark(`check, ${what}: not measured, this version does not load it (${complaint})`);
          break;
        }
        figures.note("check", { name: what, unit: "ms", decimals: 0 }, "campus-edge", ms);
        say(`check, ${what}: ${ms.toFixed(0)} ms`);
      }
    } finally {
      folder.remove();
      forget();
    }
  }
};

/** The whole program, from its start to its end. */
async function check(config: string): Promise<{ ms: number; complaint: string | null }> {
  const begun = now();
  const { promise, resolve } = Promise.withResolvers<string>();
  const args = [program, "check", "--json", "--config", config];
  const child = execFile(process.execPath, args, { maxBuffer: 64e6 }, (_, out) => resolve(out));
  const forget = whileRunning(() => child.kill("SIGKILL"));
  const said = JSON.parse(await promise) as {
    revision: string | null;
    problems: { code: string; severity: string; what: { en: string } }[];
  };
  forget();
  const ms = now() - begun;
  // Also what is accepted and has no effect was not loaded.
  const [first] = said.problems.filter(({ code, severity }) => severity === "error" || code === "not-yet");
  return { ms, complaint: first === undefined ? null : first.what.en };
}
