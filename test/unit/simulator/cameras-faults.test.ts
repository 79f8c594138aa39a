/** Cameras that are ill, or somebody's weapon: what exactly comes over the wire, and that it is over when it is mended. */
import { connect } from "node:net";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CameraFault } from "../../../simulator/cameras/camera-faults.ts";
import { Canary } from "../../../simulator/cameras/canary.ts";
import type { SimulatedCamera } from "../../../simulator/cameras/simulated-camera.ts";
import { challengesOf, digestOf, malformed, Rig, textOf, textsOf } from "./camera-rig.ts";

let rig = new Rig();
let camera: SimulatedCamera;
beforeEach(async () => {
  camera = await rig.camera({ maker: "hikvision", hosts: ["127.0.0.1"] });
});
afterEach(async () => {
  await rig.stop();
  rig = new Rig();
});

const what = "tds:GetDeviceInformation";
const open = { what: "tds:GetSystemDateAndTime" };
const bodyOf = (wire: Buffer) => {
  const text = wire.toString("latin1");
  return text.slice(text.indexOf("\r\n\r\n") + 4);
};

/** The bytes that come with a fault, which is taken back behind them; then it is well. */
async function wireWith(fault: CameraFault, most?: number): Promise<Buffer> {
  const mend = camera.faults.add(fault);
  const wire = await rig.raw(camera, open, most);
  mend();
  const well = await rig.ask(camera, open);
  expect([well.status, malformed(well.text)]).toEqual([200, null]);
  return wire;
}

describe("documents that hurt", () => {
  it("a bomb of entities, in a document that is right otherwise", async () => {
    const text = bodyOf(await wireWith({ kind: "bomb", times: 1 }, 500));
    expect(text).toMatch(/^<\?xml [^>]*>\s*<!DOCTYPE bomb \[<!ENTITY e0 "ha">/);
    const full = await whole({ kind: "bomb" });
    expect(full).toContain('<!ENTITY e9 "&e8;&e8;');
    expect(full).toMatch(/Body>&e9;</);
    expect(malformed(full.replace(/<!DOCTYPE.*?\]>/s, "").replace("&e9;", ""))).toBeNull();
  });

  it("an entity that is somewhere else, where nobody goes", async () => {
    const text = await whole({ kind: "external-entity", from: "http://[::1]:9" });
    expect(text).toContain('SYSTEM "http://[::1]:9/all.dtd"');
    expect(text).toContain("Body>&one;<");
  });

  it("200,000 tags inside one another, each closed", async () => {
    const text = await whole({ kind: "nested" });
    expect(text.split("<n>")).toHaveLength(200_001);
    expect(text.split("</n>")).toHaveLength(200_001);
    expect(await whole({ kind: "nested", depth: 3 })).toContain("Body><n><n><n></n></n></n><");
  });

  it("a body of 20 MB", async () => {
    const { length } = await whole({ kind: "huge" });
    expect(length).toBeGreaterThan(20 * 1024 * 1024);
    expect(malformed(await whole({ kind: "huge", bytes: 1000 }))).toBeNull();
  });

  async function whole(fault: CameraFault): Promise<string> {
    const mend = camera.faults.add(fault);
    const { text } = await rig.ask(camera, open);
    mend();
    return text;
  }
});

