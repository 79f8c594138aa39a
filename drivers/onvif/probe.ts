/**
 * The question who is a camera, and what answers it: WS-Discovery of April 2005, as the ONVIF Core Specification has
 * it (7.3). Pure.
 */
import { decoded, macIn, shown } from "../call/told.ts";
import type { Found } from "../contract/index.ts";
import { type ProbeMatch, probeMatchesIn, probeMatchOf } from "./answers.ts";
import { soapOf, soapText } from "./soap.ts";
import { child, localName, namespaceOf, readXml, said, type XmlElement } from "./xml.ts";

const discovery = "http://schemas.xmlsoap.org/ws/2005/04/discovery";
const addressing = "http://schemas.xmlsoap.org/ws/2004/08/addressing";
const network = "http://www.onvif.org/ver10/network/wsdl";
const device = "http://www.onvif.org/ver10/device/wsdl";

/** Cameras are found that answer to one of them alone; the empty one asks for whatever there is. */
export const askedTypes = ["dn:NetworkVideoTransmitter", "tds:Device", ""] as const;

/** @param id of this message, `urn:uuid:…` @param types one of those above */
export const probeText = (id: string, types: string): string =>
  soapText(
    `<a:Action xmlns:a="${addressing}" s:mustUnderstand="1">${discovery}/Probe</a:Action>` +
      `<a:MessageID xmlns:a="${addressing}">${id}</a:MessageID>` +
      `<a:ReplyTo xmlns:a="${addressing}"><a:Address>${addressing}/role/anonymous</a:Address></a:ReplyTo>` +
      `<a:To xmlns:a="${addressing}" s:mustUnderstand="1">urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To>`,
    `<d:Probe xmlns:d="${discovery}" xmlns:dn="${network}" xmlns:tds="${device}">` +
      `${types === "" ? "" : `<d:Types>${types}</d:Types>`}</d:Probe>`,
  );

export interface CameraAnswer {
  /** Which camera it is, wherever it answers from; "": it does not say. */
  readonly identity: string;
  readonly xaddrs: readonly string[];
  readonly told: Found["told"];
}

/**
 * The cameras of a datagram that answers one of our questions; none: it does not, or cannot be understood.
 * @param asked ids of our questions
 */
export function camerasIn(bytes: Uint8Array, asked: ReadonlySet<string>): CameraAnswer[] {
  try {
    const root = readXml(bytes);
    if (!asked.has(said(child(child(root, "Header"), "RelatesTo"))?.toLowerCase() ?? "")) return [];
    const soap = soapOf(root);
    if (!("answer" in soap) || soap.answer.name !== "ProbeMatches") return [];
    return probeMatchesIn(soap.answer).flatMap((match) => {
      const said = probeMatchOf(match);
      return isCamera(match, said) ? [answerOf(said)] : [];
    });
  } catch {
    // Not XML, or beyond its bounds: whoever sends that is no camera that could be read.
    return [];
  }
}

/** Printers and computers answer too: they are devices of another namespace, and without scopes of ONVIF. */
function isCamera(match: XmlElement, { types, scopes }: ProbeMatch): boolean {
  if (Object.keys(scopes).length > 0) return true;
  const element = child(match, "Types");
  return types.some(
    (type) =>
      localName(type) === "NetworkVideoTransmitter" ||
      (localName(type) === "Device" && element !== undefined && namespaceOf(element, type) === device),
  );
}

function answerOf({ endpoint, xaddrs, scopes }: ProbeMatch): CameraAnswer {
  const [name, model] = ["name", "hardware"].map((scope) => shown(decoded(scopes[scope]?.[0] ?? "")));
  const mac = Object.entries(scopes)
    .filter(([scope]) => /^mac(?:addr(?:ess)?)?$/i.test(scope))
    .flatMap(([, values]) => values.flatMap((value) => macIn(decoded(value)) ?? []))[0];
  return {
    // Clones of one maker may share their endpoint.
    identity: endpoint === "" ? "" : `${endpoint.toLowerCase().slice(0, 128)} ${mac ?? ""}`,
    xaddrs,
    told: {
      ...(name === undefined ? {} : { name }),
      ...(model === undefined ? {} : { model }),
      ...(mac === undefined ? {} : { mac }),
    },
  };
}
