/**
 * Envelopes of SOAP 1.2, as they are sent and as they come; what comes in the older one is understood as well. Pure.
 */
import { OnvifError } from "./faults.ts";
import { child, everywhere, localName, said, type XmlElement } from "./xml.ts";

/** What a camera answers: the first element of the body, or why not. */
export type Soap = { answer: XmlElement } | { denied: true } | { refused: true };

const denials: ReadonlySet<string> = new Set([
  "NotAuthorized",
  "FailedAuthentication",
  "SenderNotAuthorized",
  "InvalidSecurity",
  "InvalidSecurityToken",
  "MessageExpired",
]);

/** @throws OnvifError noise: it is no envelope */
export function soapOf(root: XmlElement): Soap {
  const body = root.name === "Envelope" ? child(root, "Body") : undefined;
  const answer = body?.children[0];
  if (answer === undefined) throw new OnvifError("noise");
  if (answer.name !== "Fault") return { answer };
  const codes = [...everywhere(answer, "Value", 8), ...everywhere(answer, "faultcode", 2)];
  const isDenied = codes.some((code) => denials.has(localName(said(code) ?? "")));
  return isDenied ? { denied: true } : { refused: true };
}

const envelope = "http://www.w3.org/2003/05/soap-envelope";

/** @param header XML of our own @param body XML of our own */
export const soapText = (header: string, body: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="${envelope}">` +
  `${header === "" ? "" : `<s:Header>${header}</s:Header>`}<s:Body>${body}</s:Body></s:Envelope>`;
