/** Packets as bytes, right or wrong: what no generator would make. */

const two = (number: number) => Buffer.from([number >> 8, number & 0xff]);

/** A string or binary field with its length before it. */
export const field = (content: string | Buffer): Buffer => {
  const bytes = Buffer.from(content as string);
  return Buffer.concat([two(bytes.length), bytes]);
};

export const id = (number: number): Buffer => two(number);

/** Remaining length (2.2.3). */
export function lengthBytes(length: number): Buffer {
  const bytes: number[] = [];
  let left = length;
  do {
    bytes.push((left % 128) | (left >= 128 ? 0x80 : 0));
    left = Math.floor(left / 128);
  } while (left > 0);
  return Buffer.from(bytes);
}

/** A packet whose header says exactly how long it is. */
export function packet(first: number, ...content: (Buffer | number)[]): Buffer {
  const body = Buffer.concat(content.map((part) => (typeof part === "number" ? Buffer.from([part]) : part)));
  return Buffer.concat([Buffer.from([first]), lengthBytes(body.length), body]);
}

interface ConnectFields {
  first?: number;
  name?: string | Buffer;
  level?: number;
  flags?: number;
  /** What follows the keep-alive. */
  payload?: Buffer[];
}

export const connectOf = ({
  first = 0x10,
  name = "MQTT",
  level = 4,
  flags = 2,
  payload = [field("stranger")],
}: ConnectFields): Buffer => packet(first, field(name), level, flags, id(60), ...payload);

const topic = "ce/v1/air/up/prop";
const dn = "ce/v1/air/dn/cmd";
const text = (content: string) => Buffer.from(content);

/** Not UTF-8: a stray byte, an overlong NUL, half a surrogate pair, a character beyond U+10FFFF, a cut-off one. */
const notUtf8 = {
  "a stray byte": Buffer.from([0x61, 0xff, 0x62]),
  "an overlong NUL": Buffer.from([0xc0, 0x80]),
  "half a surrogate pair": Buffer.from([0xed, 0xa0, 0x80]),
  "a character beyond U+10FFFF": Buffer.from([0xf4, 0x90, 0x80, 0x80]),
  "a cut-off character": Buffer.from([0xe4, 0xb8]),
};

/**
 * What becomes of the connection: cut at once, cut when the time for a login is up, answered by a CONNACK and cut,
 * or it goes on.
 */
export type Fate = "cut" | "late" | { connack: number } | "goes on";
export type Row = [name: string, bytes: Buffer, fate: Fate];

const clientHello = Buffer.from("16030100c8010000c40303000102030405060708090a0b0c0d0e0f", "hex");

