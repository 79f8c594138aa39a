/** What a camera understands of what it is asked, and where it has to be asked. */
import { connect } from "node:net";
import { assert, property, string } from "fast-check";
import { afterEach, expect, it } from "vitest";
import { find, readXml } from "../../../simulator/cameras/read-xml.ts";
import { envelope, malformed, Rig } from "./camera-rig.ts";

let rig = new Rig();
afterEach(async () => {
  await rig.stop();
  rig = new Rig();
});

it("reads names by their namespaces, whatever the prefixes, and texts as they are meant", () => {
  const text = `<?xml version="1.0"?><a:x xmlns:a="urn:1" xmlns="urn:2"><!-- no --><y b='1&amp;2' c:d="3" xmlns:c="urn:3"> 1 &lt; &#50;<![CDATA[ & 3]]></y><z xmlns=""/></a:x>`;
  const root = readXml(text);
  expect([root?.name, root?.namespace]).toEqual(["x", "urn:1"]);
  const y = find(root, "y");
  expect([y?.namespace, y?.text, y?.attributes.get("b"), y?.attributes.get("d")]).toEqual([
    "urn:2",
    "1 < 2 & 3",
    "1&2",
    "3",
  ]);
  expect(find(root, "z")?.namespace).toBe("");
});

it.each([
  ["nothing", ""],
  ["two roots", "<a/><b/>"],
  ["what is not closed", "<a><b></a>"],
  ["a prefix that nobody declared", "<a:b/>"],
  ["a document type", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"],
  ["41 levels", "<a>".repeat(41) + "</a>".repeat(41)],
  ["text outside", "<a/>b"],
])("does not read %s", (_, text) => {
  expect(readXml(text)).toBeNull();
});

it("throws at nothing that somebody may send", () => {
  assert(
    property(string({ unit: "binary", maxLength: 60 }), (text) => {
      readXml(text);
      readXml(`<a b="${text}">${text}</a>`);
    }),
    { numRuns: 2000 },
  );
});

it("has each service at its own path, and no other", async () => {
  const camera = await rig.camera({ maker: "hikvision" });
  const status = async (what: string, path: string) =>
    (await rig.honest(camera, { what, url: new URL(path, camera.url).href })).status;
  expect(await status("tds:GetScopes", "/onvif/device_service")).toBe(200);
  expect(await status("tds:GetScopes", "/onvif/Media")).toBe(404);
  expect(await status("tds:GetScopes", "/")).toBe(404);
  expect(await status("trt:GetProfiles", "/onvif/Media")).toBe(200);
  expect(await status("trt:GetProfiles", "/onvif/device_service")).toBe(404);
  expect(await status("tev:CreatePullPointSubscription", "/onvif/Media")).toBe(404);
  expect(await status("tev:CreatePullPointSubscription", "/onvif/Events")).toBe(200);
});

it("knows an operation in its own vocabulary alone", async () => {
  const camera = await rig.camera({ maker: "hikvision" });
  const { text } = await rig.honest(camera, "trt:GetDeviceInformation");
  expect(text).toContain("ActionNotSupported");
});

it("refuses a profile that it does not have, and a time that is none", async () => {
  const camera = await rig.camera({ maker: "bosch" });
  const at = (path: string) => new URL(path, camera.url).href;
  const url = at(camera.maker.paths.media);
  const stream = (token: string) => `trt:GetStreamUri|<trt:ProfileToken>${token}</trt:ProfileToken>`;
  expect((await rig.honest(camera, { what: stream("3"), url })).status).toBe(200);
  expect((await rig.honest(camera, { what: stream("4"), url })).text).toContain("NoProfile");
  for (const life of ["PT", "60", "PT0S", new Date(camera.ownMs - 1000).toISOString()]) {
    const what = `tev:CreatePullPointSubscription|<tev:InitialTerminationTime>${life}</tev:InitialTerminationTime>`;
    const { text } = await rig.honest(camera, { what, url: at(camera.maker.paths.events) });
    expect(text, life).toContain("InvalidArgVal");
  }
  expect(camera.points.made).toBe(0);
});

it("hangs up on whoever asks for more than it reads", async () => {
  const camera = await rig.camera({ maker: "dahua", hosts: ["127.0.0.1"] });
  const socket = connect(camera.port, "127.0.0.1");
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.on("error", () => undefined);
  socket.write("POST /onvif/device_service HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n");
  socket.write("x".repeat(600_000));
  await closed;
  expect(camera.asked).toEqual([]);
  expect((await rig.ask(camera, "tds:GetSystemDateAndTime")).status).toBe(200);
});

it("is checked by something that knows a bad document", () => {
  expect(malformed(envelope({ what: "tds:GetScopes" }))).toBeNull();
  for (const bad of [
    "<a><b></a></b>",
    "<a>",
    "<a/><b/>",
    "<a>&b;</a>",
    "<a b='1'/>",
    '<a b="1" b="1"/>',
    "<x:a/>",
    '<a x:b="1"/>',
    "<!DOCTYPE a><a/>",
    "",
  ])
    expect(malformed(bad), bad).not.toBeNull();
});
