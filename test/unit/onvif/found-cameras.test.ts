/** Which address of a camera is given when it answers from several; and that no bytes do harm. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { FoundCameras, mostCameras, mostOfOne } from "../../../drivers/onvif/found-cameras.ts";
import { type CameraAnswer, camerasIn, probeText } from "../../../drivers/onvif/probe.ts";
import { attribute, child, namespaceOf, path, readXml, said } from "../../../drivers/onvif/xml.ts";

const answer = (identity: string, ...xaddrs: string[]): CameraAnswer => ({ identity, xaddrs, told: {} });
const local = "fe80::1%eth0";

it("gives a camera by an address that can be written anywhere, where it answers from one", () => {
  const found = new FoundCameras();
  const both = ["http://[fe80::1]/o", "http://192.168.1.5/o"];
  expect(found.add(local, answer("a", ...both))).toBeNull();
  expect(found.add("192.168.1.5", answer("a", ...both))?.address).toEqual({ host: "192.168.1.5" });
  expect(found.add("fd12::5", answer("a", ...both))).toBeNull();
  expect(found.add(local, answer("a", ...both))).toBeNull();
  expect(found.rest()).toEqual([]);
});

it("gives it by the other one at the end, where there is no better", () => {
  const found = new FoundCameras();
  found.add(local, answer("a", "http://[fe80::1%25eth7]:8080/o"));
  expect(found.rest().map(({ address }) => address)).toEqual([{ host: local, port: 8080 }]);
  expect(found.rest()).toEqual([]);
});

it("prefers an answer whose port is sure", () => {
  const found = new FoundCameras();
  expect(found.add("192.0.2.2", answer("a", "http://127.0.0.1:8001/o"))).toBeNull();
  expect(found.add("127.0.0.1", answer("a", "http://127.0.0.1:8001/o"))?.address).toEqual({
    ...{ host: "127.0.0.1", port: 8001 },
  });
  expect(found.add(local, answer("b"))).toBeNull();
  expect(found.add("192.0.2.3", answer("b", "http://192.0.2.9/o"))).toBeNull();
  expect(found.add(local, answer("b", "http://[fe80::1]/o"))).toBeNull();
  expect(found.rest().map(({ address }) => address)).toEqual([{ host: "192.0.2.3" }]);
});

it("gives one place once, whoever says to be there", () => {
  const found = new FoundCameras();
  expect(found.add("192.0.2.3", answer("c"))).toBeNull();
  expect(found.add("192.0.2.3", answer("a", "http://192.0.2.3/o"))).not.toBeNull();
  expect(found.add("192.0.2.3", answer("b", "http://192.0.2.3:80/p"))).toBeNull();
  expect(found.add("192.0.2.3", answer("", "http://192.0.2.3/o"))).toBeNull();
  expect(found.rest()).toEqual([]);
});

it("lists so many of all, and of one address", () => {
  const found = new FoundCameras();
  const at = (host: string, port: number) =>
    found.add(host, answer("", `http://${host.includes(":") ? `[${host}]` : host}:${port}/o`));
  let given = 0;
  for (let port = 2000; port < 3000; port++) if (at("192.0.2.3", port) !== null) given += 1;
  expect(given).toBe(mostOfOne);
  expect(found.isFull).toBe(false);
  for (let host = 0; host < 3000; host++) if (at(`fd12::${host.toString(16)}`, 2000) !== null) given += 1;
  expect(given).toBe(mostCameras);
  expect(found.isFull).toBe(true);
});

it("takes a camera that says a MAC address for another than its clone", () => {
  const id = "urn:uuid:q";
  const said = (mac: string) =>
    "<E><Header><RelatesTo> URN:UUID:q\n</RelatesTo></Header><Body><ProbeMatches><ProbeMatch><EndpointReference>" +
    `<Address>urn:uuid:1</Address></EndpointReference><Scopes>onvif://www.onvif.org/macaddr/${mac}</Scopes>` +
    "</ProbeMatch></ProbeMatches></Body></E>";
  const read = (mac: string) =>
    camerasIn(Buffer.from(said(mac).replaceAll("E>", "Envelope>")), new Set([id])).map(
      (each) => each.identity,
    );
  expect(read("686dbc000001")).toEqual(read("68:6D:BC:00:00:01"));
  expect(read("686dbc000001")).not.toEqual(read("686dbc000002"));
});

it("asks so that it can be read", () => {
  const probe = readXml(Buffer.from(probeText("urn:uuid:1", "dn:NetworkVideoTransmitter")));
  expect(said(path(probe, "Header", "MessageID"))).toBe("urn:uuid:1");
  expect(said(path(probe, "Header", "To"))).toBe("urn:schemas-xmlsoap-org:ws:2005:04:discovery");
  const types = path(probe, "Body", "Probe", "Types");
  if (types === undefined) throw new Error("no types");
  expect(namespaceOf(types, "dn:x")).toBe("http://www.onvif.org/ver10/network/wsdl");
  expect(namespaceOf(types, types.written)).toBe("http://schemas.xmlsoap.org/ws/2005/04/discovery");
  expect(attribute(child(child(probe, "Header"), "To"), "mustUnderstand")).toBe("1");
  const any = readXml(Buffer.from(probeText("urn:uuid:1", "")));
  expect(path(any, "Body", "Probe")?.children).toEqual([]);
});

it("is harmed by no bytes, and by no names of places", () => {
  const id = "urn:uuid:q";
  const text = fc.oneof(fc.string({ unit: "binary" }), fc.webUrl(), fc.constant("http://[fe80::1%25]/"));
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), text, text, (bytes, xaddr, scope) => {
      expect(camerasIn(bytes, new Set([id]))).toEqual([]);
      const found = new FoundCameras();
      found.add("192.0.2.3", answer("a", xaddr, scope));
      for (const { address } of found.rest()) expect(address.host).toBe("192.0.2.3");
      const told = camerasIn(
        Buffer.from(
          `<Envelope><Header><RelatesTo>${id}</RelatesTo></Header><Body><ProbeMatches><ProbeMatch><Scopes>` +
            `onvif://www.onvif.org/name/${encodeURIComponent(scope.toWellFormed())}</Scopes></ProbeMatch></ProbeMatches></Body></Envelope>`,
        ),
        new Set([id]),
      ).map((each) => each.told.name ?? "");
      for (const name of told) expect(name).toMatch(/^[^\p{C}\p{Zl}\p{Zp}]{0,64}$/u);
      expect(told).toHaveLength(1);
    }),
    { numRuns: 500 },
  );
});
