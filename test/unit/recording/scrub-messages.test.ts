/**
 * Tries to get a password, a name, a card, a telephone, an address or a MAC through into a recording of messages:
 * in topics, names of members, texts, numbers and whole payloads, at every depth, known to the gateway or not.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { MessageEntry } from "../../../config/schema/recording.ts";
import type { Speaker } from "../../../drivers/contract/index.ts";
import { decode } from "../../../drivers/mqtt/decode.ts";
import { MqttScrubber } from "../../../drivers/mqtt/scrubber.ts";
import { device, link, topicOf } from "../mqtt/world.ts";

const nowMs = Date.UTC(2026, 8, 1);
const points = {
  co2: { path: "p.co2", type: "number" },
  switch: { path: "p.state", type: "boolean" },
  card: { path: "c.uid", digest: "true" },
};
const air = device("101-air", points, {
  profile: {
    time: { path: "t", format: "unix-ms" },
    serial: { path: "sn" },
    unread: ["ce/v1/{device}/log/#"],
  },
  address: { user: "wang-laoshi", friendly: "li_xiaoming" },
});
air.expect = "SN20260901XYZ";
const senml = device(
  "102-air",
  { co2: { name: "co2", type: "number" }, card: { name: "card", digest: "true" } },
  {
    profile: { payload: "senml" },
  },
);
const text = device(
  "103-door",
  { card: { topic: "doors/103/card", digest: "true" } },
  { profile: { payload: "plain" } },
);
const devices = [air, senml, text];
/** Made of words that devices use: only knowing it tells that it is one. */
const password = "sensor switch";

function scrubber(key = 7) {
  const entries: MessageEntry[] = [];
  const made = new MqttScrubber(link(), devices, {
    key: new Uint8Array(32).fill(key),
    secret: () => Buffer.from(`${password}\n`),
    wallMs: () => nowMs,
    words: new Set(["single_push"]),
    take: (entry) => void entries.push(entry as MessageEntry),
  });
  const from: Speaker = { given: "client-of-wang", client: "client-of-wang", address: "192.168.30.77" };
  const say = (topic: string, payload: unknown, speaker = from) => {
    const bytes =
      payload instanceof Uint8Array
        ? payload
        : Buffer.from(typeof payload === "string" ? payload : JSON.stringify(payload));
    made.message(0, speaker, { topic, payload: bytes, qos: 1, dup: false }, false);
    const entry = entries.at(-1);
    if (entry === undefined) throw new Error("it is not in the recording");
    return entry;
  };
  return { say, made };
}

const prop = topicOf("101-air");

describe("what a device says of its room stays as it was", () => {
  it("numbers and states of points, small numbers, plain words, times near ours", () => {
    const { say } = scrubber();
    const said = {
      t: nowMs - 5_000_000,
      p: { co2: 1_234_567.8, state: true },
      online: "ON",
      mode: "single_push",
      rssi: -61,
      time: "2026-09-01T08:00:00",
      boot: "1970-01-01T00:00:12",
      sensors: [{ temperature: 23.25, unit: "C" }, null],
    };
    expect(JSON.parse(say(prop, said).payload ?? "")).toEqual(said);
  });

  it("and is read by the driver as before", () => {
    const { say } = scrubber();
    const context = { topic: prop, wallMs: nowMs, digest: (identity: string) => identity };
    const said = { t: nowMs, p: { co2: 912, state: false }, sn: "SN20260901XYZ" };
    const { payload = "" } = say(prop, said);
    const read = (bytes: string) => decode(Buffer.from(bytes), [air], context);
    expect(read(payload).readings).toEqual(read(JSON.stringify(said)).readings);
    const face = say(prop, { p: { co2: 912 }, faceImage: "zhang" }).payload ?? "";
    expect(read(face).readings[0]?.faults.map(({ code }) => code)).toEqual(["mqtt.forbidden"]);
    expect(face).not.toContain("zhang");
  });
});

