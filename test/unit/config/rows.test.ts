/**
 * Rooms made from templates: what comes out, whose word counts, and where a mistake is told.
 */
import { describe, expect, it } from "vitest";
import { devicesOf, loadRooms, planRooms, told } from "./rows-school.ts";

const template = `templates:
  classroom:
    params:
      room:  { text: 房间号 }
      n:     { text: 第几间, range: 1..30 }
      line:  { text: 线路, kind: modbus-rtu, default: rs1 }
      panel: { text: 大屏型号, default: seewo-panel }
    space: $room
    devices:
      air:   { profile: jxct-air-board, via: $line, unit: $n, mount: 后墙, period: 30s, points: { co2: { deadband: 9 }, tvoc: { deadband: 8 } } }
      meter: { profile: chint-ddsu666, via: $line, unit: $n+40 }
      panel: { profile: $panel, via: panel, host: "fd12:40::$room", power: $room-meter }
`;
const rooms = (...rows: string[]) =>
  `rooms:\n  use: classroom\n  rows:\n${rows.map((row) => `    - { ${row} }\n`).join("")}`;
const made = (...rows: string[]) => devicesOf(planRooms({ "rooms.yaml": template + rooms(...rows) }));
const errors = (text: string) =>
  told(loadRooms({ "rooms.yaml": text })).filter((line) => /^error/.test(line));

describe("a row", () => {
  it("gives its values to every text of the template", () => {
    const devices = made("room: 101, n: 5", "room: PD, n: 6, line: rs2, panel: hitevision-panel");
    expect([...devices.keys()].sort()).toEqual(
      ["101-air", "101-meter", "101-panel", "pd-air", "pd-meter", "pd-panel"].sort(),
    );
    expect(devices.get("101-meter")).toMatchObject({ link: "rs1", address: { unit: "45" } });
    expect(devices.get("101-panel")).toMatchObject({
      address: { host: "fd12:40::101" },
      points: { profile: "seewo-panel", space: "2133000001-01-JX1-F01-101" },
    });
    expect(devices.get("pd-meter")).toMatchObject({ link: "rs2", address: { unit: "46" } });
    expect(devices.get("pd-panel")?.points.profile).toBe("hitevision-panel");
  });

  it("names a neighbour by its id, also where the room has capital letters", () => {
    const files = {
      "rooms.yaml": `${template.replace("power: $room-meter", "power: $room-meter, note: $room")}${rooms("room: PD, n: 6")}`,
    };
    const panel = devicesOf(planRooms(files)).get("pd-panel");
    expect(panel?.points).toMatchObject({ note: "PD" });
    expect(told(loadRooms(files)).filter((line) => /PD-meter/.test(line))).toEqual([]);
  });

  it("changes what it names and nothing beside it", () => {
    const devices = made(
      "room: 101, n: 5, devices: { air: { unit: 99, points: { co2: { deadband: 1 } } } }",
      "room: 102, n: 6",
    );
    expect(devices.get("101-air")).toMatchObject({ address: { unit: "99" }, points: { mount: "后墙" } });
    const deadbands = (id: string) =>
      ["co2", "tvoc"].map((point) => devices.get(id)?.points.points.get(point)?.deadband);
    expect(deadbands("101-air")).toEqual([{ abs: 1 }, { abs: 8 }]);
    expect(deadbands("102-air")).toEqual([{ abs: 9 }, { abs: 8 }]);
  });

  it("takes devices away, and adds its own where the template's parameters count too", () => {
    const devices = made(
      'room: 101, n: 5, devices: { panel: off, proj: { profile: pjlink-projector, via: pjlink, host: "fd12:41::$room" } }',
    );
    expect([...devices.keys()].sort()).toEqual(["101-air", "101-meter", "101-proj"]);
    expect(devices.get("101-proj")).toMatchObject({
      address: { host: "fd12:41::101" },
      points: { space: "2133000001-01-JX1-F01-101" },
    });
  });

  it("speaks for all its devices where they have no word of their own in it", () => {
    const { off } = planRooms({
      "rooms.yaml": `${template.replace("unit: $n+40", "unit: $n+40, stage: trial")}${rooms(
        "room: 101, n: 5, space: 102, stage: off, why: 装修, until: 2026-10-31, devices: { air: { stage: off, why: 返厂 }, panel: { stage: on, space: 103 } }",
      )}`,
    });
    const untilMs = Date.UTC(2026, 9, 30, 16);
    const space = "2133000001-01-JX1-F01-102";
    expect(off).toHaveLength(2);
    expect(off.find(({ device }) => device === "101-meter")).toMatchObject({ why: "装修", untilMs, space });
    const air = off.find(({ device }) => device === "101-air");
    expect(air).toMatchObject({ why: "返厂", space });
    expect(air).not.toHaveProperty("untilMs");
  });

  it("beats its template, also by a word for the whole device where the template speaks of a point", () => {
    const text = template.replace("co2: { deadband: 9 }", "co2: { deadband: 9, period: 40s }");
    const periods = (...row: string[]) => {
      const { points } =
        devicesOf(planRooms({ "rooms.yaml": text + rooms(...row) })).get("101-air")?.points ?? {};
      return ["temperature", "co2"].map((point) => points?.get(point)?.everyMs);
    };
    expect(periods("room: 101, n: 5")).toEqual([30_000, 40_000]);
    expect(periods("room: 101, n: 5, devices: { air: { period: 20s } }")).toEqual([20_000, 20_000]);
  });
});

