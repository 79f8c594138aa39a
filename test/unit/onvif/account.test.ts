/** What cameras count against an account, whoever asks: over links, sessions, hang-ups and what was cut off half-way. */
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Session } from "../../../drivers/contract/index.ts";
import { onvifDriver } from "../../../drivers/onvif/index.ts";
import { onvifKind } from "../../../drivers/onvif/schema.ts";
import { SimulatedCamera } from "../../../simulator/cameras/simulated-camera.ts";
import { never, passing } from "../display/bytes.ts";
import { CameraEnd } from "./camera-end.ts";
import { cameraAt, codesOf, link, type Opened, opened, valuesOf } from "./world.ts";

let end: CameraEnd;
let at: Opened;
const points = { video_profiles: { ask: "profiles" } };
const make = (port: number, id?: string) => cameraAt(port, id, points);
const undo: (() => Promise<unknown>)[] = [];
beforeEach(async () => {
  end = await CameraEnd.listen();
  at = await opened([end], make);
});
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
  await at.close();
  expect(at.clock.sleeping).toBe(0);
  await end.close();
});

const isLogin = ({ text }: { text: string }) => text.includes("PasswordDigest");
const logins = () => end.heard.filter(isLogin).length;

/** Another session of the same process, for the same cameras. */
async function another(): Promise<() => ReturnType<Opened["ask"]>> {
  const session = (await onvifDriver.open(link(), at.devices, at.context, never())) as unknown as Session;
  undo.push(() => passing(at.clock, session.close(), 50));
  const jobs = onvifKind.plan(link(), at.devices);
  return async () => {
    const ran = jobs[0] === undefined ? undefined : session.run?.(jobs[0], never());
    if (ran === undefined) throw new Error("it is not polled");
    return (await passing(at.clock, ran)).reading;
  };
}

it("a session that is opened again, or a second link, does not try what was refused", async () => {
  end.password = "another";
  expect(codesOf(await at.ask())).toEqual(["onvif.password"]);
  const { connections } = end;
  for (let round = 0; round < 3; round++)
    expect(codesOf(await (await another())())).toEqual(["onvif.password"]);
  expect(end.connections).toBe(connections);
  at.secrets.set("onvif", "another");
  expect(valuesOf(await (await another())())).toEqual({ video_profiles: 2 });
  // What was refused stays refused, whoever got in with something else.
  at.secrets.set("onvif", "right");
  expect(codesOf(await at.ask())).toEqual(["onvif.password"]);
});

it("a password that is set at the camera is tried when a person says so, and four times in half an hour at most", async () => {
  end.password = "another";
  expect(codesOf(await at.ask())).toEqual(["onvif.password"]);
  const said = async () => {
    at.session.again?.();
    return codesOf(await at.ask());
  };
  for (let round = 0; round < 6; round++) {
    expect(await said()).toEqual(["onvif.password"]);
    expect(codesOf(await at.ask())).toEqual(["onvif.password"]);
  }
  expect(logins()).toBe(4);
  end.password = "right";
  expect(await said()).toEqual(["onvif.password"]);
  await minutes(30);
  expect(codesOf(await at.ask())).toEqual(["onvif.password"]);
  expect(await said()).toEqual([]);
});

it("two links that ask at once with a password that was never taken show it once", async () => {
  end.password = "another";
  const ask = await another();
  const readings = await Promise.all([at.ask(), ask()]);
  expect(readings.map(codesOf)).toEqual([["onvif.password"], ["onvif.password"]]);
  expect(logins()).toBe(1);
});

