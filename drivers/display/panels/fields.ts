/** What displays with a protocol of their makers add to the configuration files. Pure. */
import { z } from "zod";
import { within } from "../../../config/load/shape/measure.ts";
import type { DevicePlan } from "../../../config/schema/kind.ts";
import { complain, host, integer, text } from "../../../config/schema/scalar.ts";
import { type SerialLink, serialLinkSchema, tcpPort } from "../../line/fields.ts";
import { type ProtocolName, protocolNames, protocols } from "../protocols/index.ts";

const second = 1000;

export const displaySerialLinkSchema = serialLinkSchema(
  {
    zh: "串口服务器要设成透传：写 mode: transparent；显示设备自己有网口就写 kind: display-tcp",
    en: "set the serial server to pass bytes through, mode: transparent; for displays with a network port of their own write kind: display-tcp",
  },
  { baud: "9600", format: "8N1" },
).describe("Displays on a serial line, one protocol on each");
export type DisplaySerialLink = SerialLink;

export const displayTcpLinkSchema = z
  .strictObject({
    port: tcpPort
      .optional()
      .describe("TCP port of its devices, where other than the one that their protocol or model has"),
  })
  .describe("Displays in the network; each device says its host");
export type DisplayTcpLink = z.output<typeof displayTcpLinkSchema>;

const number = integer(0, 255)
  .optional()
  .describe("Number of the set, as in its menu: 1 if nothing is said; never the one that means all");
const ownAnswer = within(50, 10 * second);
const answer = ownAnswer
  .optional()
  .describe("Longest time until its answer begins, where other than its model's");

export const displaySerialAddressSchema = z
  .strictObject({ number, answer })
  .describe("How a display is known on a serial line");
export const displayTcpAddressSchema = z
  .strictObject({
    host: host.describe("Its address in the network"),
    port: tcpPort.optional().describe("Its TCP port, where other than the link's"),
    number,
    answer,
  })
  .describe("How a display is known in the network");
export type DisplaySerialAddress = z.output<typeof displaySerialAddressSchema>;
export type DisplayTcpAddress = z.output<typeof displayTcpAddressSchema>;
export type DisplayAddress = DisplaySerialAddress | DisplayTcpAddress;

export const displayProfileSchema = z
  .strictObject({
    protocol: z.enum(protocolNames).describe("Protocol that it speaks"),
    port: tcpPort.optional().describe("TCP port that this model has"),
    answer: ownAnswer.default(1000).describe("Longest time until its answer begins"),
    pause: within(0, 10 * second)
      .default(100)
      .describe("Rest that it needs between two requests"),
    framing: z
      .enum(["bytes", "hex-text"])
      .default("bytes")
      .describe("hex-text: over TCP it wants its frames as hexadecimal text (Hisense DM)"),
    checks: z
      .enum(["exact", "lax"])
      .default("exact")
      .describe("lax: length and checksum of its answers are wrong and not compared (some Hisense)"),
  })
  .transform(({ answer, pause, framing, checks, ...rest }) => ({
    ...rest,
    answerMs: answer,
    pauseMs: pause,
    hexText: framing === "hex-text",
    lax: checks === "lax",
  }))
  .describe("How a display model speaks");
export type DisplayProfile = z.output<typeof displayProfileSchema>;

const wordsOf = (key: "asks" | "sets") =>
  [...new Set(protocolNames.flatMap((name: ProtocolName) => Object.keys(protocols[name][key])))] as [
    string,
    ...string[],
  ];

export const displaySourceSchema = z
  .strictObject({
    ask: z.enum(wordsOf("asks")).describe("What is asked for it, by the word of its protocol"),
  })
  .describe("What a point of a display is asked by");
export type DisplaySource = z.output<typeof displaySourceSchema>;

export const displayActionSchema = z
  .strictObject({
    set: z.enum(wordsOf("sets")).describe("What is set, by the word of its protocol"),
    value: text(16).optional().describe("To which value, as the protocol has it"),
    arg: text(32).optional().describe("Or to that of this argument"),
  })
  .superRefine(({ value, arg }, context) => {
    if ((value === undefined) === (arg === undefined))
      complain(context, {
        what: { zh: "value 和 arg 要写一个，只写一个", en: "it needs either value or arg" },
        fix: {
          zh: "固定的值写 value: 1；由命令给的写 arg: 参数名",
          en: "write value: 1 for a fixed value, arg: NAME for what the command says",
        },
      });
  })
  .describe("How a display is told something");
export type DisplayAction = z.output<typeof displayActionSchema>;

export type DisplayDevice<A extends DisplayAddress = DisplayAddress> = DevicePlan<
  A,
  DisplayProfile,
  DisplaySource,
  DisplayAction
>;

/** Number of a set, where none is written. */
export const numberOf = ({ number: written }: DisplayAddress): number => written ?? 1;
