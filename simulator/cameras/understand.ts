/** What a camera makes of a request. */
import type { CameraRequest } from "./camera-door.ts";
import { homes } from "./camera-operations.ts";
import { type Operation, operations } from "./maker.ts";
import { namespaces } from "./namespaces.ts";
import { type Element, readXml } from "./read-xml.ts";

export interface Understood {
  /** null: none that any camera knows. */
  operation: Operation | null;
  asked: Element;
  header: Element | undefined;
  version: "1.1" | "1.2";
  messageId: string | null;
}

/** Pure. @returns null: this is no envelope with something in it. */
export function understand({ method, body }: CameraRequest): Understood | null {
  const root = method === "POST" ? readXml(body) : null;
  const isOld = root?.namespace === namespaces.soap11;
  if (root?.name !== "Envelope" || (!isOld && root.namespace !== namespaces.soap)) return null;
  const part = (name: string) =>
    root.children.find((child) => child.name === name && child.namespace === root.namespace);
  const header = part("Header");
  const [asked] = part("Body")?.children ?? [];
  if (asked === undefined) return null;
  const operation = operations.find(
    (name) => name === asked.name && homes[name].namespace === asked.namespace,
  );
  const messageId = header?.children.find(({ name }) => name === "MessageID")?.text ?? null;
  return { operation: operation ?? null, asked, header, version: isOld ? "1.1" : "1.2", messageId };
}
