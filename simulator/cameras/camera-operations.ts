/** What a camera does for each operation that it knows. */
import type { Clock } from "../../config/schema/context.ts";
import type { Acting } from "./camera-faults.ts";
import {
  capabilities,
  deviceInformation,
  devicePath,
  type Speech,
  scopes,
  services,
  systemDateAndTime,
} from "./device-replies.ts";
import { created, pulled, renewed, spanMs, subscriptionOf, unsubscribed } from "./event-replies.ts";
import type { Maker, Operation } from "./maker.ts";
import { profiles, uri } from "./media-replies.ts";
import { namespaces } from "./namespaces.ts";
import type { Notice, PullPoints } from "./pull-points.ts";
import { type Element, find } from "./read-xml.ts";
import { badArgument, noProfile, noSubscription, type Refusal, tooMany } from "./soap.ts";

/** One question, understood. */
export interface Question {
  /** The element in its body. */
  asked: Element;
  header: Element | undefined;
  /** With its query. */
  path: string;
  signal: AbortSignal;
}

/** What a camera remembers besides what it says. */
export interface Memory {
  clock: Clock;
  points: PullPoints;
  acting: Acting;
  /** Of every subject, as a new subscriber is told first. */
  present(): Notice[];
}

const device = namespaces.tds;
const media = namespaces.trt;
/** Vocabulary of each, and the service that has it. */
export const homes: Readonly<
  Record<Operation, { namespace: string; service: "device" | "media" | "events" }>
> = {
  GetSystemDateAndTime: { namespace: device, service: "device" },
  GetDeviceInformation: { namespace: device, service: "device" },
  GetCapabilities: { namespace: device, service: "device" },
  GetServices: { namespace: device, service: "device" },
  GetScopes: { namespace: device, service: "device" },
  GetProfiles: { namespace: media, service: "media" },
  GetStreamUri: { namespace: media, service: "media" },
  GetSnapshotUri: { namespace: media, service: "media" },
  CreatePullPointSubscription: { namespace: namespaces.tev, service: "events" },
  PullMessages: { namespace: namespaces.tev, service: "events" },
  Renew: { namespace: namespaces.wsnt, service: "events" },
  Unsubscribe: { namespace: namespaces.wsnt, service: "events" },
};

/** Whether a service is at a path. */
export function isAt(maker: Maker, service: "device" | "media" | "events", path: string): boolean {
  const at = path.replace(/\?.*$/, "");
  if (service === "device") return at === devicePath;
  if (service === "media") return at === maker.paths.media;
  return at === maker.paths.events || at.startsWith(`${maker.paths.events}/`);
}

/** @returns what stands in the body, or why not */
export async function perform(
  operation: Operation,
  speech: Speech,
  question: Question,
  memory: Memory,
): Promise<string | Refusal> {
  const { asked } = question;
  switch (operation) {
    case "GetSystemDateAndTime":
      return systemDateAndTime(speech);
    case "GetDeviceInformation":
      return deviceInformation(speech);
    case "GetCapabilities":
      return capabilities(speech);
    case "GetServices":
      return services(speech);
    case "GetScopes":
      return scopes(speech);
    case "GetProfiles":
      return profiles(speech);
    case "GetStreamUri":
    case "GetSnapshotUri": {
      const kind = operation === "GetStreamUri" ? "Stream" : "Snapshot";
      return uri(speech, kind, find(asked, "ProfileToken")?.text ?? "") ?? noProfile;
    }
    case "CreatePullPointSubscription":
      return subscribe(speech, question, memory);
    default:
      return onSubscription(operation, speech, question, memory);
  }
}

function subscribe(
  speech: Speech,
  { asked }: Question,
  { points, acting, present }: Memory,
): string | Refusal {
  const { maker, ownMs } = speech;
  const lifeMs = lifeOf(find(asked, "InitialTerminationTime")?.text ?? "PT60S", speech);
  if (lifeMs === null) return badArgument;
  const early = acting.get("dies-early")?.afterMs ?? lifeMs;
  const point = points.create(Math.min(early, lifeMs, maker.mostLifeMs), present());
  if (point === null) return tooMany;
  return created(speech, point.id, ownMs + lifeMs);
}

async function onSubscription(
  operation: "PullMessages" | "Renew" | "Unsubscribe",
  speech: Speech,
  { asked, header, path, signal }: Question,
  { clock, points, acting }: Memory,
): Promise<string | Refusal> {
  const { maker } = speech;
  const point = points.find(subscriptionOf(maker, path, header));
  if (point === null) return noSubscription;
  if (operation === "Unsubscribe") {
    points.end(point);
    return unsubscribed(speech);
  }
  const endsMs = (at: Speech) => at.ownMs + point.endsMs - clock.monotonicMs();
  if (operation === "Renew") {
    const lifeMs = lifeOf(find(asked, "TerminationTime")?.text ?? "PT60S", speech);
    if (lifeMs === null) return badArgument;
    if (acting.get("forgets-renewal") === undefined) point.endsMs = clock.monotonicMs() + lifeMs;
    return renewed(speech, speech.ownMs + lifeMs);
  }
  const waitMs = spanMs(find(asked, "Timeout")?.text ?? "", speech.ownMs);
  const limit = Number(find(asked, "MessageLimit")?.text ?? Number.NaN);
  if (waitMs === null || waitMs < 0 || !(limit >= 1)) return badArgument;
  const begunMs = clock.monotonicMs();
  const notices = await points.take(point, limit, Math.min(waitMs, maker.mostWaitMs), signal);
  if (notices === null) return noSubscription;
  const now = { ...speech, ownMs: speech.ownMs + clock.monotonicMs() - begunMs };
  return pulled(now, endsMs(now), notices);
}

/** ms; no more than the camera gives; null: what was asked is nothing or over already. */
function lifeOf(text: string, { maker, ownMs }: Speech): number | null {
  const lifeMs = spanMs(text, ownMs);
  return lifeMs === null || lifeMs <= 0 ? null : Math.min(lifeMs, maker.mostLifeMs);
}
