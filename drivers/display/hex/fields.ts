/** What command tables in hexadecimal add to the configuration files. Pure. */
import { z } from "zod";
import { within } from "../../../config/load/shape/measure.ts";
import type { DevicePlan } from "../../../config/schema/kind.ts";
import { complain, host, integer, text } from "../../../config/schema/scalar.ts";
import { type SerialLink, serialLinkSchema, tcpPort } from "../../line/fields.ts";
import { checksums, type Pattern } from "./codec.ts";

const second = 1000;
const longest = 64;

/** `AA 01 ..` → bytes; null for the sign that stands for any. */
const pattern = (any: ".." | "##", zh: string, en: string) =>
  z.string().transform((raw, context): Pattern => {
    const pairs = raw.trim().split(/\s+/);
    const isPair = (pair: string) => pair === any || /^[0-9A-Fa-f]{2}$/.test(pair);
    if (pairs.length <= longest && pairs.every(isPair))
      return pairs.map((pair) => (pair === any ? null : Number.parseInt(pair, 16)));
    return complain(context, {
      what: { zh: `“${raw}” 不是十六进制字节`, en: `"${raw}" is not bytes in hexadecimal` },
      fix: { zh, en },
    });
  });

const sent = (any: ".." | "##") =>
  pattern(
    any,
    `写成 AA 01 50 01 这样，每个字节两位，用空格隔开，最多 ${longest} 个`,
    `write them like AA 01 50 01: two digits for each byte, blanks between, at most ${longest}`,
  );
const answered = pattern(
  "..",
  `写成 AA 81 50 .. 这样，.. 是任意一个字节；没有回码写 none`,
  `write them like AA 81 50 .. where .. is any byte; none where no answer comes`,
);

const checksum = z
  .enum(checksums)
  .default("none")
  .describe("Checksum behind what is sent and what is answered, not written there: crc16 is that of Modbus");
const wait = within(20, 120 * second)
  .default(800)
  .describe("Longest time until the answer begins; without one, the rest after it was sent");

export const hexSerialLinkSchema = serialLinkSchema(
  {
    zh: "串口服务器要设成透传：写 mode: transparent；每间教室一个中控盒就写 kind: hex-tcp",
    en: "set the serial server to pass bytes through, mode: transparent; with a box of its own in each room write kind: hex-tcp",
  },
  { baud: "9600", format: "8N1" },
).describe("Panels on a serial line that are told by a table of bytes");
export type HexSerialLink = SerialLink;

export const hexTcpLinkSchema = z
  .strictObject({
    port: tcpPort.describe("TCP port of its devices, where they do not say another"),
  })
  .describe("Panels behind boxes in the network that pass bytes through; each device says its host");
export type HexTcpLink = z.output<typeof hexTcpLinkSchema>;

export const hexSerialAddressSchema = z.strictObject({}).describe("How a panel is known on a serial line");
export const hexTcpAddressSchema = z
  .strictObject({
    host: host.describe("Address of the box in front of it"),
    port: tcpPort.optional().describe("Its TCP port, where other than the link's"),
  })
  .describe("How a panel is known in the network");
export type HexSerialAddress = z.output<typeof hexSerialAddressSchema>;
export type HexTcpAddress = z.output<typeof hexTcpAddressSchema>;

export const hexProfileSchema = z
  .strictObject({
    pause: within(0, 10 * second)
      .default(100)
      .describe("Rest that it needs between two commands"),
  })
  .transform(({ pause }) => ({ pauseMs: pause }))
  .describe("How a panel is told by a table of bytes");
export type HexProfile = z.output<typeof hexProfileSchema>;

export const hexSourceSchema = z
  .strictObject({
    ask: sent("..").describe("Bytes that ask for it, such as AA 01 51 00"),
    reply: answered.describe("What answers them: bytes, and .. for any byte"),
    at: integer(0, longest - 1).describe("Which byte of the answer it is, counted from 0; write .. there"),
    checksum,
    wait,
  })
  .superRefine(({ ask, reply, at }, context) => {
    if (ask.includes(null))
      complain(context, {
        what: { zh: "ask 里不能有 ..", en: "ask has no .." },
        fix: { zh: "写出每个字节", en: "write each of its bytes" },
      });
    if (reply[at] !== null)
      complain(context, {
        what: { zh: `reply 的第 ${at} 个字节不是 ..`, en: `byte ${at} of reply is not ..` },
        fix: { zh: "at 从 0 数起，指向 reply 里的一个 ..", en: "at counts from 0 and names a .. of reply" },
      });
  })
  .describe("What a point of a panel is asked by");
export type HexSource = z.output<typeof hexSourceSchema>;

export const hexActionSchema = z
  .strictObject({
    send: sent("##").describe("Bytes that are sent; ## is the argument"),
    reply: z
      .union([z.literal("none").transform(() => null), answered])
      .default(null)
      .describe("What answers them: bytes, and .. for any byte; none: nothing does"),
    arg: text(32).optional().describe("Argument that ## stands for, 0 to 255"),
    checksum,
    wait,
  })
  .superRefine(({ send, arg }, context) => {
    if (send.includes(null) === (arg !== undefined)) return;
    complain(context, {
      what: { zh: "send 里的 ## 和 arg 要一起写", en: "## in send and arg go together" },
      fix: {
        zh: "由命令给的字节写 ##，并写 arg: 参数名",
        en: "write ## for the byte that the command says, and arg: NAME",
      },
    });
  })
  .describe("How a panel is told something");
export type HexAction = z.output<typeof hexActionSchema>;

export type HexAddress = HexSerialAddress | HexTcpAddress;
export type HexDevice<A extends HexAddress = HexAddress> = DevicePlan<A, HexProfile, HexSource, HexAction>;
