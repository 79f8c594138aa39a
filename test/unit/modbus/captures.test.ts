/**
 * Recorded and published frames of real devices: each is built or understood as it stands, or refused where it is
 * wrong. The collection that they are from may lie beside the project; then nothing of it is missing here.
 */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { decode } from "../../../drivers/modbus/decode.ts";
import type { ModbusFaultCode } from "../../../drivers/modbus/faults.ts";
import type { Read, Request, Write } from "../../../drivers/modbus/pdu.ts";
import { judge, requestFrame } from "../../../drivers/modbus/rtu.ts";
import { placeOf } from "../../../drivers/modbus/schema.ts";
import { readRequest } from "../../../drivers/modbus/vector.ts";
import { bytes, source } from "./bytes.ts";

const read = (fc: Read["fc"], address: number, count = 1): Read => ({ kind: "read", fc, address, count });
const write = (fc: Write["fc"], address: number, ...values: number[]): Write => ({
  kind: "write",
  fc,
  address,
  values,
});

interface Exchange {
  id: string;
  unit: number;
  request: Request;
  asked: string;
  /** Each with its registers, its bits, nothing (a write was confirmed), or why it is refused. */
  said: Record<string, { words?: number[]; bits?: number[]; fault?: ModbusFaultCode }>;
}

const exchange = (
  id: string,
  unit: number,
  request: Request,
  asked: string,
  said: Exchange["said"] = {},
): Exchange => ({ id, unit, request, asked, said });

const exchanges = [
  exchange("XY-MD02, temperature", 1, read(4, 1), "01 04 00 01 00 01 60 0A", {
    "01 04 02 01 31 79 74": { words: [305] },
    "01 04 02 0B EA 3F 8F": { words: [3050] },
  }),
  exchange("XY-MD02, humidity", 1, read(4, 2), "01 04 00 02 00 01 90 0A", {
    "01 04 02 02 22 38 49": { words: [546] },
    "01 04 02 15 54 B6 5F": { words: [5460] },
  }),
  exchange("XY-MD02, both", 1, read(4, 1, 2), "01 04 00 01 00 02 20 0B", {
    "01 04 04 01 31 02 22 2A CE": { words: [305, 546] },
  }),
  exchange("XY-MD02, its number", 1, read(3, 0x101), "01 03 01 01 00 01 D4 36", {
    "01 03 02 00 01 79 84": { words: [1] },
  }),
  exchange("XY-MD02, a new number", 1, write(6, 0x101, 8), "01 06 01 01 00 08 D8 30"),
  exchange(
    "XY-MD02, number and speed",
    1,
    write(16, 0x101, 32, 9600),
    "01 10 01 01 00 02 04 00 20 25 80 25 09",
    {
      "01 10 01 01 00 02 11 F4": {},
    },
  ),
  exchange("XY-MD02, its speed", 1, read(3, 0x102), "01 03 01 02 00 01 24 36"),
  exchange("XY-MD02, temperature correction", 1, read(3, 0x103), "01 03 01 03 00 01 75 F6"),
  exchange("XY-MD02, humidity correction", 1, read(3, 0x104), "01 03 01 04 00 01 C4 37"),
  exchange("Senseair S8, status and CO2", 254, read(4, 0, 4), "FE 04 00 00 00 04 E5 C6"),
  exchange("Senseair S8, CO2", 254, read(4, 3), "FE 04 00 03 00 01 D5 C5", {
    // Published with the checksum of the request.
    "FE 04 02 03 88 D5 C5": { fault: "modbus.crc" },
    "FE 04 02 03 88 AD B2": { words: [904] },
  }),
  exchange("Senseair S8, calibration", 254, write(6, 1, 0x7c06), "FE 06 00 01 7C 06 6C C7"),
  exchange("Senseair S8, ABC period", 254, read(3, 0x1f), "FE 03 00 1F 00 01 A1 C3"),
  exchange("Senseair S8, 180 h", 254, write(6, 0x1f, 180), "FE 06 00 1F 00 B4 AC 74"),
  exchange("a relay, on", 1, write(5, 0, 1), "01 05 00 00 FF 00 8C 3A"),
  exchange("eight relays", 1, read(1, 0, 8), "01 01 00 00 00 08 3D CC", {
    "01 01 01 41 91 B8": { bits: [1, 0, 0, 0, 0, 0, 1, 0] },
  }),
  exchange("DDS238, number and speed", 1, read(3, 0x15), "01 03 00 15 00 01 95 CE", {
    "01 03 02 01 01 78 14": { words: [0x0101] },
  }),
  ...[1, 10].flatMap((unit) => {
    const own = (one: string, ten: string) => (unit === 1 ? one : ten);
    return [
      exchange(
        `DTB4824 as ${unit}, control`,
        unit,
        read(2, 0x814),
        own("01 02 08 14 00 01 FB AE", "0A 02 08 14 00 01 FA D5"),
        { [own("01 02 01 01 60 48", "0A 02 01 01 62 6C")]: { bits: [1] } },
      ),
      exchange(
        `DTB4824 as ${unit}, off`,
        unit,
        write(5, 0x814, 0),
        own("01 05 08 14 00 00 8F AE", "0A 05 08 14 00 00 8E D5"),
        { [own("01 05 08 14 00 00 8F AE", "0A 05 08 14 00 00 8E D5")]: {} },
      ),
      exchange(
        `DTB4824 as ${unit}, on`,
        unit,
        write(5, 0x814, 1),
        own("01 05 08 14 FF 00 CE 5E", "0A 05 08 14 FF 00 CF 25"),
        { [own("01 05 08 14 FF 00 CE 5E", "0A 05 08 14 FF 00 CF 25")]: {} },
      ),
    ];
  }),
  exchange("DTB4824 as 1, set point", 1, read(3, 0x1001), "01 03 10 01 00 01 D1 0A", {
    "01 03 02 20 2C A0 59": { words: [8236] },
  }),
  exchange("DTB4824 as 1, 700.0", 1, write(16, 0x1001, 7000), "01 10 10 01 00 01 02 1B 58 BD 4A", {
    "01 10 10 01 00 01 54 C9": {},
  }),
  exchange("DTB4824 as 1, 823.6", 1, write(16, 0x1001, 8236), "01 10 10 01 00 01 02 20 2C AE 5D", {
    "01 10 10 01 00 01 54 C9": {},
  }),
  exchange("DTB4824 as 10, value", 10, read(3, 0x1000), "0A 03 10 00 00 01 81 B1", {
    "0A 03 02 00 FA 9D C6": { words: [250] },
  }),
  exchange("DTB4824 as 10, set point", 10, read(3, 0x1001), "0A 03 10 01 00 01 D0 71", {
    "0A 03 02 0C BA 99 36": { words: [3258] },
  }),
  ...(
    [
      [3258, "0A 10 10 01 00 01 02 0C BA 41 C3"],
      [200, "0A 10 10 01 00 01 02 00 C8 C4 E6"],
      [2000, "0A 10 10 01 00 01 02 07 D0 C6 DC"],
    ] as const
  ).map(([value, asked]) =>
    exchange(`DTB4824 as 10, ${value}`, 10, write(16, 0x1001, value), asked, {
      "0A 10 10 01 00 01 55 B2": {},
    }),
  ),
  exchange("a multi-sensor, temperature and humidity", 1, read(3, 0, 2), "01 03 00 00 00 02 C4 0B", {
    "01 03 04 01 0F 01 EF 8B D0": { words: [271, 495] },
    "01 83 02 C0 F1": { fault: "modbus.illegal-address" },
  }),
  exchange("a CO2 sensor", 1, read(3, 5), "01 03 00 05 00 01 94 0B", {
    "01 03 02 03 E8 B8 FA": { words: [1000] },
  }),
];