export const strangers: Row[] = [
  ["CONNECT with reserved flags in its header", connectOf({ first: 0x11 }), "cut"],
  ["CONNECT with a remaining length of five bytes", Buffer.from([0x10, 0x80, 0x80, 0x80, 0x80, 1]), "cut"],
  ["CONNECT of another protocol name", connectOf({ name: "MQTX" }), "cut"],
  ["CONNECT of a protocol name in small letters", connectOf({ name: "mqtt" }), "cut"],
  ["CONNECT of no protocol name", connectOf({ name: "" }), "cut"],
  ["CONNECT of a protocol named like what every object has", connectOf({ name: "constructor" }), "cut"],
  ["CONNECT of a protocol name of 60,000 bytes", connectOf({ name: "M".repeat(60_000) }), "cut"],
  ["CONNECT of MQTT 5", connectOf({ level: 5, payload: [Buffer.from([0]), field("five")] }), { connack: 1 }],
  ["CONNECT of level 0", connectOf({ level: 0 }), { connack: 1 }],
  ["CONNECT of level 255", connectOf({ level: 255 }), { connack: 1 }],
  ["CONNECT of a bridge (level 0x84)", connectOf({ level: 0x84 }), { connack: 1 }],
  ["CONNECT of MQIsdp at level 4", connectOf({ name: "MQIsdp" }), { connack: 1 }],
  ["CONNECT of MQTT 3.1 without a credential", connectOf({ name: "MQIsdp", level: 3 }), { connack: 5 }],
  ["CONNECT with the reserved flag", connectOf({ flags: 3 }), "cut"],
  [
    "CONNECT with a will of QoS 3",
    connectOf({ flags: 0x1e, payload: [field("x"), field("t"), field("p")] }),
    "cut",
  ],
  ["CONNECT with the QoS of a will and no will", connectOf({ flags: 0x0a }), "cut"],
  ["CONNECT with the retain of a will and no will", connectOf({ flags: 0x22 }), "cut"],
  ["CONNECT that says will and has none", connectOf({ flags: 6 }), "cut"],
  [
    "CONNECT with an empty will topic",
    connectOf({ flags: 6, payload: [field("x"), field(""), field("p")] }),
    "cut",
  ],
  [
    "CONNECT with a wildcard in the will topic",
    connectOf({ flags: 6, payload: [field("x"), field("a/#"), field("p")] }),
    "cut",
  ],
  [
    "CONNECT with U+0000 in the will topic",
    connectOf({ flags: 6, payload: [field("x"), field("a\0b"), field("p")] }),
    "cut",
  ],
  ["CONNECT that says user and has none", connectOf({ flags: 0x82 }), "cut"],
  [
    "CONNECT that says password and has none",
    connectOf({ flags: 0xc2, payload: [field("x"), field("u")] }),
    "cut",
  ],
  [
    "CONNECT with a password and no user",
    connectOf({ flags: 0x42, payload: [field("x"), field("p")] }),
    "cut",
  ],
  ["CONNECT with a user that it does not announce", connectOf({ payload: [field("x"), field("u")] }), "cut"],
  ["CONNECT that ends before its keep-alive", packet(0x10, field("MQTT"), 4, 2), "cut"],
  ["CONNECT that ends before its client id", packet(0x10, field("MQTT"), 4, 2, id(60)), "cut"],
  ["CONNECT that ends within its flags", packet(0x10, field("MQTT"), 4), "cut"],
  ["CONNECT with nothing in it", packet(0x10), "cut"],
  ["CONNECT with a client id longer than itself", connectOf({ payload: [id(500), text("x")] }), "cut"],
  ["CONNECT with U+0000 in its client id", connectOf({ payload: [field("a\0b")] }), "cut"],
  ...Object.entries(notUtf8).map(
    ([name, bytes]): Row => [
      `CONNECT with ${name} in its client id`,
      connectOf({ payload: [field(bytes)] }),
      "cut",
    ],
  ),
  [
    "CONNECT with a client id of 10,000 characters",
    connectOf({ payload: [field("x".repeat(10_000))] }),
    { connack: 2 },
  ],
  ["CONNECT with a tab in its client id", connectOf({ payload: [field("a\tb")] }), { connack: 2 }],
  [
    "CONNECT with an empty client id and a session to keep",
    connectOf({ flags: 0, payload: [field("")] }),
    { connack: 2 },
  ],
  ["CONNECT above 16 KB", connectOf({ payload: [field("x".repeat(16_384))] }), "cut"],
  [
    "CONNECT with a wrong password",
    connectOf({ flags: 0xc2, payload: [field("x"), field("air"), field("no")] }),
    { connack: 4 },
  ],
  [
    "CONNECT with 65 packets behind it",
    Buffer.concat([connectOf({}), Buffer.alloc(2 * 65, Buffer.from([0xc0, 0]))]),
    "cut",
  ],
  ["CONNECT with nonsense behind it", Buffer.concat([connectOf({}), Buffer.alloc(60_000, 0xee)]), "cut"],
  ["PUBLISH first", packet(0x30, field(topic), text("{}")), "cut"],
  ["SUBSCRIBE first", packet(0x82, id(1), field(dn), 1), "cut"],
  ["PINGREQ first", packet(0xc0), "cut"],
  ["PUBREL first", packet(0x62, id(1)), "cut"],
  ["DISCONNECT first", packet(0xe0), "cut"],
  ["CONNACK first", packet(0x20, 0, 0), "cut"],
  ["SUBACK first", packet(0x90, id(1), 0), "cut"],
  ["the reserved type 0 first", packet(0), "cut"],
  ["the reserved type 15 first", packet(0xf0), "cut"],
  ["a TLS hello on the plain port", clientHello, "cut"],
  ["HTTP", text("GET / HTTP/1.1\r\nHost: gateway\r\n\r\n"), "cut"],
  ["HTTP with a body", text(`POST / HTTP/1.1\r\nContent-Length: 9000\r\n\r\n${"x".repeat(9000)}`), "cut"],
  ["SSH", text("SSH-2.0-OpenSSH_9.6\r\n"), "cut"],
  ["Modbus TCP", Buffer.from("000100000006010300000001", "hex"), "cut"],
  ["zeros", Buffer.alloc(4096), "cut"],
  ["ones", Buffer.alloc(4096, 0xff), "cut"],
  ["nothing at all", Buffer.alloc(0), "late"],
  ["the first byte of a CONNECT alone", Buffer.from([0x10]), "late"],
  ["the header of a CONNECT alone", Buffer.from([0x10, 0x40]), "late"],
  ["half a CONNECT", connectOf({}).subarray(0, 12), "late"],
  [
    "a CONNECT that wants one byte more",
    Buffer.concat([Buffer.from([0x10, 0x17]), connectOf({}).subarray(2)]),
    "late",
  ],
];

