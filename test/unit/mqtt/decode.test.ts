import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decode } from "../../../drivers/mqtt/decode.ts";
import { mqttFaults } from "../../../drivers/mqtt/faults.ts";
import type { MqttDevice } from "../../../drivers/mqtt/schema.ts";
import { device } from "./world.ts";

const context = {
  topic: "ce/v1/air/up/prop",
  wallMs: Date.UTC(2026, 8, 1),
  digest: (identity: string) => `<${identity.length}>`,
};
const read = (payload: string | object | Uint8Array, ...devices: MqttDevice[]) => {
  const bytes =
    payload instanceof Uint8Array
      ? payload
      : Buffer.from(typeof payload === "string" ? payload : JSON.stringify(payload));
  return decode(bytes, devices, context);
};
const codes = (payload: string | object | Uint8Array, ...devices: MqttDevice[]) =>
  read(payload, ...devices).readings.flatMap(({ faults }) => faults.map(({ code }) => code));

const air = device("air", { co2: "co2", t: "temperature" });

describe("a payload", () => {
  it("gives the values at the profile's paths, in the profile's order", () => {
    expect(read({ temperature: 21.5, co2: 612, rssi: -60 }, air)).toEqual({
      readings: [
        {
          device: "air",
          samples: [
            { point: "co2", raw: 612 },
            { point: "t", raw: 21.5 },
          ],
          faults: [],
        },
      ],
      keys: [],
      serials: new Map(),
    });
  });

  it.each([
    [
      "Tasmota",
      '{"Time":"2017-02-16T10:13:52", "DS18B20":{"Temperature":20.6}}',
      "DS18B20.Temperature",
      20.6,
    ],
    ["Tasmota's dotted name", '{"SDS0X1":{"PM2.5":12.5}}', 'SDS0X1."PM2.5"', 12.5],
    ["Tasmota's state", '{"UptimeSec":66972,"POWER":"OFF","Wifi":{"SSId":"x","RSSI":100}}', "POWER", "OFF"],
    [
      "Shelly",
      '{"apower":2.7,"aenergy":{"by_minute":[34.7,45.5],"total":7258.589}}',
      "aenergy.total",
      7258.589,
    ],
    ["Shelly's list", '{"aenergy":{"by_minute":[34.7,45.5]}}', "aenergy.by_minute.1", 45.5],
    ["zigbee2mqtt", '{"battery":97,"contact":false,"voltage":3000}', "contact", false],
  ])("of %s is understood", (_name, payload, path, raw) => {
    expect(read(payload, device("d", { p: path })).readings[0]?.samples).toEqual([{ point: "p", raw }]);
  });

  it("may be sparse: a missing path is no fault while another point is there", () => {
    expect(read({ co2: 1 }, air).readings).toEqual([
      { device: "air", samples: [{ point: "co2", raw: 1 }], faults: [] },
    ]);
  });

  it.each([["{}"], ['{"other":1}'], ["[]"], ["23.4"], ['"on"'], ["null"], ['{"CO2":1}']])(
    "without any known point is a fault: %s",
    (payload) => expect(codes(payload, air)).toEqual(["mqtt.empty"]),
  );

  it("that is null says: no value", () => {
    expect(read({ co2: null }, air).readings[0]?.samples).toEqual([{ point: "co2", raw: null }]);
  });

  it.each([
    ["number", "12", "mqtt.type"],
    ["number", true, "mqtt.type"],
    ["boolean", 1, "mqtt.type"],
    ["boolean", "true", "mqtt.type"],
    ["text", 5, "mqtt.type"],
    ["auto", { a: 1 }, "mqtt.type"],
    ["auto", [1], "mqtt.type"],
    ["number", 2 ** 53, "mqtt.number"],
    ["text", "\ud800", "mqtt.type"],
  ])("whose value should be %s but is %j has a fault at that point alone", (type, value, code) => {
    const d = device("d", { p: { path: "p", type }, q: "q" });
    const { readings } = read({ p: value, q: 1 }, d);
    expect(readings[0]?.faults).toMatchObject([{ code, point: "p" }]);
    expect(readings[0]?.samples).toEqual([{ point: "q", raw: 1 }]);
  });

  it("with a number beyond every double has a fault, not an Infinity", () => {
    expect(codes('{"co2":1e999}', air)).toEqual(["mqtt.number"]);
    expect(codes('{"co2":-1e999}', air)).toEqual(["mqtt.number"]);
  });

  it.each([
    ["NaN", '{"co2":NaN}', "mqtt.json"],
    ["Infinity", '{"co2":Infinity}', "mqtt.json"],
    ["nan of an ESP", "nan", "mqtt.json"],
    ["nothing", "", "mqtt.json"],
    ["an open bracket", '{"co2":1', "mqtt.json"],
    ["a comma too many", '{"co2":1,}', "mqtt.json"],
    ["a comment", '{"co2":1} // x', "mqtt.json"],
    ["a name twice", '{"co2":1,"co2":2}', "mqtt.duplicate"],
    ["a name twice, once escaped", '{"co2":1,"\\u0063o2":2}', "mqtt.duplicate"],
    ["a name twice further in", '{"co2":1,"a":[{"b":1,"b":1}]}', "mqtt.duplicate"],
    ["deep nesting", `{"co2":1,"x":${"[".repeat(40)}${"]".repeat(40)}}`, "mqtt.deep"],
    ["very deep nesting", "[".repeat(200_000), "mqtt.deep"],
    [
      "more names than any device has",
      JSON.stringify(Object.fromEntries(Array.from({ length: 2001 }, (_, n) => [`p${n}`, n]))),
      "mqtt.names",
    ],
  ])("with %s is refused", (_name, payload, code) => expect(codes(payload, air)).toEqual([code]));

  it("that is not UTF-8 is refused, a byte order mark is not", () => {
    expect(codes(Buffer.from('{"co2":"\xe9"}', "latin1"), air)).toEqual(["mqtt.encoding"]);
    expect(read(Buffer.from('\ufeff{"co2":1}'), air).readings[0]?.samples).toHaveLength(1);
  });

  it("with colons and quotes inside of texts is not mistaken for one with a name twice", () => {
    expect(codes('{"co2":1,"note":"a:b \\" c: {[","x":{"co2":":"}}', air)).toEqual([]);
  });

  it.each([
    ["a face", { co2: 1, face: "x" }],
    ["a card holder's name", { co2: 1, who: { studentName: "Li Lei" } }],
    ["a picture", { co2: 1, pic: "x" }],
    ["a Chinese name", { co2: 1, 姓名: "李雷" }],
    ["a data URI", { co2: 1, x: "data:image/png;base64,AAAA" }],
    ["encoded bytes", { co2: 1, x: "QUJD".repeat(40) }],
    ["a feature vector", { co2: 1, x: Array.from({ length: 128 }, (_, n) => n / 7) }],
  ])("with %s is refused whole, and the fault repeats nothing of it", (_name, payload) => {
    const { readings, keys } = read(payload, air);
    expect(keys).toEqual([]);
    expect(readings).toMatchObject([{ samples: [], faults: [{ code: "mqtt.forbidden" }] }]);
    expect(readings[0]?.faults[0]?.detail).toBe(mqttFaults["mqtt.forbidden"].what.en);
  });

  it("of an identity leaves as its digest, text or number", () => {
    const reader = device("reader", { card: { path: "RC522.UID", digest: "true" } });
    expect(read({ RC522: { UID: "BA839D07", Data: "" } }, reader).readings[0]?.samples).toEqual([
      { point: "card", raw: "<8>" },
    ]);
    expect(read({ RC522: { UID: 1234 } }, reader).readings[0]?.samples[0]?.raw).toBe("<4>");
    expect(codes({ RC522: { UID: true } }, reader)).toEqual(["mqtt.type"]);
    expect(codes({ RC522: { UID: "" } }, reader)).toEqual(["mqtt.type"]);
    expect(codes({ RC522: { UID: "x".repeat(1025) } }, reader)).toEqual(["mqtt.type"]);
  });

  it("reads own members only", () => {
    const odd = device("odd", { a: "__proto__", b: "constructor", c: "length" });
    expect(codes("{}", odd)).toEqual(["mqtt.empty"]);
    expect(read('{"__proto__":5}', odd).readings[0]?.samples).toEqual([{ point: "a", raw: 5 }]);
  });

  it("whatever it is, throws nothing, and every code is in the table", () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.json().map((text) => new Uint8Array(Buffer.from(text))),
      fc.json().map((text) => new Uint8Array(Buffer.from(`{"co2":${text},"temperature":${text}}`))),
    );
    fc.assert(
      fc.property(bytes, (payload) => {
        const { readings } = decode(payload, [air], context);
        expect(readings).toHaveLength(1);
        for (const { samples, faults } of readings) {
          expect(samples.length + faults.length).toBeGreaterThan(0);
          for (const { code } of faults) expect(Object.hasOwn(mqttFaults, code)).toBe(true);
          for (const { raw } of samples) if (typeof raw === "number") expect(Number.isFinite(raw)).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe("a whole message as a value", () => {
  const whole = (point: string, more: object = {}) => device("d", { [point]: { topic: "d/x", ...more } });
  const said = (payload: string | Uint8Array, of: MqttDevice) =>
    decode(Buffer.from(payload), [of], { ...context, topic: "d/x" }).readings.flatMap(
      ({ samples, faults }) => [...samples.map(({ raw }) => raw), ...faults.map(({ code }) => code)],
    );

  it.each<[string, string, unknown]>([
    ["temperature", "21.5", 21.5],
    ["temperature", " -3\r\n", -3],
    ["temperature", "\ufeff+1.5e1", 15],
    ["temperature", ".5", 0.5],
    ["energy", "10234", 10234],
    ["temperature", "nan", "nan"],
    ["temperature", "0x1F", "0x1F"],
    ["temperature", "1,5", "1,5"],
    ["temperature", "Infinity", "Infinity"],
    ["temperature", "1e999", "mqtt.number"],
    ["energy", "9007199254740993", "mqtt.number"],
    ["switch", "ON", "ON"],
    ["switch", "true", true],
    ["switch", "false", false],
    ["switch", "1", "1"],
    ["switch", '"ON"', '"ON"'],
    ["temperature", "", "mqtt.empty"],
    ["temperature", "  \n", "mqtt.empty"],
    ["temperature", "x".repeat(257), "mqtt.forbidden"],
    ["switch", "QUJD".repeat(40), "mqtt.forbidden"],
    ["switch", "data:image/png;base64,AAAA", "mqtt.forbidden"],
    ["switch", "x".repeat(2_000_000), "mqtt.forbidden"],
  ])("of %s: %j is %j", (point, payload, raw) => expect(said(payload, whole(point))).toEqual([raw]));

  it("has the type that the profile says, where it says one", () => {
    expect(said("21.5", whole("temperature", { type: "text" }))).toEqual(["21.5"]);
    expect(said("nan", whole("temperature", { type: "number" }))).toEqual(["mqtt.type"]);
    expect(said("ON", whole("switch", { type: "boolean" }))).toEqual(["mqtt.type"]);
  });

  it("that is not UTF-8 is refused", () => {
    expect(said(Buffer.from([0xff, 0x31]), whole("temperature"))).toEqual(["mqtt.encoding"]);
  });

  it("that is an identity leaves as its digest, however long", () => {
    const reader = whole("card", { digest: "true" });
    expect(said("BA839D07", reader)).toEqual(["<8>"]);
    expect(said("A".repeat(200), reader)).toEqual(["<200>"]);
  });

  it("in a list is found by its position", () => {
    expect(read("[612, 21.5]", device("d", { co2: "0", t: "1" })).readings[0]?.samples).toEqual([
      { point: "co2", raw: 612 },
      { point: "t", raw: 21.5 },
    ]);
  });

  it("beside a device that reads JSON on the same topic does each no harm", () => {
    const plain = whole("temperature");
    const json = { ...device("j", { co2: { topic: "d/x", path: "co2" } }), id: "j" };
    const { readings } = decode(Buffer.from("21.5"), [plain, json], { ...context, topic: "d/x" });
    expect(readings).toMatchObject([{ device: "d", samples: [{ raw: 21.5 }], faults: [] }]);
    expect(
      decode(Buffer.from('{"co2":5,"face":"x"}'), [plain, json], { ...context, topic: "d/x" }).readings,
    ).toMatchObject([
      { samples: [], faults: [{ code: "mqtt.forbidden" }] },
      { samples: [], faults: [{ code: "mqtt.forbidden" }] },
    ]);
  });

  it("throws nothing, whatever it is", () => {
    const devices = [whole("temperature"), whole("switch"), whole("card", { digest: "true" })];
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 60 }),
          fc.string().map((text) => Buffer.from(text)),
        ),
        (bytes) => {
          for (const { samples } of decode(bytes, devices, { ...context, topic: "d/x" }).readings)
            for (const { raw } of samples)
              if (typeof raw === "number") expect(Number.isFinite(raw)).toBe(true);
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe("a device's time", () => {
  const at = (raw: unknown, time: object, more: object = {}) =>
    read({ v: 1, at: raw }, device("d", { v: "v" }, { profile: { time: { path: "at", ...time }, ...more } }))
      .readings[0];
  const shanghai = { format: "local", zone: "Asia/Shanghai" };
  const berlin = { format: "local", zone: "Europe/Berlin" };

  it.each([
    [1707326927123, { format: "unix-ms" }, 1707326927123],
    [1707326927, { format: "unix-s" }, 1707326927000],
    [1707326927.5, { format: "unix-s" }, 1707326927500],
    ["1707326927", { format: "unix-s" }, 1707326927000],
    ["2024-02-07T18:28:47Z", { format: "iso" }, Date.UTC(2024, 1, 7, 18, 28, 47)],
    ["2024-02-07T18:28:47.25+08:00", { format: "iso" }, Date.UTC(2024, 1, 7, 10, 28, 47, 250)],
    ["2024-02-07 18:28-0330", { format: "iso" }, Date.UTC(2024, 1, 7, 21, 58)],
    ["2019-10-31T18:55:09", shanghai, Date.UTC(2019, 9, 31, 10, 55, 9)],
    ["2026-02-28 23:59:59.9999", shanghai, Date.UTC(2026, 1, 28, 15, 59, 59, 999)],
    ["2026-07-01T12:00:00", berlin, Date.UTC(2026, 6, 1, 10)],
    ["2026-01-01T12:00:00", berlin, Date.UTC(2026, 0, 1, 11)],
    ["2026-03-29T01:59:59", berlin, Date.UTC(2026, 2, 29, 0, 59, 59)],
    ["2026-03-29T03:00:00", berlin, Date.UTC(2026, 2, 29, 1)],
  ])("%j as %j is %d", (raw, time, ms) => {
    expect(at(raw, time)).toMatchObject({ samples: [{ point: "v", raw: 1, deviceTime: ms }], faults: [] });
  });

  it.each([
    [-1, { format: "unix-ms" }],
    [9e15, { format: "unix-ms" }],
    [true, { format: "unix-s" }],
    ["12 o'clock", { format: "unix-s" }],
    ["2024-02-30T00:00:00Z", { format: "iso" }],
    ["2024-02-07T18:28:47", { format: "iso" }],
    ["2024-02-07T25:00:00Z", { format: "iso" }],
    ["2024-02-07T12:00:00+99:00", { format: "iso" }],
    ["2024-02-07T12:00:00Z", shanghai],
    ["0T18:36:12", shanghai],
    // The hour that the zone skips.
    ["2026-03-29T02:30:00", berlin],
  ])("%j as %j is a fault; the value stays, without a time", (raw, time) => {
    const reading = at(raw, time);
    expect(reading?.faults).toMatchObject([{ code: "mqtt.time" }]);
    expect(reading?.samples).toEqual([{ point: "v", raw: 1 }]);
  });

  it("that is not there is no fault", () => {
    expect(at(undefined, { format: "unix-s" })).toMatchObject({ faults: [] });
  });

  it("in an hour that the zone has twice is the one nearer to now", () => {
    const d = device("d", { v: "v" }, { profile: { time: { path: "at", ...berlin } } });
    const payload = Buffer.from('{"v":1,"at":"2026-10-25T02:30:00"}');
    const summer = Date.UTC(2026, 9, 25, 0, 30);
    for (const utc of [summer, summer + 3_600_000]) {
      const { readings } = decode(payload, [d], { ...context, wallMs: utc + 5000 });
      expect(readings[0]?.samples[0]?.deviceTime).toBe(utc);
    }
  });

  it("in such an hour has no answer when the reading may be weeks old", () => {
    expect(at("2026-10-25T02:30:00", berlin, { buffered: "true" })?.faults).toMatchObject([
      { code: "mqtt.time" },
    ]);
    expect(at("2026-10-25T03:30:00", berlin, { buffered: "true" })?.faults).toEqual([]);
  });
});

describe("a device's own key", () => {
  const sequence = device("d", { v: "v" }, { profile: { identity: { epoch: "boot", seq: "n" } } });
  const timed = device(
    "d",
    { v: "v" },
    { profile: { time: { path: "at", format: "unix-s" }, identity: { by: "time-and-digest" } } },
  );

  it("is its epoch and counter", () => {
    expect(read({ v: 1, boot: "a7", n: 12 }, sequence).keys).toEqual([
      { slot: "d/d", value: "a7/12", rule: "once", device: "d" },
    ]);
  });

  it("is its time and the digest of the bytes", () => {
    const text = '{"v":1, "at":1707326927}';
    const hex = createHash("sha256").update(text).digest("hex");
    expect(read(text, timed).keys).toEqual([
      { slot: "d/d", value: `1707326927/${hex}`, rule: "once", device: "d" },
    ]);
    expect(read('{"v":1,"at":1707326927}', timed).keys[0]?.value).not.toBe(`1707326927/${hex}`);
  });

  it("that is missing is a fault, and the values stay", () => {
    for (const [payload, d] of [
      [{ v: 1, boot: 1 }, sequence],
      [{ v: 1, boot: { x: 1 }, n: 1 }, sequence],
      [{ v: 1 }, timed],
    ] as const) {
      const { readings, keys } = read(payload, d);
      expect(keys).toEqual([]);
      expect(readings[0]?.samples).toHaveLength(1);
      expect(readings[0]?.faults).toMatchObject([{ code: "mqtt.identity" }]);
    }
  });

  it("comes once per device that speaks in a message", () => {
    const other = { ...sequence, id: "e" };
    const { keys } = read({ v: 1, boot: 1, n: 2 }, sequence, other);
    expect(keys.map(({ slot }) => slot)).toEqual(["d/d", "d/e"]);
  });
});
