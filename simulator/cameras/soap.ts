/** The envelope of answers, and refusals in it (SOAP 1.2, 5.4, and SOAP 1.1, 4.4). Pure. */
import type { Maker } from "./maker.ts";
import type { Name } from "./namespaces.ts";
import type { Writer } from "./write-xml.ts";

export interface Refusal {
  side: "Sender" | "Receiver";
  /** From the coarse to the fine. */
  codes: readonly Name[];
  reason: string;
  status: number;
}

const sender = (reason: string, status: number, ...codes: Name[]): Refusal => ({
  side: "Sender",
  codes,
  reason,
  status,
});

export const notAuthorized = (status: number): Refusal =>
  sender("Sender not authorized", status, "ter:NotAuthorized");
export const notSupported = sender("Optional action not implemented", 500, "ter:ActionNotSupported");
export const illFormed = sender("Not well-formed", 400, "ter:WellFormed");
export const badArgument = sender("Argument value invalid", 400, "ter:InvalidArgVal");
export const noProfile = sender("No such profile", 400, "ter:InvalidArgVal", "ter:NoProfile");
export const noSubscription = sender("Unknown subscription", 400, "rw:ResourceUnknownFault");
export const tooMany: Refusal = {
  side: "Receiver",
  codes: ["ter:MaxNumberOfPullPoints" as Name],
  reason: "Too many subscriptions",
  status: 500,
};

/** @param messageId of the question @param own id of the answer where it is not that of the question */
export function headerOf(
  w: Writer,
  maker: Maker,
  action: string,
  messageId: string | null,
  own: string,
): string {
  if (maker.addressing === "none" || messageId === null) return "";
  return [
    w.text("wsa:MessageID", maker.addressing === "same" ? messageId : own),
    w.text("wsa:RelatesTo", messageId),
    w.text("wsa:To", "http://www.w3.org/2005/08/addressing/anonymous"),
    w.text("wsa:Action", action),
  ].join("");
}

export function refusalText(w: Writer, refusal: Refusal, version: "1.1" | "1.2"): string {
  const { side, codes, reason } = refusal;
  if (version === "1.1") {
    const code = codes.at(-1);
    // None of them is in a namespace, whatever the default one is.
    const inside = [
      `<faultcode xmlns="">${w.name(`soap11:${side === "Sender" ? "Client" : "Server"}`)}</faultcode>`,
      `<faultstring xmlns="">${reason}</faultstring>`,
      ...(code === undefined ? [] : [`<detail xmlns="">${w.name(code)}</detail>`]),
    ];
    return w.envelope("", w.tag("soap11:Fault", inside), "soap11");
  }
  const nested = codes.reduceRight(
    (inside, code) => w.tag("soap:Subcode", [w.text("soap:Value", w.name(code)), inside]),
    "",
  );
  return w.envelope(
    "",
    w.tag("soap:Fault", [
      w.tag("soap:Code", [w.text("soap:Value", w.name(`soap:${side}`)), nested]),
      w.tag("soap:Reason", w.tag("soap:Text", reason, { "xml:lang": "en" })),
    ]),
  );
}
