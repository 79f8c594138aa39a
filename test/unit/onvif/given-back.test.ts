/** Cameras keep few subscriptions: none is left behind, also where the network was away and the camera was not. */
import { expect, it } from "vitest";
import { never } from "../display/bytes.ts";
import { CameraEnd } from "./camera-end.ts";
import { cameraAt, eventPoints, opened } from "./world.ts";

it.each([["hangs up"], ["says nothing"]])(
  "a camera that %s again and again keeps one subscription",
  async (how) => {
    const end = await CameraEnd.listen();
    const at = await opened([end], (port, id) => cameraAt(port, id, eventPoints, "DS2CD-1", "10s"));
    const count = (operation: string) => end.operations().filter((each) => each === operation).length;
    const until = async (what: () => boolean) => {
      for (let step = 0; !what(); step++) {
        if (step > 4_000) throw new Error("it never was");
        await at.clock.advance(100);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    };
    await at.session.listen?.(async () => {}, never());
    let most = 0;
    for (let round = 0; round < 6; round++) {
      const pulls = count("PullMessages");
      await until(() => count("PullMessages") > pulls + 1);
      most = Math.max(most, end.alive.size);
      const goodbyes = count("Unsubscribe");
      end.raw = (socket) => void (how === "hangs up" && socket.destroy());
      await until(() => count("Unsubscribe") > goodbyes);
      await until(() => end.sockets.size === 0);
      end.raw = null;
    }
    expect(end.subscriptions).toBeGreaterThan(5);
    expect(most).toBe(1);
    await at.close();
    expect(end.alive.size).toBeLessThanOrEqual(1);
    expect(at.clock.sleeping).toBe(0);
    await end.close();
  },
);

it("one that is being made while its link is closed is given back", async () => {
  const end = await CameraEnd.listen();
  const at = await opened([end], (port, id) => cameraAt(port, id, eventPoints, "DS2CD-1", "10s"));
  await at.session.listen?.(async () => {}, never());
  let answer = () => {};
  const asked = new Promise<void>((resolve) => {
    end.late = {
      operation: "CreatePullPointSubscription",
      begin: resolve,
      until: new Promise((go) => (answer = () => go())),
    };
  });
  for (let open = true; open; ) {
    await at.clock.advance(100);
    await Promise.race([asked.then(() => (open = false)), new Promise((resolve) => setTimeout(resolve, 1))]);
  }
  const closing = at.close();
  await new Promise((resolve) => setTimeout(resolve, 5));
  answer();
  await closing;
  expect([end.subscriptions, end.alive.size]).toEqual([1, 0]);
  expect([at.clock.sleeping, end.sockets.size]).toEqual([0, 0]);
  await end.close();
});

it("one whose camera says nothing does not keep a link from closing", async () => {
  const end = await CameraEnd.listen();
  const at = await opened([end], (port, id) => cameraAt(port, id, eventPoints, "DS2CD-1", "10s"));
  end.instead.set("CreatePullPointSubscription", () => null);
  await at.session.listen?.(async () => {}, never());
  for (let step = 0; step < 200 && !end.operations().includes("CreatePullPointSubscription"); step++) {
    await at.clock.advance(100);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const from = at.clock.monotonicMs();
  await at.close();
  expect(at.clock.monotonicMs() - from).toBeLessThanOrEqual(2_000);
  expect(at.clock.sleeping).toBe(0);
  await end.close();
});
