/** The search for cameras over real sockets on loopback: who answers as a camera is found, whoever else answers. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Found } from "../../../drivers/contract/index.ts";
import { type CameraSearch, findCameras } from "../../../drivers/onvif/discovery.ts";
import { onvifDriver } from "../../../drivers/onvif/index.ts";
import { Hearer, openSockets, ownOf, ownPlaces, Searching, settle } from "../call/world.ts";
import { until } from "../line/far-end.ts";

const group = "239.255.255.250";

interface Said {
  endpoint?: string;
  types?: string;
  scopes?: string;
  xaddrs?: string;
}

const match = ({
  endpoint = "urn:uuid:1",
  types = "dn:NetworkVideoTransmitter",
  scopes = "onvif://www.onvif.org/name/Gate",
  xaddrs = "http://127.0.0.1/onvif/device_service",
}: Said) =>
  `<d:ProbeMatch><w:EndpointReference><w:Address>${endpoint}</w:Address></w:EndpointReference>` +
  `<d:Types>${types}</d:Types><d:Scopes>${scopes}</d:Scopes><d:XAddrs>${xaddrs}</d:XAddrs></d:ProbeMatch>`;

const envelope = (relatesTo: string, body: string) =>
  `<?xml version="1.0"?><e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" ` +
  `xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" ` +
  `xmlns:dn="http://www.onvif.org/ver10/network/wsdl" xmlns:tds="http://www.onvif.org/ver10/device/wsdl" ` +
  `xmlns:wsdp="http://schemas.xmlsoap.org/ws/2006/02/devprof"><e:Header><w:RelatesTo>${relatesTo}</w:RelatesTo>` +
  `</e:Header><e:Body>${body}</e:Body></e:Envelope>`;
const matches = (relatesTo: string, ...said: Said[]) =>
  envelope(relatesTo, `<d:ProbeMatches>${said.map(match).join("")}</d:ProbeMatches>`);

const idOf = (probe: Buffer) => /<a:MessageID[^>]*>([^<]+)</.exec(probe.toString())?.[1] ?? "";
const typesOf = (probe: Buffer) => /<d:Types>([^<]*)</.exec(probe.toString())?.[1] ?? "";

describe("a search for cameras", () => {
  let camera: Hearer;
  let searching: Searching;
  const search = (own: CameraSearch = {}) =>
    searching.start((context, signal) =>
      findCameras(context, signal, {
        ...{ port: camera.port, places: ownOf(4), gapsMs: [100, 200], lastsMs: 5000 },
        ...own,
      }),
    );
  /** Answers the first probe of each kind with what is given, as a camera may. */
  const answers = (hearer: Hearer, answer: (id: string) => string | Uint8Array | (string | Uint8Array)[]) => {
    const answered = new Set<string>();
    hearer.onCall = (probe, from) => {
      const id = idOf(probe);
      if (answered.has(id)) return;
      answered.add(id);
      for (const each of [answer(id)].flat()) void hearer.say(each, from);
    };
  };
  const found = async (): Promise<Found[]> => {
    await until(() => camera.heard.length > 0);
    await settle();
    return searching.end();
  };

  beforeEach(async () => {
    camera = await Hearer.open("0.0.0.0", 0, group);
    searching = new Searching();
  });
  afterEach(async () => {
    expect(searching.clock.sleeping).toBe(0);
    await camera.close();
    expect(await openSockets()).toBe(0);
  });

  it("asks three times for cameras, for devices and for whatever there is, and nobody else", async () => {
    search();
    await until(() => camera.heard.length === 6);
    await searching.clock.advance(100);
    await until(() => camera.heard.length === 12);
    await searching.clock.advance(199);
    await settle();
    expect(camera.heard.length).toBe(12);
    await searching.clock.advance(1);
    await until(() => camera.heard.length === 18);
    await searching.clock.advance(4699);
    expect(searching.isOver).toBe(false);
    await searching.clock.advance(1);
    await searching.over;
    await settle();
    expect(camera.heard.length).toBe(18);
    const kinds = new Map(camera.heard.map(({ bytes }) => [idOf(bytes), typesOf(bytes)]));
    expect([...kinds.values()].sort()).toEqual(["", "dn:NetworkVideoTransmitter", "tds:Device"]);
    for (const id of kinds.keys()) expect(id).toMatch(/^urn:uuid:[0-9a-f-]{36}$/);
  });

  it("is heard by who listens to the group alone", async () => {
    const other = await Hearer.open(group, camera.port, group);
    search();
    await until(() => camera.heard.length === 6);
    await settle();
    expect(other.heard.length).toBe(3);
    await other.close();
    await searching.end();
  });

  it("finds a camera once, with what it tells, though it answers each question", async () => {
    answers(camera, (id) =>
      matches(id, {
        scopes:
          "onvif://www.onvif.org/type/video_encoder onvif://www.onvif.org/name/%E6%A0%A1%E9%97%A8%20A " +
          "onvif://www.onvif.org/hardware/DS-2CD onvif://www.onvif.org/MAC/68-6D-BC-00-00-01 http:123",
      }),
    );
    search();
    expect(await found()).toEqual([
      { address: { host: "127.0.0.1" }, told: { name: "校门 A", model: "DS-2CD", mac: "68:6d:bc:00:00:01" } },
    ]);
  });

  it("gives a camera as soon as it answered, and not at the end", async () => {
    answers(camera, (id) => matches(id, {}));
    search();
    await until(() => searching.found.length === 1);
    expect(searching.isOver).toBe(false);
    await searching.end();
  });

  it("tells cameras behind one address apart by their ports, also in one datagram", async () => {
    answers(camera, (id) =>
      matches(
        id,
        ...[8001, 8002, 8003].map((port) => ({
          endpoint: `urn:uuid:${port}`,
          xaddrs: `http://[fd12::9]:9/x http://127.0.0.1:${port}/onvif/device_service`,
        })),
      ),
    );
    search();
    const hosts = (await found()).map(({ address }) => address);
    expect(hosts).toEqual([8001, 8002, 8003].map((port) => ({ host: "127.0.0.1", port })));
  });

  it.each([
    [
      "names only another host of the family",
      "http://192.0.2.7:8080/onvif",
      { host: "127.0.0.1", port: 8080 },
    ],
    ["names a host by a name", "http://evil.example:8080/onvif", { host: "127.0.0.1", port: 8080 }],
    ["names the port of a mail server", "http://127.0.0.1:25/onvif", { host: "127.0.0.1" }],
    ["names no address", "SERVICE_URI", { host: "127.0.0.1" }],
    ["names its other family", "http://[fd12::5]:8080/onvif", { host: "127.0.0.1", port: 8080 }],
    ["has https alone, at another port", "https://127.0.0.1:8443/onvif", { host: "127.0.0.1", port: 8443 }],
    [
      "has both",
      "https://127.0.0.1:8443/o http://127.0.0.1:81/o http://127.0.0.1:8081/o",
      { host: "127.0.0.1", port: 8081 },
    ],
  ])("is where it answers from when it %s", async (_, xaddrs, address) => {
    answers(camera, (id) => matches(id, { xaddrs }));
    search();
    expect((await found()).map((each) => each.address)).toEqual([address]);
  });

  it("is found at ::1 as well", async (context) => {
    const places = ownOf(6);
    if (places.length === 0 && process.env.CE_CI !== "1") return context.skip();
    expect(places.length).toBe(1);
    const six = await Hearer.open("::1", camera.port);
    answers(six, (id) => matches(id, { xaddrs: "http://[::1]:8080/onvif/device_service" }));
    search({ places });
    await until(() => six.heard.length > 0);
    await settle();
    expect((await searching.end()).map(({ address }) => address)).toEqual([{ host: "::1", port: 8080 }]);
    await six.close();
  });

  it.each([
    ["a printer", { types: "wsdp:Device", scopes: "http://printers.example" }, 0],
    ["a device of ONVIF without scopes", { types: "tds:Device", scopes: "" }, 1],
    ["a camera without scopes", { types: "x:NetworkVideoTransmitter", scopes: "" }, 1],
    ["a camera without types", { types: "" }, 1],
    ["one that does not say which it is", { endpoint: "" }, 1],
  ])("judges by what it says: %s", async (_, said, count) => {
    answers(camera, (id) => matches(id, said));
    search();
    expect(await found()).toHaveLength(count);
  });

  it.each([
    ["answers somebody else", () => matches("urn:uuid:00000000-0000-4000-8000-000000000000", {})],
    ["answers nobody", () => matches("", {})],
    ["is greeted", (id: string) => envelope(id, `<d:Hello>${match({})}</d:Hello>`)],
    ["repeats the question", (id: string) => envelope(id, "<d:Probe/>")],
    ["has a fault", (id: string) => envelope(id, "<e:Fault><e:Code/></e:Fault>")],
    ["has a DTD", (id: string) => matches(id, {}).replace("<e:", '<!DOCTYPE a [<!ENTITY b "c">]><e:')],
    [
      "has a bomb",
      (id: string) =>
        matches(id, {}).replace("<e:", '<!DOCTYPE a [<!ENTITY b "cc"><!ENTITY d "&b;&b;&b;">]><e:'),
    ],
    ["is tags alone", () => "<a>".repeat(21_000)],
    ["is 60 kB of nested tags in a match", (id: string) => matches(id, { scopes: "<a>".repeat(19_000) })],
    ["is cut", (id: string) => matches(id, {}).slice(0, -20)],
    ["is no text", () => Buffer.from([0xff, 0xfe, 0x00, 0xd8])],
    ["is empty", () => ""],
  ])("passes over what %s, and finds the camera behind it", async (_, noise) => {
    answers(camera, (id) => [noise(id), matches(id, { endpoint: "urn:uuid:real", scopes: "" })]);
    search();
    expect(await found()).toEqual([{ address: { host: "127.0.0.1" }, told: {} }]);
  });

  it("shows nothing that a screen would obey", async () => {
    const name = `%1B%5B31mred%1B%5B0m%0a%E2%80%AEdrow%7F${"x".repeat(80)}`;
    answers(camera, (id) =>
      matches(id, {
        scopes: `onvif://www.onvif.org/name/${name} onvif://www.onvif.org/hardware/%ff%1b onvif://www.onvif.org/mac/me`,
      }),
    );
    search();
    const told: Found["told"] = (await found())[0]?.told ?? {};
    expect(told.name).toMatch(/^red drow x+$/);
    expect(told.name).toHaveLength(64);
    expect(told.model).toBe("%ff%1b");
    expect(told.mac).toBeUndefined();
  });

  it("finds a camera in the middle of a flood of 20,000, and says that not all was looked at", async () => {
    const flood = await Hearer.open("127.0.0.2");
    let at: { port: number; address: string } | undefined;
    camera.onCall = (_, from) => {
      at ??= from;
    };
    search();
    await until(() => at !== undefined);
    const to = at ?? { port: 0, address: "" };
    const [{ bytes } = { bytes: Buffer.alloc(0) }] = camera.heard;
    const noise = `<a>${"<b/>".repeat(16_000)}</a>`;
    for (let sent = 0; sent < 20_000; sent += 100) {
      const some = sent % 1000 === 0 ? noise : matches("urn:uuid:other", {});
      for (let each = 0; each < 99; each++) void flood.say(some, to);
      await flood.say("<", to);
      await camera.say(matches(idOf(bytes), {}), to);
      await new Promise(setImmediate);
    }
    await settle(100);
    expect(await searching.end()).toHaveLength(1);
    await flood.close();
    expect(searching.log.lines.map(({ sentence }) => sentence)).toEqual([
      "more answers came than a search looks at",
    ]);
  }, 60_000);

  it("lists 512 of one address and no more", async () => {
    answers(camera, (id) =>
      Array.from({ length: 60 }, (_, datagram) =>
        matches(
          id,
          ...Array.from({ length: 12 }, (_, each) => {
            const port = 2000 + datagram * 12 + each;
            return { endpoint: `urn:uuid:${port}`, xaddrs: `http://127.0.0.1:${port}/o` };
          }),
        ),
      ),
    );
    search();
    expect(await found()).toHaveLength(512);
  });

  it("ends at once when it is stopped, and takes no answer afterwards", async () => {
    answers(camera, (id) => matches(id, { xaddrs: "http://192.0.2.7/o" }));
    search();
    await until(() => camera.heard.length > 0);
    await settle();
    searching.stop.abort();
    await searching.over;
    expect(searching.found).toEqual([]);
    expect(await openSockets()).toBe(1);
    const [{ from } = { from: { port: 0, address: "" } }] = camera.heard;
    await camera.say(matches(idOf(camera.heard[0]?.bytes ?? Buffer.alloc(0)), {}), from);
    await settle();
    expect(searching.found).toEqual([]);
  });

  it("asks nobody when it is stopped before it begins", async () => {
    searching.stop.abort();
    search();
    await searching.over;
    await settle();
    expect(camera.heard).toEqual([]);
  });

  it("closes all when whoever asked goes away", async () => {
    answers(camera, (id) => matches(id, {}));
    const { clock, log, stop } = searching;
    for await (const each of findCameras({ clock, log }, stop.signal, {
      ...{ port: camera.port, places: ownOf(4) },
    })) {
      expect(each.address).toEqual({ host: "127.0.0.1" });
      break;
    }
    expect(await openSockets()).toBe(1);
  });

  it("passes over a network port that cannot be used, and ends at once where none can", async () => {
    const gone = [
      { port: "gone0", address: "192.0.2.77", family: 4, own: false, broadcast: null },
      { port: "gone0", address: "fe80::77%gone0", family: 6, own: false, broadcast: null },
    ] as const;
    answers(camera, (id) => matches(id, {}));
    search({ places: [...gone, ...ownPlaces] });
    expect(await found()).toHaveLength(1);
    searching = new Searching();
    search({ places: gone });
    await searching.over;
    expect(searching.log.lines).toEqual([
      { level: "warn", fields: { ports: 2 }, sentence: "no network port of this machine can be called from" },
    ]);
    searching = new Searching();
    search({ places: [] });
    await searching.over;
  });
});

it("is how the driver finds them", async () => {
  const searching = new Searching();
  searching.stop.abort();
  const { discover } = onvifDriver;
  if (discover === undefined) throw new Error("none can be found");
  await searching.start((context, signal) => discover(context, signal)).over;
  expect(searching.found).toEqual([]);
});
