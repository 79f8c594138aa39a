/** The configuration of a school for the benchmark: meters on one line, and cameras. */
import { type SchoolFolder, schoolFolder, schoolSection } from "../scenario/school-folder.ts";

const profile = `profile: bench-meter
text: { zh: 基准电表, en: Benchmark meter }
proof: simulated
driver: modbus
period: 1s
points:
`;
/** One register each, from 0 on. */
export const meterPoints = [
  ...["voltage_a", "voltage_b", "voltage_c", "current_a", "current_b", "current_c"],
  ...["power_a", "power_b", "power_c", "power"],
];

/** The caller removes it. */
export function cameraSchool(of: {
  meters: number;
  /** Port of the serial server. */
  line: number;
  /** Of each camera. */
  cameras: readonly number[];
  password: string;
  /** Port of the receiver. */
  receiver: number;
  /** Port for devices, of which there are none. */
  door: number;
}): SchoolFolder {
  const meters = Array.from(
    { length: of.meters },
    (_, n) => `  meter-${n + 1}: { profile: bench-meter, via: line, unit: ${n + 1}, space: 101 }\n`,
  );
  const cameras = of.cameras.map(
    (port, n) =>
      `  cam-${n + 1}: { profile: onvif-camera, via: onvif, host: 127.0.0.1, port: ${port}, space: 102 }\n`,
  );
  const onvif =
    of.cameras.length === 0 ? "" : "  onvif: { kind: onvif, user: edge, password: secret:onvif }\n";
  return schoolFolder(
    {
      "school.yaml": `${schoolSection}
buffer: { folder: "$DATA", quota: 6GB, diskFloor: 1MB }
links:
  broker: { kind: mqtt-broker, listen: "127.0.0.1:${of.door}" }
  line: { kind: modbus-rtu, host: 127.0.0.1, port: ${of.line}, baud: 9600, format: 8N1 }
${onvif}uplinks:
  province: { kind: mqtt, url: "mqtt://127.0.0.1:${of.receiver}" }
`,
      "devices.yaml": `devices:\n${[...meters, ...cameras].join("")}`,
      "profiles/bench-meter.yaml": `${profile}${meterPoints
        .map((point, address) => `  ${point}: { address: ${address}, type: uint16 }\n`)
        .join("")}`,
    },
    of.cameras.length === 0 ? {} : { onvif: of.password },
  );
}
