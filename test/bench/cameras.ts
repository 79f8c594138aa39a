/** Cameras of five makers in a process of their own, each at a port of its own; some of them hostile. */
import type { CameraFault } from "../../simulator/cameras/camera-faults.ts";
import { type MakerName, makers } from "../../simulator/cameras/makers.ts";
import { SimulatedCamera } from "../../simulator/cameras/simulated-camera.ts";
import { serve } from "./calls.ts";

const names = Object.keys(makers) as MakerName[];
/** One hostile camera after the other does these, whatever it is asked. */
const hostilities: readonly CameraFault[] = [
  { kind: "bomb" },
  { kind: "nested" },
  { kind: "endless" },
  { kind: "drip", everyMs: 100 },
  { kind: "header-flood" },
];
/** Somebody walks by so often. */
const walkMs = 10_000;

const cameras: SimulatedCamera[] = [];
let walking: NodeJS.Timeout | null = null;
let walks = 0;

/** Each second a tenth of them sees somebody come, and another tenth somebody go. */
function walk(): void {
  const phase = walks++ % 10;
  for (const [index, camera] of cameras.entries()) {
    if (index % 10 === phase) camera.set({ motion: true, people: true, pir: true });
    if (index % 10 === (phase + 5) % 10) camera.set({ motion: false, people: false, pir: false });
  }
}

const calls = {
  /** The first `hostile` of them are. @returns a port for each */
  async open(of: { cameras: number; hostile: number; password: string }): Promise<number[]> {
    for (let index = 0; index < of.cameras; index++) {
      const maker = names[index % names.length] as MakerName;
      const camera = new SimulatedCamera({ maker, password: of.password, hosts: ["127.0.0.1"] });
      await camera.start();
      const fault = hostilities[index % hostilities.length];
      if (index < of.hostile && fault !== undefined) camera.faults.add(fault);
      cameras.push(camera);
    }
    walking = setInterval(walk, walkMs / 10);
    return cameras.map(({ port }) => port);
  },
  /** What they were asked so far, and how often with a wrong login. */
  asked(): { requests: number; wrong: number } {
    return {
      requests: cameras.reduce(
        (sum, { doors }) => sum + doors.reduce((all, door) => all + door.accepted, 0),
        0,
      ),
      wrong: cameras.reduce((sum, { login }) => sum + login.wrong, 0),
    };
  },
};
export type CamerasCalls = typeof calls;

serve(calls, async () => {
  if (walking !== null) clearInterval(walking);
  await Promise.all(cameras.map((camera) => camera.stop()));
});
