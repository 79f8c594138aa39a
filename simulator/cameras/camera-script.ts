/** A day of a camera, written down before: what happens to it, and when. */
import type { Clock } from "../../config/schema/context.ts";
import type { CameraState } from "./camera-state.ts";
import type { SimulatedCamera } from "./simulated-camera.ts";

export interface Scene {
  /** From the beginning of the script, ms. */
  atMs: number;
  set?: Partial<CameraState>;
  /** Starts anew, and is away for so long, ms. */
  rebootMs?: number;
  /** Another port; 0: any free one. */
  port?: number;
  password?: string;
  onvif?: "on" | "404" | "401";
}

/** Resolves when all of it has happened, or at the signal. What happens at one time happens in the order written. */
export async function playCamera(
  camera: SimulatedCamera,
  script: readonly Scene[],
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const beginMs = clock.monotonicMs();
  for (const scene of script.toSorted((one, other) => one.atMs - other.atMs)) {
    const waitMs = beginMs + scene.atMs - clock.monotonicMs();
    if (waitMs > 0) await clock.sleep(waitMs, signal).catch(() => undefined);
    if (signal.aborted) return;
    const { set, rebootMs, port, password, onvif } = scene;
    if (set !== undefined) camera.set(set);
    if (password !== undefined) camera.setPassword(password);
    if (onvif !== undefined) camera.setOnvif(onvif);
    if (port !== undefined) await camera.move({ port });
    if (rebootMs !== undefined) await camera.reboot(rebootMs);
  }
}
