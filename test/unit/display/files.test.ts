/** Displays in the files of a school: what loads, what is refused and where, in the words that a technician gets. */
import { describe, expect, it } from "vitest";
import { loadPlan } from "../../../config/load/index.ts";
import type { LoadResult, Plan } from "../../../config/schema/plan.ts";
import { kinds } from "../../../drivers/registry.ts";
import { meaningOf } from "../../../edge/cli/vector-meaning.ts";
import { folderOf, nowMs, school } from "../config/school-folder.ts";

function load(files: Record<string, string>): LoadResult {
  const folder = folderOf({ "school.yaml": school, ...files });
  return loadPlan(folder, kinds, [], { env: { CE_SECRET_PJLINK: "p" }, nowMs, meaning: meaningOf });
}
const told = (files: Record<string, string>) =>
  load(files)
    .problems.filter(({ code }) => !["no-uplink", "no-devices", "not-yet"].includes(code))
    .map(({ severity, file, line, what, fix }) => `${severity} ${file}:${line} ${what.en}; ${fix.en}`);
function planOf(files: Record<string, string>): Plan {
  const { plan, problems } = load(files);
  if (plan === null) throw new Error(JSON.stringify(problems, null, 1));
  return plan;
}
const device = (id: string, more: string) => `  ${id}: { ${more}, space: 101 }\n`;
const devices = (...lines: string[]) => `devices:\n${lines.join("")}`;
const local = (kind: string, more = "") => `links: { scr: { kind: ${kind}, device: /dev/ttyS4${more} } }\n`;
const profile = (driver: string, body: string) => `profile: own
text: { zh: 自己的, en: own }
proof: simulated
driver: ${driver}
${body}`;

describe("projectors of the example school", () => {
  const files = {
    "links.yaml": "links: { pjlink: { kind: pjlink, port: 4352, password: secret:pjlink } }\n",
    "devices.yaml": devices(
      device("104-proj", "profile: pjlink-projector, via: pjlink, host: fd12:41::104"),
      device(
        "201-proj",
        "profile: pjlink-projector, via: pjlink, host: fd12:41::201, with: { variant: class-2 }",
      ),
    ),
  };

  it("load, each with a line of its own and what it can be told", () => {
    const [link] = planOf(files).links;
    expect(link?.devices.map(({ id }) => id)).toEqual(["104-proj", "201-proj"]);
    const kind = kinds.find((one) => one.kind === "pjlink");
    const jobs = kind?.plan(link?.settings, [...(link?.devices ?? [])]) ?? [];
    expect(new Set(jobs.map(({ line }) => line))).toEqual(
      new Set(["tcp:[fd12:41::104]:4352", "tcp:[fd12:41::201]:4352"]),
    );
    const [one, two] = ["104-proj", "201-proj"].map((id) => link?.points.get(id));
    expect([...(one?.actions?.keys() ?? [])].sort()).toEqual(
      ["blank", "input", "mute", "power-off", "power-on", "show", "unmute"].sort(),
    );
    expect(two?.points.has("filter_hours")).toBe(true);
    expect(one?.points.has("filter_hours")).toBe(false);
    expect(one?.actions?.get("power-off")).toMatchObject({ notDuring: "lesson", withinMs: 120_000 });
    expect(one?.points.get("device_name")?.level).toBe(1);
  });

  it("have addresses of their own", () => {
    const twice = files["devices.yaml"].replace("fd12:41::201", "fd12:41::104");
    expect(told({ ...files, "devices.yaml": twice })).toEqual([
      "error devices.yaml:3 104-proj and 201-proj are both at [fd12:41::104]:4352; each projector has its own address: mend the host",
    ]);
  });
});