describe("what could be somebody's does not pass", () => {
  it.each([
    ["a user in a topic of its own", topicOf("wang-laoshi"), "{}", "wang"],
    ["a topic that nobody knows", "home/zhangwei/phone/13812345678", '{"a":1}', "zhangwei"],
    ["a topic that nobody reads", "ce/v1/101-air/log/zhangwei", "hello zhangwei", "zhangwei"],
    ["the device's own name", prop, "{}", "101-air"],
    ["no JSON", prop, "my name is zhangwei", "zhangwei"],
    ["half of a JSON", prop, '{"who":"zhangwei', "zhangwei"],
    ["a name twice in a JSON", prop, '{"who":"zhangwei","who":"zhangwei"}', "zhangwei"],
    ["a password of plain words", prop, { mode: password }, password],
    ["a password within a text", prop, { say: `on ${password} off` }, password],
    ["the client's id", prop, { src: "client-of-wang" }, "client-of"],
    ["its address", prop, { ip: "192.168.30.77" }, "192.168"],
    ["another address", prop, { ip: "10.1.2.3" }, "10.1.2.3"],
    ["an address of IPv6", prop, { ip: "fd12:30::9c" }, "fd12"],
    ["a MAC in a name of a member", prop, { "AA:BB:CC:DD:EE:FF": -60 }, "AA:BB"],
    ["a MAC without signs", prop, { mac: "a4cf12dead00" }, "a4cf12"],
    ["the serial number that is expected", prop, { sn: "SN20260901XYZ" }, "20260901"],
    ["a card where it is said to be", prop, { c: { uid: "12" } }, '"12"'],
    ["a card as a number", prop, { c: { uid: 12_345 } }, "12345"],
    ["a card below its place", prop, { c: { uid: { no: 12_345 } } }, "12345"],
    ["a card elsewhere", prop, { rfid: 9_871_234 }, "9871234"],
    ["a card as bytes", prop, { tag_id: [186, 131, 157, 7] }, "186"],
    ["a card as bytes anywhere", prop, { x: [186, 131, 157, 7] }, "186"],
    ["a short number of a card", prop, { cardNo: 47_112 }, "47112"],
    ["a short secret", prop, { pin: 4711, wifi: { pass: "4711" } }, "4711"],
    ["a short secret under a Chinese name", prop, { 密码: "4711" }, "4711"],
    ["the name of a network", prop, { ssid: "office" }, "office"],
    ["a telephone under a plain name", prop, { number: 13_812_345_678 }, "13812345678"],
    ["a telephone behind the point", prop, { number: 0.138_123_456_78 }, "13812345678"],
    ["a small number under a refused name", prop, { idCard: 4711 }, "4711"],
    ["what lies under a refused name", prop, { face: [{ id: 4711, who: "zhang" }] }, "4711"],
    ["who is said in a refused name", prop, { zhangwei_face: 1 }, "zhangwei"],
    ["who is said in a refused Chinese name", prop, { 张伟的照片: 1 }, "张伟"],
    ["a Chinese name", prop, { who: "张伟" }, "张伟"],
    ["a Chinese name of a member", prop, { 张伟: 1 }, "张伟"],
    ["a mail address", prop, { to: "on@off.cn" }, "on@off"],
    ["a picture", prop, { data: "iVBORw0KGgoAAAANSUhEUgAA".repeat(20) }, "iVBORw0KGgo"],
    ["a face as numbers", prop, { v: Array.from({ length: 128 }, (_, at) => at + 0.25) }, "17.25"],
    [
      "a card of SenML",
      topicOf("102-air"),
      [{ bn: "urn:dev:mac:0024befffe804ff1:", n: "card", v: 4711 }],
      "4711",
    ],
    [
      "the unit of SenML",
      topicOf("102-air"),
      [{ bn: "urn:dev:mac:0024befffe804ff1:", n: "co2", v: 1 }],
      "0024bef",
    ],
    ["a refused name of SenML", topicOf("102-air"), [{ n: "face", v: 4711 }], "4711"],
    ["a message that is a card", "doors/103/card", "4711", "4711"],
    ["a message that is a card in JSON", "doors/103/card", '{"on":4711}', "4711"],
  ])("%s", (_, topic, payload, never) => {
    const { say } = scrubber();
    expect(JSON.stringify(say(topic, payload))).not.toContain(never);
  });

  it("however it is mixed with what devices say", () => {
    const digits = (count: number) =>
      fc
        .array(fc.integer({ min: 1, max: 9 }), { minLength: count, maxLength: count })
        .map((list) => list.join(""));
    const hexes = (count: number) =>
      fc
        .array(fc.integer({ min: 0, max: 15 }), { minLength: count, maxLength: count })
        .map((list) => list.map((one) => one.toString(16)).join(""));
    const personal = fc.oneof(
      digits(11).map((number) => `1${number.slice(1)}`),
      digits(18),
      hexes(12).map((mac) => mac.replace(/..(?=.)/g, "$&:")),
      hexes(12).map((mac) => mac.toUpperCase().replace(/..(?=.)/g, "$&-")),
      hexes(14).map((card) => `f0${card}`),
      fc.constantFrom("zhangwei", "Wang Xiaoming", "lihua2015", "欧阳娜娜", "王小明", "zhang.wei@school.cn"),
      fc.constantFrom(password, "wang-laoshi", "li_xiaoming", "client-of-wang", "SN20260901XYZ"),
      fc.tuple(digits(3), digits(3)).map(([a, b]) => `10.${a}.${b}.1`),
    );
    const words = fc.constantFrom(
      "p",
      "co2",
      "temperature",
      "state",
      "params",
      "uid",
      "data",
      "name",
      "x",
      "n",
      "v",
    );
    const around = fc.constantFrom("", "on ", "mode:", "temperature=", "（", "🙂");
    const doc = (token: string) =>
      fc.letrec<{ node: unknown }>((tie) => ({
        node: fc.oneof(
          { maxDepth: 5, withCrossShrink: true },
          fc.constant(token),
          fc.constantFrom<unknown>(1, true, null, "ON", 23.5),
          fc.tuple(around, around).map(([a, b]) => `${a}${token}${b}`),
          fc.array(tie("node"), { maxLength: 3 }),
          fc
            .array(
              fc.tuple(
                fc.oneof(
                  words,
                  fc.constant(token),
                  around.map((a) => `${a}${token}`),
                ),
                tie("node"),
              ),
              {
                maxLength: 3,
              },
            )
            .map((pairs) => Object.fromEntries(pairs)),
        ),
      })).node;
    const cases = personal.chain((token) =>
      fc.tuple(fc.constant(token), doc(token), fc.integer({ min: 0, max: 5 })),
    );
    fc.assert(
      fc.property(cases, ([token, document, way]) => {
        const { say } = scrubber(way);
        const payload =
          way === 0 ? `${String(JSON.stringify(document)).slice(0, -1)}` : JSON.stringify(document);
        const topics = [
          prop,
          topicOf("102-air"),
          "doors/103/card",
          `ce/v1/101-air/log/${token}`,
          `x/${token}`,
        ];
        for (const topic of topics) {
          const shown = JSON.stringify(say(topic, payload)).toLowerCase();
          const plain = token.toLowerCase();
          expect(shown).not.toContain(plain);
          const bare = plain.replace(/[:-]/g, "");
          if (bare.length > 6) expect(shown.replace(/[:-]/g, "")).not.toContain(bare);
        }
      }),
      { numRuns: 400 },
    );
  });

  it("and digits as a number, wherever no point is", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1_000_000, max: 999_999_999_999 }),
        fc.constantFrom("number", "uid", "data", "value", "v", "id"),
        (number, name) => {
          fc.pre(Math.abs(number - nowMs) > 86_400_000 && Math.abs(number * 1000 - nowMs) > 86_400_000);
          const { say } = scrubber();
          expect(say(prop, { [name]: number }).payload).not.toContain(String(number));
        },
      ),
    );
  });
});

