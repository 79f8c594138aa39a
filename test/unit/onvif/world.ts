/** Cameras as their driver is given them: links and devices through the schemas of the kind, and turns of a fake clock. */
import type { DevicePlan, Job, Kind, Reading, Session } from "../../../drivers/contract/index.ts";
import { onvifDriver } from "../../../drivers/onvif/index.ts";
import { type OnvifDevice, onvifKind } from "../../../drivers/onvif/schema.ts";
import { never, passing, type World, world } from "../display/bytes.ts";
import type { CameraEnd } from "./camera-end.ts";

export const usualPoints: Record<string, Record<string, unknown>> = {
  clock_offset: { ask: "clock-offset" },
  device_firmware: { ask: "firmware" },
  stream: { ask: "stream" },
  snapshot: { ask: "snapshot" },
  video_profiles: { ask: "profiles" },
};
export const eventPoints: Record<string, Record<string, unknown>> = {
  motion: { events: ["RuleEngine/CellMotionDetector/Motion#IsMotion", "VideoSource/MotionAlarm#State"] },
  tamper: { events: ["VideoSource/GlobalSceneChange/*#State"] },
};

export function cameraAt(
  port: number,
  id = "cam",
  points = usualPoints,
  expect?: string,
  answer = "2s",
): OnvifDevice {
  const kind = onvifKind as unknown as Kind;
  return {
    id,
    address: kind.address.parse({ host: "127.0.0.1", port: String(port) }),
    profile: kind.profile.parse({ answer }),
    ...(expect === undefined ? {} : { expect }),
    simulated: false,
    points: Object.entries(points).map(([point, source]) => ({
      id: point,
      source: kind.source.parse(source),
      everyMs: 60_000,
    })),
    actions: {},
  } as DevicePlan as OnvifDevice;
}

export interface Opened extends World {
  session: Session;
  devices: OnvifDevice[];
  ask(id?: string, stepMs?: number): Promise<Reading>;
  /** The same, while somebody else moves the clock. */
  run(id: string): Promise<Reading>;
  close(): Promise<void>;
}

export const link = () => onvifKind.link.parse({ user: "edge", password: "secret:onvif" });

export async function opened(ends: readonly CameraEnd[], make = cameraAt): Promise<Opened> {
  const own = world();
  own.secrets.set("onvif", "right");
  const from = own.clock.monotonicMs();
  for (const end of ends) end.elapsedMs = () => own.clock.monotonicMs() - from;
  const devices = ends.map(({ port }, at) => make(port, ends.length === 1 ? "cam" : `cam-${at}`));
  const session = (await onvifDriver.open(link(), devices, own.context, never())) as unknown as Session;
  const jobOf = (id: string): Job => {
    const device = devices.find((each) => each.id === id);
    const [job] = device === undefined ? [] : onvifKind.plan(link(), [device]);
    if (job === undefined) throw new Error("no job");
    return job;
  };
  const run = async (id: string): Promise<Reading> => {
    const ran = await session.run?.(jobOf(id), never());
    if (ran === undefined) throw new Error("it is not polled");
    return ran.reading;
  };
  return {
    ...own,
    ...{ session, devices },
    ask: (id = "cam", stepMs = 5) => passing(own.clock, run(id), stepMs),
    run,
    close: () => passing(own.clock, session.close(), 50),
  };
}

export const valuesOf = ({ samples }: Reading) =>
  Object.fromEntries(samples.map(({ point, raw }) => [point, raw]));
export const codesOf = ({ faults }: Reading) => faults.map(({ code }) => code);
