/** The configuration of campus-edge for the benchmark: every value is stored, every record goes to one platform. */
import { type SchoolFolder, schoolFolder, schoolSection } from "../scenario/school-folder.ts";
import { deviceId, passwordOf, pointsOf, valuesPerMessage } from "./message.ts";

const profileOf = (points: readonly string[]) => `profile: bench
text: { zh: 基准, en: Benchmark }
proof: simulated
driver: mqtt
points:
${points.map((point) => `  ${point}: { path: p.${point}, type: number }`).join("\n")}
`;

export interface SchoolOptions {
  devices: number;
  /** Port of the receiver. */
  receiver: number;
  ackMs: number;
  /** Port for devices. */
  port: number;
  /** Of each message; default 3. */
  values?: number;
  /** How fast old records may leave, such as `8000 records/s`; absent: the program's default. */
  backlogRate?: string;
}

/** The caller removes it. */
export function benchSchool(options: SchoolOptions): SchoolFolder {
  const { devices, receiver, ackMs, port, values = valuesPerMessage, backlogRate } = options;
  const points = pointsOf(values);
  const ids = Array.from({ length: devices }, (_, n) => deviceId(n));
  const most = Math.max(1000, devices);
  const backlog = backlogRate === undefined ? "" : `, backlog: { rate: ${backlogRate} }`;
  return schoolFolder(
    {
      "school.yaml": `${schoolSection}
defaults: { points: { ${points.map((point) => `${point}: { deadband: off }`).join(", ")} } }
buffer: { folder: "$DATA", quota: 6GB, diskFloor: 1MB, commit: { ack: ${ackMs}ms, polled: 1s } }
links:
  broker: { kind: mqtt-broker, listen: "127.0.0.1:${port}", maxConnections: ${most}, maxPerAddress: ${most} }
uplinks:
  province: { kind: mqtt, url: "mqtt://127.0.0.1:${receiver}"${backlog} }
`,
      "devices.yaml": `devices:\n${ids
        .map(
          (id) =>
            `  ${id}: { profile: bench, via: broker, user: ${id}, password: secret:${id}, space: 101 }\n`,
        )
        .join("")}`,
      "profiles/bench.yaml": profileOf(points),
    },
    Object.fromEntries(ids.map((id) => [id, passwordOf(id)])),
  );
}
