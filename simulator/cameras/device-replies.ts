/** What a camera says of itself: time, identity, services (ONVIF Core, device management). Pure. */
import type { CameraState } from "./camera-state.ts";
import type { Maker, Place } from "./maker.ts";
import { namespaces } from "./namespaces.ts";
import type { Writer } from "./write-xml.ts";

/** Who speaks, and how. */
export interface Speech {
  w: Writer;
  maker: Maker;
  state: CameraState;
  place: Place;
  /** Wall ms by its own clock. */
  ownMs: number;
}

/** Who can be made to speak from another place. */
export interface Speaker {
  speech(place: Place): Speech;
}

/** @returns what stands in the body */
export function systemDateAndTime({ w, ownMs, maker }: Speech): string {
  const at = (ms: number) => {
    const date = new Date(ms);
    const parts = (names: readonly string[], values: readonly number[]) =>
      names.map((name, index) => w.text(`tt:${name}`, values[index] ?? 0));
    return [
      w.tag(
        "tt:Time",
        parts(["Hour", "Minute", "Second"], [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()]),
      ),
      w.tag(
        "tt:Date",
        parts(["Year", "Month", "Day"], [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()]),
      ),
    ];
  };
  const chinaMs = 8 * 3_600_000;
  return w.tag(
    "tds:GetSystemDateAndTimeResponse",
    w.tag("tds:SystemDateAndTime", [
      w.text("tt:DateTimeType", maker.isSparse ? "Manual" : "NTP"),
      w.text("tt:DaylightSavings", false),
      ...(maker.isSparse ? [] : [w.tag("tt:TimeZone", w.text("tt:TZ", "CST-8:00:00"))]),
      w.tag("tt:UTCDateTime", at(ownMs)),
      ...(maker.isSparse ? [] : [w.tag("tt:LocalDateTime", at(ownMs + chinaMs))]),
    ]),
  );
}

export const deviceInformation = ({ w, maker, state }: Speech): string =>
  w.tag("tds:GetDeviceInformationResponse", [
    w.text("tds:Manufacturer", maker.manufacturer),
    w.text("tds:Model", maker.model),
    w.text("tds:FirmwareVersion", state.firmware),
    w.text("tds:SerialNumber", state.serial),
    w.text("tds:HardwareId", maker.hardware),
  ]);

export function capabilities(speech: Speech): string {
  const { w, maker } = speech;
  const { device, media, events } = addresses(speech);
  return w.tag(
    "tds:GetCapabilitiesResponse",
    w.tag("tds:Capabilities", [
      w.tag("tt:Device", [
        w.text("tt:XAddr", device),
        ...(maker.isSparse ? [] : [w.tag("tt:IO", w.text("tt:RelayOutputs", 0))]),
      ]),
      w.tag("tt:Events", [
        w.text("tt:XAddr", events),
        w.text("tt:WSSubscriptionPolicySupport", false),
        w.text("tt:WSPullPointSupport", true),
        w.text("tt:WSPausableSubscriptionManagerInterfaceSupport", false),
      ]),
      w.tag("tt:Media", [
        w.text("tt:XAddr", media),
        w.tag("tt:StreamingCapabilities", w.text("tt:RTP_RTSP_TCP", true)),
      ]),
    ]),
  );
}

export function services(speech: Speech): string {
  const { w } = speech;
  const { device, media, events } = addresses(speech);
  const one = (namespace: string, address: string) =>
    w.tag("tds:Service", [
      w.text("tds:Namespace", namespace),
      w.text("tds:XAddr", address),
      w.tag("tds:Version", [w.text("tt:Major", 2), w.text("tt:Minor", 60)]),
    ]);
  return w.tag("tds:GetServicesResponse", [
    one(namespaces.tds, device),
    one(namespaces.trt, media),
    one(namespaces.tev, events),
  ]);
}

export const scopes = ({ w, maker }: Speech): string =>
  w.tag(
    "tds:GetScopesResponse",
    maker.scopes.map((item, index) =>
      w.tag("tds:Scopes", [
        w.text("tt:ScopeDef", index === 0 ? "Fixed" : "Configurable"),
        w.text("tt:ScopeItem", item),
      ]),
    ),
  );

export const devicePath = "/onvif/device_service";

function addresses({ maker, place }: Speech): Record<"device" | "media" | "events", string> {
  return {
    device: `${place.base}${devicePath}`,
    media: `${place.base}${maker.paths.media}`,
    events: `${place.events}${maker.paths.events}`,
  };
}
