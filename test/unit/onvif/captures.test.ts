/** Each item of the collection is understood as it says. The collection may lie beside the project; then none is missing. */
import { existsSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { probeMatchesOf, servicesOf, uriOf } from "../../../drivers/onvif/answers.ts";
import { notificationsOf } from "../../../drivers/onvif/notifications.ts";
import { soapOf } from "../../../drivers/onvif/soap.ts";
import { readXml, type XmlElement } from "../../../drivers/onvif/xml.ts";

interface Item {
  id: string;
  message: string;
  xml: string;
  decoded: unknown;
}

const file = new URL("../../../../shared/captures/onvif.json", import.meta.url);
const { items } = existsSync(file)
  ? (JSON.parse(readFileSync(file, "utf8")) as { items: Item[] })
  : { items: [] };

function answerIn(root: XmlElement): XmlElement {
  const soap = soapOf(root);
  if (!("answer" in soap)) throw new Error("a fault");
  return soap.answer;
}

const readers: Record<string, (root: XmlElement) => unknown> = {
  "WS-Discovery ProbeMatches": (root) => probeMatchesOf(root)[0],
  GetStreamUriResponse: (root) => ({ uri: uriOf(answerIn(root)) }),
  GetCapabilitiesResponse: (root) => {
    const { device, all } = servicesOf(answerIn(root));
    return { device_xaddr: device, services: all };
  },
  "RTSP metadata stream event": (root) => notificationsOf(root)[0],
};

it("has all of them where it is there", () => {
  expect(existsSync(file) ? items.length : 10).toBe(10);
});

it.each(items)("$id is understood", ({ message, xml, decoded }) => {
  const read = readers[message];
  if (read === undefined) throw new Error(`nobody reads ${message}`);
  expect(read(readXml(new TextEncoder().encode(xml)))).toEqual(decoded);
});
