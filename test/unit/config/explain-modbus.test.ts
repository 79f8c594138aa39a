/** `check DEVICE` shows where each point is, to be compared with the manual, and which line the device is on. */
import { expect, it } from "vitest";
import { checkDevice } from "../../../config/load/index.ts";
import { kinds } from "../../../drivers/registry.ts";
import { model } from "./modbus-school.ts";
import { folderOf, nowMs, school } from "./school-folder.ts";

const points = `  co2: { address: 2 }
  temperature: { address: 0x10, type: float32, fc: 4 }
  switch: { address: 7, type: bit, bit: 3 }
  humidity: { address: 9 }`;
const files = {
  "school.yaml": school,
  "profiles/own.yaml": model(points, "order: CDAB\n"),
  "links.yaml":
    "links:\n  rs1: { kind: modbus-rtu, via: ss1, port: 4001, baud: 9600, format: 8N1 }\n  lan: { kind: modbus-tcp }\n",
  "devices.yaml": `devices:
  ss1: { profile: serial-server, host: 10.0.0.21 }
  a: { profile: own, via: rs1, unit: 7, points: { humidity: off } }
  b: { profile: own, via: lan, host: 10.0.0.9 }
`,
};

function shown(id: string): string[] {
  const { values } = checkDevice(folderOf(files), id, kinds, [], { env: {}, nowMs });
  return (values ?? []).map(({ point = "", name, value, from }) => {
    const [origin] = from;
    return `${point} ${name}=${value} ${origin?.file ?? origin?.layer}:${origin?.line ?? ""}`;
  });
}

it("with the address both ways, the function, the type and the order", () => {
  const lines = shown("a");
  expect(lines).toEqual(
    expect.arrayContaining([
      "co2 address=2 (0x0002) profiles/own.yaml:6",
      "co2 fc=3 built-in:",
      "co2 type=uint16 built-in:",
      "temperature address=16..17 (0x0010..0x0011) profiles/own.yaml:7",
      "temperature fc=4 profiles/own.yaml:7",
      "temperature type=float32 profiles/own.yaml:7",
      "temperature order=CDAB profiles/own.yaml:10",
      "switch type=bit profiles/own.yaml:8",
      "switch bit=3 profiles/own.yaml:8",
    ]),
  );
  // A register by itself has no order worth saying; of a point that is off nothing more is said.
  expect(lines.some((line) => line.startsWith("co2 order"))).toBe(false);
  expect(lines.filter((line) => line.startsWith("humidity"))).toEqual(["humidity off=true devices.yaml:3"]);
});

it("with its unit and its line", () => {
  expect(shown("a")).toEqual(
    expect.arrayContaining([
      " unit=7 devices.yaml:3",
      " line=tcp:10.0.0.21:4001 links.yaml:2",
      " line.port=4001 links.yaml:2",
      " line.baud=9600 links.yaml:2",
      " line.format=8N1 links.yaml:2",
    ]),
  );
  expect(shown("b")).toEqual(
    expect.arrayContaining([" unit=1 built-in:", " line=tcp:10.0.0.9:502 links.yaml:3"]),
  );
});
