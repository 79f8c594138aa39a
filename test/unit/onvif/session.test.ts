/** A link of cameras, over real sockets: what they are asked, who asks, and what comes of what they do. */
import { createServer } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { passing } from "../display/bytes.ts";
import { CameraEnd, envelope, faultOf } from "./camera-end.ts";
import { neverMix, serialAt } from "./never-mix.ts";
import { cameraAt, codesOf, type Opened, opened, usualPoints, valuesOf } from "./world.ts";

let end: CameraEnd;
let at: Opened;
beforeEach(async () => {
  end = await CameraEnd.listen();
});
afterEach(async () => {
  await at.close();
  expect(at.clock.sleeping).toBe(0);
  await end.close();
});

const wholeReading = {
  device_firmware: "V5.5",
  stream: true,
  snapshot: true,
  video_profiles: 2,
};

describe.each(["nothing", "token", "digest", "digest-256"] as const)("a camera that wants %s", (wants) => {
  it("is read whole, with a clock that is years behind, and with no password in clear", async () => {
    end.wants = wants;
    at = await opened([end]);
    for (let round = 0; round < 3; round++) {
      const reading = await at.ask();
      expect(codesOf(reading)).toEqual([]);
      expect(valuesOf(reading)).toMatchObject(wholeReading);
      const offset = valuesOf(reading).clock_offset as number;
      expect(Math.abs(offset * 1000 - (end.clockMs + end.elapsedMs() - at.clock.wallMs()))).toBeLessThan(
        2000,
      );
    }
    expect(end.refusals).toBe(0);
    const all =
      JSON.stringify(end.heard) + at.traced.map(({ bytes }) => Buffer.from(bytes).toString()).join("");
    expect(all).not.toContain("right");
    expect(all).not.toContain(Buffer.from("edge:right").toString("base64"));
  });
});

describe.each(["token", "digest", "digest-256"] as const)("a camera that wants %s", (wants) => {
  it("with another password is tried once, and not contacted until the secret changes", async () => {
    end.wants = wants;
    end.password = "another";
    at = await opened([end]);
    expect(codesOf(await at.ask())).toEqual(["onvif.password"]);
    expect(end.refusals).toBe(1);
    const { connections } = end;
    for (let round = 0; round < 5; round++) {
      const { samples, faults } = await at.ask();
      expect(samples).toEqual([]);
      expect(faults).toMatchObject([{ code: "onvif.password", layer: "access", retry: "never" }]);
    }
    expect(end.connections).toBe(connections);
    at.secrets.set("onvif", "another");
    expect(valuesOf(await at.ask())).toMatchObject(wholeReading);
  });
});

it("a nonce that is too old is answered anew, whether the camera says so or not", async () => {
  end.wants = "digest";
  at = await opened([end]);
  await at.ask();
  for (const [nonce, stale] of [
    ["n2", true],
    ["n3", false],
    // A nonce of before: it is counted on.
    ["n1", true],
  ] as const) {
    Object.assign(end, { nonce, stale });
    expect(codesOf(await at.ask())).toEqual([]);
  }
  expect(end.refusals).toBe(0);
});

it("a camera that takes nothing but Basic over http is not logged in to, and told so", async () => {
  end.wants = "basic";
  at = await opened([end]);
  expect(codesOf(await at.ask())).toEqual(["onvif.basic"]);
  expect(end.heard.every(({ headers }) => headers.authorization === undefined)).toBe(true);
  const { connections } = end;
  await at.ask();
  expect(end.connections).toBe(connections);
});

it("a camera whose clock was set meanwhile is asked again with its new time, and not locked out", async () => {
  at = await opened([end]);
  await at.ask();
  let isSet = false;
  end.instead.set("GetSystemDateAndTime", () => {
    // It starts anew between saying its time and the next question.
    const said = { body: envelope(timeSaid(end.clockMs)) };
    if (!isSet) end.clockMs = Date.UTC(2026, 1, 1);
    isSet = true;
    return said;
  });
  expect(codesOf(await at.ask())).toEqual([]);
  expect(end.refusals).toBe(1);
});

const timeSaid = (ms: number) => {
  const d = new Date(ms);
  return `<GetSystemDateAndTimeResponse><SystemDateAndTime><UTCDateTime><Time><Hour>${d.getUTCHours()}</Hour><Minute>${d.getUTCMinutes()}</Minute><Second>${d.getUTCSeconds()}</Second></Time><Date><Year>${d.getUTCFullYear()}</Year><Month>${d.getUTCMonth() + 1}</Month><Day>${d.getUTCDate()}</Day></Date></UTCDateTime></SystemDateAndTime></GetSystemDateAndTimeResponse>`;
};

it("what this user may not ask is told of its points, not asked again, and the rest is read on", async () => {
  at = await opened([end]);
  end.instead.set("GetSnapshotUri", () => faultOf("NotAuthorized"));
  const first = await at.ask();
  expect(valuesOf(first)).toMatchObject({ device_firmware: "V5.5" });
  expect(codesOf(first)).toContain("onvif.rights");
  end.heard = [];
  await at.ask();
  expect(end.operations()).not.toContain("GetSnapshotUri");
  expect(end.operations()).toContain("GetDeviceInformation");
});

it("what a camera does not have is no stream and no fault", async () => {
  at = await opened([end]);
  end.instead.set("GetSnapshotUri", () => faultOf("ActionNotSupported"));
  end.instead.set("GetStreamUri", () => ({
    body: envelope(
      "<GetStreamUriResponse><MediaUri><Uri>rtsp://evil.example/1</Uri></MediaUri></GetStreamUriResponse>",
    ),
  }));
  const reading = await at.ask();
  expect(codesOf(reading)).toEqual([]);
  expect(valuesOf(reading)).toMatchObject({ stream: false, snapshot: false });
});

