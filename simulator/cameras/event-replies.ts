/** What a camera says of its events, and how its subscriptions are found again (ONVIF Event Service). */
import type { Speech } from "./device-replies.ts";
import type { Maker } from "./maker.ts";
import type { Notice } from "./pull-points.ts";
import type { Element } from "./read-xml.ts";
import { find } from "./read-xml.ts";
import type { Writer } from "./write-xml.ts";

export const dateTime = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");

/**
 * A time to live or to wait: a duration, or a time by the camera's own clock.
 * @returns ms from now; null: it is neither
 */
export function spanMs(text: string, ownMs: number): number | null {
  const [all, hours = 0, minutes = 0, seconds = 0] =
    /^PT(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?$/.exec(text) ?? [];
  if (all !== undefined) return (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000;
  const atMs = /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(atMs) ? null : atMs - ownMs;
}

/** @param endsMs by the camera's own clock */
export function created({ w, maker, place, ownMs }: Speech, id: string, endsMs: number): string {
  const service = `${place.events}${maker.paths.events}`;
  const address = {
    path: `${service}/PullSubManager_${id}`,
    query: `${service}?Idx=${id}&Kind=pull`,
    parameters: service,
  }[maker.reference];
  const parameters =
    maker.reference === "parameters"
      ? [w.tag("wsa:ReferenceParameters", w.text("axis:SubscriptionId", id))]
      : [];
  return w.tag("tev:CreatePullPointSubscriptionResponse", [
    w.tag("tev:SubscriptionReference", [w.text("wsa:Address", address), ...parameters]),
    w.text("wsnt:CurrentTime", dateTime(ownMs)),
    w.text("wsnt:TerminationTime", dateTime(endsMs)),
  ]);
}

/** Which subscription is meant. @param path with its query */
export function subscriptionOf(maker: Maker, path: string, header: Element | undefined): string {
  switch (maker.reference) {
    case "path":
      return /PullSubManager_(\d+)$/.exec(path)?.[1] ?? "";
    case "query":
      return /[?&]Idx=(\d+)(?:&|$)/.exec(path)?.[1] ?? "";
    case "parameters":
      return find(header, "SubscriptionId")?.text ?? "";
  }
}

export const pulled = ({ w, ownMs }: Speech, endsMs: number, notices: readonly Notice[]): string =>
  w.tag("tev:PullMessagesResponse", [
    w.text("tev:CurrentTime", dateTime(ownMs)),
    w.text("tev:TerminationTime", dateTime(endsMs)),
    ...notices.map((notice) => notification(w, notice)),
  ]);

export const renewed = ({ w, ownMs }: Speech, endsMs: number): string =>
  w.tag("wsnt:RenewResponse", [
    w.text("wsnt:TerminationTime", dateTime(endsMs)),
    w.text("wsnt:CurrentTime", dateTime(ownMs)),
  ]);

export const unsubscribed = ({ w }: Speech): string => w.tag("wsnt:UnsubscribeResponse");

function notification(w: Writer, { topic, value, operation, ownMs }: Notice): string {
  const item = (name: string, text: string) => w.tag("tt:SimpleItem", "", { Name: name, Value: text });
  return w.tag("wsnt:NotificationMessage", [
    w.tag("wsnt:Topic", topic.topic, {
      Dialect: "http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet",
    }),
    w.tag(
      "wsnt:Message",
      w.tag(
        "tt:Message",
        [
          w.tag(
            "tt:Source",
            topic.source.map(([name, text]) => item(name, text)),
          ),
          w.tag("tt:Data", item(topic.item, topic.words[value ? 1 : 0])),
        ],
        { UtcTime: dateTime(ownMs), PropertyOperation: operation },
      ),
    ),
  ]);
}