describe("blocks of rooms", () => {
  const lab = `  lab:
    params: { room: { text: 房间 } }
    devices:
      lamp: { profile: hitevision-panel, via: panel, host: "fd12:50::$room", space: $room }
`;
  it("may be several, of several templates and for the same room", () => {
    const text = `${template}${lab}rooms:
  - { use: classroom, rows: [ { room: 101, n: 1 } ] }
  - { use: lab, rows: [ { room: 101 }, { room: 102 } ] }
`;
    const devices = devicesOf(planRooms({ "rooms.yaml": text }));
    expect([...devices.keys()].filter((id) => id.endsWith("lamp"))).toEqual(["101-lamp", "102-lamp"]);
    expect(devices.size).toBe(5);
  });

  it("may lie in other files than their template", () => {
    const files = { "a.yaml": rooms("room: 101, n: 1"), "b.yaml": template };
    expect(devicesOf(planRooms(files)).size).toBe(3);
  });

  it("make devices that others hang on or collide with as if they were written out", () => {
    const more = `devices:
  101-air: { profile: jxct-air-board, via: rs2, unit: 1 }
  below: { profile: jxct-air-board, via: 101-meter, unit: 1, space: 109 }
`;
    expect(errors(template + rooms("room: 101, n: 1") + more)).toEqual([
      expect.stringMatching(
        /^error duplicate-id rooms\.yaml:18:3: the id "101-air" is used twice: .*rooms\.yaml:10, rooms\.yaml:16/,
      ),
      expect.stringMatching(/^error cannot-carry rooms\.yaml:19:.* hang on 101-meter .*write via: rs1,/),
      expect.stringMatching(/^error unknown-space rooms\.yaml:19:/),
    ]);
  });
});

