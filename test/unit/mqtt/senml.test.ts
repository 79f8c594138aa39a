import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decode } from "../../../drivers/mqtt/decode.ts";
import { mqttFaults } from "../../../drivers/mqtt/faults.ts";
import type { MqttDevice } from "../../../drivers/mqtt/schema.ts";
import { maxRecords, readPack } from "../../../drivers/mqtt/senml.ts";
import { add, convert, convertSum } from "../../../drivers/mqtt/units.ts";
import { device } from "./world.ts";

const now = Date.UTC(2026, 8, 1, 8);
const bn = "urn:dev:mac:0024befffe804ff1:";

const senml = (points: Record<string, object>, profile: object = {}): MqttDevice =>
  device("air", points, { profile: { payload: "senml", ...profile } });
const air = senml({
  temperature: { name: "temperature" },
  humidity: { name: "humidity" },
  switch: { name: "relay" },
});
const buffered = senml({ temperature: { name: "temperature" } }, { buffered: "true" });

const read = (pack: unknown, of = air, topic = "ce/v1/air/up/prop") =>
  decode(Buffer.from(typeof pack === "string" ? pack : JSON.stringify(pack)), [of], {
    topic,
    wallMs: now,
    digest: (identity) => `<${identity.length}>`,
  });
const samples = (pack: unknown, of = air) => read(pack, of).readings.flatMap((reading) => reading.samples);
const codes = (pack: unknown, of = air) =>
  read(pack, of).readings.flatMap(({ faults }) =>
    faults.map(({ code, point }) => (point === undefined ? code : `${code} ${point}`)),
  );

