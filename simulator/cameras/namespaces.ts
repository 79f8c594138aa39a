/** Names of the vocabularies that cameras speak (ONVIF Core, WS-Addressing, WS-BaseNotification, WS-Discovery, WS-Security). */
export const namespaces = {
  soap: "http://www.w3.org/2003/05/soap-envelope",
  soap11: "http://schemas.xmlsoap.org/soap/envelope/",
  wsa: "http://www.w3.org/2005/08/addressing",
  wsnt: "http://docs.oasis-open.org/wsn/b-2",
  rw: "http://docs.oasis-open.org/wsrf/rw-2",
  /** WS-Discovery of 2005 speaks an older WS-Addressing. */
  wsa04: "http://schemas.xmlsoap.org/ws/2004/08/addressing",
  wsdd: "http://schemas.xmlsoap.org/ws/2005/04/discovery",
  dn: "http://www.onvif.org/ver10/network/wsdl",
  tds: "http://www.onvif.org/ver10/device/wsdl",
  trt: "http://www.onvif.org/ver10/media/wsdl",
  tev: "http://www.onvif.org/ver10/events/wsdl",
  tt: "http://www.onvif.org/ver10/schema",
  ter: "http://www.onvif.org/ver10/error",
  tns1: "http://www.onvif.org/ver10/topics",
  tnsaxis: "http://www.axis.com/2009/event/topics",
  axis: "http://www.axis.com/2009/event",
  wsse: "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd",
  wsu: "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd",
} as const;

export type Namespace = keyof typeof namespaces;
/** A name in our own short words; how it is written is up to each maker. */
export type Name = `${Namespace}:${string}`;

export const passwordDigestType =
  "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest";
