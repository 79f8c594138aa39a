/** The configuration of campus-edge for the benchmark: every value is stored, every record goes to one platform. */
import { type SchoolFolder, schoolFolder, schoolSection } from "../scenario/school-folder.ts";
import { deviceId, passwordOf, points } from "./message.ts";

const profile = `profile: bench
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
}

/** The caller removes it. */
export function benchSchool({ devices, receiver, ackMs, port }: SchoolOptions): SchoolFolder {
  const ids = Array.from({ length: devices }, (_, n) => deviceId(n));
  return schoolFolder(
    {
      "school.yaml": `${schoolSection}
defaults: { points: { ${points.map((point) => `${point}: { deadband: off }`).join(", ")} } }
buffer: { folder: "$DATA", quota: 6GB, diskFloor: 1MB, commit: { ack: ${ackMs}ms, polled: 1s } }
links:
  broker: { kind: mqtt-broker, listen: "127.0.0.1:${port}", maxConnections: 1000, maxPerAddress: 1000 }
uplinks:
  province: { kind: mqtt, url: "mqtt://127.0.0.1:${receiver}" }
`,
      "devices.yaml": `devices:\n${ids
        .map(
          (id) =>
            `  ${id}: { profile: bench, via: broker, user: ${id}, password: secret:${id}, space: 101 }\n`,
        )
        .join("")}`,
      "profiles/bench.yaml": profile,
    },
    Object.fromEntries(ids.map((id) => [id, passwordOf(id)])),
  );
}
