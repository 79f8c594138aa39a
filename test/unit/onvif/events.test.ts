/** What cameras tell by themselves: subscribed to, asked for, renewed, and taken up again after everything that can happen. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Deliver, type Message, NotStored } from "../../../drivers/contract/index.ts";
import type { recordingLog } from "../../fake-clock.ts";
import { never } from "../display/bytes.ts";
import { CameraEnd, envelope, event, faultOf } from "./camera-end.ts";
import { cameraAt, codesOf, eventPoints, type Opened, opened, usualPoints, valuesOf } from "./world.ts";

const motion = "tns1:RuleEngine/CellMotionDetector/Motion";
const scene = "tns1:VideoSource/GlobalSceneChange/ImagingService";
const points = { ...usualPoints, ...eventPoints };
const make = (port: number, id?: string) => cameraAt(port, id, points, undefined, "10s");

let end: CameraEnd;
let at: Opened;
let messages: Message[];
beforeEach(async () => {
  end = await CameraEnd.listen();
  messages = [];
});
afterEach(async () => {
  await at.close();
  expect(at.clock.sleeping).toBe(0);
  expect(end.sockets.size).toBe(0);
  await end.close();
});

const told = () => messages.flatMap(({ readings }) => readings.map((reading) => valuesOf(reading)));
const listen = async (deliver: Deliver = async () => {}) =>
  at.session.listen?.((message) => {
    messages.push(message);
    return deliver(message);
  }, never());
/** Lets time pass until something is so. */
async function until(what: () => boolean, stepMs = 100): Promise<void> {
  for (let step = 0; !what(); step++) {
    if (step > 4_000) throw new Error("it never was");
    await at.clock.advance(stepMs);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

it("what a camera tells is handed over as states, in all spellings, with the camera's own time", async () => {
  at = await opened([end], make);
  end.events = [
    event(motion, "IsMotion", "true"),
    event(scene, "State", "0"),
    event("tns1:Device/IO", "x", "1"),
  ];
  await listen();
  await until(() => told().length === 2);
  expect(told()).toEqual([{ motion: true }, { tamper: false }]);
  expect(messages[0]?.readings[0]?.samples[0]?.deviceTime).toBe(Date.UTC(2001, 0, 1));
  end.events = [
    event(motion, "IsMotion", "inactive"),
    event(motion, "IsMotion", "maybe"),
    event(scene, "State", "ON"),
  ];
  await until(() => told().length === 4);
  expect(told().slice(2)).toEqual([{ motion: false }, { tamper: true }]);
});

it("a point is true as long as one of its sources is, and forgets one that is no more", async () => {
  at = await opened([end], make);
  end.events = [
    event(motion, "IsMotion", "1", "A"),
    event("tns1:VideoSource/MotionAlarm", "State", "true", "B"),
    event(motion, "IsMotion", "0", "A"),
    event("tns1:VideoSource/MotionAlarm", "State", "true", "B", "Deleted"),
  ];
  await listen();
  await until(() => told().length === 4);
  expect(told()).toEqual([{ motion: true }, { motion: true }, { motion: true }, { motion: false }]);
});

it("polls give the states that are known while the subscription is alive", async () => {
  at = await opened([end], make);
  expect(codesOf(await at.ask())).toEqual([]);
  end.events = [event(motion, "IsMotion", "1")];
  await listen();
  await until(() => told().length === 1);
  const reading = await at.ask();
  expect(valuesOf(reading)).toMatchObject({ motion: true, device_firmware: "V5.5" });
  expect(valuesOf(reading)).not.toHaveProperty("tamper");
});

it("a subscription is renewed long before it ends, and not made again", async () => {
  at = await opened([end], make);
  await listen();
  await until(() => end.operations().filter((each) => each === "Renew").length >= 3);
  expect(end.subscriptions).toBe(1);
  const { path } = end.heard.find(({ operation }) => operation === "Renew") ?? {};
  expect(path).toBe("/sub/1");
});

it("a camera that knows no renewal is subscribed to again when its subscription died", async () => {
  at = await opened([end], make);
  end.instead.set("Renew", () => faultOf("ActionNotSupported"));
  await listen();
  await until(() => end.operations().includes("Renew"));
  end.alive.clear();
  end.events = [event(motion, "IsMotion", "1")];
  await until(() => told().length === 1);
  expect(end.subscriptions).toBe(2);
});

it("a camera that was away and forgot everything is subscribed to again, and told of meanwhile", async () => {
  at = await opened([end], make);
  end.events = [event(motion, "IsMotion", "1")];
  await listen();
  await until(() => told().length === 1);
  end.raw = (socket) => socket.destroy();
  const { length } = end.heard;
  await until(() => end.heard.length > length + 2);
  end.raw = null;
  end.alive.clear();
  end.instead.set("CreatePullPointSubscription", () => faultOf("ActionNotSupported"));
  const reading = await at.ask();
  expect(codesOf(reading)).toEqual(["onvif.events", "onvif.events"]);
  expect(valuesOf(reading)).not.toHaveProperty("motion");
  end.instead.clear();
  end.events = [event(motion, "IsMotion", "0")];
  await until(() => told().length === 2);
  expect(told()[1]).toEqual({ motion: false });
  const { lines } = at.context.log as ReturnType<typeof recordingLog>;
  expect(lines.map(({ level, fields }) => [level, fields])).toEqual([
    ["warn", { device: "cam", code: "line.gone" }],
    ["info", { device: "cam" }],
  ]);
});

it("what the store refuses is handed over again before more is asked for", async () => {
  at = await opened([end], make);
  end.events = [event(motion, "IsMotion", "1")];
  let refuses = 3;
  await listen(async () => {
    if (refuses-- > 0) throw new NotStored("busy");
  });
  await until(() => messages.length === 3);
  expect(end.operations().filter((each) => each === "PullMessages")).toHaveLength(1);
  expect(new Set(messages.map((message) => JSON.stringify(message))).size).toBe(1);
  await until(() => end.operations().filter((each) => each === "PullMessages").length > 1);
});

it("a camera that answers at once, with or without events, is asked once a second at most", async () => {
  at = await opened([end], make);
  await listen();
  await until(() => end.operations().includes("PullMessages"));
  const from = at.clock.monotonicMs();
  end.heard = [];
  await until(() => at.clock.monotonicMs() - from >= 60_000, 50);
  expect(end.operations().filter((each) => each === "PullMessages").length).toBeLessThanOrEqual(61);
});

it("a camera that refuses its events is asked less and less often, and never more than once a minute then", async () => {
  at = await opened([end], make);
  end.instead.set("CreatePullPointSubscription", () => faultOf("ActionNotSupported"));
  await listen();
  const from = at.clock.monotonicMs();
  await until(() => at.clock.monotonicMs() - from >= 600_000, 500);
  const tries = end.operations().filter((each) => each === "CreatePullPointSubscription").length;
  expect(tries).toBeGreaterThan(8);
  expect(tries).toBeLessThan(20);
});

it("a wrong password is tried once by polls and events together", async () => {
  end.password = "another";
  at = await opened([end], make);
  await listen();
  await until(() => end.refusals > 0);
  const from = at.clock.monotonicMs();
  await until(() => at.clock.monotonicMs() - from >= 600_000, 500);
  await at.ask();
  expect(end.refusals).toBe(1);
});

it("nothing is taken of another unit than is expected", async () => {
  end.serial = "DS2CD-2";
  end.events = [event(motion, "IsMotion", "1")];
  at = await opened([end], (port) => cameraAt(port, "cam", points, "DS2CD-1", "10s"));
  await listen();
  const from = at.clock.monotonicMs();
  await until(() => at.clock.monotonicMs() - from >= 120_000, 500);
  expect(messages).toEqual([]);
  expect(end.operations()).not.toContain("CreatePullPointSubscription");
});

it.each([
  ["more than 64 sources", 65],
  // What comes after the last that is taken may be the end of something: it is told anew.
  ["more than 256 events in one answer", 300],
])("a camera with %s is not told of with a wrong state", async (_, many) => {
  at = await opened([end], make);
  const others = Array.from({ length: many - 1 }, (_each, n) =>
    event(motion, "IsMotion", "0", `S${n % 100}`),
  );
  end.events = [event(scene, "State", "1"), ...others, event(motion, "IsMotion", "1", "last")];
  if (many > 256) end.events.push(event(scene, "State", "0"));
  await listen();
  await until(() => end.operations().filter((each) => each === "PullMessages").length > 1);
  expect(told().at(-1)).toEqual(many > 256 ? undefined : { motion: true });
  expect(end.subscriptions).toBe(many > 256 ? 2 : 1);
});

describe("a camera that was found away by a poll, not by its events,", () => {
  beforeEach(async () => {
    at = await opened([end], (port) => cameraAt(port, "cam", points, "DS2CD-1", "10s"));
    end.events = [event(motion, "IsMotion", "1")];
    await listen();
    await until(() => told().length === 1);
    expect(valuesOf(await at.ask())).toMatchObject({ motion: true });
    end.raw = (socket) => socket.destroy();
    await expect(at.ask()).rejects.toMatchObject({ fault: { code: "line.gone" } });
    expect(end.operations().at(-1)).toBe("GetSystemDateAndTime");
    end.raw = null;
  });

  it("has no states of before, though it is there again", async () => {
    expect(valuesOf(await at.ask())).not.toHaveProperty("motion");
    end.events = [event(motion, "IsMotion", "0")];
    await until(() => told().length === 2);
    expect(end.alive.size).toBe(1);
    expect(valuesOf(await at.ask())).toMatchObject({ motion: false });
  });

  it("is not believed when it is another that knows the same subscription", async () => {
    end.serial = "DS2CD-2";
    end.events = [event(motion, "IsMotion", "0")];
    const from = at.clock.monotonicMs();
    await until(() => at.clock.monotonicMs() - from >= 60_000, 500);
    expect(messages).toHaveLength(1);
  });
});

it("events of another unit that took the place of the expected one unnoticed are taken for ten minutes at most", async () => {
  at = await opened([end], (port) => cameraAt(port, "cam", points, "DS2CD-1", "10s"));
  await listen();
  await until(() => end.operations().includes("PullMessages"));
  end.serial = "DS2CD-2";
  const from = at.clock.monotonicMs();
  await until(() => at.clock.monotonicMs() - from >= 610_000, 500);
  end.events = [event(motion, "IsMotion", "1")];
  await until(() => at.clock.monotonicMs() - from >= 700_000, 500);
  expect(messages).toEqual([]);
});

it("a subscription is given back when the link is closed", async () => {
  at = await opened([end], make);
  await listen();
  await until(() => end.operations().includes("PullMessages"));
  await at.close();
  expect(end.alive.size).toBe(0);
  const { length } = messages;
  end.events = [event(motion, "IsMotion", "1")];
  await at.clock.advance(60_000);
  expect(messages).toHaveLength(length);
});

it("a wait for events does not keep polls waiting for longer than itself", async () => {
  at = await opened([end], make);
  end.instead.set("PullMessages", () => null);
  await listen();
  await until(() => end.operations().includes("PullMessages"));
  const reading = await at.ask("cam", 100);
  expect(valuesOf(reading)).toMatchObject({ device_firmware: "V5.5" });
});

it("events of two cameras never mix, and one that floods costs the other nothing", async () => {
  const other = await CameraEnd.listen();
  at = await opened([end, other], make);
  const flood = Array.from({ length: 400 }, (_, n) => event(motion, "IsMotion", String(n % 2), `S${n}`)).join(
    "",
  );
  end.instead.set("PullMessages", () => ({
    body: envelope(`<PullMessagesResponse>${flood}</PullMessagesResponse>`),
  }));
  other.events = [event(scene, "State", "1")];
  await listen();
  await until(() => messages.some(({ readings }) => readings[0]?.device === "cam-1"));
  const ofOther = messages.flatMap(({ readings }) => readings).filter(({ device }) => device === "cam-1");
  expect(ofOther.map(valuesOf)).toEqual([{ tamper: true }]);
  expect(Math.max(...messages.map(({ readings }) => readings.length))).toBeLessThanOrEqual(256);
  await at.close();
  await other.close();
});

it("what was told on a subscription that died is forgotten: its end may have been missed", async () => {
  at = await opened([end], make);
  end.events = [event(motion, "IsMotion", "1", "A")];
  await listen();
  await until(() => told().length === 1);
  end.alive.clear();
  end.events = [event(motion, "IsMotion", "0", "B")];
  await until(() => told().length === 2);
  expect(told()[1]).toEqual({ motion: false });
});
