/** What cameras answer, in the words of several makers, with what is missing or out of bounds. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  createdOf,
  identityOf,
  lifeOf,
  momentIn,
  probeMatchesOf,
  profilesOf,
  servicesOf,
  uriOf,
  utcOf,
} from "../../../drivers/onvif/answers.ts";
import { booleanOf, notificationsOf, plainTopic } from "../../../drivers/onvif/notifications.ts";
import { hostNamed, isHad, type Place, serviceAt } from "../../../drivers/onvif/place.ts";
import { pullMessages } from "../../../drivers/onvif/requests.ts";
import { soapOf, soapText } from "../../../drivers/onvif/soap.ts";
import { readXml, type XmlElement } from "../../../drivers/onvif/xml.ts";

const root = (xml: string): XmlElement => readXml(new TextEncoder().encode(xml));

const clock = (date: string, time: string) =>
  root(
    `<R><SystemDateAndTime><UTCDateTime><Time>${time}</Time><Date>${date}</Date></UTCDateTime></SystemDateAndTime></R>`,
  );
const parts = (names: string, values: readonly number[]) =>
  names
    .split(" ")
    .map((name, at) => `<t:${name}>${values[at]}</t:${name}>`)
    .join("")
    .replaceAll("t:", "");

describe("a camera's clock", () => {
  it("is read, however wrong it is", () => {
    const answer = clock(parts("Year Month Day", [2001, 2, 28]), parts("Hour Minute Second", [23, 59, 60]));
    expect(utcOf(answer)).toBe(Date.UTC(2001, 1, 28, 23, 59, 59));
  });

  it.each([
    [
      [2024, 2, 30],
      [1, 2, 3],
    ],
    [
      [2024, 13, 1],
      [1, 2, 3],
    ],
    [
      [1969, 1, 1],
      [1, 2, 3],
    ],
    [
      [2024, 1, 1],
      [24, 0, 0],
    ],
    [
      [2024, 1, 1],
      [1, 60, 0],
    ],
    [
      [2024, 1, 1],
      [1, 0, -1],
    ],
  ])("is none when no such moment is: %j %j", (date, time) => {
    expect(utcOf(clock(parts("Year Month Day", date), parts("Hour Minute Second", time)))).toBeNull();
  });

  it("is none where it is not said", () => {
    expect(utcOf(root("<R><SystemDateAndTime/></R>"))).toBeNull();
  });
});

it("a moment is read with its zone and its fraction", () => {
  expect(momentIn("2019-03-12T23:48:26.371215Z")).toBe(Date.UTC(2019, 2, 12, 23, 48, 26, 371));
  expect(momentIn("2019-03-12T23:48:26+08:00")).toBe(Date.UTC(2019, 2, 12, 15, 48, 26));
  expect(momentIn("2019-03-12T23:48:26-00:30")).toBe(Date.UTC(2019, 2, 13, 0, 18, 26));
  expect(momentIn("2019-03-12T23:48:26")).toBe(Date.UTC(2019, 2, 12, 23, 48, 26));
  for (const none of ["", "2019-02-31T00:00:00Z", "yesterday", undefined]) expect(momentIn(none)).toBeNull();
});

it("identity has what is said and not too long", () => {
  expect(
    identityOf(
      root(
        `<R><Manufacturer> Dahua </Manufacturer><Model/><SerialNumber>${"1".repeat(129)}</SerialNumber></R>`,
      ),
    ),
  ).toEqual({
    maker: "Dahua",
  });
});

it("profiles have their token, plain digits too, and need no more than that", () => {
  expect(
    profilesOf(
      root(
        '<R><a:Profiles token="0" xmlns:a="u"><VideoEncoderConfiguration/></a:Profiles><Profiles fixed="true" token="p1"/><Profiles/></R>',
      ),
    ),
  ).toEqual([
    { token: "0", video: true },
    { token: "p1", video: false },
  ]);
});

it("an address of a stream may be wrapped in line breaks", () => {
  expect(uriOf(root("<R><MediaUri><Uri>\n rtsp://h/a?b=1&amp;c=2\n</Uri></MediaUri></R>"))).toBe(
    "rtsp://h/a?b=1&c=2",
  );
  expect(uriOf(root("<R><MediaUri><Uri/></MediaUri></R>"))).toBeNull();
});

describe("an address of a service", () => {
  const place: Place = { host: "192.168.1.5", port: 8080, scheme: "http" };
  it.each([
    ["http://192.168.1.5:8080/onvif/event?a=1", { port: 8080, path: "/onvif/event?a=1", foreign: false }],
    ["http://192.168.1.5/onvif/event", { port: 80, path: "/onvif/event", foreign: false }],
    ["http://192.168.1.5:5656/e", { port: 5656, path: "/e", foreign: false }],
    // Of another host only the path and the port are taken, on the one that is configured.
    ["http://10.0.0.9:1025/e", { port: 1025, path: "/e", foreign: true }],
    ["http://user:word@evil.example/e", { port: 80, path: "/e", foreign: true }],
    ["http://[fd12::1]/e", { port: 80, path: "/e", foreign: true }],
    // Another scheme is never followed.
    ["https://192.168.1.5:8443/e", { port: 8080, path: "/e", foreign: false }],
  ])("%s is used as %j", (address, service) => {
    expect(serviceAt(place, address)).toEqual(service);
  });

  it.each([
    "http://192.168.1.5:25/e",
    "ftp://192.168.1.5/e",
    "file:///etc/passwd",
    "/onvif/e",
    "http://",
    "SERVICE_URI",
    `http://192.168.1.5/${"e".repeat(1100)}`,
  ])("%s is not used", (address) => {
    expect(serviceAt(place, address)).toBeNull();
  });

  it("is the same host however IPv6 is written", () => {
    const six: Place = { host: "FD12:0::A1", port: 80, scheme: "http" };
    expect(serviceAt(six, "http://[fd12::a1]/e")?.foreign).toBe(false);
    expect(isHad(six, "rtsp://[FD12::a1]:554/s", /^rtsps?:$/, null)).toBe(true);
  });

  it("of a stream counts on the camera's host, or on the one that it names for itself", () => {
    const rtsp = /^rtsps?:$/;
    expect(isHad(place, "rtsp://192.168.1.5:554/s", rtsp, null)).toBe(true);
    expect(isHad(place, "rtsp://192.168.1.64/s", rtsp, null)).toBe(false);
    expect(isHad(place, "rtsp://192.168.1.64/s", rtsp, hostNamed("http://192.168.1.64/onvif"))).toBe(true);
    expect(isHad(place, "http://192.168.1.5/s", rtsp, null)).toBe(false);
  });
});

describe("a subscription", () => {
  const created = root(
    '<R xmlns:wsnt="urn:n"><SubscriptionReference xmlns:a="urn:a"><a:Address>http://h/sub?1</a:Address><a:ReferenceParameters><d:SubscriptionId xmlns:d="http://www.axis.com/2009/event">7</d:SubscriptionId></a:ReferenceParameters></SubscriptionReference><wsnt:CurrentTime>2001-01-01T00:00:00Z</wsnt:CurrentTime><wsnt:TerminationTime>2001-01-01T00:01:00Z</wsnt:TerminationTime></R>',
  );

  it("says where it is, what it wants to hear back, and how long it lives by the camera's own clock", () => {
    const found = createdOf(created);
    expect(found).toMatchObject({ reference: { address: "http://h/sub?1" }, lifeMs: 60_000 });
    expect(createdOf(root("<R/>"))).toBeNull();
    expect(lifeOf(root("<R/>"))).toBeNull();
  });

  it("hears its parameters back in the header, with their namespace", () => {
    const { reference } = createdOf(created) ?? { reference: { address: "", parameters: "" } };
    const { header, body } = pullMessages(reference, "1-2", 5, 32);
    const sent = root(soapText(header, body));
    const [echoed] = sent.children[0]?.children.filter(({ name }) => name === "SubscriptionId") ?? [];
    expect(echoed?.text).toBe("7");
    expect([...(echoed?.attributes.values() ?? [])]).toContain("http://www.axis.com/2009/event");
    expect(sent.children[1]?.children[0]?.name).toBe("PullMessages");
  });
});

describe("an envelope", () => {
  const fault = (code: string) =>
    root(
      `<E:Envelope xmlns:E="u"><E:Body><E:Fault><E:Code><E:Value>E:Sender</E:Value><E:Subcode><E:Value>${code}</E:Value></E:Subcode></E:Code></E:Fault></E:Body></E:Envelope>`,
    );
  it("gives the answer, or tells who may not from what cannot", () => {
    expect(soapOf(root("<x:Envelope><x:Body><A/></x:Body></x:Envelope>"))).toMatchObject({
      answer: { name: "A" },
    });
    expect(soapOf(fault("ter:NotAuthorized"))).toEqual({ denied: true });
    expect(soapOf(fault("wsse:FailedAuthentication"))).toEqual({ denied: true });
    expect(soapOf(fault("ter:ActionNotSupported"))).toEqual({ refused: true });
    expect(
      soapOf(
        root("<Envelope><Body><Fault><faultcode>ter:NotAuthorized</faultcode></Fault></Body></Envelope>"),
      ),
    ).toEqual({ denied: true });
  });
  it.each(["<html/>", "<Envelope/>", "<Envelope><Body/></Envelope>"])("is none: %s", (xml) => {
    expect(() => soapOf(root(xml))).toThrow();
  });
});

it("true and false are read in all spellings, and nothing else is", () => {
  for (const word of ["1", "true", "TRUE", "active", "ON", " On "]) expect(booleanOf(word)).toBe(true);
  for (const word of ["0", "false", "Inactive", "OFF"]) expect(booleanOf(word)).toBe(false);
  for (const word of ["", "2", "maybe", "constructor", "__proto__"]) expect(booleanOf(word)).toBeNull();
});

it("a topic is compared without its prefixes", () => {
  expect(plainTopic("tns1:Device/tnsaxis:Sensor/PIR")).toBe("Device/Sensor/PIR");
});

it("any tree is read without a throw, by every reader", () => {
  const names = [
    "SystemDateAndTime",
    "UTCDateTime",
    "Date",
    "Time",
    "Year",
    "Capabilities",
    "Events",
    "XAddr",
    "Profiles",
    "MediaUri",
    "Uri",
    "SubscriptionReference",
    "Address",
    "ReferenceParameters",
    "NotificationMessage",
    "Topic",
    "Message",
    "Source",
    "Data",
    "SimpleItem",
    "ProbeMatch",
    "Scopes",
    "Fault",
    "Body",
    "Envelope",
  ];
  const { tree } = fc.letrec<{ tree: string }>((tie) => ({
    tree: fc
      .tuple(
        fc.constantFrom(...names),
        fc.oneof(
          { maxDepth: 5 },
          fc.constantFrom("", "2024", "http://h/x", "-1"),
          fc.array(tie("tree"), { maxLength: 4 }).map((parts) => parts.join("")),
        ),
      )
      .map(([name, inner]) => `<${name} token="1" Name="n" Value="v" UtcTime="x">${inner}</${name}>`),
  }));
  fc.assert(
    fc.property(tree, (xml) => {
      const at = root(xml);
      for (const read of [
        utcOf,
        identityOf,
        servicesOf,
        profilesOf,
        uriOf,
        createdOf,
        lifeOf,
        probeMatchesOf,
        notificationsOf,
      ])
        expect(() => read(at)).not.toThrow();
    }),
    { numRuns: 300 },
  );
});