describe("a camera whose serial number is expected", () => {
  const make = (port: number) => cameraAt(port, "cam", usualPoints, "ds2cd 1");
  it("is read when it shows it, however it is written", async () => {
    at = await opened([end], make);
    expect(valuesOf(await at.ask())).toMatchObject(wholeReading);
  });

  it.each([
    ["another", "DS2CD-2", "onvif.serial"],
    ["none", "", "onvif.serial-missing"],
  ])("gives no value when it shows %s", async (_, serial, code) => {
    end.serial = serial;
    at = await opened([end], make);
    const { samples, faults } = await at.ask();
    expect(samples).toEqual([]);
    expect(faults).toMatchObject([{ code, layer: "access", facts: { expected: "ds2cd 1" } }]);
  });

  it("gives none after it was away and came back as another", async () => {
    at = await opened([end], make);
    await at.ask();
    end.raw = (socket) => socket.destroy();
    await expect(at.ask()).rejects.toMatchObject({ fault: { code: "line.gone" } });
    end.raw = null;
    end.serial = "DS2CD-2";
    expect((await at.ask()).samples).toEqual([]);
  });
});

it("addresses of another host that a camera names are never contacted: their path is asked for at its own", async () => {
  let contacts = 0;
  const canary = createServer((socket) => {
    contacts += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => void canary.listen(end.port, "127.0.0.2", resolve));
  end.named = `http://user:word@127.0.0.2:${end.port}`;
  at = await opened([end]);
  const reading = await at.ask();
  expect(codesOf(reading)).toEqual([]);
  expect(end.heard.find(({ operation }) => operation === "GetProfiles")?.path).toBe("/onvif/Media");
  expect(contacts).toBe(0);
  await new Promise((resolve) => canary.close(resolve));
});

it("an address that no camera has is not used, and told of the points that need it", async () => {
  end.named = "http://127.0.0.1:25";
  at = await opened([end]);
  const reading = await at.ask();
  expect(valuesOf(reading)).toMatchObject({ device_firmware: "V5.5" });
  expect(new Set(codesOf(reading))).toEqual(new Set(["onvif.foreign"]));
});

it.each([
  ["200,000 nested tags", "<a>".repeat(142_000), "onvif.deep"],
  ["a DTD", '<!DOCTYPE a [<!ENTITY a "b">]><a>&a;</a>', "onvif.dtd"],
  ["20 MB", "x".repeat(20_000_000), "onvif.large"],
  ["an answer to another question", envelope("<GetHostnameResponse/>"), "onvif.noise"],
  ["a page", "<html><body>Li Lei</body></html>", "onvif.noise"],
])(
  "a camera that answers with %s gives a fault without its text, and is read again afterwards",
  async (_, body, code) => {
    at = await opened([end]);
    end.instead.set("GetSystemDateAndTime", () => ({ body }));
    const reading = await at.ask();
    expect(codesOf(reading)).toEqual([code]);
    expect(JSON.stringify(reading)).not.toContain("Li Lei");
    end.instead.clear();
    expect(valuesOf(await at.ask())).toMatchObject(wholeReading);
  },
);

it("a camera that hangs up at any byte of any answer gives no wrong value", async () => {
  at = await opened([end], (port) => cameraAt(port, "cam", usualPoints, undefined, "10s"));
  const body = envelope(
    "<GetDeviceInformationResponse><FirmwareVersion>V5.5</FirmwareVersion></GetDeviceInformationResponse>",
  );
  const whole = `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  for (let bytes = 0; bytes < whole.length; bytes += 7) {
    end.raw = (socket) => void socket.end(whole.slice(0, bytes));
    const came = await at.ask().then(valuesOf, (error: { fault?: unknown }) => error.fault !== undefined);
    expect(came, `after ${bytes} bytes`).toBe(true);
  }
});

it("two cameras that are asked at once never mix", async () => {
  const other = await CameraEnd.listen();
  at = await opened([end, other], serialAt);
  await neverMix(at, end, other, 100);
  await other.close();
});

it("a camera that says nothing keeps no other waiting", async () => {
  const other = await CameraEnd.listen();
  other.raw = () => {};
  at = await opened([end, other]);
  const hanging = at.ask("cam-1");
  const reading = await at.ask("cam-0");
  expect(valuesOf(reading)).toMatchObject(wholeReading);
  expect(codesOf(await hanging)).toEqual(["onvif.silent"]);
  await other.close();
});

it("one camera is asked one thing at a time", async () => {
  at = await opened([end]);
  await passing(at.clock, Promise.all([at.ask(), at.ask(), at.ask()]));
  const ways = at.traced.map(({ way }) => way);
  expect(ways.length).toBeGreaterThan(12);
  // Nothing is asked before the answer to what was asked last.
  expect(ways.filter((way, n) => way !== (n % 2 === 0 ? "tx" : "rx"))).toEqual([]);
  expect(end.sockets.size).toBe(0);
});

it("other devices keep what is known of a camera that stays, its lock above all", async () => {
  end.password = "another";
  at = await opened([end]);
  await at.ask();
  const { connections } = end;
  await at.session.update?.(
    [cameraAt(end.port, "cam", { stream: { ask: "stream" } })],
    new AbortController().signal,
  );
  expect(codesOf(await at.ask())).toEqual(["onvif.password"]);
  expect(end.connections).toBe(connections);
});