it("a doubt that is cut off again and again shows the password three times at most", async () => {
  await at.ask();
  end.password = "another";
  end.heard = [];
  for (let round = 0; round < 6; round++) {
    const abort = new AbortController();
    const [job] = onvifKind.plan(link(), at.devices);
    if (job === undefined) throw new Error("no job");
    const before = logins();
    // To tell no rights from no password it is asked who it is: there it is cut off.
    end.instead.set("GetDeviceInformation", () => null);
    const ran = at.session.run?.(job, abort.signal) ?? Promise.reject(new Error("it is not polled"));
    const seen = ran.then(
      () => "ended",
      () => "cut off",
    );
    for (let step = 0; step < 40 && logins() < before + 2; step++) {
      await at.clock.advance(1);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    abort.abort(new Error("cut off"));
    await passing(at.clock, seen);
  }
  expect(logins()).toBeLessThanOrEqual(3);
  expect(codesOf(await at.ask())).toEqual(["onvif.password"]);
});

it.each(["hikvision", "dahua", "axis", "bosch", "tp-link"] as const)(
  "a camera of %s whose password is changed sees three wrong logins at most",
  async (maker) => {
    const camera = new SimulatedCamera({ maker, password: "right", clock: at.clock, hosts: ["127.0.0.1"] });
    await camera.start();
    undo.push(() => camera.stop());
    at.devices[0] = make(camera.port, "cam");
    await at.session.update?.(at.devices, never());
    expect(codesOf(await at.ask())).toEqual([]);
    camera.setPassword("another");
    for (let round = 0; round < 5; round++) expect(codesOf(await at.ask())).toEqual(["onvif.password"]);
    expect(camera.login.wrong).toBeGreaterThan(0);
    expect(camera.login.wrong).toBeLessThanOrEqual(3);
    expect(camera.login.locks).toBe(0);
    at.secrets.set("onvif", "another");
    expect(codesOf(await at.ask())).toEqual([]);
  },
);

/** It says nothing to whoever logs in, but hangs up. */
const hangUp = (also = ["GetCapabilities"]) => {
  for (const operation of ["GetDeviceInformation", "GetProfiles", ...also])
    end.instead.set(operation, () => {
      for (const socket of end.sockets) socket.destroy();
      return null;
    });
};
const codeOfPoll = async (): Promise<string> => {
  const came = await at.ask().catch((error: { fault: { code: string } }) => error);
  return "fault" in came ? came.fault.code : codesOf(came).join();
};
const minutes = (count: number) => at.clock.advance(count * 60_000);

it("a camera that hangs up on every login is left alone after three, for longer and longer, up to an hour", async () => {
  hangUp();
  expect([await codeOfPoll(), await codeOfPoll(), await codeOfPoll()]).toEqual([
    "line.gone",
    "line.gone",
    "onvif.hung-up",
  ]);
  expect(logins()).toBe(3);
  const tries: number[] = [];
  for (let minute = 0; minute < 240; minute++) {
    const before = logins();
    expect(await codeOfPoll()).toBe("onvif.hung-up");
    if (logins() > before) tries.push(minute);
    await minutes(1);
  }
  expect(tries).toEqual([5, 15, 35, 75, 135, 195]);
  // It is asked for its clock all the while, so that it is known to be there.
  expect(end.operations().at(-1)).toBe("GetSystemDateAndTime");
  end.instead.clear();
  await minutes(60);
  expect(await codeOfPoll()).toBe("");
  hangUp();
  expect(await codeOfPoll()).toBe("line.gone");
});

it("that it tells everybody where its services are, is no login that was taken", async () => {
  hangUp([]);
  const seen = [await codeOfPoll(), await codeOfPoll(), await codeOfPoll()];
  expect(seen).toEqual(["line.gone", "line.gone", "onvif.hung-up"]);
});

it("a camera that hangs up on every login is tried at once with another password", async () => {
  hangUp();
  for (let round = 0; round < 4; round++) await codeOfPoll();
  end.instead.clear();
  end.password = "another";
  at.secrets.set("onvif", "another");
  expect(await codeOfPoll()).toBe("");
});

it("a network that hangs up on everything, or on a login now and then, is none that refuses", async () => {
  end.raw = (socket) => void socket.destroy();
  for (let round = 0; round < 10; round++) expect(await codeOfPoll()).toBe("line.gone");
  end.raw = null;
  expect(await codeOfPoll()).toBe("");
  for (let round = 0; round < 10; round++) {
    hangUp();
    expect([await codeOfPoll(), await codeOfPoll()]).toEqual(["line.gone", "line.gone"]);
    end.instead.clear();
    expect(await codeOfPoll()).toBe("");
  }
});
