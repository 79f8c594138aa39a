/** Cameras that are well: what each maker's says, to whom, and what is on record of it. */
import { afterEach, describe, expect, it } from "vitest";
import { type MakerName, makers } from "../../../simulator/cameras/makers.ts";
import type { SimulatedCamera } from "../../../simulator/cameras/simulated-camera.ts";
import { makeAuthority } from "../../certificates.ts";
import { malformed, noon, Rig, textOf, textsOf } from "./camera-rig.ts";

let rig = new Rig();
afterEach(async () => {
  await rig.stop();
  rig = new Rig();
});

const names = Object.keys(makers) as MakerName[];

/** Everything that can be asked, each with what it needs. */
async function tour(camera: SimulatedCamera) {
  const { media, events } = camera.maker.paths;
  const { origin } = new URL(camera.url);
  const said = new Map<string, string>();
  const ask = async (what: string, url = camera.url, header = "") => {
    const reply = await rig.honest(camera, { what, url, header });
    const name = what.replace(/^\w+:|\|.*$/gs, "");
    said.set(name, reply.text);
    return reply;
  };
  await ask("tds:GetSystemDateAndTime");
  await ask("tds:GetDeviceInformation");
  await ask("tds:GetCapabilities");
  if (!(camera.maker.lacks as readonly string[]).includes("GetServices")) await ask("tds:GetServices");
  await ask("tds:GetScopes");
  await ask("trt:GetProfiles", origin + media);
  const token = camera.maker.profiles[0]?.token;
  await ask(`trt:GetStreamUri|<trt:ProfileToken>${token}</trt:ProfileToken>`, origin + media);
  await ask(`trt:GetSnapshotUri|<trt:ProfileToken>${token}</trt:ProfileToken>`, origin + media);
  const eventsUrl = `${camera.doors.at(-1)?.base}${events}`;
  await ask("tev:CreatePullPointSubscription", eventsUrl);
  const made = said.get("CreatePullPointSubscription") ?? "";
  const reference = textOf(made, "Address") ?? "";
  const id = /<dom0:SubscriptionId>.*?<\/dom0:SubscriptionId>/.exec(made)?.[0] ?? "";
  const header = id.replace(
    "<dom0:SubscriptionId",
    '<dom0:SubscriptionId xmlns:dom0="http://www.axis.com/2009/event"',
  );
  await ask(
    "tev:PullMessages|<tev:Timeout>PT5S</tev:Timeout><tev:MessageLimit>50</tev:MessageLimit>",
    reference,
    header,
  );
  await ask("wsnt:Renew|<wsnt:TerminationTime>PT60S</wsnt:TerminationTime>", reference, header);
  await ask("wsnt:Unsubscribe", reference, header);
  return said;
}