it("never throws, and bounds what it shows, whatever comes", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 300 }),
        fc.json().map((one) => Buffer.from(one)),
      ),
      fc.oneof(fc.string(), fc.constantFrom(prop, topicOf("102-air"), "doors/103/card")),
      (payload, topic) => {
        const { say } = scrubber();
        const entry = say(topic, Uint8Array.from(payload));
        expect(entry.bytes).toBe(payload.length);
        expect(entry.payload === undefined).toBe(entry.payloadShape !== undefined);
      },
    ),
    { numRuns: 300 },
  );
  const { say } = scrubber();
  const large = say(prop, { data: "x".repeat(200_000) });
  expect(large.payload).toBeUndefined();
  expect(JSON.stringify(large).length).toBeLessThan(700);
  expect(
    say(
      prop,
      Uint8Array.from({ length: 100_000 }, (_, at) => at),
    ).payloadShape,
  ).toBe("?100000");
  expect(say(prop, `${"[".repeat(1000)}${"]".repeat(1000)}`).payload).toBeUndefined();
});

it("gives the same stand-in for the same text, another for another, and others in another recording", () => {
  const one = scrubber(1);
  const two = scrubber(2);
  const uid = (from: typeof one, card: string) =>
    JSON.parse(from.say(prop, { c: { uid: card } }).payload ?? "").c.uid;
  expect(uid(one, "BA839D07")).toBe(uid(one, "BA839D07"));
  expect(uid(one, "BA839D07")).toMatch(/^[A-F]{2}\d{3}[A-F]\d{2}$/);
  expect(uid(one, "BA839D07")).not.toBe(uid(two, "BA839D07"));
  const all = Array.from({ length: 2000 }, (_, at) => String(1_000_000 + at));
  expect(new Set(all.map((card) => uid(one, card))).size).toBe(2000);
  const small = Array.from({ length: 9 }, (_, at) => uid(one, String(at)));
  expect(small.every((made, at) => made !== String(at))).toBe(true);
});

it("keeps of a topic what devices say of themselves, and not what a school has called them", () => {
  const { say } = scrubber();
  const { topic = "" } = say(prop, "1");
  expect(topic).toMatch(/^ce\/v1\/[^/]+\/up\/prop$/);
  expect(say("doors/103/card", "1").topic).toMatch(/^[a-z]{5}\/103\/card$/);
  expect(say("ce/v1/101-air/log/error/zhangwei", "1").topic).toMatch(/\/log\/error\/[a-z]{8}$/);
  expect(say("home/zhangwei", "1")).toMatchObject({ topicShape: "a4 .1 a8", payloadShape: "91" });
});

it("numbers connections by the order in which they speak, and knows devices by their stand-ins", () => {
  const { say, made } = scrubber();
  const other: Speaker = { given: "b", client: "b", address: "::1" };
  expect([say(prop, "1").connection, say(prop, "1", other).connection, say(prop, "1").connection]).toEqual([
    1, 2, 1,
  ]);
  const { device: known } = made.known("101-air") ?? {};
  expect(say(prop, "1").topic).toBe(topicOf(String(known)));
  expect(made.known("nobody")).toBeNull();
});
