/**
 * What may hang on what, with the protocols that there are: no device and no link goes by way of what cannot carry it,
 * and whatever loads is in the plan.
 */
import { describe, expect, it } from "vitest";
import { loadPlan } from "../../../config/load/index.ts";
import type { Problem } from "../../../config/schema/plan.ts";
import { kinds } from "../../../drivers/registry.ts";
import { folderOf, nowMs, school } from "./school-folder.ts";

const links = `links:
  rs1: { kind: modbus-rtu, via: ss1, port: 4001, baud: 9600, format: 8N1 }
  rs2: { kind: modbus-rtu, via: ss1, port: 4002, baud: 9600, format: 8N1 }
  port: { kind: modbus-rtu, device: /dev/ttyS1, baud: 9600, format: 8N1 }
  lan: { kind: modbus-tcp }
  broker: { kind: mqtt-broker, listen: "127.0.0.1:1883" }
`;
const box = "  ss1: { profile: serial-server, host: 10.0.0.21, space: 101 }\n";
const spareBox = "  ss2: { profile: serial-server, host: 10.0.0.22 }\n";
const probe = (id: string, via: string, unit: number) =>
  `  ${id}: { profile: jxct-th, via: ${via}, unit: ${unit}, space: 101 }\n`;
const meter = "  m1: { profile: acrel-adw300, via: lan, host: 10.0.0.31, with: { ct: 40, pt: 1 } }\n";

const load = (devices: string, more = links) =>
  loadPlan(
    folderOf({ "school.yaml": school, "links.yaml": more, "devices.yaml": `devices:\n${devices}` }),
    kinds,
    [],
    { env: { CE_SECRET_X: "x" }, nowMs },
  );
const said = (problems: readonly Problem[]) =>
  problems.flatMap(({ code, file, line, what, fix }) =>
    code === "no-uplink" ? [] : [`${code} ${file}:${line} ${what.en}; ${fix.en}`],
  );
const told = (devices: string, more = links) => said(load(devices, more).problems);

describe("a device by way of a box", () => {
  it("is told, with the links that go by way of it", () => {
    const { plan, problems } = load(box + probe("a", "ss1", 1));
    expect(plan).toBeNull();
    expect(said(problems)).toEqual([
      "via-box devices.yaml:3 ss1 carries links, and no device hangs on it directly: it would never be polled; let via name that of the links by way of it on which the device is: rs1, rs2",
    ]);
    const one = links
      .replace("port: 4002", "host: 10.0.0.9, port: 4002")
      .replace(/rs2: .* via: ss1,/, "rs2: { kind: modbus-rtu,");
    expect(told(box + probe("a", "ss1", 1), one)).toEqual([
      "via-box devices.yaml:3 ss1 carries links, and no device hangs on it directly: it would never be polled; write via: rs1, the link that goes by way of it",
    ]);
  });

  it("is told how to write a link where none goes by way of it", () => {
    expect(told(box + spareBox + probe("a", "ss2", 1))).toEqual([
      "via-box devices.yaml:4 ss2 carries links, and no device hangs on it directly: it would never be polled; write a link that goes by way of it (kind: modbus-rtu or modbus-tcp, via: ss2), and let via name that link",
    ]);
  });
});

describe("what cannot carry", () => {
  it("is told at a device, with the link on which both hang", () => {
    expect(told(box + probe("a", "rs1", 1) + probe("b", "a", 2))).toEqual([
      "cannot-carry devices.yaml:4 no device can hang on a (jxct-th); write via: rs1, the link on which both hang; known: rs1, rs2, port, lan",
    ]);
  });

  it("is told at a device of another protocol, with what can carry that", () => {
    const air = "  air: { profile: mqtt-air-json, via: m1, user: u, password: secret:x }\n";
    expect(told(box + meter + air)).toEqual([
      "cannot-carry devices.yaml:4 no device can hang on m1 (acrel-adw300); let via name what it hangs on: broker",
    ]);
  });

  it("is told at a link, with the devices that can", () => {
    const over = links.replace("via: ss1, port: 4002", "via: m1, port: 4002");
    expect(told(box + spareBox + meter, over)).toEqual([
      "cannot-carry links.yaml:3 m1 (acrel-adw300) carries no link; name what carries this link: ss1, ss2; or remove via",
    ]);
    const alone =
      "links:\n  lan: { kind: modbus-tcp }\n  rs1: { kind: modbus-rtu, via: m1, port: 1, baud: 9600, format: 8N1 }\n";
    expect(told(meter, alone)).toEqual([
      "cannot-carry links.yaml:3 m1 (acrel-adw300) carries no link; add a device that carries links (profile serial-server) and name it; or remove via",
    ]);
  });

  it("is no device of a bridge", () => {
    const bridge = "  b: { profile: mqtt-air-json, via: broker, user: u, password: secret:x }\n";
    expect(told(`${box}${bridge}  c: { profile: mqtt-air-json, via: b }\n`)).toEqual([]);
  });
});

