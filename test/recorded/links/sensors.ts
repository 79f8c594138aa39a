/** Links of sensors, meters and reached conditioners. */
import { withCrc16 } from "../../../drivers/codec/crc16.ts";
import { answer as dltSaid, low, meter, parse } from "../../unit/dlt645/meters.ts";
import { bytes, mhz, pms } from "../../unit/serial/sensors.ts";
import { answerTo } from "../../unit/zhonghong/gateway.ts";
import {
  after,
  cardSpellings,
  one,
  reached,
  type SpokenLink,
  slip,
  straySpellings,
  strays,
  torn,
} from "./spoken.ts";

/** Registers that say where they are. */
const registers = (asked: Uint8Array, at: number) => {
  const [, , a0 = 0, a1 = 0, , count = 0] = asked.subarray(at);
  return Array.from({ length: count }, (_, index) => [0, (a0 << 8) + a1 + index + 100]).flat();
};
const mhzAsked = bytes("FF 01 86 00 00 00 00 00 79");

export const sensorLinks: SpokenLink[] = [
  {
    kind: "modbus-rtu",
    files: one(
      `kind: modbus-rtu, ${reached}, baud: 9600, format: 8N1`,
      "profile: jxct-th, unit: 1, assigned: true",
    ),
    scripts: [
      {
        speaks: strays,
        answer: (asked) => {
          const data = registers(asked, 0);
          return torn(12, withCrc16(Uint8Array.of(asked[0] ?? 0, 3, data.length, ...data)));
        },
      },
    ],
    secrets: straySpellings,
    values: { humidity: 10, temperature: 10.1 },
  },
  {
    kind: "modbus-tcp",
    files: one("kind: modbus-tcp", "profile: jxct-th, unit: 1, host: 127.0.0.1, port: PORT"),
    scripts: [
      {
        speaks: strays,
        answer: (asked) => {
          const data = registers(asked, 6);
          return torn(
            12,
            Uint8Array.of(...asked.subarray(0, 5), 3 + data.length, asked[6] ?? 0, 3, data.length, ...data),
          );
        },
      },
    ],
    secrets: straySpellings,
    values: { humidity: 10, temperature: 10.1 },
  },
  {
    kind: "dlt645",
    files: (ports, header) =>
      one(
        `kind: dlt645, ${reached}, baud: 2400, format: 8E1`,
        `profile: dlt645-2007-meter, meter: "${header?.devices[0]?.meter ?? meter}", with: { ct: 1 }`,
      )(ports),
    scripts: [
      {
        answer: (asked) => {
          const parsed = parse(asked);
          const di = parsed?.di ?? "";
          const size = { "00010000": "00120642", "02030000": "001234", "02060000": "0990" }[di] ?? "0000";
          return [after(30, slip), after(90, dltSaid(di, [size], parsed?.meter))];
        },
      },
    ],
    secrets: [meter, ...[low(meter)].map((digits) => Buffer.from(digits).toString("hex")), ...cardSpellings],
    values: { energy: 1206.42 },
  },
  {
    kind: "zhonghong",
    name: "in the network",
    files: one(`kind: zhonghong, ${reached}`, "profile: zhonghong-ac, outdoor: 1, indoor: 3"),
    scripts: [{ answer: (asked) => [after(10, slip), ...torn(20, Uint8Array.from(answerTo(asked)))] }],
    secrets: cardSpellings,
    values: { ac_setpoint: 19, temperature: 23 },
  },
  {
    kind: "zhonghong",
    name: "on a serial line that gives back what is sent",
    files: one(
      `kind: zhonghong, ${reached}, baud: 9600, format: 8N1`,
      "profile: zhonghong-ac, outdoor: 1, indoor: 3",
    ),
    scripts: [
      {
        answer: (asked) => [after(8, asked), after(20, slip), ...torn(60, Uint8Array.from(answerTo(asked)))],
      },
    ],
    secrets: cardSpellings,
    values: { ac_setpoint: 19, temperature: 23 },
  },
  {
    kind: "serial",
    name: "that is asked",
    files: one(`kind: serial, ${reached}`, "profile: mh-z19b"),
    scripts: [
      {
        answer: (asked) => [
          after(10, slip),
          ...torn(40, asked.length === mhzAsked.length ? mhz(636, 26) : asked),
        ],
      },
    ],
    secrets: cardSpellings,
    values: { co2: 636 },
  },
  {
    kind: "serial",
    name: "that speaks by itself",
    files: one(`kind: serial, ${reached}`, "profile: plantower-pms7003"),
    scripts: [
      {
        speaks: Array.from({ length: 12 }, (_, turn) => [
          ...torn(500 + 800 * turn, pms(1, 2, 3, 4, 70 + turn, 84, 0xe308, 0x6ced, 0x6ced, 0xe308)),
          after(900 + 800 * turn, slip),
        ]).flat(),
      },
    ],
    secrets: cardSpellings,
    values: { pm10: 84 },
  },
];
