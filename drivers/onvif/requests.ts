/** What is asked of a camera: device, media and event services of ONVIF. Pure. */
import { escaped, namespaceOf, said, type XmlElement } from "./xml.ts";

/** One operation of a service. */
export interface Request {
  /** The element of its answer. */
  answer: string;
  /** In the head of the HTTP request, and with addressing. */
  action: string;
  /** What stands in the SOAP header besides who asks. */
  header: string;
  body: string;
}

const device = "http://www.onvif.org/ver10/device/wsdl";
const media = "http://www.onvif.org/ver10/media/wsdl";
const schema = "http://www.onvif.org/ver10/schema";
const events = "http://www.onvif.org/ver10/events/wsdl";
const notification = "http://docs.oasis-open.org/wsn/b-2";
const subscription = "http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager";
const addressing = "http://www.w3.org/2005/08/addressing";

const request = (namespace: string, name: string, inner = ""): Request => ({
  answer: `${name}Response`,
  action: `${namespace}/${name}`,
  header: "",
  body: `<${name} xmlns="${namespace}">${inner}</${name}>`,
});

export const getSystemDateAndTime = request(device, "GetSystemDateAndTime");
export const getDeviceInformation = request(device, "GetDeviceInformation");
export const getCapabilities = request(device, "GetCapabilities", "<Category>All</Category>");
export const getProfiles = request(media, "GetProfiles");

export const getStreamUri = (profile: string): Request =>
  request(
    media,
    "GetStreamUri",
    `<StreamSetup><Stream xmlns="${schema}">RTP-Unicast</Stream>` +
      `<Transport xmlns="${schema}"><Protocol>RTSP</Protocol></Transport></StreamSetup>` +
      `<ProfileToken>${escaped(profile)}</ProfileToken>`,
  );

export const getSnapshotUri = (profile: string): Request =>
  request(media, "GetSnapshotUri", `<ProfileToken>${escaped(profile)}</ProfileToken>`);

/** How long a subscription lives unless it is renewed, s. */
export const lifeS = 60;

export const createPullPoint: Request = {
  ...request(
    events,
    "CreatePullPointSubscription",
    `<InitialTerminationTime>PT${lifeS}S</InitialTerminationTime>`,
  ),
  action: `${events}/EventPortType/CreatePullPointSubscriptionRequest`,
};

/** Where a subscription is, as its camera named it, and what it wants to hear back with everything about it. */
export interface Reference {
  address: string;
  /** Elements as they go into the header. */
  parameters: string;
}

const mostParameters = 8;

export function referenceOf(element: XmlElement | undefined): Reference | null {
  const address = said(element?.children.find(({ name }) => name === "Address"));
  if (element === undefined || address === undefined || address.length > 1024) return null;
  const parameters = element.children.find(({ name }) => name === "ReferenceParameters")?.children ?? [];
  return { address, parameters: parameters.slice(0, mostParameters).map(echoed).join("") };
}

/** WS-Addressing 1.0, 3.1: a reference parameter becomes a header, marked as one. Of those with text alone. */
function echoed(element: XmlElement): string {
  const text = said(element) ?? "";
  const uri = namespaceOf(element, element.written) ?? "";
  if (element.children.length > 0 || text.length > 256 || uri.length > 256) return "";
  return `<r:${element.name} xmlns:r="${escaped(uri)}" xmlns:a="${addressing}" a:IsReferenceParameter="true">${escaped(text)}</r:${element.name}>`;
}

function about({ address, parameters }: Reference, message: string, of: Request, action: string): Request {
  const header =
    `<a:Action xmlns:a="${addressing}" s:mustUnderstand="1">${action}</a:Action>` +
    `<a:MessageID xmlns:a="${addressing}">urn:uuid:${message}</a:MessageID>` +
    `<a:ReplyTo xmlns:a="${addressing}"><a:Address>${addressing}/anonymous</a:Address></a:ReplyTo>` +
    `<a:To xmlns:a="${addressing}" s:mustUnderstand="1">${escaped(address)}</a:To>` +
    parameters;
  return { ...of, action, header };
}

/** @param message a UUID of its own @param waitS how long it may wait until there is something */
export const pullMessages = (reference: Reference, message: string, waitS: number, most: number): Request =>
  about(
    reference,
    message,
    request(events, "PullMessages", `<Timeout>PT${waitS}S</Timeout><MessageLimit>${most}</MessageLimit>`),
    `${events}/PullPointSubscription/PullMessagesRequest`,
  );

export const renew = (reference: Reference, message: string): Request =>
  about(
    reference,
    message,
    request(notification, "Renew", `<TerminationTime>PT${lifeS}S</TerminationTime>`),
    `${subscription}/RenewRequest`,
  );

export const unsubscribe = (reference: Reference, message: string): Request =>
  about(reference, message, request(notification, "Unsubscribe"), `${subscription}/UnsubscribeRequest`);
