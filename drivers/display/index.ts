/** The drivers of displays and projectors: PJLink, the protocols of their makers, and tables of bytes. */
import type { Driver } from "../contract/index.ts";
import type { SerialLink } from "../line/fields.ts";
import { serialLineName } from "../line/fields.ts";
import { characterMs } from "../line/pace.ts";
import {
  type HexAction,
  type HexDevice,
  type HexProfile,
  type HexSerialAddress,
  type HexSerialLink,
  type HexSource,
  type HexTcpAddress,
  type HexTcpLink,
  hexSerialKind,
  hexTcpKind,
  hexTcpLine,
} from "./hex/schema.ts";
import { hexSpeech } from "./hex/speech.ts";
import {
  type DisplayAction,
  type DisplayDevice,
  type DisplayProfile,
  type DisplaySerialAddress,
  type DisplaySerialLink,
  type DisplaySource,
  type DisplayTcpAddress,
  type DisplayTcpLink,
  displaySerialKind,
  displayTcpKind,
  displayTcpLine,
  portOf,
} from "./panels/schema.ts";
import { displaySpeech } from "./panels/speech.ts";
import { findProjectors } from "./pjlink/discovery.ts";
import {
  type PjlinkAction,
  type PjlinkAddress,
  type PjlinkLink,
  type PjlinkProfile,
  type PjlinkSource,
  pjlinkKind,
  pjlinkLine,
} from "./pjlink/schema.ts";
import { PjlinkSession } from "./pjlink/session.ts";
import { protocolOf } from "./protocols/index.ts";
import { DisplayScrubber } from "./scrubber.ts";
import { SerialSession } from "./serial-session.ts";
import { TcpSession } from "./tcp-session.ts";

export const pjlinkDriver: Driver<PjlinkLink, PjlinkAddress, PjlinkProfile, PjlinkSource, PjlinkAction> = {
  kind: pjlinkKind,
  async open(link, devices, context, signal) {
    signal.throwIfAborted();
    return PjlinkSession.open(link, devices, context);
  },
  discover: (context, signal) => findProjectors(context, signal),
  scrubber: (link, devices, context) =>
    new DisplayScrubber(
      {},
      linesOf(devices, ({ address }) => pjlinkLine(link, address)),
      context,
    ),
};

export const displaySerialDriver: Driver<
  DisplaySerialLink,
  DisplaySerialAddress,
  DisplayProfile,
  DisplaySource,
  DisplayAction
> = {
  kind: displaySerialKind,
  open: (link, devices, context, signal) => SerialSession.open(link, devices, context, signal, displaySpeech),
  scrubber: (link, devices, context) =>
    new DisplayScrubber(
      serialSettings(link),
      linesOf(devices, () => serialLineName(link)),
      context,
    ),
};

export const displayTcpDriver: Driver<
  DisplayTcpLink,
  DisplayTcpAddress,
  DisplayProfile,
  DisplaySource,
  DisplayAction
> = {
  kind: displayTcpKind,
  async open(link, devices, context, signal) {
    signal.throwIfAborted();
    return new TcpSession<DisplayDevice<DisplayTcpAddress>>(devices, context, {
      ...displaySpeech,
      placeOf: ({ address, profile }) => ({
        host: address.host,
        port: portOf(link, address, profile),
        line: displayTcpLine(link, address, profile),
        timing: null,
      }),
      hello: ({ profile }) => protocolOf(profile.protocol).hello,
    });
  },
  scrubber: (link, devices, context) =>
    new DisplayScrubber(
      {},
      linesOf(devices, ({ address, profile }) => displayTcpLine(link, address, profile)),
      context,
    ),
};

export const hexSerialDriver: Driver<HexSerialLink, HexSerialAddress, HexProfile, HexSource, HexAction> = {
  kind: hexSerialKind,
  open: (link, devices, context, signal) => SerialSession.open(link, devices, context, signal, hexSpeech),
  scrubber: (link, devices, context) =>
    new DisplayScrubber(
      serialSettings(link),
      linesOf(devices, () => serialLineName(link)),
      context,
      answersOf(devices),
    ),
};

/** As a wire behind the box usually is; what the box kept for nobody comes at once, and is not waited for. */
const boxPace = { baud: 9600, format: "8N1" } as const;

export const hexTcpDriver: Driver<HexTcpLink, HexTcpAddress, HexProfile, HexSource, HexAction> = {
  kind: hexTcpKind,
  async open(link, devices, context, signal) {
    signal.throwIfAborted();
    return new TcpSession<HexDevice<HexTcpAddress>>(devices, context, {
      ...hexSpeech,
      placeOf: ({ address }) => ({
        host: address.host,
        port: address.port ?? link.port,
        line: hexTcpLine(link, address),
        timing: { characterMs: characterMs(boxPace), silenceMs: 3.5 * characterMs(boxPace) },
      }),
    });
  },
  scrubber: (link, devices, context) =>
    new DisplayScrubber(
      {},
      linesOf(devices, ({ address }) => hexTcpLine(link, address)),
      context,
      answersOf(devices),
    ),
};

/** What a table has its devices answer, `.` for any byte. */
const answersOf = (devices: readonly HexDevice[]) =>
  devices.flatMap(({ points, actions }) =>
    [...points.map(({ source }) => source.reply), ...Object.values(actions).map(({ reply }) => reply)].map(
      (reply) => String.fromCharCode(...(reply ?? []).map((byte) => byte ?? 0x2e)),
    ),
  );

const serialSettings = (link: SerialLink) => ({
  baud: link.baud,
  format: link.format,
  behind: "device" in link ? "port" : "serial-server",
});

const linesOf = <D extends { id: string }>(devices: readonly D[], lineOf: (device: D) => string) =>
  new Map(devices.map((device) => [device.id, lineOf(device)]));
