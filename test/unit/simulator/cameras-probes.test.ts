/** Cameras that are looked for: who answers what, in which manner, and who does not. */
import { networkInterfaces } from "node:os";
import { afterEach, expect, it } from "vitest";
import type { MakerName } from "../../../simulator/cameras/makers.ts";
import { ProbeResponder, type ProbeResponderOptions } from "../../../simulator/cameras/probe-responder.ts";
import type { SimulatedCamera } from "../../../simulator/cameras/simulated-camera.ts";
import { isOfThisMachine } from "../../../simulator/links/udp-door.ts";
import { malformed, Rig, textOf, textsOf } from "./camera-rig.ts";
import { UdpAsker } from "./udp-asker.ts";

const wsa = "http://schemas.xmlsoap.org/ws/2004/08/addressing";
const wsdd = "http://schemas.xmlsoap.org/ws/2005/04/discovery";
const dn = "http://www.onvif.org/ver10/network/wsdl";
const tds = "http://www.onvif.org/ver10/device/wsdl";
const transmitter = `<d:Types xmlns:x="${dn}">x:NetworkVideoTransmitter</d:Types>`;
const device = `<d:Types xmlns:x="${tds}">x:Device</d:Types>`;

interface Words {
  id?: string;
  inside?: string;
  action?: string;
  soap?: string;
}
const probe = ({ id = "uuid:1", inside = "", action = `${wsdd}/Probe`, soap }: Words = {}) =>
  `<e:Envelope xmlns:e="${soap ?? "http://www.w3.org/2003/05/soap-envelope"}" xmlns:w="${wsa}" xmlns:d="${wsdd}"><e:Header>` +
  `<w:MessageID>${id}</w:MessageID><w:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To><w:Action>${action}</w:Action>` +
  `</e:Header><e:Body><d:Probe>${inside}</d:Probe></e:Body></e:Envelope>`;

const rig = new Rig();
let responder: ProbeResponder | null = null;
const askers: UdpAsker[] = [];
afterEach(async () => {
  await responder?.stop();
  await rig.stop();
  for (const asker of askers.splice(0)) await asker.close();
});

async function looking(makers: readonly MakerName[], options: ProbeResponderOptions = {}, host?: string) {
  const { hosts = ["127.0.0.1"] } = options;
  const cameras: SimulatedCamera[] = [];
  for (const maker of makers)
    cameras.push(await rig.camera({ maker, hosts, differs: { serial: `S-${maker}` } }));
  const found = new ProbeResponder(cameras, { hosts, port: 0, clock: rig.clock, ...options });
  responder = found;
  await found.start();
  const asker = await new UdpAsker(host).open();
  askers.push(asker);
  /** Asks, and lets everybody answer who will. */
  const ask = async (words: Words | Uint8Array, to?: string) => {
    const before = found.probes + found.ignored;
    await asker.say(words instanceof Uint8Array ? words : probe(words), found.port, to);
    await found.until(({ probes, ignored }) => probes + ignored > before);
    await rig.clock.advance(500);
  };
  return { cameras, responder: found, asker, ask };
}

/** The first value of what was declared for a prefix. */
const spaceOf = (text: string, prefix: string) => new RegExp(`xmlns:${prefix}="([^"]+)"`).exec(text)?.[1];

it("answer in SOAP 1.2 to the question, each with its own endpoint and the port that it truly has", async () => {
  const { cameras, asker, ask } = await looking(["hikvision", "dahua", "axis", "tp-link"]);
  await ask({ id: "uuid:ask-1", inside: transmitter });
  await asker.until(4);
  const { texts } = asker;
  for (const text of texts) {
    expect(malformed(text)).toBeNull();
    expect(text).toContain("http://www.w3.org/2003/05/soap-envelope");
    expect(textOf(text, "RelatesTo")).toBe("uuid:ask-1");
    expect(textOf(text, "Action")).toBe(`${wsdd}/ProbeMatches`);
    expect(text).toContain(wsa);
  }
  expect(new Set(texts.map((text) => textOf(text, "Address"))).size).toBe(4);
  const ports = texts.map((text) => Number(new URL(textOf(text, "XAddrs") ?? "").port));
  expect(new Set(ports)).toEqual(new Set(cameras.map(({ port }) => port)));
  expect(asker.heard.map(({ from }) => from)).toEqual(texts.map(() => "127.0.0.1"));
});