describe("displays on a serial line", () => {
  it("load with their numbers, and are asked at the speed of the line", () => {
    const plan = planOf({
      "links.yaml": local("display-serial"),
      "devices.yaml": devices(
        device("a", "profile: samsung-mdc, via: scr, number: 1"),
        device("b", "profile: samsung-mdc, via: scr, number: 2"),
      ),
    });
    expect(plan.links[0]?.settings).toEqual({ device: "/dev/ttyS4", baud: 9600, format: "8N1" });
  });

  it.each([
    [
      "have numbers of their own",
      ["profile: samsung-mdc, via: scr", "profile: samsung-mdc, via: scr, number: 1"],
      "error devices.yaml:3 d1 and d2 both have the number 1 on one line; give one of them another number, in its menu as well, or mend its host",
    ],
    [
      "are never all of them",
      ["profile: samsung-mdc, via: scr, number: 254"],
      "error devices.yaml:2 single sets of samsung-mdc have the numbers 0 to 253; 254 means all of them, or none; write its own number, as its menu shows it",
    ],
    [
      "of LG have no number 0",
      ["profile: lg-rs232, via: scr, number: 0"],
      "error devices.yaml:2 single sets of lg have the numbers 1 to 255; 0 means all of them, or none; write its own number, as its menu shows it",
    ],
    [
      "of Epson have no number",
      ["profile: epson-escvp21, via: scr, number: 1"],
      "error devices.yaml:2 devices of epson have no number; remove number",
    ],
    [
      "of Epson are alone on their line",
      ["profile: epson-escvp21, via: scr", "profile: epson-escvp21, via: scr"],
      "error devices.yaml:3 d1 and d2 share a line, and one of epson has it alone; give each a line of its own",
    ],
    [
      "speak one protocol",
      ["profile: lg-rs232, via: scr", "profile: samsung-mdc, via: scr, number: 2"],
      "error devices.yaml:3 d1 speaks lg and d2 samsung-mdc on one line; give each protocol a line of its own",
    ],
    [
      "show no serial number",
      ["profile: lg-rs232, via: scr, expect: { serial: X1 }"],
      "error devices.yaml:2 a serial number is expected, but this version cannot read those of such devices; remove expect; the number can be noted as serial",
    ],
  ])("%s", (_, entries, message) => {
    const lines = entries.map((entry, index) => device(`d${index + 1}`, entry));
    expect(told({ "links.yaml": local("display-serial"), "devices.yaml": devices(...lines) })).toEqual([
      message,
    ]);
  });
});

describe("displays in the network", () => {
  const net = (more = "") => `links: { net: { kind: display-tcp${more} } }\n`;
  const linesOf = (files: Record<string, string>) => {
    const [link] = planOf(files).links;
    const kind = kinds.find((one) => one.kind === "display-tcp");
    return kind?.plan(link?.settings, [...(link?.devices ?? [])]).map(({ line }) => line);
  };

  it.each([
    ["profile: samsung-mdc", "", 1515],
    ["profile: nec-display", "", 7142],
    ["profile: epson-escvp21", "", 3629],
    ["profile: lg-rs232", "", 9761],
    ["profile: hisense-dm, with: { variant: dm-tcp }", "", 8000],
    ["profile: hisense-dm, with: { variant: bm-tcp }", "", 8088],
    ["profile: samsung-mdc", ", port: 2000", 2000],
    ["profile: samsung-mdc, port: 3000", ", port: 2000", 3000],
  ])("have the port of their model, the link or their own: %s %s", (entry, more, port) => {
    const files = {
      "links.yaml": net(more),
      "devices.yaml": devices(device("a", `${entry}, via: net, host: 192.0.2.7`)),
    };
    expect(new Set(linesOf(files))).toEqual(new Set([`tcp:192.0.2.7:${port}`]));
  });

  it("must say the port where their family has none", () => {
    const entry = "profile: benq-display, via: net, host: 192.0.2.7";
    expect(told({ "links.yaml": net(), "devices.yaml": devices(device("a", entry)) })).toEqual([
      "error devices.yaml:2 displays of benq have no common TCP port, and it is not said; add port: as its manual or menu has it",
    ]);
  });
});