describe("a mistake", () => {
  const many = Array.from({ length: 8 }, (_, n) => `room: 10${n + 1}, n: ${n + 1}`);

  it("in a template is told once, with the rows it touches", () => {
    const text = template.replace("via: panel", "via: pannel").replace("period: 30s", "period: 30");
    expect(errors(text + rooms(...many))).toEqual([
      expect.stringContaining('rooms.yaml:10:82: "30" has no unit (8 rows: 101, 102, 103, …)'),
      expect.stringContaining(
        'rooms.yaml:12:38: there is no link or device "pannel" (8 rows: 101, 102, 103, …)',
      ),
    ]);
  });

  it("that some rows have mended touches the others only", () => {
    const text = template.replace("period: 30s", "period: 30");
    const mended = many.map((row, n) => (n < 6 ? `${row}, devices: { air: { period: 60s } }` : row));
    expect(errors(text + rooms(...mended))).toEqual([expect.stringContaining("(2 rows: 107, 108)")]);
  });

  it("in a row is told at the row, and once", () => {
    const rows = [...many.slice(0, 2), "room: 109, n: 9", "room: 110, n: 31, line: rs4"];
    expect(errors(template + rooms(...rows))).toEqual([
      expect.stringMatching(/unknown-space rooms\.yaml:18:15: .*"109" \(used at rooms\.yaml:8\)/),
      expect.stringMatching(/unknown-space rooms\.yaml:19:15/),
      expect.stringMatching(/bad-value rooms\.yaml:19:23/),
      expect.stringMatching(/unknown-link rooms\.yaml:19:33: .*; did you mean "rs1" or "rs2" or "rs3"\?/),
    ]);
  });

  it("in a row hides nothing of the other rows", () => {
    const rows = ["n: 1", "room: 101, n: 2, devices: { air: { via: rs9 } }", "房间号: 102, n: 3"];
    expect(errors(template + rooms(...rows)).map((line) => line.split(" ").slice(1, 3))).toEqual([
      ["missing-key", "rooms.yaml:16:7:"],
      ["unknown-key", "rooms.yaml:18:9:"],
    ]);
    expect(errors(template + rooms(rows[1] ?? "")).map((line) => line.split(" ").slice(1, 3))).toEqual([
      ["unknown-via", "rooms.yaml:16:49:"],
    ]);
  });

  it("that only some rows make of the template's words is told at what these rows say", () => {
    const text = template.replace("$n+40", "$line+40");
    const result = errors(text + rooms("room: 101, n: 1, line: rs1", "room: 102, n: 2"));
    expect(result).toEqual([
      expect.stringMatching(/^error not-a-number rooms\.yaml:11:.*\(2 rows: 101, 102\)/),
    ]);
    const unit = template.replace("unit: $n+40", `unit: "${"x".repeat(150)}$panel"`);
    expect(
      errors(unit + rooms("room: 101, n: 1", `room: 102, n: 2, panel: hitevision-panel${"x".repeat(60)}`)),
    ).toContainEqual(
      expect.stringMatching(/^error bad-value rooms\.yaml:17:33: .*\(used at rooms\.yaml:11\)/),
    );
  });

  it("leaves a secret in clear unseen, wherever the pieces of it stand", () => {
    const text = `templates:
  classroom:
    params: { room: { text: 房间号 }, mark: { text: 词 } }
    space: $room
    devices:
      panel: { profile: seewo-panel, via: panel, password: Zz9-$mark }
`;
    const result = loadRooms({ "rooms.yaml": `${text}${rooms("room: 101, mark: hunter2, roam: 1")}` });
    expect(JSON.stringify(result.problems)).not.toContain("hunter2");
  });
});

describe("references", () => {
  const text = (words: string) => `templates:
  t:
    params: { room: {}, room2: { default: x }, n: { default: 07 } }
    devices:
      air: { profile: jxct-air-board, via: rs1, note: "${words}", mount: "$room2$n" }
rooms: { use: t, rows: [ { room: 101 } ] }
`;
  const note = (words: string) =>
    devicesOf(planRooms({ "rooms.yaml": text(words) })).get("101-air")?.points.note;

  it("take the longest name, add whole numbers, and leave other signs alone", () => {
    expect(note("$room2/$room-$n")).toBe("x/101-07");
    expect(note("$n+40.$n+1")).toBe("47.8");
    expect(note("$roomA$room教室")).toBe("101A101教室");
    expect(note("5 $, $5, a$")).toBe("5 $, $5, a$");
  });

  it("that nothing is known by are told, not left as text", () => {
    for (const words of ["$nn", "$room3", "$rooms", "$Room", "$" + "{room}", "$房间"])
      expect(errors(text(words)), words).toEqual([
        expect.stringMatching(/^error unknown-param rooms\.yaml:5:/),
      ]);
  });
});

describe("a hostile template", () => {
  it("makes no text and no school without bound", () => {
    const long = "$a".repeat(2000);
    const text = `templates:
  t:
    params: { room: {}, a: { default: ${"x".repeat(200)} } }
    devices: { air: { profile: jxct-air-board, via: rs1, note: "${long}" } }
rooms: { use: t, rows: [ { room: 101 }, { room: 102 } ] }
`;
    expect(errors(text)).toEqual([
      expect.stringMatching(/text-too-long rooms\.yaml:4:.*\(2 rows: 101, 102\)/),
    ]);
    const devices = Array.from({ length: 400 }, (_, n) => `d${n}: { profile: jxct-air-board, via: rs1 }`);
    const rows = Array.from({ length: 4000 }, (_, n) => `{ room: r${n} }`);
    const large = `templates: { t: { params: { room: {} }, devices: { ${devices.join(", ")} } } }\nrooms: { use: t, rows: [ ${rows.join(", ")} ] }\n`;
    expect(errors(large)).toContainEqual(expect.stringMatching(/^error too-many-rows rooms\.yaml:2:/));
  });

  it("has at most 5,000 rows", () => {
    const rows = Array.from({ length: 5001 }, (_, n) => `{ room: r${n} }`);
    const text = `templates: { t: { params: { room: {} }, devices: {} } }\nrooms: { use: t, rows: [ ${rows.join(", ")} ] }\n`;
    expect(errors(text)).toEqual([expect.stringMatching(/^error too-many-rows/)]);
  });
});
