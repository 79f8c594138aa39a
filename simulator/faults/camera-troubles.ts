/**
 * How cameras go wrong, in the words of a scene.
 *
 * Holds: a password comes back when the last fault that changed it is over.
 */
import type { SimulatedCamera } from "../cameras/simulated-camera.ts";
import type { Misbehaviour } from "./misbehaviour.ts";
import { misbehaviour, newPassword } from "./misbehaviour.ts";

export class CameraTroubles {
  /** How many faults keep its password away, and what it was. */
  readonly #changed = new Map<SimulatedCamera, { count: number; password: string }>();

  /** Whether cameras can go wrong like that. */
  can(how: Misbehaviour): boolean {
    return misbehaviour(how).camera !== undefined;
  }

  /** @returns what takes it back; null: cameras do not go wrong like that */
  begin(camera: SimulatedCamera, how: Misbehaviour): (() => void) | null {
    const { camera: fault } = misbehaviour(how);
    if (fault === undefined) return null;
    return fault === "password" ? this.#password(camera) : camera.faults.add(fault);
  }

  #password(camera: SimulatedCamera): () => void {
    const changed = this.#changed.get(camera) ?? { count: 0, password: camera.login.password };
    changed.count += 1;
    this.#changed.set(camera, changed);
    if (changed.count === 1) camera.setPassword(newPassword);
    return () => {
      changed.count -= 1;
      if (changed.count > 0) return;
      this.#changed.delete(camera);
      camera.setPassword(changed.password);
    };
  }
}
