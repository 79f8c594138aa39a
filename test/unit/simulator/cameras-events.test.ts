/** What a camera tells by itself, to whom, how long; and what becomes of it when it starts anew or moves. */
import { afterEach, expect, it } from "vitest";
import { playCamera } from "../../../simulator/cameras/camera-script.ts";
import { type MakerName, makers } from "../../../simulator/cameras/makers.ts";
import type { SimulatedCamera } from "../../../simulator/cameras/simulated-camera.ts";
import { noon, type Reply, Rig, textOf, textsOf } from "./camera-rig.ts";

let rig = new Rig();
afterEach(async () => {
  await rig.stop();
  rig = new Rig();
});

const names = Object.keys(makers) as MakerName[];

async function subscribe(camera: SimulatedCamera, life = "PT60S") {
  const url = `${camera.doors.at(-1)?.base}${camera.maker.paths.events}`;
  const what = `tev:CreatePullPointSubscription|<tev:InitialTerminationTime>${life}</tev:InitialTerminationTime>`;
  const made = await rig.honest(camera, { what, url });
  const address = textOf(made.text, "Address") ?? url;
  const id = textOf(made.text, "SubscriptionId");
  const header =
    id === undefined
      ? ""
      : `<x:SubscriptionId xmlns:x="http://www.axis.com/2009/event">${id}</x:SubscriptionId>`;
  const on = (what: string) => rig.honest(camera, { what, url: address, header });
  return {
    made,
    /** @param wait seconds */
    pull: (wait = 1, limit = 50) =>
      on(
        `tev:PullMessages|<tev:Timeout>PT${wait}S</tev:Timeout><tev:MessageLimit>${limit}</tev:MessageLimit>`,
      ),
    renew: (life = "PT60S") => on(`wsnt:Renew|<wsnt:TerminationTime>${life}</wsnt:TerminationTime>`),
    unsubscribe: () => on("wsnt:Unsubscribe"),
  };
}

/** Lets a pull wait until it has been heard, moves time on, gives its answer. */
async function meanwhile(camera: SimulatedCamera, pull: () => Promise<Reply>, act: () => unknown) {
  const before = pulls(camera);
  const reply = pull();
  await camera.until((each) => pulls(each) > before);
  await new Promise(setImmediate);
  await act();
  return reply;
}
const pulls = ({ asked }: SimulatedCamera) =>
  asked.filter(({ operation, verdict }) => operation === "PullMessages" && verdict === "ok").length;

it.each(names)("%s: a pull waits for what happens, and is answered at once when it does", async (maker) => {
  const camera = await rig.camera({ maker });
  const { pull } = await subscribe(camera);
  await pull();
  const { text } = await meanwhile(
    camera,
    () => pull(10),
    () => camera.set({ tamper: true }),
  );
  const { topics } = camera.maker;
  const tamper = topics.filter(({ subject }) => subject === "tamper");
  expect(textsOf(text, "Topic")).toEqual(tamper.map(({ topic }) => topic));
  for (const { item, words } of tamper) expect(text).toContain(`Name="${item}" Value="${words[1]}"`);
  expect(text).toContain('PropertyOperation="Changed"');
  camera.set({ tamper: true });
  const quiet = await meanwhile(
    camera,
    () => pull(10),
    () => rig.clock.advance(10_000),
  );
  expect(textsOf(quiet.text, "Topic")).toEqual([]);
  expect(camera.truth.map(({ what, value }) => [what, value])).toEqual([
    ["boot", true],
    ["tamper", true],
  ]);
});

it("takes no more than was asked for at a time, and loses none", async () => {
  const camera = await rig.camera({ maker: "hikvision" });
  const { pull } = await subscribe(camera);
  await pull();
  for (let n = 0; n < 3; n++) camera.set({ storage: n % 2 === 0 });
  expect(textsOf((await pull(1, 2)).text, "Topic")).toHaveLength(2);
  expect(textsOf((await pull(1, 2)).text, "Topic")).toHaveLength(1);
});

it("times are by its own clock, as durations and as times", async () => {
  const camera = await rig.camera({ maker: "bosch" });
  const until = new Date(camera.ownMs + 30_000).toISOString();
  const { made, pull } = await subscribe(camera, until);
  expect(Date.parse(textOf(made.text, "TerminationTime") ?? "")).toBe(camera.ownMs + 30_000);
  expect(textOf(made.text, "CurrentTime")).toMatch(/^2024-10-/);
  await rig.clock.advance(29_000);
  expect((await pull()).status).toBe(200);
  await rig.clock.advance(1000);
  expect((await pull()).text).toContain("ResourceUnknown");
});

it("a subscription lives on by renewal alone, and ends when it is told to", async () => {
  const camera = await rig.camera({ maker: "dahua" });
  const { renew, pull, unsubscribe } = await subscribe(camera);
  for (let n = 0; n < 5; n++) {
    await rig.clock.advance(50_000);
    expect((await renew()).status).toBe(200);
  }
  expect((await pull()).status).toBe(200);
  expect((await unsubscribe()).status).toBe(200);
  expect((await renew()).text).toContain("ResourceUnknown");
  expect(camera.points.size).toBe(0);
});

it("there are five subscriptions at a time and not one more", async () => {
  const camera = await rig.camera({ maker: "tp-link" });
  for (let n = 0; n < 5; n++) expect((await subscribe(camera)).made.status).toBe(200);
  const sixth = await subscribe(camera);
  expect([sixth.made.status, camera.points.size]).toEqual([500, 5]);
  await rig.clock.advance(60_000);
  expect((await subscribe(camera)).made.status).toBe(200);
});

