/** What a camera's answers say. Each reader is given the element of the answer. Pure. */
import { type Reference, referenceOf } from "./requests.ts";
import { attribute, child, children, everywhere, path, said, type XmlElement } from "./xml.ts";

const whole = (element: XmlElement | undefined): number => {
  const text = said(element) ?? "";
  return /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
};

/** Its clock, ms UTC; null: it does not say, or no such moment is. */
export function utcOf(answer: XmlElement): number | null {
  const utc = path(answer, "SystemDateAndTime", "UTCDateTime");
  const [date, time] = [child(utc, "Date"), child(utc, "Time")];
  const [year, month, day] = ["Year", "Month", "Day"].map((name) => whole(child(date, name)));
  const [hour, minute, second] = ["Hour", "Minute", "Second"].map((name) => whole(child(time, name)));
  return momentOf([year, month, day, hour, minute, second]);
}

/** @param parts year, month from 1, day, hour, minute, second */
function momentOf(parts: readonly (number | undefined)[]): number | null {
  const [year = Number.NaN, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts;
  if (!(year >= 1970 && year <= 9999)) return null;
  const at = new Date(Date.UTC(year, month - 1, day, hour, minute, Math.min(second, 59)));
  // A leap second is the one before; a 31st of February is no day.
  const isReal =
    at.getUTCMonth() === month - 1 &&
    at.getUTCDate() === day &&
    at.getUTCHours() === hour &&
    at.getUTCMinutes() === minute &&
    second <= 60;
  return isReal ? at.getTime() : null;
}

/** A moment as XML has it, ms UTC; one without a zone is UTC. null: it is none. */
export function momentIn(text: string | undefined): number | null {
  const [, ...parts] =
    /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d{1,9})?(Z|[+-]\d\d:\d\d)?$/.exec(text?.trim() ?? "") ??
    [];
  const at = momentOf(parts.slice(0, 6).map(Number));
  if (at === null) return null;
  const ms = Math.floor(Number(`0${parts[6] ?? ""}`) * 1000);
  const [, sign, hours, minutes] = /^([+-])(\d\d):(\d\d)$/.exec(parts[7] ?? "") ?? [];
  const aheadMs = sign === undefined ? 0 : (Number(hours) * 60 + Number(minutes)) * 60_000;
  return at + ms - (sign === "-" ? -aheadMs : aheadMs);
}

export interface Identity {
  maker?: string;
  model?: string;
  firmware?: string;
  serial?: string;
  hardware?: string;
}

const longest = 128;
const short = (element: XmlElement | undefined): string | undefined => {
  const text = said(element);
  return text === undefined || text.length > longest ? undefined : text;
};

export function identityOf(answer: XmlElement): Identity {
  const words = {
    maker: short(child(answer, "Manufacturer")),
    model: short(child(answer, "Model")),
    firmware: short(child(answer, "FirmwareVersion")),
    serial: short(child(answer, "SerialNumber")),
    hardware: short(child(answer, "HardwareId")),
  };
  return Object.fromEntries(Object.entries(words).filter(([, word]) => word !== undefined));
}

export interface Services {
  /** Addresses as the camera names them. */
  device?: string;
  media?: string;
  events?: string;
  /** All of them, sorted. */
  all: string[];
}

const mostServices = 64;

export function servicesOf(answer: XmlElement): Services {
  const capabilities = child(answer, "Capabilities");
  const named = (name: string) => {
    const address = said(path(capabilities, name, "XAddr"));
    return address === undefined ? {} : { [name.toLowerCase()]: address };
  };
  const all = everywhere(answer, "XAddr", mostServices).flatMap((each) => said(each) ?? []);
  return { ...named("Device"), ...named("Media"), ...named("Events"), all: all.sort() };
}

export interface MediaProfile {
  token: string;
  /** It has a picture. */
  video: boolean;
}

const mostProfiles = 256;

export const profilesOf = (answer: XmlElement): MediaProfile[] =>
  children(answer, "Profiles")
    .slice(0, mostProfiles)
    .flatMap((profile) => {
      const token = attribute(profile, "token");
      if (token === undefined || token === "" || token.length > longest) return [];
      return [{ token, video: child(profile, "VideoEncoderConfiguration") !== undefined }];
    });

/** Of a stream or a picture, as it stands there. */
export const uriOf = (answer: XmlElement): string | null => {
  const uri = said(path(answer, "MediaUri", "Uri"))?.replaceAll(/\s/g, "");
  return uri === undefined || uri.length > 1024 ? null : uri;
};

export interface Created {
  reference: Reference;
  lifeMs: number | null;
}

/** @returns null: it does not say where its subscription is */
export function createdOf(answer: XmlElement): Created | null {
  const reference = referenceOf(child(answer, "SubscriptionReference"));
  return reference === null ? null : { reference, lifeMs: lifeOf(answer) };
}

/** How long a subscription lives from now on, by the camera's own clock, ms; null: it does not say. */
export function lifeOf(answer: XmlElement): number | null {
  const [now, end] = [said(child(answer, "CurrentTime")), said(child(answer, "TerminationTime"))].map(
    momentIn,
  );
  return now === null || now === undefined || end === null || end === undefined ? null : end - now;
}

/** A reply to a search for cameras (WS-Discovery). */
export interface ProbeMatch {
  endpoint: string;
  types: string[];
  xaddrs: string[];
  /** By what they are of; what is no scope of ONVIF is left out. */
  scopes: Record<string, string[]>;
}

const mostWords = 64;
const words = (element: XmlElement | undefined): string[] =>
  (said(element) ?? "")
    .split(/\s+/)
    .filter((word) => word !== "")
    .slice(0, mostWords);

const mostMatches = 64;

/** The elements of them all. */
export const probeMatchesIn = (root: XmlElement): XmlElement[] => everywhere(root, "ProbeMatch", mostMatches);

export function probeMatchOf(match: XmlElement): ProbeMatch {
  const scopes = new Map<string, string[]>();
  for (const word of words(child(match, "Scopes"))) {
    const [, of, is] = /^onvif:\/\/www\.onvif\.org\/([^/]+)\/(.*)$/.exec(word) ?? [];
    if (of !== undefined && is !== undefined) scopes.set(of, [...(scopes.get(of) ?? []), is]);
  }
  return {
    endpoint: said(path(match, "EndpointReference", "Address")) ?? "",
    types: words(child(match, "Types")),
    xaddrs: words(child(match, "XAddrs")),
    scopes: Object.fromEntries(scopes),
  };
}

export const probeMatchesOf = (root: XmlElement): ProbeMatch[] => probeMatchesIn(root).map(probeMatchOf);