describe("a profile of one's own", () => {
  const display = (points: string, actions = "") => ({
    "links.yaml": local("display-serial"),
    "devices.yaml": devices(device("a", "profile: own, via: scr, number: 1")),
    "profiles/own.yaml": profile(
      "display",
      `protocol: samsung-mdc\npoints: { ${points} }\n${actions === "" ? "" : `actions: { ${actions} }\n`}`,
    ),
  });

  it.each([
    [
      "lamp_hours: { ask: lamp-hours }",
      "",
      "error devices.yaml:2 its profile has lamp_hours with ask: lamp-hours, which samsung-mdc does not have; write one of: power, volume, mute, input, lamp, heat, temperature, fan",
    ],
    [
      "volume: { ask: volume }",
      "blank: { set: screen, value: 1 }",
      "error devices.yaml:2 its profile has the action blank with set: screen, which samsung-mdc does not have; write one of: power, volume, mute, input",
    ],
    [
      "volume: { ask: volume }",
      "loud: { set: volume, value: 200 }",
      "error devices.yaml:2 its profile has the action loud with value: 200, which volume of samsung-mdc does not take; write one of: 0..100",
    ],
    [
      "volume: { ask: volume }",
      "loud: { set: volume }",
      "error profiles/own.yaml:7 it needs either value or arg; write value: 1 for a fixed value, arg: NAME for what the command says",
    ],
    [
      "volume: { ask: volume }",
      "loud: { set: volume, arg: too, args: { to: { point: volume } } }",
      'error profiles/own.yaml:7 this action has no argument "too"; did you mean "to"?',
    ],
    [
      "volume: { ask: volum }",
      "loud: { set: volume, arg: to, args: { to: { point: volume } }, confirm: { volume: { arg: to } } }",
      expect.stringMatching(/^error profiles\/own.yaml:6 .*volum/),
    ],
  ])("with %s %s is told once, where it stands", (points, actions, message) => {
    expect(told(display(points, actions))).toEqual([message]);
  });

  const hex = (points: string, actions = "") => ({
    "links.yaml": local("hex-serial"),
    "devices.yaml": devices(device("a", "profile: own, via: scr")),
    "profiles/own.yaml": profile(
      "hex",
      `points: { ${points} }\n${actions === "" ? "" : `actions: { ${actions} }\n`}`,
    ),
  });

  it.each([
    [
      'volume: { ask: "AA 1", reply: "AA ..", at: 1 }',
      "",
      /"AA 1" is not bytes in hexadecimal; write them like AA 01 50 01/,
    ],
    ['volume: { ask: "AA 01", reply: "AA ..", at: 0 }', "", /byte 0 of reply is not \.\./],
    ['volume: { ask: "AA ..", reply: "AA ..", at: 1 }', "", /ask has no \.\./],
    [
      'volume: { ask: "AA 01", reply: "AB ..", at: 1 }, display_on: { ask: "AA 02", reply: "AB ..", at: 1, enum: { "1": "true" } }',
      "",
      /the answers for volume and display_on look alike/,
    ],
    [
      'volume: { ask: "AA 01", reply: "AA ..", at: 1 }',
      "",
      /^warning devices.yaml:2 .* for volume could be the question itself, given back/,
    ],
    [
      'volume: { ask: "AA 01", reply: "AA ..", at: 1 }',
      'loud: { send: "AA ##" }',
      /## in send and arg go together/,
    ],
  ])("with %s %s is told", (points, actions, message) => {
    const messages = told(hex(points, actions));
    expect(messages).toHaveLength(1);
    expect(messages[0]).toMatch(message);
  });

  it("for a panel loads as the example does, with the keys of the brief example", () => {
    const plan = planOf(
      hex(
        'display_on: { ask: "AA 01 51 00", reply: "AA 81 51 ..", at: 3, enum: { "0": "false", "1": "true" } }',
        'power-on: { send: "AA 01 50 01 FC", reply: "AA 81 50 ..", checksum: none, wait: 800ms, rest: 3s }, power-off: { send: "AA 01 50 00 FB", reply: none, checksum: none, wait: 800ms, rest: 30s, notDuring: lesson }',
      ),
    );
    expect(plan.links[0]?.devices[0]?.actions).toEqual({
      "power-on": {
        send: [0xaa, 1, 0x50, 1, 0xfc],
        reply: [0xaa, 0x81, 0x50, null],
        checksum: "none",
        wait: 800,
      },
      "power-off": { send: [0xaa, 1, 0x50, 0, 0xfb], reply: null, checksum: "none", wait: 800 },
    });
  });
});

describe("a test vector", () => {
  const own = (asked: string, said: string, expected: string) => ({
    "profiles/own.yaml": profile(
      "display",
      `protocol: samsung-mdc
points: { volume: { ask: volume } }
vectors: [{ asked: "${asked}", bytes: "${said}", expect: { volume: ${expected} } }]
`,
    ),
  });
  it.each([
    ["AA 12 01 00 13", "AA FF 01 03 41 12 1E 74", "30", []],
    ["AA 12 01 00 13", "AA FF 01 03 41 12 1E 75", "30", [/the checksum of the answer is wrong/]],
    ["AA 12 01 00 14", "AA FF 01 03 41 12 1E 74", "30", [/asked is nothing that this profile asks/]],
    ["AA 12 01 00 13", "AA FF 02 03 41 12 1E 75", "30", [/the answer began but did not finish/]],
    [
      "AA 12 01 00 13",
      "AA FF 01 03 41 12 1E 74",
      "31",
      [/volume should be 31 %, and this profile reads 30 %/],
    ],
    ["AA 12 01 00 13", "AA FF 01 03 4E 12 01 64", "30", [/cannot do it now/]],
  ])("%s answered by %s as %s", (asked, said, expected, messages) => {
    const problems = told(own(asked, said, expected));
    expect(problems).toEqual(messages.map((message) => expect.stringMatching(message)));
  });
});