describe("what is no answer of HTTP, or no end of one", () => {
  it("a body without end, until whoever asked leaves", async () => {
    const wire = await wireWith({ kind: "endless" }, 3_000_000);
    expect(wire.length).toBeGreaterThanOrEqual(3_000_000);
    expect(wire.toString("latin1", 0, 300)).not.toContain("Content-Length");
    await expect.poll(() => camera.doors[0].connections).toBe(0);
  });

  it("200,000 lines in its head", async () => {
    const text = (await wireWith({ kind: "header-flood" })).toString("latin1");
    expect(text.split("\r\nX-")).toHaveLength(200_001);
    expect(malformed(bodyOf(Buffer.from(text)))).toBeNull();
  });

  it("one byte a second, by its clock", async () => {
    const mend = camera.faults.add({ kind: "drip" });
    const heard: string[] = [];
    const { hostname, port } = new URL(camera.url);
    const socket = connect(Number(port), hostname);
    socket.on("data", (part) => heard.push(part.toString("latin1")));
    socket.write(`GET / HTTP/1.1\r\nHost: x\r\n\r\n`);
    for (let n = 1; n < 20; n++) {
      await expect.poll(() => heard.join("")).toBe("HTTP/1.1 404 -\r\nContent-Length: 0".slice(0, n));
      await rig.clock.advance(1000);
    }
    socket.destroy();
    mend();
  });

  it("silence, and the connection stays", async () => {
    camera.faults.add({ kind: "silent" });
    const abort = new AbortController();
    const reply = rig.ask(camera, { ...open, signal: abort.signal }).catch((error: Error) => error.name);
    await camera.until(({ asked }) => asked.length === 1);
    expect(camera.doors[0].connections).toBe(1);
    abort.abort();
    expect(await reply).toBe("AbortError");
  });

  it("an answer that comes later", async () => {
    camera.faults.add({ kind: "late", byMs: 9000 });
    let status = 0;
    const reply = rig.ask(camera, open).then((answer) => {
      status = answer.status;
    });
    await camera.until(({ asked }) => asked.length === 1);
    await new Promise(setImmediate);
    await rig.clock.advance(8999);
    expect(status).toBe(0);
    await rig.clock.advance(1);
    await reply;
    expect(status).toBe(200);
  });

  it("a connection that is closed before each byte", async () => {
    const whole = await wireWith({ kind: "content-length", by: 0 });
    expect(malformed(bodyOf(whole))).toBeNull();
    for (let at = 0; at < whole.length; at++) {
      const wire = await wireWith({ kind: "cut", at });
      expect(wire.equals(whole.subarray(0, at)), `byte ${at}`).toBe(true);
    }
  });

  it("lengths that are not those of its body", async () => {
    const length = (wire: Buffer) => Number(/Content-Length: (\d+)/.exec(wire.toString("latin1"))?.[1]);
    for (const by of [-100, 100]) {
      const wire = await wireWith({ kind: "content-length", by });
      expect(length(wire) - bodyOf(wire).length).toBe(by);
    }
    const chunk = async (wrong: "long" | "short" | "nonsense") =>
      bodyOf(await wireWith({ kind: "chunked", wrong })).split("\r\n")[0] ?? "";
    const size = bodyOf(await wireWith({ kind: "content-length", by: 0 })).length;
    expect(Number.parseInt(await chunk("long"), 16)).toBeGreaterThan(size);
    expect(Number.parseInt(await chunk("short"), 16)).toBeLessThan(size);
    expect(await chunk("nonsense")).toBe("zz");
  });

  it("two documents in one body, or two answers to one question", async () => {
    const documents = bodyOf(await wireWith({ kind: "glued", what: "documents" }, 2500));
    expect(documents.split("<?xml")).toHaveLength(3);
    const answers = (await wireWith({ kind: "glued", what: "answers" }, 2500)).toString("latin1");
    expect(answers.split("HTTP/1.1 200")).toHaveLength(3);
  });
});

describe("what leads away, or fetches the password", () => {
  it("addresses of somebody else in each place where there is one; nobody of ours goes there", async () => {
    const canary = new Canary("::1");
    await canary.start();
    try {
      camera.faults.add({ kind: "foreign", base: canary.base });
      const { origin } = new URL(camera.url);
      const { media, events } = camera.maker.paths;
      const addresses = async (what: string, path: string, name: string) =>
        textsOf((await rig.honest(camera, { what, url: origin + path })).text, name).map(
          (one) => new URL(one.trim()).hostname,
        );
      const profile = "<trt:ProfileToken>Profile_1</trt:ProfileToken>";
      const device = "/onvif/device_service";
      expect(await addresses("tds:GetCapabilities", device, "XAddr")).toEqual(["[::1]", "[::1]", "[::1]"]);
      expect(await addresses("tds:GetServices", device, "XAddr")).toEqual(["[::1]", "[::1]", "[::1]"]);
      expect(await addresses(`trt:GetStreamUri|${profile}`, media, "Uri")).toEqual(["[::1]"]);
      expect(await addresses(`trt:GetSnapshotUri|${profile}`, media, "Uri")).toEqual(["[::1]"]);
      expect(await addresses("tev:CreatePullPointSubscription", events, "Address")).toEqual(["[::1]"]);
      expect(canary.contacts).toBe(0);
      await expect(fetch(canary.base)).rejects.toThrow();
      expect(canary.contacts).toBe(1);
      expect(canary.heard).toBeGreaterThan(0);
    } finally {
      await canary.stop();
    }
  });

  it("a redirection", async () => {
    camera.faults.add({ kind: "redirect", to: "http://[::1]:9/x", status: 307 });
    const { status, headers } = await rig.ask(camera, open);
    expect([status, headers.location]).toEqual([307, "http://[::1]:9/x"]);
  });

  it("the same challenge again and again, one that is always stale, and one for the password itself", async () => {
    const ask = async (fault: CameraFault) => {
      const mend = camera.faults.add(fault);
      const first = challengesOf(await rig.ask(camera, what))[0] ?? "";
      const authorization = digestOf(first, "/onvif/device_service");
      const second = await rig.ask(camera, { what, authorization });
      mend();
      return [first, second.status, second.headers["www-authenticate"]];
    };
    const [first, status, again] = await ask({ kind: "same-challenge", nonce: "0badcafe" });
    expect([status, again]).toEqual([401, first]);
    expect(first).toContain('nonce="0badcafe"');
    const [stale, , next] = await ask({ kind: "always-stale" });
    expect([stale, next]).toEqual([
      expect.stringContaining("stale=true"),
      expect.stringContaining("stale=true"),
    ]);
    expect(next).not.toBe(stale);
    expect((await ask({ kind: "wants-basic" }))[2]).toMatch(/^Basic realm=/);
  });
});