it("ends a subscription early, or forgets that it was renewed, when that is wrong with it", async () => {
  const camera = await rig.camera({ maker: "hikvision" });
  const mend = camera.faults.add({ kind: "dies-early", afterMs: 20_000 });
  const early = await subscribe(camera);
  expect(Date.parse(textOf(early.made.text, "TerminationTime") ?? "") - rig.clock.wallMs()).toBe(60_000);
  await rig.clock.advance(20_000);
  expect((await early.pull()).text).toContain("ResourceUnknown");
  mend();
  const forgotten = await subscribe(camera);
  camera.faults.add({ kind: "forgets-renewal" });
  await rig.clock.advance(59_000);
  expect((await forgotten.renew()).status).toBe(200);
  await rig.clock.advance(1000);
  expect((await forgotten.pull()).text).toContain("ResourceUnknown");
});

it("whoever pulls again on one subscription sends the earlier pull home", async () => {
  const camera = await rig.camera({ maker: "hikvision" });
  const { pull } = await subscribe(camera);
  await pull();
  let second: Promise<Reply> = Promise.resolve({ status: 0, headers: {}, text: "" });
  const first = await meanwhile(
    camera,
    () => pull(30),
    () => {
      second = pull(30);
    },
  );
  expect(textsOf(first.text, "Topic")).toEqual([]);
  await camera.until((each) => pulls(each) === 3);
  camera.set({ motion: true });
  expect(textsOf((await second).text, "Topic")).toHaveLength(2);
});

it("a reboot cuts everybody, forgets subscriptions, and comes back at the same port", async () => {
  const camera = await rig.camera({ maker: "hikvision" });
  const { pull } = await subscribe(camera);
  await pull();
  const { port } = camera;
  const waiting = pull(30).catch((error: NodeJS.ErrnoException) => error.code);
  await camera.until((each) => pulls(each) === 2);
  const boot = camera.reboot(40_000);
  expect(await waiting).toBe("ECONNRESET");
  await rig.down(camera);
  await expect(rig.ask(camera, "tds:GetSystemDateAndTime")).rejects.toMatchObject({ code: "ECONNREFUSED" });
  await rig.clock.advance(40_000);
  await boot;
  expect(camera.port).toBe(port);
  expect((await pull()).text).toContain("ResourceUnknown");
  expect(camera.truth.map(({ what }) => what)).toEqual(["boot", "down", "boot"]);
});

it("moves to another port with its subscriptions, and nobody is at the old one", async () => {
  const camera = await rig.camera({ maker: "tp-link" });
  const old = camera.url;
  const { pull } = await subscribe(camera);
  await camera.move();
  expect(camera.url).not.toBe(old);
  await expect(rig.ask(camera, { what: "tds:GetScopes", url: old })).rejects.toMatchObject({
    code: "ECONNREFUSED",
  });
  expect((await pull()).status).toBe(200);
  expect((await rig.honest(camera, "tds:GetScopes")).status).toBe(200);
});

it("moves to another address, of which its answers tell from then on", async () => {
  const camera = await rig.camera({ maker: "tp-link", hosts: ["127.0.0.1"] });
  const old = camera.url;
  await camera.move({ hosts: ["::1"] });
  await expect(rig.ask(camera, { what: "tds:GetScopes", url: old })).rejects.toMatchObject({
    code: "ECONNREFUSED",
  });
  const { text } = await rig.honest(camera, "tds:GetCapabilities");
  expect(textsOf(text, "XAddr").map((one) => new URL(one).hostname)).toEqual(["[::1]", "[::1]", "[::1]"]);
  expect((await subscribe(camera)).made.status).toBe(200);
});

it("lives through a script by its clock", async () => {
  const camera = await rig.camera({ maker: "dahua" });
  const over = new AbortController();
  const played = playCamera(
    camera,
    [
      { atMs: 3000, rebootMs: 5000 },
      { atMs: 1000, set: { motion: true, clockOffsetMs: 60_000 } },
      { atMs: 10_000, set: { motion: false }, password: "new", onvif: "404" },
      { atMs: 99_000, set: { motion: true } },
    ],
    rig.clock,
    over.signal,
  );
  await rig.clock.advance(3000);
  await rig.down(camera);
  await rig.clock.advance(5000);
  await camera.until(({ truth }) => truth.filter(({ what }) => what === "boot").length === 2);
  await new Promise(setImmediate);
  await rig.clock.advance(2000);
  over.abort();
  await played;
  expect(camera.truth.map(({ atMs, what, value }) => [atMs - noon, what, value])).toEqual([
    [0, "boot", true],
    [1000, "motion", true],
    [1000, "clockOffsetMs", 60_000],
    [3000, "down", true],
    [8000, "boot", true],
    [10_000, "motion", false],
    [10_000, "password", true],
    [10_000, "onvif", "404"],
  ]);
  expect(rig.clock.sleeping).toBe(0);
});

it("after it was stopped nothing is open and nobody waits", async () => {
  const camera = await rig.camera({ maker: "hikvision" });
  const { pull } = await subscribe(camera);
  await pull();
  const waiting = pull(60).catch(() => null);
  await camera.until((each) => pulls(each) === 2);
  camera.faults.add({ kind: "drip" });
  const dripping = rig.ask(camera, "tds:GetSystemDateAndTime").catch(() => null);
  await camera.until(({ asked }) => asked.at(-1)?.operation === "GetSystemDateAndTime");
  await camera.stop();
  await Promise.all([waiting, dripping]);
  await new Promise(setImmediate);
  expect(rig.clock.sleeping).toBe(0);
  expect(camera.doors.map(({ connections }) => connections)).toEqual([0]);
});