const filters = (count: number, withQos: boolean) =>
  Array.from({ length: count }, (_, n) => Buffer.concat([field(`f${n}`), Buffer.from(withQos ? [1] : [])]));
const subscribeTo = (filter: string | Buffer, qos = 1) => packet(0x82, id(1), field(filter), qos);

/** Sent by a device that has logged in rightly. */
export const members: Row[] = [
  ["a second CONNECT", connectOf({}), "cut"],
  ["PUBLISH of QoS 3", packet(0x36, field(topic), id(1), text("{}")), "cut"],
  ["PUBLISH of QoS 0 as a repeat", packet(0x38, field(topic), text("{}")), "cut"],
  ["PUBLISH of QoS 1 with packet id 0", packet(0x32, field(topic), id(0), text("{}")), "cut"],
  ["PUBLISH of QoS 2 with packet id 0", packet(0x34, field(topic), id(0), text("{}")), "cut"],
  ["PUBLISH of QoS 1 that ends before its packet id", packet(0x32, field(topic)), "cut"],
  [
    "PUBLISH of QoS 1 that ends within its packet id, another packet behind it",
    Buffer.concat([packet(0x32, field(topic), 1), packet(0xc0)]),
    "cut",
  ],
  ["PUBLISH with nothing in it", packet(0x30), "cut"],
  ["PUBLISH with a topic longer than itself", packet(0x30, id(500), text("x")), "cut"],
  [
    "PUBLISH with a topic that reaches into the next packet",
    Buffer.concat([packet(0x30, id(6), text("ab")), packet(0x30, field(topic), text("{}"))]),
    "cut",
  ],
  ["PUBLISH with an empty topic", packet(0x30, field(""), text("{}")), "cut"],
  ["PUBLISH with # in its topic", packet(0x30, field("ce/v1/air/up/#"), text("{}")), "cut"],
  ["PUBLISH with + in its topic", packet(0x30, field("ce/v1/+/up/prop"), text("{}")), "cut"],
  ["PUBLISH with U+0000 in its topic", packet(0x30, field(`${topic}\0`), text("{}")), "cut"],
  ...Object.entries(notUtf8).map(
    ([name, bytes]): Row => [
      `PUBLISH with ${name} in its topic`,
      packet(0x30, field(bytes), text("{}")),
      "cut",
    ],
  ),
  ["PUBLISH with a topic of 65,535 bytes", packet(0x30, field("t".repeat(65_535)), text("{}")), "cut"],
  ["PUBLISH with a topic of 5,000 levels", packet(0x30, field("a/".repeat(5000)), text("{}")), "cut"],
  ["PUBLISH at another device's topic", packet(0x32, field("ce/v1/other/up/prop"), id(1), text("{}")), "cut"],
  ["PUBLISH at its own downlink", packet(0x32, field(dn), id(1), text("{}")), "cut"],
  ["PUBLISH at a topic of the broker", packet(0x32, field("$SYS/broker/uptime"), id(1), text("{}")), "cut"],
  ["PUBLISH above 256 KB", Buffer.concat([Buffer.from([0x30]), lengthBytes(256 * 1024), text("x")]), "cut"],
  ["PUBLISH of 256 MB", Buffer.from([0x32, 0xff, 0xff, 0xff, 0x7f]), "cut"],
  ["a remaining length of five bytes", Buffer.from([0x30, 0x80, 0x80, 0x80, 0x80, 1]), "cut"],
  ["SUBSCRIBE without its flags", packet(0x80, id(1), field(dn), 1), "cut"],
  ["SUBSCRIBE with other flags", packet(0x8f, id(1), field(dn), 1), "cut"],
  ["SUBSCRIBE to nothing", packet(0x82, id(1)), "cut"],
  ["SUBSCRIBE with nothing in it", packet(0x82), "cut"],
  ["SUBSCRIBE with packet id 0", packet(0x82, id(0), field(dn), 1), "cut"],
  ["SUBSCRIBE of QoS 3", subscribeTo(dn, 3), "cut"],
  ["SUBSCRIBE with reserved bits beside the QoS", subscribeTo(dn, 0x81), "cut"],
  ["SUBSCRIBE with the options of MQTT 5", subscribeTo(dn, 0x2d), "cut"],
  ["SUBSCRIBE to a filter without QoS", packet(0x82, id(1), field(dn)), "cut"],
  ["SUBSCRIBE to an empty filter", subscribeTo(""), "cut"],
  ["SUBSCRIBE to a filter longer than itself", packet(0x82, id(1), id(500), text("x"), 1), "cut"],
  ["SUBSCRIBE to # before the last level", subscribeTo("ce/#/dn"), "cut"],
  ["SUBSCRIBE to # within a level", subscribeTo("ce/v1#"), "cut"],
  ["SUBSCRIBE to + within a level", subscribeTo("ce/v+/air"), "cut"],
  ["SUBSCRIBE with U+0000 in a filter", subscribeTo("ce/\0"), "cut"],
  ["SUBSCRIBE with bytes that are not UTF-8", subscribeTo(Buffer.from([0xc3, 0x28])), "cut"],
  ["SUBSCRIBE to everything", subscribeTo("#"), "goes on"],
  ["SUBSCRIBE to what another device is told", subscribeTo("ce/v1/other/dn/cmd"), "goes on"],
  ["SUBSCRIBE to the broker's own topics", subscribeTo("$SYS/#"), "goes on"],
  ["SUBSCRIBE to a shared subscription", subscribeTo("$share/group/ce/v1/other/up/prop"), "goes on"],
  ["SUBSCRIBE to 1,000 filters at once", packet(0x82, id(1), ...filters(1000, true)), "goes on"],
  ["SUBSCRIBE to 1,001 filters at once", packet(0x82, id(1), ...filters(1001, true)), "cut"],
  ["UNSUBSCRIBE from 1,001 filters at once", packet(0xa2, id(1), ...filters(1001, false)), "cut"],
  [
    "SUBSCRIBE 300 times to one filter at once",
    packet(0x82, id(1), ...Array.from({ length: 300 }, () => Buffer.concat([field(dn), Buffer.from([1])]))),
    "goes on",
  ],
  ["UNSUBSCRIBE without its flags", packet(0xa0, id(1), field(dn)), "cut"],
  ["UNSUBSCRIBE from nothing", packet(0xa2, id(1)), "cut"],
  ["UNSUBSCRIBE with packet id 0", packet(0xa2, id(0), field(dn)), "cut"],
  ["UNSUBSCRIBE from an empty filter", packet(0xa2, id(1), field("")), "cut"],
  [
    "UNSUBSCRIBE from what it never had",
    packet(0xa2, id(1), field("constructor"), field("__proto__")),
    "goes on",
  ],
  ["PUBACK with flags", packet(0x42, id(1)), "cut"],
  ["PUBACK of one byte", packet(0x40, 1), "cut"],
  ["PUBACK of nothing", packet(0x40), "cut"],
  ["PUBACK of MQTT 5, with a reason", packet(0x40, id(1), 0x10), "cut"],
  ["PUBACK of packet id 0", packet(0x40, id(0)), "cut"],
  ["PUBACK of what was never sent", packet(0x40, id(99)), "goes on"],
  ["PUBREC of what was never sent", packet(0x50, id(99)), "goes on"],
  ["PUBCOMP of what was never sent", packet(0x70, id(99)), "goes on"],
  ["PUBREL of what was never sent", packet(0x62, id(99)), "goes on"],
  ["PUBREL without its flags", packet(0x60, id(1)), "cut"],
  ["PUBREL of nothing", packet(0x62), "cut"],
  ["PINGREQ with something in it", packet(0xc0, 1, 2, 3), "cut"],
  ["PINGREQ with flags", packet(0xc1), "cut"],
  ["DISCONNECT with something in it", packet(0xe0, 0), "cut"],
  ["DISCONNECT with flags", packet(0xe2), "cut"],
  [
    "DISCONNECT and more behind it",
    Buffer.concat([packet(0xe0), packet(0x32, field(topic), id(1), text("{}"))]),
    "cut",
  ],
  ["CONNACK", packet(0x20, 0, 0), "cut"],
  ["SUBACK", packet(0x90, id(1), 0), "cut"],
  ["UNSUBACK", packet(0xb0, id(1)), "cut"],
  ["PINGRESP", packet(0xd0), "cut"],
  ["the reserved type 0", packet(0), "cut"],
  ["the reserved type 15", packet(0xf0), "cut"],
  ["PINGREQ whose length is written in three bytes", Buffer.from([0xc0, 0x80, 0x80, 0]), "goes on"],
  [
    "PUBLISH whose length is written in four bytes",
    Buffer.concat([
      Buffer.from([0x30, 0x80 | (2 + topic.length + 2), 0x80, 0x80, 0]),
      field(topic),
      text("{}"),
    ]),
    "goes on",
  ],
  ["PUBLISH of no payload", packet(0x32, field(topic), id(1)), "goes on"],
];
