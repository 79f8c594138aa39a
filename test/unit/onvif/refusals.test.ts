/** How often a camera is tried that refuses, whatever it does: it locks an account after five tries. */
import { afterEach, beforeEach, expect, it } from "vitest";
import { CameraEnd, faultOf } from "./camera-end.ts";
import { cameraAt, codesOf, type Opened, opened, valuesOf } from "./world.ts";

let end: CameraEnd;
let at: Opened;
const points = { video_profiles: { ask: "profiles" } };
const make = (port: number, id?: string) => cameraAt(port, id, points);
beforeEach(async () => {
  end = await CameraEnd.listen();
});
afterEach(async () => {
  await at.close();
  expect(at.clock.sleeping).toBe(0);
  await end.close();
});

/** With a password in them, right or wrong. */
const logins = () =>
  end.heard.filter(({ headers, text }) =>
    end.wants === "token" ? text.includes("PasswordDigest") : headers.authorization !== undefined,
  ).length;

it.each([
  ["token", 2, false],
  ["digest", 3, false],
  ["digest-256", 3, false],
  // Its clock was set as well.
  ["token", 2, true],
  ["digest", 3, true],
] as const)(
  "one that wants %s and got another password meanwhile is tried %d times",
  async (wants, most, isSet) => {
    end.wants = wants;
    at = await opened([end], make);
    expect(valuesOf(await at.ask())).toEqual({ video_profiles: 2 });
    end.password = "another";
    end.heard = [];
    const { elapsedMs } = end;
    if (isSet) end.elapsedMs = () => elapsedMs() + (logins() > 0 ? 1e9 : 0);
    for (let round = 0; round < 4; round++) await at.ask();
    expect(logins()).toBe(most);
    expect(codesOf(await at.ask())).toEqual(["onvif.password"]);
  },
);

it("one that says of every nonce that it is too old is tried three times, though it took the password before", async () => {
  end.wants = "digest";
  at = await opened([end], make);
  await at.ask();
  end.heard = [];
  end.stale = true;
  const old = () => ({
    ...{ status: 401, body: "" },
    headers: { "WWW-Authenticate": 'Digest realm="cam", qop="auth", nonce="n1", stale=true' },
  });
  for (const operation of ["GetProfiles", "GetDeviceInformation"]) end.instead.set(operation, old);
  for (let round = 0; round < 4; round++) await at.ask();
  expect(logins()).toBe(3);
  expect(codesOf(await at.ask())).toEqual(["onvif.password"]);
});

it("a password that was taken between two doubts that came to nothing is not one that was refused", async () => {
  at = await opened([end], make);
  await at.ask();
  for (let round = 0; round < 3; round++) {
    end.instead.set("GetProfiles", () => {
      end.instead.set("GetSystemDateAndTime", () => ({ body: "noise" }));
      return faultOf("NotAuthorized");
    });
    expect(codesOf(await at.ask())).toEqual(["onvif.noise"]);
    end.instead.clear();
    expect(valuesOf(await at.ask())).toEqual({ video_profiles: 2 });
  }
});

it("one that is called by another name stays locked out", async () => {
  end.password = "another";
  at = await opened([end], make);
  await at.ask();
  at.devices[0] = make(end.port, "gate");
  await at.session.update?.(at.devices, new AbortController().signal);
  expect(codesOf(await at.ask("gate"))).toEqual(["onvif.password"]);
  expect(end.refusals).toBe(1);
});
