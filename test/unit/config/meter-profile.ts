/**
 * A meter with options, for the fake bus.
 */
export const meter = `profile: meter
text: { zh: 电表, en: Meter }
proof: simulated
driver: bus
options:
  ct: { text: { zh: 互感器变比, en: CT ratio }, range: 1..2000 }
  table: { text: { zh: 寄存器表, en: Register table }, choices: ["4", "104"], default: "4" }
points:
  energy: { register: 0, scale: 0.01*$ct }
  voltage: { register: $table, scale: 0.1 }
`;

export const links = "links: { rs1: { kind: fake-bus, port: /dev/ttyS1 } }\n";

/** Files of a school whose devices are these lines; all hang on rs1 unless they say otherwise. */
export const metered = (devices: string, more: Record<string, string> = {}) => ({
  "links.yaml": links,
  "profiles/meter.yaml": meter,
  "devices.yaml": `devices:\n${devices}`,
  ...more,
});