it("write it each in the manner of their makers", async () => {
  const { asker, ask } = await looking(["hikvision", "dahua", "axis", "tp-link"]);
  await ask({ id: "uuid:ask-1", inside: transmitter });
  await asker.until(4);
  const of = (part: string) => asker.texts.find((text) => text.includes(part)) ?? "";
  const hikvision = of("<env:Envelope");
  expect(spaceOf(hikvision, "wsadis")).toBe(wsa);
  expect(textOf(hikvision, "Types")).toBe("dn:NetworkVideoTransmitter tds:Device");
  expect(textOf(hikvision, "Scopes")).toContain("onvif://www.onvif.org/MAC/02:00:5e:10:00:01");
  expect(textOf(hikvision, "Scopes")).toMatch(/ http:321$/);
  const dahua = of("<s:Envelope");
  expect(dahua.indexOf("RelatesTo")).toBeLessThan(dahua.indexOf("MessageID"));
  expect(dahua).toContain("<ProbeMatches>");
  const axis = of("AXIS%20SIM-P3245");
  expect(textOf(axis, "Scopes")).toContain("\n");
  expect(axis).toContain('SOAP-ENV:mustUnderstand="true"');
  const tpLink = of("tdn:NetworkVideoTransmitter");
  expect(spaceOf(tpLink, "tdn")).toBe(dn);
  expect(textOf(tpLink, "Types")).toBe("tdn:NetworkVideoTransmitter");
  expect(textOf(tpLink, "MessageID")).toBe("uuid:ask-1");
});

it("answer to what they are asked for, one of them only where transmitters are", async () => {
  const { asker, ask } = await looking(["hikvision", "dahua", "tp-link"]);
  const makersOf = (texts: readonly string[]) =>
    ["env", "s", "SOAP-ENV"].filter((prefix) => texts.some((text) => text.includes(`<${prefix}:Envelope`)));
  const asked = async (words: Words, count: number) => {
    const from = asker.heard.length;
    await ask(words);
    await asker.until(from + count);
    return makersOf(asker.texts.slice(from));
  };
  expect(await asked({ id: "uuid:a" }, 2)).toEqual(["env", "SOAP-ENV"]);
  expect(await asked({ id: "uuid:b", inside: device }, 1)).toEqual(["env"]);
  expect(await asked({ id: "uuid:c", inside: transmitter }, 3)).toEqual(["env", "s", "SOAP-ENV"]);
  // What comes again is not answered again by one of them.
  expect(await asked({ id: "uuid:c", inside: transmitter }, 2)).toEqual(["env", "s"]);
  const inPlace = `${transmitter}<d:Scopes>onvif://www.onvif.org/location/country</d:Scopes>`;
  expect(await asked({ id: "uuid:d", inside: inPlace }, 1)).toEqual(["s"]);
  expect(asker.heard).toHaveLength(2 + 1 + 3 + 2 + 1);
});

it("sleep until they were asked once, one of them", async () => {
  const { asker, ask, cameras } = await looking(["bosch", "hikvision"]);
  await ask({ id: "uuid:a" });
  await asker.until(1);
  expect(asker.texts[0]).toContain("<env:Envelope");
  await ask({ id: "uuid:a" });
  await asker.until(3);
  expect(asker.texts.slice(1).filter((text) => text.includes("<soapenv:Envelope"))).toHaveLength(1);
  await rig.clock.jump(60_000);
  await ask({ id: "uuid:b" });
  await asker.until(4);
  expect(asker.texts[3]).toContain("<env:Envelope");
  // Without power it forgets that it was asked.
  await cameras[0]?.stop();
  await ask({ id: "uuid:c" });
  await cameras[0]?.start();
  await ask({ id: "uuid:d" });
  await asker.until(6);
  expect(asker.texts.filter((text) => text.includes("<soapenv:Envelope"))).toHaveLength(1);
});

it("say all of their addresses, and one that was moved where it was", async () => {
  const hosts = ["127.0.0.1", "::1"];
  const { asker, ask, cameras } = await looking(["axis", "dahua"], { hosts });
  await ask({ inside: transmitter });
  await asker.until(2);
  const [axis, dahua] = cameras;
  const said = asker.texts.map((text) => textOf(text, "XAddrs")?.split(/\s+/)).toSorted();
  expect(said).toContainEqual([
    `http://127.0.0.1:${axis?.port}/onvif/device_service`,
    `http://[::1]:${axis?.port}/onvif/device_service`,
  ]);
  expect(said).toContainEqual([
    `http://203.0.113.108:${dahua?.port}/onvif/device_service`,
    `http://[::1]:${dahua?.port}/onvif/device_service`,
  ]);
});

