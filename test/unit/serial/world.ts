/** A session over a real socket with a clock that stands still, and a sensor at its far end. */
import type { Session } from "../../../drivers/contract/index.ts";
import type { SerialDevice, SerialSensorLink } from "../../../drivers/serial/fields.ts";
import { serialDriver } from "../../../drivers/serial/index.ts";
import { FarEnd } from "../line/far-end.ts";
import { passing, world } from "../modbus-session/world.ts";
import { jobOf } from "./sensors.ts";

/** Finer than anything that is measured, and coarse enough for seconds to go by. */
const stepMs = 4;

export const never = new AbortController().signal;

export const linkTo = (port: number): SerialSensorLink => ({
  host: "127.0.0.1",
  port,
  baud: 9600,
  format: "8N1",
});

export class SensorWorld {
  readonly parts = world();
  readonly end: FarEnd;
  readonly device: SerialDevice;
  session!: Session;

  private constructor(end: FarEnd, device: SerialDevice) {
    this.end = end;
    this.device = device;
  }

  static async open(device: SerialDevice): Promise<SensorWorld> {
    const made = new SensorWorld(await FarEnd.listen(), device);
    made.session = await serialDriver.open(linkTo(made.end.port), [device], made.parts.context, never);
    // What a serial server kept from before is let pass.
    await made.parts.clock.advance(400);
    return made;
  }

  get clock() {
    return this.parts.clock;
  }

  get job() {
    return jobOf(this.device, linkTo(this.end.port));
  }

  /** One turn, while the clock goes on. */
  async turn() {
    const run = this.session.run?.(this.job, never);
    if (run === undefined) throw new Error("it is not polled");
    return (await passing(this.clock, run, stepMs)).reading;
  }

  /** The far end says something when so many ms have passed. */
  later(ms: number, said: Uint8Array): void {
    void this.clock.sleep(ms, never).then(() => this.end.say(said));
  }

  async close(): Promise<void> {
    await passing(this.clock, this.session.close());
    await this.end.close();
  }
}