describe.each(exchanges.map((each) => [each.id, each] as const))(
  "%s",
  (_, { unit, request, asked, said }) => {
    it("is asked for with these bytes", () => {
      expect(requestFrame(unit, request)).toEqual(bytes(asked));
      expect(readRequest(bytes(asked))).toEqual(request.kind === "read" ? { unit, request } : null);
    });

    it.each(Object.entries(said))("is answered by %s", (hex, { words, bits, fault }) => {
      const verdict = judge(unit, request, bytes(hex));
      if (fault !== undefined) {
        expect(verdict).toEqual({ fault });
        return;
      }
      if (!("data" in verdict)) throw new Error(JSON.stringify(verdict));
      const points = (words ?? bits ?? []).map((_, at) => ({
        id: `p${at}`,
        at,
        place: placeOf(source(bits === undefined ? { address: "0" } : { address: "0", fc: "1" }), {
          fc: 3,
          order: "ABCD",
        }),
      }));
      const wanted = words ?? bits?.map((bit) => bit === 1) ?? [];
      expect(decode({ points }, verdict.data)).toEqual({
        samples: wanted.map((raw, at) => ({ point: `p${at}`, raw })),
        faults: [],
      });
      if (request.kind === "write") expect(verdict.data).toHaveLength(0);
    });
  },
);

describe("of the collection beside the project", () => {
  const file = new URL("../../../../shared/captures/modbus_rtu.json", import.meta.url);
  const items = existsSync(file)
    ? (JSON.parse(readFileSync(file, "utf8")) as { items: { id: string; hex: string; crc_ok: boolean }[] })
        .items
    : [];
  const known = new Map(
    exchanges.flatMap(({ asked, said }) => [
      [asked, true] as const,
      ...Object.entries(said).map(([hex, { fault }]) => [hex, fault !== "modbus.crc"] as const),
    ]),
  );

  it("every frame is among these, the wrong ones as wrong", () => {
    const missing = items.filter(({ hex, crc_ok }) => known.get(hex) !== crc_ok);
    expect(missing.map(({ id }) => id)).toEqual([]);
  });
});