it("have the port that makers of cheap ones took", async () => {
  const hosts = ["127.77.20.20"];
  const camera = await rig.camera({ maker: "tp-link", hosts, port: 2020 });
  responder = new ProbeResponder([camera], { hosts, port: 0, clock: rig.clock });
  await responder.start();
  const asker = await new UdpAsker("127.77.20.20").open();
  askers.push(asker);
  await asker.say(probe(), responder.port);
  await responder.until(({ probes }) => probes === 1);
  await rig.clock.advance(500);
  await asker.until(1);
  expect(textOf(asker.texts[0] ?? "", "XAddrs")).toBe("http://127.77.20.20:2020/onvif/device_service");
});

it("are found by the group and over IPv6 as well", async () => {
  const { asker, ask, responder } = await looking(["hikvision"]);
  expect(responder.unopened).toEqual([]);
  await ask({ id: "uuid:g" }, "239.255.255.250");
  await asker.until(1);
  expect(textOf(asker.texts[0] ?? "", "RelatesTo")).toBe("uuid:g");
  await responder.stop();
  const six = await looking(["hikvision"], { hosts: ["::1"] }, "::1");
  await six.ask({ id: "uuid:6" });
  await six.asker.until(1);
  expect(textOf(six.asker.texts[0] ?? "", "XAddrs")).toContain("http://[::1]:");
});

it("take their time, not longer than they may, and not all the same", async () => {
  const { asker, responder } = await looking(Array.from({ length: 20 }, () => "hikvision" as const));
  await asker.say(probe(), responder.port);
  await responder.until(({ probes }) => probes === 1);
  expect(rig.clock.sleeping).toBe(20);
  await rig.clock.advance(250);
  expect(rig.clock.sleeping).toBeGreaterThan(3);
  expect(rig.clock.sleeping).toBeLessThan(17);
  await rig.clock.advance(250);
  expect(rig.clock.sleeping).toBe(0);
  await asker.until(20);
});

it.each([
  ["bytes", Buffer.from([0, 255, 60, 60])],
  ["nothing", Buffer.alloc(0)],
  ["another action", Buffer.from(probe({ action: `${wsdd}/Hello` }))],
  ["SOAP 1.1", Buffer.from(probe({ soap: "http://schemas.xmlsoap.org/soap/envelope/" }))],
  ["no id", Buffer.from(probe({ id: "" }))],
  ["a document type", Buffer.from(`<!DOCTYPE e [<!ENTITY x "y">]>${probe()}`)],
  ["half a probe", Buffer.from(probe().slice(0, -20))],
  ["an answer", Buffer.from(probe().replaceAll("Probe>", "ProbeMatches>"))],
  [
    "a comparison that nobody knows",
    Buffer.from(probe({ inside: '<d:Scopes MatchBy="urn:x">y</d:Scopes>' })),
  ],
])("say nothing to %s", async (_, bytes) => {
  const { asker, ask, responder } = await looking(["hikvision"]);
  await ask(bytes);
  await ask({ id: "uuid:fence" });
  await asker.until(1);
  expect(asker.texts.map((text) => textOf(text, "RelatesTo"))).toEqual(["uuid:fence"]);
  expect(responder).toMatchObject({ probes: 1, ignored: 1 });
});

it("say nothing without power, nor with ONVIF switched off, nor when power goes while they take their time", async () => {
  const { asker, ask, cameras, responder } = await looking(["hikvision", "axis", "dahua", "axis"]);
  await cameras[0]?.stop();
  cameras[1]?.setOnvif("404");
  await asker.say(probe({ inside: transmitter }), responder.port);
  await responder.until(({ probes }) => probes === 1);
  await cameras[2]?.stop();
  await rig.clock.advance(500);
  await asker.until(1);
  await cameras[0]?.start();
  await ask({ id: "uuid:fence" });
  await asker.until(3);
  expect(asker.texts.map((text) => textOf(text, "RelatesTo"))).toEqual([
    "uuid:1",
    "uuid:fence",
    "uuid:fence",
  ]);
});