describe("a box", () => {
  it("that has a via is told so, and not that it speaks something", () => {
    const [problem, ...more] = told(box.replace("host", "via: lan, host"));
    expect(more).toEqual([]);
    expect(problem).toBe(
      "box-via devices.yaml:2 ss1 (serial-server) carries links and hangs on nothing itself; remove via here and write its host; a link that goes by way of it says via: ss1",
    );
  });

  it("by its model under another name of the key is asked about that once", () => {
    expect(told(box.replace("profile", "model"))).toEqual([
      'unknown-key devices.yaml:2 "model" is not known here; did you mean "profile"?',
    ]);
  });

  it("without a host is told once, not at each of its links; what else they have is told", () => {
    const bad = links.replace("port: 4002, baud: 9600", "port: 4002, baud: 9601");
    expect(
      told(box.replace("host: 10.0.0.21, ", ""), bad).map((line) => line.split(" ", 2).join(" ")),
    ).toEqual(["missing-key devices.yaml:2", "not-a-choice links.yaml:3"]);
  });
});

describe("one port at two links", () => {
  const twice = `links:
  a: { kind: modbus-rtu, device: /dev/ttyS1, baud: 9600, format: 8N1 }
  b: { kind: modbus-rtu, device: /dev/ttyS1, baud: 4800, format: 8N1 }
  c: { kind: modbus-rtu, host: 10.0.0.1, port: 4001, baud: 4800, format: 8N1 }
  d: { kind: modbus-rtu, host: 10.0.0.1, port: 4001, baud: 4800, format: 8N1 }
`;
  const lines = (devices: string) => told(devices, twice).map((line) => line.split(";")[0]);

  it("is told also where no device is sound, or none is written", () => {
    const expected = [
      "line-twice links.yaml:3 serial:/dev/ttyS1 is already used by a at links.yaml:2",
      "line-twice links.yaml:5 tcp:10.0.0.1:4001 is already used by c at links.yaml:4",
    ];
    expect(lines("  x: { profile: jxct-th, via: a, unit: 1 }\n")).toEqual(expected);
    expect(
      lines("  x: { profile: jxct-th, via: a, unit: 0 }\n").filter((line) => line?.startsWith("line")),
    ).toEqual(expected);
  });
});

it("lets nothing load that is then missing from the plan", () => {
  const ids = ["rs1", "port", "lan", "broker", "ss1", "a", "m1", "b", "x"];
  const models = [
    "profile: jxct-th, unit: 9",
    "profile: acrel-adw300, host: 10.0.0.9, with: { ct: 1, pt: 1 }",
    "profile: serial-server, host: 10.0.0.9",
    "profile: mqtt-air-json, user: x, password: secret:x",
    "profile: mqtt-air-json",
  ];
  const around = `${box}${meter}${probe("a", "rs1", 1)}  b: { profile: mqtt-air-json, via: broker, user: u, password: secret:x }\n`;
  for (const model of models)
    for (const via of ids) {
      const { plan } = load(`${around}  x: { ${model}, via: ${via} }\n`);
      const here = plan?.links.some(({ devices }) => devices.some(({ id }) => id === "x"));
      expect(plan === null || here === true, `${model} via ${via}`).toBe(true);
    }
});
