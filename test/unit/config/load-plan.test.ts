import { describe, expect, it } from "vitest";
import { brief, kinds, loadFiles, nowMs, placeIn, planOf } from "./school-folder.ts";

const box = `profile: box
text: { zh: 盒子, en: Box }
proof: simulated
driver: bus
order: low-first
period: 20s
points:
  temperature: { register: 0, scale: 0.1, offset: -40, sentinels: [32767, "null"], range: -20..60, period: 30s, maxSilence: 5min }
  humidity: { register: 1, deadband: 3, level: 3 }
  switch: { register: 2, enum: { 0: false, 1: true } }
  energy: { register: 3, warmUp: 2s }
actions:
  on: { write: 1 }
`;
const links = "links: { rs1: { kind: fake-bus, port: /dev/ttyS1 } }\n";
const boxes = (devices: string, more = "") => ({
  "links.yaml": links,
  "profiles/box.yaml": box,
  "devices.yaml": `devices:\n${devices}${more}`,
});
const one = (settings: string, more = "") =>
  boxes(`  101-box: { profile: box, via: rs1, unit: 7, ${settings} }\n`, more);
const pointsOf = (files: Record<string, string>) =>
  planOf(files).links[0]?.points.get("101-box")?.points ?? new Map();

describe("the plan", () => {
  it("holds the school with what was left out at its default", () => {
    const plan = planOf({});
    expect(plan.school).toEqual({
      id: "2133000001",
      gateway: "gw1",
      name: "云溪小学",
      language: "zh",
      clock: "auto",
    });
    expect(plan.buffer).toEqual({
      folder: "/var/lib/campus-edge",
      quotaBytes: 6e9,
      keepMs: 400 * 86_400_000,
      history: null,
      diskFloorBytes: 2e9,
      commit: { ackMs: 100, polledMs: 1000 },
    });
    expect(plan.status).toBeUndefined();
    expect(plan.revision).toMatch(/^[0-9a-f]{8}$/);
  });

  it("has another revision when a byte of a file is another", () => {
    const revision = (note: string) => planOf({ "note.yaml": `# ${note}\n` }).revision;
    expect(revision("a")).toBe(revision("a"));
    expect(revision("a")).not.toBe(revision("b"));
  });

  it("takes the page's address below school or on top", () => {
    const at = { host: "127.0.0.1", port: 8080 };
    expect(planOf({ "s.yaml": 'status: { listen: "127.0.0.1:8080" }\n' }).status).toEqual(at);
    const inside = `version: 1\nschool: { id: 2133000001, gateway: gw1, name: 云溪, status: { listen: "127.0.0.1:8080" } }\n`;
    expect(planOf({ "school.yaml": inside }).status).toEqual(at);
    const { problems } = loadFiles({
      "school.yaml": inside,
      "t.yaml": 'status: { listen: "[::1]:8081" }\n',
    });
    expect(brief(problems)).toContain(`section-twice school.yaml:${placeIn(inside, "status")}`);
  });

  it("expands rooms, lets later rows override and computes long codes", () => {
    const { spaces } = planOf({
      "school.yaml": `version: 1
school: { id: 2133000001, gateway: gw1, name: 云溪 }
spaces:
  - { building: JX1, floor: F01, rooms: 099..101, kind: classroom, area: 63 m2, height: 3.4 m, seats: 42 }
  - { building: JX1, floor: B01, rooms: [PD, LIB1..LIB2], kind: store }
  - { building: XM, floor: F01, rooms: 101, prefix: B, campus: 02 }
`,
      "more.yaml": "spaces:\n  - { building: JX1, floor: F01, rooms: 100, kind: music, name: 音乐教室 }\n",
    });
    expect([...spaces.keys()]).toEqual(["100", "099", "101", "PD", "LIB1", "LIB2", "B101"]);
    expect(spaces.get("099")?.code).toBe("2133000001-01-JX1-F01-099");
    expect(spaces.get("LIB2")?.code).toBe("2133000001-01-JX1-B01-LIB2");
    expect(spaces.get("B101")).toMatchObject({ code: "2133000001-02-XM-F01-101", kind: "other" });
    // Files are read in the order of their names: more.yaml comes first and is overridden.
    expect(spaces.get("100")).toMatchObject({ kind: "classroom", name: "音乐教室", areaM2: 63 });
  });

  it("hands devices to their driver as the kind's schemas read them", () => {
    const plan = planOf(one("expect: { serial: A1 }, space: 101"));
    expect(plan.links).toHaveLength(1);
    const [link] = plan.links;
    expect(link).toMatchObject({
      id: "rs1",
      kind: "fake-bus",
      settings: { port: "/dev/ttyS1", baud: "9600" },
    });
    expect(link?.devices).toEqual([
      {
        id: "101-box",
        address: { unit: 7 },
        profile: { order: "low-first" },
        expect: "A1",
        simulated: false,
        points: [
          { id: "temperature", source: { register: 0, factor: 1 }, everyMs: 30_000 },
          { id: "humidity", source: { register: 1, factor: 1 }, everyMs: 20_000 },
          { id: "switch", source: { register: 2, factor: 1 }, everyMs: 20_000 },
          { id: "energy", source: { register: 3, factor: 1 }, everyMs: 20_000 },
        ],
        actions: { on: { write: 1 } },
      },
    ]);
    expect(link?.points.get("101-box")).toMatchObject({
      profile: "box",
      space: "2133000001-01-JX1-F01-101",
      stage: "on",
      buffered: false,
    });
  });

  it("gives points what catalogue and profile say", () => {
    const points = pointsOf(one("space: 101"));
    expect(points.get("temperature")).toEqual({
      id: "temperature",
      kind: "measurement",
      type: "number",
      unit: "Cel",
      level: 2,
      range: [-20, 60],
      scale: 0.1,
      offset: -40,
      sentinels: [32767, null],
      warmUpMs: 0,
      everyMs: 30_000,
      deadband: { abs: 0.2 },
      maxSilenceMs: 300_000,
    });
    expect(points.get("humidity")).toMatchObject({ level: 3, deadband: { abs: 3 }, maxSilenceMs: 600_000 });
    expect(points.get("switch")).toMatchObject({ type: "boolean", kind: "state" });
    expect([...(points.get("switch")?.enum ?? [])]).toEqual([
      ["0", false],
      ["1", true],
    ]);
    expect(points.get("energy")).toMatchObject({ kind: "counter", unit: "kW.h", warmUpMs: 2000 });
  });

  it("puts defaults over the profile and the device over both, a point before its device", () => {
    const defaults = {
      "defaults.yaml": "defaults:\n  period: 60s\n  points:\n    humidity: { period: 90s, deadband: 2% }\n",
    };
    const plain = pointsOf({ ...one("space: 101"), ...defaults });
    expect(plain.get("temperature")?.everyMs).toBe(60_000);
    expect(plain.get("humidity")).toMatchObject({ everyMs: 90_000, deadband: { share: 0.02 } });
    const own = pointsOf({
      ...one(
        "period: 40s, points: { humidity: { period: 50s, deadband: off }, energy: off, switch: { off: true } }",
      ),
      ...defaults,
    });
    expect(own.get("temperature")?.everyMs).toBe(40_000);
    expect(own.get("humidity")).toMatchObject({ everyMs: 50_000, deadband: null });
    expect([...own.keys()]).toEqual(["temperature", "humidity"]);
  });

  it("adds a correction at the device to the profile's scale and offset", () => {
    const points = pointsOf(one("points: { temperature: { scale: 2, offset: 0.5, why: 比对 } }"));
    // (raw × 0.1 − 40) × 2 + 0.5
    expect(points.get("temperature")).toMatchObject({ scale: 0.2, offset: -79.5 });
  });

  it("lets the silence follow a long period where nobody wrote one, and warns where somebody did", () => {
    const files = one("period: 20min");
    const { plan, problems } = loadFiles(files);
    const points = plan?.links[0]?.points.get("101-box")?.points;
    expect(points?.get("humidity")?.maxSilenceMs).toBe(1_200_000);
    expect(points?.get("temperature")?.maxSilenceMs).toBe(300_000);
    expect(brief(problems)).toEqual([
      "no-uplink :0:0",
      `silence-below-period devices.yaml:${placeIn(files["devices.yaml"], "20min")}`,
    ]);
  });

  it("leaves out a device that is off, and what hangs on it, but keeps its id and address", () => {
    const files = boxes(
      `  hub: { profile: box, via: rs1, unit: 1, stage: off, why: 送修 }
  a: { profile: box, via: hub, unit: 2 }
  b: { profile: box, via: rs1, unit: 3, stage: trial }
`,
    );
    const { plan, problems } = loadFiles(files);
    expect(plan?.links[0]?.devices.map(({ id }) => id)).toEqual(["b"]);
    expect(plan?.links[0]?.points.get("b")?.stage).toBe("trial");
    expect(brief(problems)).toContain("off-behind devices.yaml:2:50");
    const more = "devices: { c: { profile: box, via: rs1, unit: 1 } }\n";
    const clash = loadFiles({ ...files, "more.yaml": more });
    expect(brief(clash.problems)).toContain(`kind-check more.yaml:${placeIn(more, "1 }")}`);
    expect(clash.plan).toBeNull();
  });

  it("says that data are simulated when the link, the bridge or the device is", () => {
    const files = boxes(`  hub: { profile: box, via: rs1, unit: 1, simulated: true }
  a: { profile: box, via: hub, unit: 2 }
  b: { profile: box, via: rs1, unit: 3 }
`);
    const plan = planOf(files);
    expect(plan.links[0]?.devices.map(({ id, simulated, via }) => [id, simulated, via])).toEqual([
      ["hub", true, undefined],
      ["a", true, "hub"],
      ["b", false, undefined],
    ]);
    const all = planOf({ ...files, "links.yaml": links.replace("port:", "simulated: true, port:") });
    expect(all.links[0]?.simulated).toBe(true);
    expect([...(all.links[0]?.points.values() ?? [])].every(({ simulated }) => simulated)).toBe(true);
  });

  it("binds a moved device to where it is at the time of loading, and says so while a move is to come", () => {
    const files = one("space: [{ in: 101, from: 2026-09-01 }, { in: 102, from: 2026-10-12T08:00 }]");
    const at = (ms: number) => {
      const { plan, problems } = loadFiles(files, { nowMs: ms });
      const told = brief(problems).includes(
        `placed-now devices.yaml:${placeIn(files["devices.yaml"], "space:")}`,
      );
      return [plan?.links[0]?.points.get("101-box")?.space, told];
    };
    expect(at(nowMs)).toEqual(["2133000001-01-JX1-F01-102", false]);
    expect(at(nowMs - 1)).toEqual(["2133000001-01-JX1-F01-101", true]);
    expect(at(Date.UTC(2026, 7, 1))).toEqual(["", true]);
    // A gateway whose clock was never set.
    expect(at(1000)).toEqual(["2133000001-01-JX1-F01-102", false]);
  });

  it("reads uplinks with what all of them share", () => {
    const plan = planOf({
      "uplinks.yaml": `uplinks:
  a: { kind: post, url: "https://a.example" }
  b:
    kind: post
    url: https://b.example
    confirm: broker
    accepts: any
    start: now
    send: { levels: [1], kinds: [alarm], points: [co2], spaces: [101] }
`,
    });
    expect(plan.uplinks).toEqual([
      {
        id: "a",
        kind: "post",
        settings: { url: "https://a.example", pause: 1 },
        confirm: "receipt",
        accepts: "real",
        send: { levels: [1, 2] },
        start: "oldest",
        backlog: { recordsPerS: 1500 },
      },
      {
        id: "b",
        kind: "post",
        settings: { url: "https://b.example", pause: 1 },
        confirm: "broker",
        accepts: "any",
        send: { levels: [1], kinds: ["alarm"], points: ["co2"], spaces: ["2133000001-01-JX1-F01-101"] },
        start: "now",
        backlog: { recordsPerS: 1500 },
      },
    ]);
  });

  it("cannot be changed", () => {
    const plan = planOf(one("space: 101"));
    const [link] = plan.links;
    expect(() => Object.assign(plan.school, { name: "x" })).toThrow(TypeError);
    expect(() => (link?.devices as unknown[] | undefined)?.push({})).toThrow(TypeError);
    expect(() => Object.assign(link?.devices[0]?.address as object, { unit: 8 })).toThrow(TypeError);
    expect(() => (plan.spaces as Map<string, unknown>).set("x", 1)).toThrow(TypeError);
    expect(() => (link?.points as Map<string, unknown> | undefined)?.delete("101-box")).toThrow(TypeError);
    expect(() =>
      Object.assign(link?.points.get("101-box")?.points.get("switch") as object, { level: 1 }),
    ).toThrow(TypeError);
    expect(plan.spaces.size).toBe(3);
  });

  it("keeps texts as they are written: long numbers, leading zeros, scientific look", () => {
    const plan = planOf({
      "links.yaml": "links: { rs1: { kind: fake-bus, port: 000021081234 } }\n",
      "uplinks.yaml": "uplinks: { a: { kind: post, url: 8E1 } }\n",
    });
    expect(plan.links[0]?.settings).toMatchObject({ port: "000021081234" });
    expect(plan.uplinks[0]?.settings).toMatchObject({ url: "8E1" });
  });

  it("treats names of object members as plain keys, and refuses the one that would be lost", () => {
    const odd = "devices: { constructor: { profile: toString, via: valueOf } }\n";
    const { problems } = loadFiles({ "x.yaml": odd });
    expect(brief(problems)).toEqual([
      "no-uplink :0:0",
      `unknown-profile x.yaml:${placeIn(odd, "toString")}`,
      `unknown-via x.yaml:${placeIn(odd, "valueOf")}`,
    ]);
    const lost = "defaults: { points: { __proto__: { period: 60s } } }\n";
    expect(brief(loadFiles({ "x.yaml": lost }).problems)).toContain(
      `syntax x.yaml:${placeIn(lost, "__proto__")}`,
    );
  });

  it("says when the folder is not there, and needs nothing else", () => {
    const { plan, problems } = loadFiles({}, { profiles: "/nowhere" });
    expect(plan).toBeNull();
    expect(brief(problems)).toEqual(["no-devices :0:0", "no-uplink :0:0", "no-profiles <built-in>:0:0"]);
  });

  it("knows the kinds that it is given and no other", () => {
    expect(kinds.map(({ kind }) => kind)).toEqual(["mqtt-broker", "mqtt-external", "fake-bus"]);
    const { problems } = loadFiles({
      "links.yaml": "links: { x: { kind: modbus-rtu, port: 4001, baud: 9600 } }\n",
    });
    expect(brief(problems)).toContain("unknown-kind links.yaml:1:21");
    expect(brief(problems)).toHaveLength(3);
  });
});