describe.each(names)("a camera of %s", (maker) => {
  it("answers all that it knows, in documents without a mistake, and its place is its own", async () => {
    const camera = await rig.camera({ maker });
    const said = await tour(camera);
    for (const [name, text] of said) {
      expect(malformed(text), name).toBeNull();
      expect(text, name).toContain(`${name}Response`);
    }
    expect(textOf(said.get("GetDeviceInformation") ?? "", "SerialNumber")).toBe(camera.state.serial);
    expect(textOf(said.get("GetDeviceInformation") ?? "", "FirmwareVersion")).toBe(camera.state.firmware);
    const { hostname, host } = new URL(camera.url);
    for (const address of textsOf(said.get("GetCapabilities") ?? "", "XAddr"))
      expect(new URL(address).hostname).toBe(hostname);
    expect(new URL(textOf(said.get("GetSnapshotUri") ?? "", "Uri")?.trim() ?? "").host).toBe(host);
    expect(textOf(said.get("GetStreamUri") ?? "", "Uri")?.trim()).toMatch(/^rtsp:\/\//);
    expect(camera.login.wrong).toBe(0);
    expect(camera.pictures).toBe(0);
    expect(camera.points.size).toBe(0);
  });

  it("tells a new subscriber what is, and then what changes, in its own words", async () => {
    const camera = await rig.camera({ maker });
    camera.set({ motion: true });
    const said = await tour(camera);
    const topics = textsOf(said.get("PullMessages") ?? "", "Topic");
    expect(topics).toEqual(camera.maker.topics.map(({ topic }) => topic));
    for (const { subject, item, words } of camera.maker.topics)
      expect(said.get("PullMessages")).toContain(
        `Name="${item}" Value="${words[subject === "motion" || subject === "day" ? 1 : 0]}"`,
      );
  });

  it("says its own time, which may be years off, and takes a token only near it", async () => {
    const camera = await rig.camera({
      maker,
      differs: { login: "token", clockOffsetMs: -3 * 365 * 24 * 3_600_000 },
    });
    const { text } = await rig.ask(camera, "tds:GetSystemDateAndTime");
    expect(textOf(text, "Year")).toBe("2023");
    const { createdWithinMs } = camera.maker;
    const what = "tds:GetDeviceInformation";
    const at = async (aside: number) =>
      (await rig.ask(camera, { what, token: rig.token(camera, { aside }) })).status;
    expect(await at(createdWithinMs)).toBe(200);
    expect(await at(-createdWithinMs)).toBe(200);
    expect(await at(createdWithinMs + 1)).toBe(camera.maker.refusal);
    expect(await at(noon - camera.ownMs)).toBe(camera.maker.refusal);
    expect(camera.login.wrong).toBe(2);
  });

  it("locks the account after five wrong logins, also for the right one, and opens it after a while", async () => {
    const camera = await rig.camera({ maker, differs: { login: "token" } });
    const what = "tds:GetDeviceInformation";
    const ask = (password?: string) =>
      rig.ask(camera, { what, token: rig.token(camera, password === undefined ? {} : { password }) });
    for (let n = 0; n < 4; n++) await ask("guess");
    expect((await ask()).status).toBe(200);
    for (let n = 0; n < 5; n++) expect((await ask("guess")).status).toBe(camera.maker.refusal);
    expect(camera.login.isLocked).toBe(true);
    expect((await ask()).status).toBe(camera.maker.refusal);
    expect([camera.login.wrong, camera.login.locks]).toEqual([10, 1]);
    // Whoever goes on trying does not make it longer.
    for (let n = 0; n < 5; n++) await ask();
    expect([camera.login.wrong, camera.login.locks]).toEqual([15, 1]);
    await rig.clock.advance(camera.maker.lockMs);
    expect((await ask()).status).toBe(200);
  });
});

it("keeps a record of what was asked, with the login that was sent and no secret", async () => {
  const camera = await rig.camera({ maker: "dahua" });
  await rig.ask(camera, "tds:GetSystemDateAndTime");
  await rig.clock.advance(1000);
  await rig.ask(camera, "tds:GetScopes");
  await rig.honest(camera, "tds:GetScopes");
  const { host } = new URL(camera.url);
  const common = { host, atMs: noon + 1000 };
  expect(camera.asked).toEqual([
    {
      ...common,
      atMs: noon,
      operation: "GetSystemDateAndTime",
      sent: [],
      user: null,
      verdict: "ok",
      status: 200,
    },
    { ...common, operation: "GetScopes", sent: [], user: null, verdict: "none", status: 400 },
    { ...common, operation: "GetScopes", sent: ["token"], user: "edge", verdict: "ok", status: 200 },
  ]);
});

it("counts who comes for a picture", async () => {
  const camera = await rig.camera({ maker: "bosch" });
  const { origin } = new URL(camera.url);
  expect((await fetch(`${origin}/snap.jpg?JpegCam=1`)).status).toBe(404);
  expect((await fetch(`${origin}/else`)).status).toBe(404);
  expect(camera.pictures).toBe(1);
  expect(camera.asked.map(({ operation }) => operation)).toEqual(["GET /snap.jpg?JpegCam=1", "GET /else"]);
});

describe("the ways of makers", () => {
  it("a stray word and an address of the network card among the scopes, and no name", async () => {
    const camera = await rig.camera({ maker: "hikvision" });
    const { text } = await rig.honest(camera, "tds:GetScopes");
    const scopes = textsOf(text, "ScopeItem");
    expect(scopes.some((one) => !one.startsWith("onvif://"))).toBe(true);
    expect(scopes.some((one) => one.includes("/MAC/"))).toBe(true);
    expect(scopes.some((one) => one.includes("/name/"))).toBe(false);
  });

  it("an address wrapped in lines, its ampersands escaped", async () => {
    const camera = await rig.camera({ maker: "dahua" });
    const text = (await tour(camera)).get("GetStreamUri") ?? "";
    expect(text).toMatch(/<tt:Uri>\s*\n\s*rtsp:[^<]*&amp;subtype=0[^<]*\n<\/tt:Uri>/);
  });

  it("an answer whose id is that of the question, and events on a port of their own", async () => {
    const camera = await rig.camera({ maker: "tp-link" });
    const header = '<a:MessageID xmlns:a="http://www.w3.org/2005/08/addressing">urn:uuid:7</a:MessageID>';
    const { text } = await rig.honest(camera, { what: "tds:GetDeviceInformation", header });
    expect([textOf(text, "MessageID"), textOf(text, "RelatesTo")]).toEqual(["urn:uuid:7", "urn:uuid:7"]);
    const addresses = textsOf((await tour(camera)).get("GetCapabilities") ?? "", "XAddr").map(
      (one) => new URL(one).port,
    );
    expect(new Set(addresses).size).toBe(2);
    expect(text).not.toContain("RateControl");
    const { origin } = new URL(camera.url);
    const wrongPort = { what: "tev:CreatePullPointSubscription", url: origin + camera.maker.paths.events };
    expect((await rig.honest(camera, wrongPort)).status).toBe(404);
    expect((await rig.honest(camera, "tds:GetServices")).text).toContain("ActionNotSupported");
  });

  it("tokens that are digits, and nothing that may be left out", async () => {
    const camera = await rig.camera({ maker: "bosch" });
    const text = (await tour(camera)).get("GetProfiles") ?? "";
    expect([...text.matchAll(/Profiles token="(\d)"/g)].map(([, token]) => token)).toEqual([
      "0",
      "1",
      "2",
      "3",
    ]);
    expect(text).not.toContain("RateControl");
    const other = await rig.camera({ maker: "axis" });
    expect((await tour(other)).get("GetProfiles")).toContain("RateControl");
  });

  it("a subscription that is found again only by what must be sent back", async () => {
    const camera = await rig.camera({ maker: "axis" });
    const url = new URL(camera.maker.paths.events, camera.url).href;
    await rig.honest(camera, { what: "tev:CreatePullPointSubscription", url });
    const pull = "tev:PullMessages|<tev:Timeout>PT1S</tev:Timeout><tev:MessageLimit>1</tev:MessageLimit>";
    expect((await rig.honest(camera, { what: pull, url })).text).toContain("ResourceUnknown");
    const header = '<x:SubscriptionId xmlns:x="http://www.axis.com/2009/event">1</x:SubscriptionId>';
    expect((await rig.honest(camera, { what: pull, url, header })).text).toContain("PullMessagesResponse");
  });
});

it("ONVIF that is switched off is not there, or knows nobody, until it is switched on", async () => {
  const camera = await rig.camera({ maker: "hikvision" });
  const what = "tds:GetDeviceInformation";
  camera.setOnvif("404");
  expect((await rig.honest(camera, "tds:GetSystemDateAndTime")).status).toBe(404);
  expect(camera.login.wrong).toBe(0);
  camera.setOnvif("401");
  expect((await rig.honest(camera, what)).status).toBe(401);
  expect(camera.login.wrong).toBe(1);
  camera.setOnvif("on");
  expect((await rig.honest(camera, what)).status).toBe(200);
});

it("a changed password is the only right one", async () => {
  const camera = await rig.camera({ maker: "dahua" });
  camera.setPassword("Yu-4-gao");
  const what = "tds:GetDeviceInformation";
  expect((await rig.honest(camera, what)).status).toBe(400);
  const token = rig.token(camera, { password: "Yu-4-gao" });
  expect((await rig.ask(camera, { what, token })).status).toBe(200);
});

it("answers a question that is none with a refusal, in the version of SOAP in which it was asked", async () => {
  const camera = await rig.camera({ maker: "hikvision" });
  const { text, status } = await rig.honest(camera, "tds:GetUsers");
  expect([status, malformed(text)]).toEqual([500, null]);
  expect(text).toContain("ActionNotSupported");
  const soapNamespace = "http://schemas.xmlsoap.org/soap/envelope/";
  const old = await rig.honest(camera, { what: "tds:GetUsers", soapNamespace });
  expect(malformed(old.text)).toBeNull();
  expect(old.text).toContain("<faultcode");
  const well = await rig.honest(camera, { what: "tds:GetDeviceInformation", soapNamespace });
  expect([well.status, malformed(well.text)]).toEqual([200, null]);
  const ill = await rig.ask(camera, { what: "tds:GetScopes|<a><b></a>" });
  expect([ill.status, malformed(ill.text)]).toEqual([400, null]);
});

it.each(["127.0.0.1", "::1"])("listens at %s, and at nothing that others reach", async (host) => {
  const camera = await rig.camera({ maker: "dahua", hosts: [host] });
  const { text } = await rig.honest(camera, "tds:GetCapabilities");
  expect(textOf(text, "XAddr")).toBe(camera.url);
  await expect(rig.camera({ maker: "dahua", hosts: ["0.0.0.0"] })).rejects.toThrow(RangeError);
});

it("has one port at both addresses of this machine", async () => {
  const camera = await rig.camera({ maker: "tp-link", hosts: ["127.0.0.1", "::1"] });
  for (const host of ["127.0.0.1", "[::1]"]) {
    const url = `http://${host}:${camera.port}/onvif/device_service`;
    const { text } = await rig.honest(camera, { what: "tds:GetCapabilities", url });
    expect(textsOf(text, "XAddr").map((one) => new URL(one).hostname)).toEqual([host, host, host]);
  }
});

it("speaks over TLS with the certificate that it was given", async () => {
  const authority = makeAuthority("camera");
  try {
    const tls = authority.issue("IP:127.0.0.1");
    const camera = await rig.camera({ maker: "axis", hosts: ["127.0.0.1"], tls });
    const reply = await rig.honest(camera, { what: "tds:GetDeviceInformation", ca: authority.cert });
    expect(textOf(reply.text, "SerialNumber")).toBe(camera.state.serial);
    const { text } = await rig.honest(camera, { what: "tds:GetCapabilities", ca: authority.cert });
    expect(textOf(text, "XAddr")).toBe(camera.url);
    expect(camera.url).toMatch(/^https:/);
    await expect(rig.ask(camera, "tds:GetDeviceInformation")).rejects.toThrow();
  } finally {
    authority.remove();
  }
});
