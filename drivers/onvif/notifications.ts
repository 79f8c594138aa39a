/** What a camera says of its events. Pure. */
import { momentIn } from "./answers.ts";
import { OnvifError } from "./faults.ts";
import { attribute, child, everywhere, localName, said, type XmlElement } from "./xml.ts";

export interface Notification {
  /** As it stands there, with its prefixes. */
  topic: string;
  /** As it stands there; absent: it does not say. */
  utc?: string;
  operation?: string;
  source: Record<string, string>;
  data: Record<string, string>;
}

/** Of one answer; cameras are asked for fewer. */
const mostNotifications = 256;
const mostItems = 32;
const longest = 256;

/** @throws OnvifError events: there are too many, and what is left out may be the end of something */
export function notificationsOf(root: XmlElement): Notification[] {
  const found = everywhere(root, "NotificationMessage", mostNotifications + 1);
  if (found.length > mostNotifications) throw new OnvifError("events");
  return found.flatMap((each): Notification[] => {
    const topic = said(child(each, "Topic"));
    const message = child(child(each, "Message"), "Message");
    if (topic === undefined || topic.length > longest || message === undefined) return [];
    const [utc, operation] = [attribute(message, "UtcTime"), attribute(message, "PropertyOperation")];
    return [
      {
        topic,
        ...(utc === undefined ? {} : { utc }),
        ...(operation === undefined ? {} : { operation }),
        source: itemsOf(child(message, "Source")),
        data: itemsOf(child(message, "Data")),
      },
    ];
  });
}

function itemsOf(element: XmlElement | undefined): Record<string, string> {
  const items = new Map<string, string>();
  for (const item of element === undefined ? [] : everywhere(element, "SimpleItem", mostItems)) {
    const [name, value] = [attribute(item, "Name"), attribute(item, "Value")];
    if (name !== undefined && value !== undefined && name.length <= longest && value.length <= longest)
      items.set(name, value);
  }
  return Object.fromEntries(items);
}

/** ms UTC by the camera's clock; null: it does not say. */
export const momentOfNotification = ({ utc }: Notification): number | null => momentIn(utc);

/** Without prefixes: `tns1:Device/tnsaxis:IO/Port` → `Device/IO/Port`. */
export const plainTopic = (topic: string): string => topic.split("/").map(localName).join("/");

const words: Readonly<Record<string, boolean>> = {
  ...{ "1": true, true: true, active: true, on: true, yes: true },
  ...{ "0": false, false: false, inactive: false, off: false, no: false },
};

/** In all spellings that makers have; null: it is none. */
export function booleanOf(text: string): boolean | null {
  const word = text.trim().toLowerCase();
  return Object.hasOwn(words, word) ? (words[word] ?? null) : null;
}