describe("a SenML pack", () => {
  it("of one record with a whole name is understood (RFC 8428, 5.1.1)", () => {
    expect(samples([{ n: "urn:dev:ow:10e2073a01080063:temperature", u: "Cel", v: 23.1 }])).toEqual([
      { point: "temperature", raw: 23.1 },
    ]);
  });

  it("may have its base name in every record, or none at all", () => {
    const expected = [
      { point: "temperature", raw: 23.5 },
      { point: "humidity", raw: 41 },
    ];
    expect(
      samples([
        { bn, n: "temperature", u: "Cel", v: 23.5 },
        { n: "humidity", u: "%RH", v: 41 },
      ]),
    ).toEqual(expected);
    expect(
      samples([
        { n: "temperature", u: "Cel", v: 23.5 },
        { n: "humidity", u: "%RH", v: 41 },
      ]),
    ).toEqual(expected);
    expect(
      samples([
        { bn: `${bn}temperature`, u: "Cel", v: 23.5 },
        { bn: `${bn}humi`, n: "dity", u: "%RH", v: 41 },
      ]),
    ).toEqual(expected);
  });

  it("carries bases on, from the record that has them, until others come", () => {
    const pack = readPack([
      { bn: "a:", bt: 1_700_000_000, bu: "Cel", bv: 20, bs: 100 },
      { n: "x", v: 1.5, t: -5 },
      { n: "y", u: "K", s: 3 },
      { bn: "b:", bv: 0.1, n: "x", v: 0.2 },
      { n: "z" },
      { n: "w", vs: "on" },
    ]);
    expect(pack).toEqual({
      records: [
        { name: "a:x", unit: "Cel", value: 21.5, sum: 100, timeMs: 1_699_999_995_000 },
        { name: "a:y", unit: "K", sum: 103, timeMs: 1_700_000_000_000 },
        { name: "b:x", unit: "Cel", value: 0.3, sum: 100, timeMs: 1_700_000_000_000 },
        { name: "b:z", unit: "Cel", value: 0.1, sum: 100, timeMs: 1_700_000_000_000 },
        { name: "b:w", unit: "Cel", value: "on", sum: 100, timeMs: 1_700_000_000_000 },
      ],
    });
  });

  it("has texts, booleans and numbers as values", () => {
    expect(samples([{ n: "relay", vb: true }])).toEqual([{ point: "switch", raw: true }]);
    expect(samples([{ n: "relay", vs: "on" }])).toEqual([{ point: "switch", raw: "on" }]);
    expect(samples([{ n: "relay", u: "/", v: 1 }])).toEqual([{ point: "switch", raw: 1 }]);
  });

  it("with several times is several readings, each at its own", () => {
    const t = 1_790_000_000;
    expect(
      samples(
        [
          { bn, bt: t, n: "temperature", u: "Cel", v: 20, t: -120 },
          { n: "temperature", u: "Cel", v: 21, t: -60 },
          { n: "temperature", u: "Cel", v: 22 },
        ],
        buffered,
      ),
    ).toEqual([
      { point: "temperature", raw: 20, deviceTime: (t - 120) * 1000 },
      { point: "temperature", raw: 21, deviceTime: (t - 60) * 1000 },
      { point: "temperature", raw: 22, deviceTime: t * 1000 },
    ]);
  });

  it("leaves times below 2^28 counted from now, since our clock may be wrong, and says none for now itself", () => {
    const at = (t: number) => samples([{ n: "temperature", v: 20, t }])[0];
    expect(at(-7.5)).toEqual({ point: "temperature", raw: 20, ageMs: 7500 });
    expect(at(0)).toEqual({ point: "temperature", raw: 20 });
    expect(at(2 ** 28 - 1)).toEqual({ point: "temperature", raw: 20, ageMs: -(2 ** 28 - 1) * 1000 });
    expect(samples([{ n: "temperature", v: 20, t: 2 ** 28 }])[0]?.deviceTime).toBe(2 ** 28 * 1000);
  });

  it.each([
    ["counted from now", [{ n: "temperature", v: 20, t: -121 }], [true]],
    ["counted from now, and near", [{ n: "temperature", v: 20, t: -119 }], [undefined]],
    [
      "by its own clock",
      [
        { bt: 1.7e9, n: "temperature", v: 20, t: -121 },
        { n: "temperature", v: 20 },
      ],
      [true, undefined],
    ],
  ])(
    "whose older records a device without memory cannot have now marks them as not fresh: %s",
    (_name, pack, stale) => {
      expect(samples(pack).map((sample) => sample.stale)).toEqual(stale);
      expect(samples(pack, buffered).map((sample) => sample.stale)).toEqual(stale.map(() => undefined));
    },
  );

  it.each([[1e300], [-1e300], [9e12]])("whose time is no instant keeps the value, without it: %d", (t) => {
    const reading = read([{ n: "temperature", v: 20, t }]).readings[0];
    expect(reading?.samples).toEqual([{ point: "temperature", raw: 20 }]);
    expect(reading?.faults).toMatchObject([{ code: "mqtt.time", point: "temperature" }]);
  });

  it.each([
    ["an object", {}],
    ["nothing", []],
    ["a number", 5],
    ["records that are none", [5]],
    ["a record in a list", [[{ n: "temperature", v: 1 }]]],
    ["null for a record", [null]],
    ["a name that is no text", [{ n: 5, v: 1 }]],
    ["a base name that is no text", [{ bn: null, n: "temperature", v: 1 }]],
    ["a unit that is no text", [{ n: "temperature", u: 1, v: 1 }]],
    ["a time that is no number", [{ n: "temperature", t: "1", v: 1 }]],
    ["two values", [{ n: "temperature", v: 1, vb: true }]],
    ["a version that is none", [{ bver: 0, n: "temperature", v: 1 }]],
    ["a version that is a fraction", [{ bver: 9.5, n: "temperature", v: 1 }]],
    [
      "two versions",
      [
        { bver: 10, n: "temperature", v: 1 },
        { bver: 9, n: "humidity", v: 1 },
      ],
    ],
    [
      "a later version only",
      [
        { n: "temperature", v: 1 },
        { bver: 9, n: "humidity", v: 1 },
      ],
    ],
    ["no name", [{ v: 1 }]],
    ["a name with a blank", [{ n: "temperature 1", v: 1 }]],
    ["a name that begins with a sign", [{ n: "_temperature", v: 1 }]],
    ["a name without end", [{ bn: "a.".repeat(100), n: "b.".repeat(50), v: 1 }]],
    ["too many records", Array.from({ length: maxRecords + 1 }, () => ({ n: "temperature", v: 1 }))],
  ])("that is malformed is one fault, and nothing of it is taken: %s", (_name, pack) => {
    const good = { n: "temperature", u: "Cel", v: 20 };
    expect(codes(pack)).toEqual(["mqtt.senml"]);
    if (Array.isArray(pack) && pack.length === 1) {
      expect(read([good, ...pack]).readings).toMatchObject([
        { samples: [], faults: [{ code: "mqtt.senml" }] },
      ]);
    }
  });

  it("with a base value or time beyond every double is malformed", () => {
    for (const field of ["bv", "bt", "bs", "t", "ut"]) {
      expect(codes(`[{"n":"temperature","${field}":1e999,"v":1}]`)).toEqual(["mqtt.senml"]);
    }
  });

  it("of a later version, or with a field that must be understood, is refused whole", () => {
    expect(codes([{ bver: 11, n: "temperature", v: 1 }])).toEqual(["mqtt.senml-newer"]);
    expect(
      codes([
        { n: "temperature", v: 1 },
        { n: "humidity", v: 1, tz_: 5 },
      ]),
    ).toEqual(["mqtt.senml-newer"]);
    expect(samples([{ bver: 10, n: "temperature", v: 1, extra: 5 }])).toHaveLength(1);
    expect(samples([{ bver: 5, n: "temperature", v: 1 }])).toHaveLength(1);
  });

  it("with secondary units may say so by its version (RFC 9100)", () => {
    const meter = senml({ energy: { name: "energy" } });
    expect(samples([{ bver: 26, n: "energy", u: "kWh", v: 12.5 }], meter)).toEqual([
      { point: "energy", raw: 12.5 },
    ]);
  });

  it.each([
    [
      "opaque data",
      [
        { n: "temperature", v: 1 },
        { n: "x", vd: "aGk" },
      ],
    ],
    ["opaque data that is none", [{ n: "x", vd: 5 }]],
    [
      "a face",
      [
        { n: "temperature", v: 1 },
        { n: "face", vs: "x" },
      ],
    ],
    ["a student's name, behind a base name", [{ bn: `${bn}student_name`, vs: "x" }]],
    ["a Chinese name as a field", [{ n: "temperature", v: 1, 姓名: "x" }]],
    [
      "encoded bytes",
      [
        { n: "temperature", v: 1 },
        { n: "x", vs: "QUJD".repeat(40) },
      ],
    ],
  ])("with %s is refused whole", (_name, pack) => {
    expect(read(pack)).toMatchObject({
      readings: [{ samples: [], faults: [{ code: "mqtt.forbidden" }] }],
      keys: [],
    });
  });

  it("may have the letters of a forbidden word in the number of its unit", () => {
    expect(samples([{ n: "urn:dev:mac:00face0000fffe01:temperature", v: 20 }])).toHaveLength(1);
  });

  it("whose values are wrong has a fault at each point, and the others stay", () => {
    expect(
      read([
        { n: "temperature", v: "20" },
        { n: "humidity", u: "%RH", v: 41 },
        { n: "relay", vb: 1 },
      ]).readings,
    ).toMatchObject([
      {
        samples: [{ point: "humidity", raw: 41 }],
        faults: [
          { code: "mqtt.type", point: "temperature" },
          { code: "mqtt.type", point: "switch" },
        ],
      },
    ]);
    expect(codes('[{"n":"temperature","v":1e999}]')).toEqual(["mqtt.number temperature"]);
    expect(codes([{ n: "temperature", v: 2 ** 53 }])).toEqual(["mqtt.number temperature"]);
    expect(codes([{ n: "temperature", v: null }])).toEqual(["mqtt.type temperature"]);
    expect(codes('[{"n":"temperature","v":NaN}]')).toEqual(["mqtt.json"]);
    expect(codes('[{"n":"temperature","v":1,"v":2}]')).toEqual(["mqtt.duplicate"]);
  });

  it("in which two names could be one point gives that point no value", () => {
    const reading = read([
      { n: "urn:dev:mac:aa:temperature", v: 20 },
      { n: "urn:dev:mac:bb:temperature", v: 30 },
      { n: "urn:dev:mac:aa:humidity", v: 40 },
    ]).readings[0];
    expect(reading?.samples).toEqual([{ point: "humidity", raw: 40 }]);
    expect(reading?.faults).toMatchObject([{ code: "mqtt.name", point: "temperature" }]);
  });

  it("matches names behind the last colon only", () => {
    expect(codes([{ n: "indoor/temperature", v: 20 }])).toEqual(["mqtt.empty"]);
    expect(codes([{ n: "mytemperature", v: 20 }])).toEqual(["mqtt.empty"]);
    expect(
      samples([{ n: "in/temperature", v: 20 }], senml({ temperature: { name: "in/temperature" } })),
    ).toHaveLength(1);
  });

  it("without any known name is a fault, one that has only some of them is not", () => {
    expect(codes([{ n: "pressure", v: 1 }])).toEqual(["mqtt.empty"]);
    expect(codes([{ n: "temperature" }])).toEqual(["mqtt.empty"]);
    expect(codes([{ n: "humidity", v: 1 }])).toEqual([]);
  });

  it("of an identity leaves as its digest", () => {
    const reader = senml({ card: { name: "card", digest: "true" } });
    expect(samples([{ n: "card", vs: "BA839D07" }], reader)).toEqual([{ point: "card", raw: "<8>" }]);
  });

  it("is known again by its first own time and its bytes", () => {
    const own = senml({ temperature: { name: "temperature" } }, { identity: { by: "time-and-digest" } });
    const pack = [{ bt: 1.79e9, n: "temperature", v: 20 }];
    expect(read(pack, own).keys).toMatchObject([{ slot: "d/air", rule: "once" }]);
    expect(read(pack, own).keys[0]?.value).toMatch(/^1790000000000\/[0-9a-f]{64}$/);
    expect(codes([{ n: "temperature", v: 20, t: -5 }], own)).toEqual(["mqtt.identity"]);
  });
});