describe("answers that are well formed and not the right ones", () => {
  it("another serial, what was not asked, another camera's", async () => {
    const other = await rig.camera({ maker: "bosch" });
    const text = async (fault: CameraFault) => {
      const mend = camera.faults.add(fault);
      const reply = await rig.honest(camera, what);
      mend();
      expect(malformed(reply.text)).toBeNull();
      return reply.text;
    };
    expect(textOf(await text({ kind: "wrong-serial", serial: "OTHER-1" }), "SerialNumber")).toBe("OTHER-1");
    expect(await text({ kind: "other-operation", operation: "GetScopes" })).toContain("GetScopesResponse");
    const theirs = await text({ kind: "other-camera", camera: other });
    expect(textOf(theirs, "SerialNumber")).toBe(other.state.serial);
    expect(other.asked).toEqual([]);
    expect(textOf((await rig.honest(camera, what)).text, "SerialNumber")).toBe(camera.state.serial);
  });

  it("refusals in both versions of SOAP, and of HTTP with and without a body", async () => {
    for (const version of ["1.1", "1.2"] as const) {
      const mend = camera.faults.add({ kind: "soap-fault", version });
      const { status, text } = await rig.honest(camera, what);
      expect([status, malformed(text)]).toEqual([500, null]);
      expect(text).toContain(version === "1.1" ? "<faultcode" : "env:Reason");
      expect(text).toContain(version === "1.1" ? "xmlsoap.org/soap/envelope" : "2003/05/soap-envelope");
      mend();
    }
    for (const body of ["", "<html>no</html>"]) {
      const mend = camera.faults.add({ kind: "http", status: 500, ...(body === "" ? {} : { body }) });
      expect(await rig.honest(camera, what)).toMatchObject({ status: 500, text: body });
      mend();
    }
  });

  it("a wrong type, a document that stops, one that nobody asked to be packed", async () => {
    camera.faults.add({ kind: "content-type", type: "image/jpeg", times: 1 });
    expect((await rig.honest(camera, what)).headers["content-type"]).toBe("image/jpeg");
    camera.faults.add({ kind: "truncated", bytes: 200, times: 1 });
    const { text } = await rig.honest(camera, what);
    expect(text).toHaveLength(200);
    expect(malformed(text)).not.toBeNull();
    const wire = await wireWith({ kind: "gzip", bytes: 5_000_000 }, 5000);
    const packed = wire.subarray(wire.indexOf("\r\n\r\n") + 4);
    expect(wire.toString("latin1")).toContain("Content-Encoding: gzip");
    expect(gunzipSync(packed).length).toBeGreaterThan(5_000_000);
  });
});

it("acts only on the operations that were named, and only so often", async () => {
  camera.faults.add({ kind: "http", status: 503, on: ["GetScopes"], times: 2 });
  const status = async (what: string) => (await rig.honest(camera, what)).status;
  expect(await status(what)).toBe(200);
  expect([
    await status("tds:GetScopes"),
    await status("tds:GetScopes"),
    await status("tds:GetScopes"),
  ]).toEqual([503, 503, 200]);
  expect((await fetch(new URL("/x", camera.url))).status).toBe(404);
});
