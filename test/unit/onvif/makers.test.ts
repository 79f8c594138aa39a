/**
 * The driver and simulated cameras of five makers, neither written by who wrote the other: what is read is what is true
 * there, and whatever a camera does, no value is wrong, no other host is met and the next question is answered again.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { Message, Reading, Session } from "../../../drivers/contract/index.ts";
import { LineError } from "../../../drivers/line/faults.ts";
import { onvifDriver } from "../../../drivers/onvif/index.ts";
import { onvifKind } from "../../../drivers/onvif/schema.ts";
import type { CameraFault } from "../../../simulator/cameras/camera-faults.ts";
import { Canary } from "../../../simulator/cameras/canary.ts";
import { type MakerName, makers } from "../../../simulator/cameras/makers.ts";
import { SimulatedCamera } from "../../../simulator/cameras/simulated-camera.ts";
import { never, passing, world } from "../display/bytes.ts";
import { cameraAt, codesOf, link, valuesOf } from "./world.ts";

const profile = parse(
  readFileSync(join(import.meta.dirname, "../../../config/profiles/onvif-camera.yaml"), "utf8"),
) as { points: Record<string, { ask?: string; events?: string[] }> };
const points = Object.fromEntries(
  Object.entries(profile.points).map(([id, { ask, events }]) => [
    id,
    ask === undefined ? { events } : { ask },
  ]),
);
const names = Object.keys(makers) as MakerName[];

const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

/** A camera, and a session of the driver that has it. */
async function met(maker: MakerName) {
  const at = world();
  at.secrets.set("onvif", "right");
  const camera = new SimulatedCamera({ maker, password: "right", clock: at.clock });
  await camera.start();
  undo.push(() => camera.stop());
  const device = cameraAt(camera.port, "cam", points, camera.state.serial, "5s");
  const session = (await onvifDriver.open(link(), [device], at.context, never())) as unknown as Session;
  undo.push(() => passing(at.clock, session.close(), 50));
  const messages: Message[] = [];
  const ask = async (): Promise<Reading> => {
    const [job] = onvifKind.plan(link(), [device]);
    if (job === undefined || session.run === undefined) throw new Error("it is not polled");
    return (await passing(at.clock, session.run(job, never()), 5)).reading;
  };
  const until = async (holds: () => boolean) => {
    for (let turn = 0; !holds(); turn++) {
      if (turn > 3000) throw new Error(`it never was: ${JSON.stringify(messages.slice(-2))}`);
      await at.clock.advance(100);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  };
  const told = () => Object.assign({}, ...messages.flatMap(({ readings }) => readings.map(valuesOf)));
  const listen = () => session.listen?.(async (message) => void messages.push(message), never());
  return { camera, ask, until, told, listen };
}

describe.each(names)("a camera of %s", (maker) => {
  it("says what is true of it, whatever its clock shows, without a wrong login", async () => {
    const { camera, ask } = await met(maker);
    const reading = await ask();
    expect(codesOf(reading)).toEqual([]);
    const { clock_offset, ...values } = valuesOf(reading) as Record<string, unknown>;
    expect(Math.abs((clock_offset as number) - camera.state.clockOffsetMs / 1000)).toBeLessThan(2);
    expect(values).toMatchObject({ stream: true, snapshot: true, device_firmware: camera.state.firmware });
    expect(camera.login.wrong).toBe(0);
    expect(camera.pictures).toBe(0);
  });

  it("tells motion, and tells it again after it was without power", async () => {
    const { camera, until, told, listen } = await met(maker);
    await listen();
    const moves = (is: boolean) => camera.set({ motion: is, people: is, pir: is });
    await until(() => camera.points.size > 0);
    moves(true);
    await until(() => told().motion === true);
    moves(false);
    await until(() => told().motion === false);
    const again = camera.reboot(2000);
    await until(() => camera.truth.filter(({ what }) => what === "boot").length === 2);
    await again;
    await until(() => camera.points.size > 0);
    moves(true);
    await until(() => told().motion === true);
    expect(camera.login.wrong).toBe(0);
  });
});

describe("a camera that is ill or hostile", () => {
  const other = new SimulatedCamera({ maker: "axis", password: "other" });
  const base = (port: number) => `http://127.0.0.2:${port}`;
  it.each<[string, (port: number) => CameraFault, { truth?: Record<string, unknown>; left?: string[] }?]>([
    ["silence", () => ({ kind: "silent" })],
    ["a bomb", () => ({ kind: "bomb" })],
    ["an entity from elsewhere", (port) => ({ kind: "external-entity", from: base(port) })],
    ["nested tags", () => ({ kind: "nested" })],
    ["20 MB", () => ({ kind: "huge" })],
    ["an endless body", () => ({ kind: "endless" })],
    ["drops", () => ({ kind: "drip" })],
    ["a flood of headers", () => ({ kind: "header-flood" })],
    // A stream that is somewhere else cannot be had of this camera.
    [
      "an address of somebody else",
      (port) => ({ kind: "foreign", base: base(port) }),
      { truth: { stream: false, snapshot: false } },
    ],
    ["a redirect", (port) => ({ kind: "redirect", to: base(port) })],
    ["another serial number", () => ({ kind: "wrong-serial", serial: "X1" })],
    ["a page", () => ({ kind: "content-type", type: "text/html" })],
    ["a cut", () => ({ kind: "cut", at: 300 })],
    ["half a document", () => ({ kind: "truncated", bytes: 200 })],
    ["another answer", () => ({ kind: "other-operation", operation: "GetScopes" })],
    // By the clock of another one our login is wrong, once: nobody tries again before somebody looked.
    [
      "another camera's answer",
      () => ({ kind: "other-camera", camera: other }),
      { left: ["onvif.password"] },
    ],
    ["a fault", () => ({ kind: "soap-fault", version: "1.2" })],
    ["an error", () => ({ kind: "http", status: 500 })],
    ["a packed body", () => ({ kind: "gzip" })],
    ["two documents", () => ({ kind: "glued", what: "documents" })],
    ["two answers", () => ({ kind: "glued", what: "answers" })],
    ["chunks without end", () => ({ kind: "chunked", wrong: "long" })],
    ["chunks of nonsense", () => ({ kind: "chunked", wrong: "nonsense" })],
  ])(
    "by %s says nothing wrong, sends nobody elsewhere, and is well again or left alone",
    async (_, faultOf, { truth = {}, left = [] } = {}) => {
      const canary = new Canary("127.0.0.2");
      await canary.start();
      undo.push(() => canary.stop());
      const { camera, ask } = await met("dahua");
      const clean = valuesOf(await ask()) as Record<string, unknown>;
      const taken = camera.faults.add(faultOf(Number(new URL(canary.base).port)));
      const ill = await ask().catch((error: unknown) => {
        if (error instanceof LineError) return { device: "cam", samples: [], faults: [error.fault] };
        throw error;
      });
      for (const [point, value] of Object.entries(valuesOf(ill)))
        if (point !== "clock_offset") expect([point, value]).toEqual([point, truth[point] ?? clean[point]]);
      taken();
      const well = await ask();
      expect(codesOf(well)).toEqual(left);
      if (left.length === 0) expect(valuesOf(well)).toMatchObject({ stream: true, snapshot: true });
      expect([canary.contacts, camera.login.wrong, camera.pictures]).toEqual([0, left.length, 0]);
    },
  );
});