it("can be hostile, each in a way of its own", async () => {
  const { asker, ask, cameras } = await looking(["hikvision"]);
  const [camera] = cameras;
  const after = async (fault: Parameters<SimulatedCamera["faults"]["add"]>[0], count = 1) => {
    const from = asker.heard.length;
    const over = camera?.faults.add(fault);
    await ask({ id: "uuid:ask" });
    await asker.until(from + count);
    over?.();
    return asker.texts.slice(from);
  };
  const [foreign = ""] = await after({ kind: "foreign", base: "http://127.0.0.9:1", on: ["Probe"] });
  expect(textOf(foreign, "XAddrs")).toBe("http://127.0.0.9:1/onvif/device_service");
  const [bomb = ""] = await after({ kind: "bomb", on: ["Probe"] });
  expect(bomb).toContain("<!ENTITY e9");
  const [nested = ""] = await after({ kind: "nested", on: ["Probe"] });
  expect(nested.match(/<n>/g)).toHaveLength(8000);
  const [huge = ""] = await after({ kind: "huge", on: ["Probe"] });
  expect(huge.length).toBeGreaterThan(56_000);
  const [wrong = ""] = await after({ kind: "wrong-relation", to: "uuid:other" });
  expect(textOf(wrong, "RelatesTo")).toBe("uuid:other");
  const [garbage = ""] = await after({ kind: "garbage", bytes: 50 });
  expect(malformed(garbage)).not.toBeNull();
  const flood = await after({ kind: "flood", answers: 60 }, 60);
  expect(new Set(flood.map((text) => textOf(text, "Address"))).size).toBe(60);
  camera?.faults.add({ kind: "silent", times: 1, on: ["Probe"] });
  await ask({ id: "uuid:silent" });
  const [well = ""] = await after({ kind: "http", status: 500 });
  expect(textOf(well, "RelatesTo")).toBe("uuid:ask");
});

it("keep faults of probes apart from those of their services", async () => {
  const { ask, cameras, asker } = await looking(["hikvision"]);
  const [camera] = cameras;
  if (camera === undefined) throw new Error("no camera");
  camera.faults.add({ kind: "garbage", times: 1 });
  camera.faults.add({ kind: "http", status: 503, times: 2 });
  const status = async () => (await rig.ask(camera, "tds:GetSystemDateAndTime")).status;
  expect(await status()).toBe(503);
  await ask({ id: "uuid:a" });
  await asker.until(1);
  expect(malformed(asker.texts[0] ?? "")).not.toBeNull();
  expect([await status(), await status()]).toEqual([503, 200]);
  await ask({ id: "uuid:b" });
  await asker.until(2);
  expect(malformed(asker.texts[1] ?? "")).toBeNull();
});

it("go on where a place cannot be opened, and tell which", async () => {
  const groups = [{ address: "127.0.0.1", how: "joined" }] as const;
  const { asker, ask, responder } = await looking(["hikvision"], { groups });
  expect(responder.unopened).toEqual([{ at: `127.0.0.1:${responder.port}`, code: "EINVAL" }]);
  await ask({ id: "uuid:a" });
  await asker.until(1);
  expect(textsOf(asker.texts[0] ?? "", "XAddrs")).toHaveLength(1);
});

it("are for this machine alone, by whichever of its addresses", () => {
  const own = Object.values(networkInterfaces()).flatMap((all = []) => all.map(({ address }) => address));
  expect(own.map(isOfThisMachine)).toEqual(own.map(() => true));
  expect(
    ["::ffff:127.0.0.1", "127.9.9.9", "198.51.100.7", "fe80::1234%lo", "2001:db8::1"].map(isOfThisMachine),
  ).toEqual([true, true, false, false, false]);
});

it("leave nothing open and nothing timed", async () => {
  const { asker, responder } = await looking(["hikvision"]);
  await asker.say(probe(), responder.port);
  await responder.until(({ probes }) => probes === 1);
  expect(rig.clock.sleeping).toBe(1);
  await responder.stop();
  await new Promise(setImmediate);
  expect(rig.clock.sleeping).toBe(0);
  const strange = new ProbeResponder([], { hosts: ["192.0.2.7"], port: 0 });
  await expect(strange.start()).rejects.toThrow(RangeError);
});
