/** What is different from maker to maker. */
import type { Hand } from "./write-xml.ts";

export type HttpAlgorithm = "MD5" | "SHA-256";

/** Which logins are looked at: one of the two, whichever is there, or both at once. */
export type LoginWay = "token" | "digest" | "either" | "both";

/** What a camera tells by events. */
export type Subject = "motion" | "tamper" | "storage" | "people" | "pir" | "day";

/** How one subject is told. */
export interface Topic {
  subject: Subject;
  topic: string;
  /** Name and value of what it comes from. */
  source: readonly (readonly [string, string])[];
  item: string;
  /** Spelling of no and of yes. */
  words: readonly [string, string];
}

export interface Profile {
  token: string;
  name: string;
  width: number;
  height: number;
}

/** What it says about itself. */
export interface Place {
  /** `http://host:port`, as it believes to be reached. */
  base: string;
  /** The same for its events. */
  events: string;
  /** Without port, with brackets where there are any. */
  host: string;
}

/** Operations that a camera may know. */
export const operations = [
  "GetSystemDateAndTime",
  "GetDeviceInformation",
  "GetCapabilities",
  "GetServices",
  "GetScopes",
  "GetProfiles",
  "GetStreamUri",
  "GetSnapshotUri",
  "CreatePullPointSubscription",
  "PullMessages",
  "Renew",
  "Unsubscribe",
] as const;
export type Operation = (typeof operations)[number];

export interface Maker {
  name: string;
  /** As GetDeviceInformation says it. */
  manufacturer: string;
  model: string;
  hardware: string;
  firmware: string;
  serial: string;
  hand: Hand;
  login: LoginWay;
  algorithms: readonly HttpAlgorithm[];
  /** Asked without a login. */
  open: readonly Operation[];
  /** Not known to it. */
  lacks: readonly Operation[];
  /** Of the refusal of a token. */
  refusal: 400 | 401;
  /** How far `Created` may be from its own clock, ms. */
  createdWithinMs: number;
  /** After five wrong logins nobody gets in for so long, ms. */
  lockMs: number;
  /** Its clock beside the true one, ms. */
  clockOffsetMs: number;
  /** Header of answers: none, one with an id of its own, one whose id is that of the question. */
  addressing: "none" | "own" | "same";
  /** URIs stand on lines of their own. */
  wrapsUris: boolean;
  /** Leaves out what may be left out: RateControl, Multicast, SessionTimeout. */
  isSparse: boolean;
  /** Its events have a port of their own. */
  eventsPort: boolean;
  /** How a subscription is found again: by its path, its query, or what must be sent back in the header. */
  reference: "path" | "query" | "parameters";
  /** The longest that a subscription lives, and that a pull waits, ms. */
  mostLifeMs: number;
  mostWaitMs: number;
  scopes: readonly string[];
  paths: Readonly<Record<"media" | "events", string>>;
  profiles: readonly Profile[];
  stream(place: Place, profile: number): string;
  snapshot(place: Place, profile: number): string;
  topics: readonly Topic[];
}
