/** Who gets in at a camera: tokens and digests, right, wrong, late and for the second time. */
import { afterEach, expect, it } from "vitest";
import { challengesOf, digestOf, noon, Rig, secret, tokenOf } from "./camera-rig.ts";

let rig = new Rig();
afterEach(async () => {
  await rig.stop();
  rig = new Rig();
});

const what = "tds:GetDeviceInformation";
const path = "/onvif/device_service";

it("a token is taken once; a second time it is a wrong login", async () => {
  const camera = await rig.camera({ maker: "dahua" });
  const token = rig.token(camera);
  expect((await rig.ask(camera, { what, token })).status).toBe(200);
  expect((await rig.ask(camera, { what, token })).status).toBe(400);
  expect(camera.asked.map(({ verdict }) => verdict)).toEqual(["ok", "replayed"]);
  expect(camera.login.wrong).toBe(1);
});

it("tells in its record what was wrong with each login", async () => {
  const camera = await rig.camera({ maker: "dahua" });
  const token = rig.token(camera);
  const tries = [
    tokenOf(noon, "a", "guess"),
    tokenOf(noon, "b", secret, "admin"),
    token.replace("#PasswordDigest", "#PasswordText"),
    token.replace(/<w:Nonce>.*<\/w:Nonce>/, ""),
  ];
  for (const one of tries) expect((await rig.ask(camera, { what, token: one })).status).toBe(400);
  expect(camera.asked.map(({ verdict }) => verdict)).toEqual(["wrong", "unknown", "plain", "wrong"]);
  expect(JSON.stringify([camera.asked, camera.truth])).not.toContain(secret);
});

it("whoever sends no login is refused and not counted", async () => {
  const camera = await rig.camera({ maker: "hikvision" });
  for (let n = 0; n < 10; n++) expect((await rig.ask(camera, what)).status).toBe(401);
  expect([camera.login.wrong, camera.login.isLocked]).toEqual([0, false]);
});

it.each([0, 1])("a digest by challenge %i of two, whose count must grow", async (which) => {
  const camera = await rig.camera({ maker: "axis" });
  const challenges = challengesOf(await rig.ask(camera, what));
  expect(challenges.map((line) => /algorithm=([\w-]+)/.exec(line)?.[1])).toEqual(["SHA-256", "MD5"]);
  const challenge = challenges[which] ?? "";
  const ask = async (count: number, more = {}) =>
    (await rig.ask(camera, { what, authorization: digestOf(challenge, path, { count, ...more }) })).status;
  expect([await ask(1), await ask(2), await ask(9)]).toEqual([200, 200, 200]);
  expect([await ask(9), await ask(3)]).toEqual([401, 401]);
  expect(await ask(10)).toBe(200);
  expect(await ask(11, { password: "guess" })).toBe(401);
  expect(camera.login.wrong).toBe(3);
});

it("a digest for another path, or of another method, is wrong", async () => {
  const camera = await rig.camera({ maker: "axis" });
  const [challenge = ""] = challengesOf(await rig.ask(camera, what));
  const of = async (authorization: string) => (await rig.ask(camera, { what, authorization })).status;
  expect(await of(digestOf(challenge, "/onvif/services"))).toBe(401);
  expect(await of(digestOf(challenge, path, { method: "GET" }))).toBe(401);
  expect(await of(digestOf(challenge, path).replace(`uri="${path}"`, 'uri="/"'))).toBe(401);
  expect(await of(digestOf(challenge, path))).toBe(200);
});

it("a nonce that is too old, or from before a reboot, is stale and nothing worse", async () => {
  const camera = await rig.camera({ maker: "axis" });
  const challenge = challengesOf(await rig.ask(camera, what))[0] ?? "";
  await rig.clock.advance(6 * 60_000);
  const old = await rig.ask(camera, { what, authorization: digestOf(challenge, path) });
  const [next = ""] = challengesOf(old);
  expect([old.status, next.includes("stale=true")]).toEqual([401, true]);
  expect((await rig.ask(camera, { what, authorization: digestOf(next, path) })).status).toBe(200);
  await rig.reboot(camera, 1000);
  const after = await rig.ask(camera, { what, authorization: digestOf(next, path, { count: 2 }) });
  expect(challengesOf(after)[0]).toContain("stale=true");
  expect(camera.login.wrong).toBe(0);
});

it("where both logins are wanted, one of them is not enough", async () => {
  const camera = await rig.camera({ maker: "bosch", differs: { login: "both" } });
  const [challenge = ""] = challengesOf(await rig.ask(camera, what));
  const authorization = digestOf(challenge, path);
  expect((await rig.ask(camera, { what, token: rig.token(camera) })).status).toBe(401);
  expect((await rig.ask(camera, { what, authorization })).status).toBe(401);
  const both = { what, token: rig.token(camera), authorization: digestOf(challenge, path, { count: 2 }) };
  expect((await rig.ask(camera, both)).status).toBe(200);
});

it("where either is taken, each of them is", async () => {
  const camera = await rig.camera({ maker: "hikvision" });
  const [challenge = ""] = challengesOf(await rig.ask(camera, what));
  expect((await rig.ask(camera, { what, token: rig.token(camera) })).status).toBe(200);
  expect((await rig.ask(camera, { what, authorization: digestOf(challenge, path) })).status).toBe(200);
});

it("the password itself is a wrong login, and on record as that", async () => {
  const camera = await rig.camera({ maker: "hikvision" });
  const authorization = `Basic ${Buffer.from(`edge:${secret}`).toString("base64")}`;
  expect((await rig.ask(camera, { what, authorization })).status).toBe(401);
  expect(camera.asked.at(-1)).toMatchObject({ sent: ["basic"], verdict: "plain" });
});