describe("a unit", () => {
  it.each([
    ["temperature", "Cel", 21.5, 21.5],
    ["temperature", "K", 294.65, 21.5],
    ["temperature", "K", 273.16, 0.01],
    ["humidity", "%RH", 41, 41],
    ["humidity", "/", 0.41, 41],
    ["humidity", "/", 0.57, 57],
    ["humidity", "/100", 41, 41],
    ["battery", "%EL", 97, 97],
    ["co2", "ppm", 612, 612],
    ["pressure", "Pa", 101_325, 1013.25],
    ["pressure", "hPa", 1013.2, 1013.2],
    ["pm25", "ug/m3", 12, 12],
    ["pm25", "kg/m3", 1.2e-8, 12],
    ["tvoc", "ug/m3", 350, 0.35],
    ["illuminance", "lx", 300, 300],
    ["noise", "Bspl", 4.5, 45],
    ["noise", "dB", 45, 45],
    ["rssi", "dBm", -67, -67],
    ["rssi", "dBW", -97, -67],
    ["energy", "kWh", 10_234.56, 10_234.56],
    ["energy", "Wh", 10_234_560, 10_234.56],
    ["energy", "J", 3.6e6, 1],
    ["power", "kW", 1.25, 1250],
    ["voltage", "mV", 229_800, 229.8],
    ["current", "mA", 1250, 1.25],
    ["frequency", "Hz", 50.01, 50.01],
    ["occupancy", "count", 31, 31],
  ])("of %s in %s: %d is %d", (point, u, v, raw) => {
    expect(samples([{ n: "x", u, v }], senml({ [point]: { name: "x" } }))).toEqual([{ point, raw }]);
  });

  it.each([
    ["temperature", "degF"],
    ["temperature", "%RH"],
    ["humidity", "Cel"],
    // SenML means a ratio of 0 to 1 by it, nearly every device 0 to 100.
    ["humidity", "%"],
    ["energy", "W"],
    ["power", "J"],
    ["rssi", "dB"],
    ["switch", "W"],
    ["temperature", "constructor"],
    ["temperature", ""],
  ])("of %s that is %j gives a fault there and no value", (point, u) => {
    expect(codes([{ n: "x", u, v: 1 }], senml({ [point]: { name: "x" } }))).toEqual([`mqtt.unit ${point}`]);
  });

  it("that is not said is the one of the profile", () => {
    expect(samples([{ n: "temperature", v: 20 }])).toEqual([{ point: "temperature", raw: 20 }]);
  });

  it("of a sum is that of its integral: power over time is energy", () => {
    const meter = senml({ energy: { name: "power", sum: "true" }, power: { name: "power" } });
    expect(samples([{ n: "power", u: "W", v: 1250, s: 7.2e6 }], meter)).toEqual([
      { point: "energy", raw: 2 },
      { point: "power", raw: 1250 },
    ]);
    expect(codes([{ n: "power", u: "lx", s: 1 }], meter)).toEqual(["mqtt.unit energy"]);
    expect(codes([{ n: "power", s: 7.2e6 }], meter), "of what, it does not say").toEqual([
      "mqtt.unit energy",
    ]);
    expect(convertSum(3600, "kW", "kW.h")).toBe(1);
    expect(convertSum(3600, "A", "kW.h")).toBeNull();
  });

  it("that leads beyond every double gives a fault, not an Infinity", () => {
    expect(codes([{ n: "x", u: "/", v: 1e307 }], senml({ co2: { name: "x" } }))).toEqual(["mqtt.number co2"]);
    expect(convert(1, "nothing", "nothing")).toBeNull();
  });

  it("adds as decimals", () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e9, max: 1e9 }), fc.integer({ min: -1e9, max: 1e9 }), (a, b) => {
        expect(add(a / 1000, b / 1000)).toBe((a + b) / 1000 + 0);
      }),
    );
  });
});

