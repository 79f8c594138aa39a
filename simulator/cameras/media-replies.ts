/** What a camera says of its pictures, which nobody fetches: profiles and addresses (ONVIF Media). Pure. */
import type { Speech } from "./device-replies.ts";
import type { Profile } from "./maker.ts";
import { escaped } from "./write-xml.ts";

export const profiles = (speech: Speech): string =>
  speech.w.tag(
    "trt:GetProfilesResponse",
    speech.maker.profiles.map((profile, index) => profileOf(speech, profile, index)),
  );

function profileOf({ w, maker }: Speech, { token, name, width, height }: Profile, index: number): string {
  const rate = [
    w.text("tt:FrameRateLimit", 25),
    w.text("tt:EncodingInterval", 1),
    w.text("tt:BitrateLimit", 4096),
  ];
  const source = [
    w.text("tt:Name", "VideoSource"),
    w.text("tt:UseCount", maker.profiles.length),
    w.text("tt:SourceToken", "VS0"),
    w.tag("tt:Bounds", "", { x: "0", y: "0", width: String(width), height: String(height) }),
  ];
  const encoder = [
    w.text("tt:Name", `VideoEncoder_${index + 1}`),
    w.text("tt:UseCount", 1),
    w.text("tt:Encoding", name.includes("jpeg") ? "JPEG" : "H264"),
    w.tag("tt:Resolution", [w.text("tt:Width", width), w.text("tt:Height", height)]),
    w.text("tt:Quality", 3),
    ...(maker.isSparse ? [] : [w.tag("tt:RateControl", rate), w.text("tt:SessionTimeout", "PT60S")]),
  ];
  const inside = [
    w.text("tt:Name", name),
    w.tag("tt:VideoSourceConfiguration", source, { token: "VSC0" }),
    w.tag("tt:VideoEncoderConfiguration", encoder, { token: `VEC${index}` }),
  ];
  return w.tag("trt:Profiles", inside, maker.isSparse ? { token } : { token, fixed: "true" });
}

/** @param kind null result: it has no such profile @param token as it was asked */
export function uri(speech: Speech, kind: "Stream" | "Snapshot", token: string): string | null {
  const { w, maker, place } = speech;
  const index = maker.profiles.findIndex((profile) => profile.token === token);
  if (index < 0) return null;
  const address = kind === "Stream" ? maker.stream(place, index) : maker.snapshot(place, index);
  const written = maker.wrapsUris ? `\n  ${escaped(address)}\n` : escaped(address);
  return w.tag(
    kind === "Stream" ? "trt:GetStreamUriResponse" : "trt:GetSnapshotUriResponse",
    w.tag("trt:MediaUri", [
      w.tag("tt:Uri", written),
      w.text("tt:InvalidAfterConnect", false),
      w.text("tt:InvalidAfterReboot", false),
      w.text("tt:Timeout", "PT0S"),
    ]),
  );
}