describe("whatever comes as SenML", () => {
  const fields = fc.record(
    {
      bn: fc.oneof(fc.constant(bn), fc.string({ maxLength: 5 })),
      bt: fc.double(),
      bu: fc.constantFrom("Cel", "K", "%", "x"),
      bv: fc.double(),
      bs: fc.double(),
      bver: fc.integer({ min: -1, max: 30 }),
      n: fc.constantFrom("temperature", "humidity", "relay", "other", ""),
      u: fc.constantFrom("Cel", "K", "%RH", "/", "lx"),
      v: fc.oneof(fc.double(), fc.string()),
      vs: fc.string(),
      vb: fc.boolean(),
      s: fc.double(),
      t: fc.double(),
      __proto__: fc.constant(1),
    },
    { requiredKeys: [] },
  );
  const packs = fc.oneof(
    fc.json().map((text) => text),
    fc.array(fc.jsonValue(), { maxLength: 5 }).map((value) => JSON.stringify(value)),
    fc.array(fields, { maxLength: 6 }).map((value) => JSON.stringify(value)),
  );

  it("throws nothing, gives finite values only, and faults of the table only", () => {
    fc.assert(
      fc.property(packs, (pack) => {
        const { readings } = read(pack);
        expect(readings).toHaveLength(1);
        for (const { samples: all, faults } of readings) {
          expect(all.length + faults.length).toBeGreaterThan(0);
          for (const { code } of faults) expect(Object.hasOwn(mqttFaults, code)).toBe(true);
          for (const { raw, deviceTime } of all) {
            if (typeof raw === "number") expect(Number.isFinite(raw)).toBe(true);
            if (deviceTime !== undefined) expect(Number.isSafeInteger(deviceTime)).toBe(true);
          }
        }
      }),
      { numRuns: 3000 },
    );
  });

  it("is read as it was meant, however the bases are placed", () => {
    const value = fc.oneof(
      fc.integer({ min: -1_000_000, max: 1_000_000 }).map((v) => v / 100),
      fc.boolean(),
      fc.stringMatching(/^[a-z]{1,8}$/),
    );
    const meant = fc.array(
      fc.record({
        name: fc.constantFrom("a", "b", "c"),
        value,
        seconds: fc.integer({ min: 2 ** 28, max: 4e9 }),
        // How the encoder happens to divide this record.
        own: fc.integer({ min: -1000, max: 1000 }),
        fresh: fc.boolean(),
      }),
      { minLength: 1, maxLength: 20 },
    );
    const field = (v: number | boolean | string) =>
      typeof v === "number" ? { v } : typeof v === "boolean" ? { vb: v } : { vs: v };
    fc.assert(
      fc.property(meant, (records) => {
        let bt = 0;
        const pack = records.map(({ name, value: said, seconds, own, fresh }, index) => {
          if (index > 0 && !fresh) return { n: name, ...field(said), t: seconds - bt };
          bt = seconds - own;
          return { bn, bt, n: name, t: own, ...field(said) };
        });
        expect(readPack(JSON.parse(JSON.stringify(pack)))).toEqual({
          records: records.map(({ name, value: said, seconds }) => ({
            name: `${bn}${name}`,
            value: said,
            timeMs: seconds * 1000,
          })),
        });
      }),
    );
  });
});
